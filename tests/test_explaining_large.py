"""Explaining one contact of a large house, and its day: what is read does not grow with the house."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from engine.data import rivals
from engine.data.marks import mark_accounts
from engine.data.models import Account, Contact
from engine.data.scope import Scope
from engine.data.store import EVERYTHING
from engine.decide.explanation import Explanation
from engine.decide.page import explanation_as_text
from engine.house import Engine
from engine.operations.decisions import explain_all, explain_contact
from engine.operations.planning import plan_asks
from engine.operations.settings import set_settings
from tests.disagreements import as_code, bring_in
from tests.factories import make_account, make_answer, make_ask, make_contact, make_promise, make_touchpoint
from tests.generated_books import random_scene
from tests.oracle import Setting

TODAY = date(2026, 11, 24)
HEARD = datetime(2026, 3, 3, 9, tzinfo=UTC)
FACTS = ("ix_accounts_annual_revenue", "ix_accounts_private", "ix_asks_day")
"""Indexes that facts of the house are read from: the middle revenue, who has terms, and how many asks wait."""


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
def test_nothing_of_the_house_is_read_from_end_to_end(engine: Engine) -> None:
    """SQLite keeps no statistics here, and of several indexes takes the one by state sooner than one would think."""
    with engine.store.write(EVERYTHING) as session:
        account = make_account(
            session, owner_email="maria@us.example", annual_revenue=1000.0, plan_on=date(2026, 11, 1)
        )
        contact = make_contact(session, account)
        ask = make_ask(session, contact, sent_at=HEARD, answered_at=HEARD)
        make_answer(session, contact, ask, answered_at=HEARD, score=2.0)
        make_promise(session, contact, ask_id=ask.id, due_on=date(2027, 3, 4))
        make_promise(session, contact, status="done", made_on=date(2026, 3, 4), done_on=date(2026, 3, 9))
        make_touchpoint(session, contact)
        key = contact.key
    plan_asks(engine)
    with _listening(engine) as statements:
        told = explain_contact(engine, key)
    assert told.stored, "a record is looked up, too"
    assert told.questions, "so is what questions are chosen by"
    steps = {
        statement: [step for step in _steps(engine, statement, given) if _grows(step)]
        for statement, given in statements
        if "LIMIT" not in statement  # what has one and is not sorted ends with it
    }
    assert {statement: found for statement, found in steps.items() if found} == {}


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
def test_a_day_s_plan_reads_what_is_due_and_nothing_from_end_to_end(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, plan_on=date(2026, 11, 1)))
        make_ask(session, contact, sent_at=HEARD, answered_at=HEARD)
        make_account(session)
    plan_asks(engine)
    with engine.store.write(EVERYTHING) as session:
        mark_accounts(session, [contact.account_id])
    with _listening(engine) as statements:
        assert plan_asks(engine).considered == 1
    asked = [each for each in statements if " stage" not in each[0]]  # a table of the transaction's own
    steps = [step for each in asked for step in _steps(engine, *each)]
    assert [step for step in steps if _grows(step)] == []


@contextmanager
def _listening(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    statements: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        statements.append((statement, parameters[0] if many else parameters))

    event.listen(engine.store.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine.store.engine, "before_cursor_execute", note)


def _steps(engine: Engine, statement: str, parameters: Any) -> list[str]:
    """What SQLite does for a statement: see https://www.sqlite.org/eqp.html."""
    with engine.store.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        return [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]


def _grows(step: str) -> bool:
    table = step.partition(" ")[2].partition(" ")[0].strip("()")
    is_kept = table in ("accounts", "answers", "asks", "contacts", "decision_records", "promises", "touchpoints")
    found_by_others = step.startswith("SCAN ") or "(status=" in step
    return is_kept and found_by_others and not any(name in step for name in FACTS)


def _decide_alone(engine: Engine) -> dict[str, str]:
    with engine.store.read(EVERYTHING) as session:
        keys = session.scalars(select(Contact.key)).all()
    return {key: explain_contact(engine, key).decision for key in keys}


def _decide_together(engine: Engine) -> dict[str, str]:
    return {told.contact["key"]: told.decision for told in explain_all(engine)}


def _make_house(engine: Engine, *owners: str, due: int = 99) -> None:
    """An account of each owner; in the first `due` ones somebody would be asked, in the others not."""
    with engine.store.write(EVERYTHING) as session:
        for place, owner in enumerate(owners):
            plan_on = date(2026, 11, 24 if place < due else 30)
            contact = make_contact(session, make_account(session, owner_email=owner, plan_on=plan_on))
            if place >= due:
                make_ask(session, contact, sent_at=datetime(2026, 11, 20, 9, tzinfo=UTC))


