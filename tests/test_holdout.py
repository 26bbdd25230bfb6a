"""The group that is never asked: drawn by lot, for good, and on record."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from engine.data.models import DecisionRecord, PlanRun
from engine.data.store import EVERYTHING
from engine.decide.explanation import explain
from engine.decide.records import lines_from_json, read_record
from engine.operations.decisions import explain_contact
from engine.operations.planning import plan_asks
from engine.operations.settings import set_settings
from engine.types import NEVER
from plugins import holdout
from tests.books import make_book, says, settings_of, values
from tests.conftest import NOW
from tests.factories import make_account, make_contact


def lots(persons, seed=1):
    book = make_book(*({"person_id": person} for person in persons))
    return values(book, holdout.draw_lot(book["person_id"], settings_of(holdout, seed=seed).seed))


def held(persons, *, columns=False, **settings):
    book = make_book(*({"person_id": person} for person in persons))
    said = says(holdout, "hold_until", book, columns=columns, **settings)
    found = values(book, said[0].until) if said else [None] * len(persons)
    assert set(found) <= {None, NEVER}
    return {person for person, until in zip(persons, found, strict=True) if until}


REFERENCE = (6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821)
"""Of splitmix64.c from the seed 1234567, as published: rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64."""


def test_lots_are_drawn_by_the_published_sequence():
    assert lots(range(1, 6), seed=1234567) == [(number >> 11) / 2**53 for number in REFERENCE]


@pytest.mark.parametrize("columns", [False, True])
def test_nobody_is_left_out_unless_a_share_is_set(columns):
    assert held(range(1, 2000), columns=columns) == set()


def test_nothing_is_said_of_a_group_that_nobody_set():
    assert says(holdout, "hold_until", make_book()) == []


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("share", [0.01, 0.05, 0.5])
def test_about_the_share_is_left_out(columns, share):
    assert len(held(range(1, 20_001), share=share, columns=columns)) == pytest.approx(20_000 * share, rel=0.1)


def test_a_lot_below_the_share_is_left_out_and_one_at_the_share_is_not():
    [lot] = lots([7])
    assert held([7], share=lot) == set()
    assert held([7], share=lot + 2**-53) == {7}


PERSONS = st.lists(st.integers(1, 2**62), min_size=1, max_size=50, unique=True)
SHARES = st.floats(0, 0.5, allow_subnormal=False)


@settings(max_examples=60, deadline=None)
@given(persons=PERSONS, one=SHARES, other=SHARES, seed=st.integers(0, 1_000_000))
def test_a_larger_share_adds_people_and_lets_nobody_go(persons, one, other, seed):
    small, large = sorted((one, other))
    assert held(persons, share=small, seed=seed) <= held(persons, share=large, seed=seed)


@settings(max_examples=60, deadline=None)
@given(persons=PERSONS, seed=st.integers(0, 1_000_000))
def test_a_lot_is_between_nothing_and_one_and_the_persons_own(persons, seed):
    drawn = lots(persons, seed)
    assert all(0 <= lot < 1 for lot in drawn)
    assert [lots([person], seed)[0] for person in persons] == drawn


def test_another_seed_draws_another_group():
    first, second = (held(range(1, 2001), share=0.1, seed=seed) for seed in (1, 2))
    assert 0 < len(first & second) < 50  # 20 are in both by chance


# in the house


SHARE = 0.3
BY_LOT = "left alone by lot, like 300 people in a thousand, so that we can tell what asking changes (draw 5)"


@pytest.fixture
def people(engine):
    """Ten accounts of one contact each; the keys of those who are drawn, and of the others."""
    with engine.store.write(EVERYTHING) as session:
        contacts = [
            make_contact(session, make_account(session, plan_on=NOW.date()), key=f"c{number}") for number in range(10)
        ]
    drawn = held([contact.person_id for contact in contacts], share=SHARE, seed=5)
    keys = {contact.key for contact in contacts if contact.person_id in drawn}
    return keys, {contact.key for contact in contacts} - keys


def test_those_who_are_drawn_are_not_asked_and_why_is_kept_with_share_and_seed(engine, people):
    drawn, others = people
    changed = set_settings(engine, {"holdout.share": SHARE, "holdout.seed": 5})
    assert changed.warnings == (f"After this, {len(drawn)} of 10 contacts would never be asked (0 before).",)
    funnel = plan_asks(engine)
    assert (funnel.held, funnel.asked) == ({"holdout": len(drawn)}, {"email": len(others)})
    told = explain_contact(engine, min(drawn))
    with engine.store.read(EVERYTHING) as session:
        run = session.scalars(select(PlanRun)).one()
        records = session.scalars(select(DecisionRecord).where(DecisionRecord.decision == "hold")).all()
        lines = lines_from_json(run.sentences["lines"])
        who = {"contact": told.contact, "account": told.account}
        kept = [explain(lines, read_record(record.says, run.sentences), who) for record in records]
    assert len(kept) == len(drawn)
    for explanation in (told, *kept):
        [hold] = [hold for hold in explanation.holds if hold["strategy"] == "holdout"]
        assert (hold["because"], hold["until"], hold["binding"]) == (BY_LOT, NEVER, True)


def test_who_is_drawn_after_an_ask_is_on_record_once(engine, people):
    drawn, _ = people
    plan_asks(engine)
    plan_asks(engine, date(2026, 11, 25))
    set_settings(engine, {"holdout.share": SHARE, "holdout.seed": 5})
    for day in (26, 27):
        plan_asks(engine, date(2026, 11, day))
    with engine.store.read(EVERYTHING) as session:
        never = DecisionRecord.next_ask_on.is_(None), DecisionRecord.decision == "hold"
        assert len(session.scalars(select(DecisionRecord).where(*never)).all()) == len(drawn)


def test_one_person_is_drawn_or_not_at_all_their_accounts(engine):
    with engine.store.write(EVERYTHING) as session:
        contacts = [make_contact(session) for _ in range(10)]
        twins = [make_contact(session, person=contact.person) for contact in contacts]
        pairs = [(one.key, other.key) for one, other in zip(contacts, twins, strict=True)]
    set_settings(engine, {"holdout.share": 0.5})
    next_days = [[explain_contact(engine, key).next_ask_on for key in pair] for pair in pairs]
    assert all((one is None) == (other is None) for one, other in next_days)
    assert {one is None for one, _ in next_days} == {True, False}
