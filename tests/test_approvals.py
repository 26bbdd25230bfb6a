"""Asks that wait for approval: nothing leaves before somebody said so, and what they said goes with it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from engine.data.models import Ask
from engine.data.store import EVERYTHING
from engine.errors import InputError, StateError
from engine.house import Engine
from engine.operations.approvals import approve_asks, move_ask, note_ask, skip_ask
from engine.operations.decisions import explain_contact
from engine.operations.planning import plan_asks
from engine.operations.sending import send_due
from tests.conftest import NOW
from tests.factories import make_account, make_contact, make_setting
from tests.test_sending import mail_server, plan_letters, read_ask, sending_to


def wait(engine: Engine, **values: Any) -> int:
    """An ask that is due and waits for approval."""
    return plan_letters(engine, needs_approval=True, expires_at=NOW + timedelta(days=30), **values)[0]


def test_asks_wait_where_the_plan_says_so(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        for key in ("northwind", "southwind"):
            account = make_account(session, key=key, plan_on=NOW.date(), owner_email="maria@house.example")
            make_contact(session, account, key="ada", email=f"ada@{key}.example")
        make_setting(session, "approval.required", "yes", layer="account", layer_key=account.id)
    plan_asks(engine)
    with engine.store.read(EVERYTHING) as session:
        waiting = {ask.account.key: ask.needs_approval for ask in session.query(Ask)}
    assert waiting == {"northwind": False, "southwind": True}


def test_nothing_leaves_before_it_is_approved_and_the_note_goes_with_it(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        ask_id = wait(house)
        assert send_due(house).sent == 0
        approve_asks(house, [ask_id], note="It was good to see you in Leeds.")
        assert send_due(house).sent == 1
    [message] = server.kept
    for part in message.walk():
        if not part.is_multipart():
            assert "It was good to see you in Leeds." in part.get_content()


def test_an_approved_ask_that_is_put_off_need_not_be_approved_again(engine: Engine) -> None:
    with mail_server() as (server, url):
        server.reply = "451 Later"
        house = sending_to(engine, url)
        ask_id = wait(house)
        approve_asks(house, [ask_id])
        assert send_due(house).later == 1
        server.reply = "250 Kept"
        assert send_due(house, NOW + timedelta(hours=1)).sent == 1


def test_approving_twice_is_approving_once(engine: Engine) -> None:
    ask_id = wait(engine)
    assert len(approve_asks(engine, [ask_id, 999])) == 1
    assert len(approve_asks(engine, [ask_id])) == 0


def test_a_note_is_short(engine: Engine) -> None:
    with pytest.raises(InputError, match="600 characters"):
        note_ask(engine, wait(engine), "word " * 200)


def test_a_moved_ask_leaves_on_its_day_and_its_link_works_as_long(engine: Engine) -> None:
    ask_id = wait(engine)
    move_ask(engine, ask_id, date(2026, 12, 1))
    after = read_ask(engine, ask_id)
    assert after.planned_on == date(2026, 12, 1)
    assert (after.send_at, after.expires_at) == (NOW + timedelta(days=7), NOW + timedelta(days=37))
    with pytest.raises(InputError, match="in the past"):
        move_ask(engine, ask_id, date(2026, 11, 23))


def test_what_has_left_is_neither_moved_nor_skipped(engine: Engine) -> None:
    ask_id = wait(engine, status="sent", sent_at=NOW)
    with pytest.raises(StateError, match="has left meanwhile"):
        move_ask(engine, ask_id, date(2026, 12, 1))
    with pytest.raises(StateError, match="has left meanwhile"):
        skip_ask(engine, ask_id, until=date(2026, 12, 1), reason="Not now")


def test_a_skipped_ask_shuts_the_days_until_then_for_this_person(engine: Engine) -> None:
    ask_id = wait(engine)
    with pytest.raises(InputError, match="needs a reason"):
        skip_ask(engine, ask_id, until=date(2026, 12, 1), reason=" ")
    skipped = skip_ask(engine, ask_id, until=date(2026, 12, 1), reason="On leave")
    assert (skipped.ask.status, skipped.until) == ("cancelled", date(2026, 12, 1))
    told = explain_contact(engine, "person0@client.example")
    assert told.next_ask_on is not None
    assert told.next_ask_on >= date(2026, 12, 1)
