"""Deciding only for the accounts that are due comes to the same as deciding for everyone, every day.

tests/increments.py compares two houses over sixty days; here are a few of those, and each cause of looking again alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from engine.api import Reason, hookimpl
from engine.data.marks import MARKED
from engine.data.models import Account, Ask, Contact, DecisionRecord
from engine.data.store import EVERYTHING
from engine.errors import HeedError
from engine.house import Engine
from engine.operations.imports import import_files
from engine.operations.planning import plan_asks
from engine.operations.sending import send_due
from engine.registry import build_plugins
from tests import increments
from tests.conftest import NOW
from tests.factories import make_account, make_ask, make_contact, make_promise, make_setting, make_touchpoint
from tests.letters import make_letter
from tests.sheets import write_sheet

TODAY = NOW.date()
FAR = date(2027, 6, 1)


@pytest.mark.parametrize("seed", [17])
def test_two_houses_one_incremental_live_sixty_days_alike(
    new_database: Callable[[], str], seed: int, tmp_path: Path
) -> None:
    found, (due, everyone) = increments.compare((new_database(), new_database()), seed, tmp_path)
    assert found == []
    assert due < everyone


# what happens marks


def plan_on(engine: Engine, *account_ids: int) -> list[date | None]:
    with engine.store.read(EVERYTHING) as session:
        return [session.get_one(Account, account_id).plan_on for account_id in account_ids]


def one_person_at_two_accounts(session: Any, **values: Any) -> tuple[Contact, list[int]]:
    contact = make_contact(session, make_account(session, plan_on=FAR), **values)
    other = make_contact(session, make_account(session, plan_on=FAR), person=contact.person, email=contact.email)
    return contact, [contact.account_id, other.account_id]


@pytest.mark.parametrize("outcome", ["sent", "refused", "later", "unknown"])
def test_whatever_becomes_of_a_message_its_person_is_decided_anew_everywhere(engine: Engine, outcome: str) -> None:
    channels = dict(engine.plugins.channels) | {"email": increments.Post(engine.clock, (outcome,))}
    house = replace(engine, plugins=replace(engine.plugins, channels=channels))
    with house.store.write(EVERYTHING) as session:
        contact, accounts = one_person_at_two_accounts(session)
        make_letter(session, contact=contact, status="planned", sent_at=None, send_at=NOW, planned_on=TODAY)
    send_due(house)
    assert plan_on(house, *accounts) == [MARKED, MARKED]


def test_when_a_link_runs_out_its_person_is_decided_anew_everywhere(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact, accounts = one_person_at_two_accounts(session)
        make_letter(session, contact=contact, expires_at=NOW)
    send_due(engine)
    assert plan_on(engine, *accounts) == [MARKED, MARKED]


def test_a_country_that_makes_two_contacts_one_person_marks_both_accounts(engine: Engine, tmp_path: Path) -> None:
    import_files(
        engine,
        [
            write_sheet(tmp_path, "accounts", "key,name,country\nnorth,Northwind,DE\nsouth,Southwind,FR\n"),
            write_sheet(
                tmp_path, "contacts", "account_key,key,phone\nnorth,ada,+4915123456789\nsouth,ada,015123456789\n"
            ),
        ],
    )
    with engine.store.write(EVERYTHING) as session:
        for account in session.scalars(select(Account)):
            account.plan_on = FAR
    import_files(engine, [write_sheet(tmp_path, "accounts", "key,name,country\nsouth,Southwind,DE\n")])
    assert plan_on(engine, 1, 2) == [MARKED, MARKED]


def test_a_plan_marks_where_its_asks_are_news(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        _contact, accounts = one_person_at_two_accounts(session)
        session.get_one(Account, accounts[0]).plan_on = TODAY
    assert plan_asks(engine).asked == {"email": 1}
    assert plan_on(engine, *accounts) == [TODAY, MARKED]


# what happens while a plan is made


def during(engine: Engine, happens: Callable[[Any], None]) -> Any:
    """Make a plan; between its reading and its writing this happens."""

    def progress(what: str, more: int) -> None:
        if what == "contacts":
            with engine.store.write(EVERYTHING) as session:
                happens(session)

    return plan_asks(engine, progress=progress)


def test_what_changes_while_a_plan_is_made_is_left_to_the_next_one(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        first, second = (make_contact(session, make_account(session, plan_on=TODAY)) for _ in range(2))

    def opt_out(session: Any) -> None:
        session.get_one(Contact, first.id).opted_out_on = TODAY
        increments.mark_accounts(session, [first.account_id])

    funnel = during(engine, opt_out)
    assert funnel.overtaken == 1
    with engine.store.read(EVERYTHING) as session:
        assert session.scalars(select(Ask.contact_id)).all() == [second.id]
        assert session.scalars(select(DecisionRecord.contact_id)).all() == [second.id]
    assert plan_on(engine, first.account_id) == [MARKED]
    plan_asks(engine)
    with engine.store.read(EVERYTHING) as session:
        assert session.scalars(select(Ask.contact_id)).all() == [second.id]


def test_a_plan_that_is_never_written_leaves_its_accounts_due(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        make_contact(session, make_account(session, plan_on=MARKED))

    def stop(session: Any) -> None:
        raise HeedError("the power went out")

    with pytest.raises(HeedError):
        during(engine, stop)
    assert plan_asks(engine).asked == {"email": 1}


# what happens by itself


def next_look(engine: Engine, on: date = TODAY) -> date | None:
    """When the only account is decided for again, after a plan for that day."""
    plan_asks(engine, on)
    with engine.store.read(EVERYTHING) as session:
        return session.scalars(select(Account.plan_on)).one()


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def asked(session: Any, contact: Contact, days_ago: int, **values: Any) -> None:
    sent_at = at(TODAY - timedelta(days=days_ago))
    make_ask(session, contact, sent_at=sent_at, **{"status": "expired"} | values)


def someone(session: Any, **values: Any) -> Contact:
    return make_contact(session, make_account(session, plan_on=TODAY), **values)


def test_an_ask_that_becomes_fourteen_days_old_is_looked_at(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = someone(session)
        asked(session, contact, 10)
        asked(session, contact, 40)
    assert next_look(engine) == TODAY + timedelta(days=4)


@pytest.mark.parametrize(
    "ahead",
    [
        lambda session, contact, day: make_ask(session, contact, sent_at=at(day)),
        lambda session, contact, day: make_ask(session, contact, sent_at=at(TODAY), answered_at=at(day)),
        lambda session, contact, day: make_touchpoint(session, contact, happened_at=at(day)),
        lambda session, contact, day: make_touchpoint(session, contact.account, happened_at=at(day)),
        lambda session, contact, day: make_promise(session, contact, made_on=day),
        lambda session, contact, day: make_promise(session, contact, status="done", made_on=TODAY, done_on=day),
        lambda session, contact, day: setattr(contact, "opted_out_on", day),
    ],
    ids=["ask", "answer", "touchpoint", "touchpoint of the account", "promise", "promise kept", "opting out"],
)
def test_history_that_is_dated_ahead_is_looked_at_on_its_day(engine: Engine, ahead: Any) -> None:
    day = TODAY + timedelta(days=3)
    with engine.store.write(EVERYTHING) as session:
        contact = someone(session, created_on=TODAY)
        ahead(session, contact, day)
    assert next_look(engine) == day


def test_when_a_reason_runs_out_unasked_the_next_one_is_looked_at(engine: Engine) -> None:
    """The older promise cannot be asked about any more, because they paused; the younger one can."""
    with engine.store.write(EVERYTHING) as session:
        contact = someone(session, created_on=TODAY, paused_until=TODAY + timedelta(days=20))
        make_setting(session, "relationship_tier.mode", "off")
        for days_ago in (80, 40):
            make_promise(session, contact, status="done", done_on=TODAY - timedelta(days=days_ago))
    assert next_look(engine) == TODAY + timedelta(days=11)
    assert next_look(engine, TODAY + timedelta(days=11)) == TODAY + timedelta(days=20)


# what decides


def test_after_a_strategy_failed_everyone_is_looked_at_again(engine: Engine) -> None:
    bad = SimpleNamespace(__name__="bad", ask_from=hookimpl(lambda book: 1 / 0, specname="ask_from"))
    house = replace(engine, plugins=build_plugins([bad]))
    with house.store.write(EVERYTHING) as session:
        someone(session, created_on=TODAY)
    assert next_look(house) == TODAY


def test_another_strategy_has_everyone_decided_anew(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        someone(session, created_on=TODAY)
    assert next_look(engine) == TODAY + timedelta(days=30)
    assert plan_asks(engine).considered == 0

    def ask_from(book: Any) -> Reason:
        return Reason(occasion="renewal", on=book.today, because="for once")

    once = SimpleNamespace(__name__="once", ask_from=hookimpl(ask_from))
    assert plan_asks(replace(engine, plugins=build_plugins([once]))).asked == {"email": 1}


# what is kept of it


def test_every_change_of_outcome_is_recorded_also_of_whom_nothing_was_kept_before(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = someone(session, created_on=TODAY)
    plan_asks(engine)
    with engine.store.write(EVERYTHING) as session:
        make_setting(session, "relationship_tier.mode", "off")
        increments.mark_accounts(session, None)
    for _ in range(2):
        plan_asks(engine)
    with engine.store.read(EVERYTHING) as session:
        records = session.execute(select(DecisionRecord.contact_id, DecisionRecord.decision)).all()
        assert records == [(contact.id, "no_reason")]
        assert session.get_one(Account, contact.account_id).outcomes == f"{contact.id}:no_reason"
