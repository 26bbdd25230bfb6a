"""Figures over years of a large house: kept for who sees all of it, the same as they would be counted now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from engine.data.models import Account, Contact
from engine.data.store import Scope
from engine.house import Engine
from engine.operations import figures
from engine.operations.assessments import read_facts
from engine.operations.causes import read_causes
from engine.operations.guesses import measure_guesses
from engine.operations.initiatives import list_initiatives, make_initiative, open_initiative
from engine.operations.ledger import BY, SPANS, open_ledger
from engine.operations.recounts import count_figures
from tests.conftest import NOW
from tests.desk import ADMIN, Desks, furnish, sign_in
from tests.factories import make_answer, make_ask, make_contact, make_promise

LOW = {"question": "recommend", "score": 2.0, "data": {"reasons": {"low": ["reporting"]}}}


@pytest.fixture
def desks(engine: Engine) -> Desks:
    found = furnish(engine)
    with engine.store.write(engine.scope) as session:
        for account_id in (found.account, found.theirs["account"]):
            account = session.get_one(Account, account_id)
            for days in (10, 20):
                contact = make_contact(session, account)
                ask = make_ask(
                    session, contact, sent_at=NOW - timedelta(days=days), answered_at=NOW - timedelta(days=days)
                )
                make_answer(session, contact, ask, answered_at=ask.answered_at, **LOW)
                make_promise(session, contact, status="done", done_on=NOW.date(), verdict="disputed")
                make_promise(session, contact, status="done", done_on=NOW.date())
    make_initiative(engine, title="Reports in time", cause="reporting", owner_email=ADMIN)
    return found


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "LARGE", 0)


def name_again(engine: Engine, contact_id: int) -> None:
    with engine.store.write(engine.scope) as session:
        contact = session.get_one(Contact, contact_id)
        make_answer(session, contact, answered_at=NOW - timedelta(days=1), **LOW)
        make_promise(session, contact, title="Another one")


def without_time(found: object) -> object:
    return replace(found, counted_at=None)  # type: ignore[type-var]


@pytest.mark.usefixtures("large")
def test_what_is_kept_is_what_would_be_counted(engine: Engine, desks: Desks) -> None:
    def read() -> list[object]:
        ledgers = [open_ledger(engine, by=by, days=days) for by in BY for days in SPANS]
        return [read_causes(engine), measure_guesses(engine), *ledgers, open_initiative(engine, 1)]

    now, facts = read(), read_facts(engine)
    count_figures(engine)
    kept = read()
    assert all(one.counted_at is None for one in now)  # type: ignore[attr-defined]
    assert all(one.counted_at == NOW for one in kept)  # type: ignore[attr-defined]
    assert [without_time(one) for one in kept[:-1]] == [without_time(one) for one in now[:-1]]
    assert kept[-1].raised == now[-1].raised == 4  # type: ignore[attr-defined]
    assert read_facts(engine) == (facts[0], NOW)


@pytest.mark.usefixtures("large")
def test_what_happens_since_is_there_when_it_is_counted_again(engine: Engine, desks: Desks) -> None:
    count_figures(engine)
    name_again(engine, desks.contact)
    [standing] = list_initiatives(engine)
    assert (standing.weight.people, open_ledger(engine, by="tier", days=365).all.said) == (4, 10)
    count_figures(engine)
    [standing] = list_initiatives(engine)
    assert (standing.weight.people, open_ledger(engine, by="tier", days=365).all.said) == (5, 11)


@pytest.mark.usefixtures("large")
def test_whoever_sees_some_accounts_has_theirs_counted_when_they_look(engine: Engine, desks: Desks) -> None:
    count_figures(engine)
    theirs = engine.acting_as("olive@house.example", Scope(frozenset({desks.account})))
    name_again(engine, desks.contact)
    assert read_causes(theirs).weight("reporting").people == 3
    assert (read_causes(theirs).counted_at, open_ledger(theirs, by="owner", days=365).all.said) == (None, 6)


def test_a_small_house_keeps_none(engine: Engine, desks: Desks) -> None:
    count_figures(engine)
    assert read_causes(engine).counted_at is None
    assert open_ledger(engine, by="owner", days=365).counted_at is None


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("page", ["initiatives", "initiatives/1", "ledger", "programme"])
def test_a_page_says_when_it_was_counted(site: Flask, engine: Engine, desks: Desks, page: str) -> None:
    client = sign_in(site.test_client(), engine, ADMIN)
    assert "again every day" not in client.get(f"/admin/{page}").text
    count_figures(engine)
    assert "Counted today, at 09:30 UTC; again every day." in client.get(f"/admin/{page}").text