@pytest.mark.parametrize("limit", ["owner_capacity.open_followups", "channel_capacity.email"])
def test_one_contact_is_explained_like_the_whole_house(engine: Engine, limit: str) -> None:
    """Whether others take an owner's places, or those of a channel, is known without deciding for everyone."""
    _make_house(engine, *["maria@us.example"] * 3)
    set_settings(engine, {limit: 1})
    assert _decide_alone(engine) == _decide_together(engine)
    assert sorted(_decide_alone(engine).values()) == ["ask", "limited", "limited"]


@pytest.mark.parametrize(("theirs_are_asked", "ours"), [("on", "limited"), ("off", "ask")])
def test_what_is_set_for_a_person_elsewhere_counts_also_for_whoever_may_not_see_it(
    engine: Engine, theirs_are_asked: str, ours: str
) -> None:
    """One of the two accounts where somebody is known comes first; only its team sees what is set for them there."""
    with engine.store.write(EVERYTHING) as session:
        there = make_contact(session, make_account(session, annual_revenue=900_000.0))
        here = make_contact(session, make_account(session, annual_revenue=90_000.0), there.person)
    set_settings(engine, {"relationship_tier.mode": theirs_are_asked}, contact=there.key)
    told = [
        explain_contact(each, here.key).decision
        for each in (engine, engine.acting_as("lou@us.example", Scope(frozenset({here.account_id}))))
    ]
    assert told == [ours, ours]


@pytest.mark.parametrize("most", [3, 2])
def test_in_a_large_house_only_who_is_due_can_take_a_place(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """The three that are due are few enough, or at least the two of one owner are."""
    monkeypatch.setattr(rivals, "MOST", most)
    monkeypatch.setattr(rivals, "STILL_FEW", most)
    owners = ["maria@us.example", "Maria@us.example", "otto@us.example", "maria@us.example", "maria@us.example"]
    set_settings(engine, {"owner_capacity.open_followups": 1})  # before: afterwards everybody is due
    _make_house(engine, *owners, due=3)
    assert _decide_alone(engine) == _decide_together(engine)
    assert sorted(_decide_alone(engine).values()) == ["ask", "ask", "hold", "hold", "limited"]


@pytest.mark.parametrize("on", [None, TODAY])
@pytest.mark.parametrize("limit", ["owner_capacity.open_followups", "channel_capacity.email"])
def test_who_is_too_many_to_look_at_is_said(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, limit: str, on: date | None
) -> None:
    for limit_of, most in (("MOST", 1), ("OF_OWNERS", 2), ("STILL_FEW", 2)):
        monkeypatch.setattr(rivals, limit_of, most)
    _make_house(engine, *["maria@us.example"] * 3)
    set_settings(engine, {limit: 1})
    told = _explain_each(engine, on)
    assert all(each.without_rivals and each.as_dict()["without_rivals"] for each in told.values())
    assert all("others may want the same places" in explanation_as_text(each) for each in told.values())
    monkeypatch.setattr(rivals, "STILL_FEW", 3)
    assert {key: each.as_dict() for key, each in _explain_each(engine, on).items()} == {
        f"{told.account['key']}/{told.contact['key']}": told.as_dict() for told in explain_all(engine, on)
    }


def _explain_each(engine: Engine, on: date | None) -> dict[str, Explanation]:
    with engine.store.read(EVERYTHING) as session:
        names = session.execute(select(Account.key, Contact.key).join(Contact.account)).all()
    return {"/".join(name): explain_contact(engine, "/".join(name), on) for name in names}


@pytest.mark.parametrize("seed", range(7000, 7006))
def test_one_is_explained_like_all_or_says_that_others_were_not_looked_at(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seed: int
) -> None:
    """On any book and day, with few places for the whole house. Who had nothing to say is another matter: followed up
    is nothing where no account that is read had a touchpoint."""
    scene = random_scene(seed, contacts=10, accounts=5)
    few = (Setting("owner_capacity.open_followups", 2), Setting("channel_capacity.email", 2))
    scene = bring_in(engine, replace(scene, settings=(*scene.settings, *few)), tmp_path)
    together = {f"{t.account['key']}/{t.contact['key']}": t for t in explain_all(engine, scene.on)}
    monkeypatch.setattr(rivals, "MOST", 1)
    for most in (1, 2, 9):
        monkeypatch.setattr(rivals, "STILL_FEW", most)
        alone = _explain_each(engine, scene.on)
        assert alone.keys() == together.keys()
        for name, told in alone.items():
            assert told.without_rivals or _argument(told) == _argument(together[name]), as_code(scene)
    assert not any(told.without_rivals for told in alone.values()), "nine are all there are"


def _argument(told: Explanation) -> dict[str, Any]:
    return told.as_dict() | {"no_objection": None}
