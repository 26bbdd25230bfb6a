"""Places of a channel: which asks of ours take one on a day, and what that costs in a large house."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from engine.data.book import read_book
from engine.data.store import EVERYTHING, Store
from engine.types import Moment
from tests.conftest import NOW
from tests.factories import make_account, make_ask, make_contact

TODAY = NOW.date()
WAITS = {"origin": "heed", "channel": "phone", "status": "planned", "planned_on": TODAY}


def ask(store: Store, **values: Any) -> None:
    with store.write(EVERYTHING) as session:
        make_ask(session, make_contact(session), **values)


def places(store: Store, on: date | None = TODAY, now: datetime = NOW) -> dict[tuple[str, date], int]:
    """The places taken by channel and day, as they are seen from an account that has nothing to do with them."""
    with store.write(EVERYTHING) as session:
        account = make_account(session)
        make_contact(session, account)
    asks = read_book(store, Moment(now, on), account_ids=[account.id]).channel_asks
    return {(channel, today): number for channel, today, number in asks.iter_rows()}


@pytest.mark.parametrize(
    ("values", "number"),
    [
        (WAITS, 1),
        (WAITS | {"planned_on": TODAY - timedelta(3)}, 1),
        (WAITS | {"planned_on": TODAY + timedelta(1)}, 0),
        (WAITS | {"status": "sending"}, 1),
        (WAITS | {"status": "cancelled"}, 0),
        (WAITS | {"status": "sent", "sent_at": NOW}, 1),
        (WAITS | {"status": "answered", "sent_at": NOW}, 1),
        (WAITS | {"status": "sent", "sent_at": NOW - timedelta(3), "planned_on": TODAY - timedelta(3)}, 0),
        (WAITS | {"status": "bounced", "sent_at": NOW}, 0),
        ({"channel": "phone", "status": "sent", "sent_at": NOW}, 0),
    ],
    ids=[
        *("waits", "waits since days ago", "planned for tomorrow", "leaves just now", "was taken back"),
        *("left today", "was answered", "left days ago", "bounced", "was imported"),
    ],
)
def test_an_ask_of_ours_takes_a_place_on_the_day_it_leaves(store: Store, values: Any, number: int) -> None:
    ask(store, **values)
    assert sum(places(store).values()) == number


def test_places_are_counted_by_channel(store: Store) -> None:
    for channel in ("phone", "phone", "email", None):
        ask(store, **WAITS | {"channel": channel})
    assert places(store) == {("phone", TODAY): 2, ("email", TODAY): 1}


def test_where_it_is_two_days_at_once_each_has_its_own_places(store: Store) -> None:
    for day in (TODAY - timedelta(1), TODAY):
        ask(store, **WAITS | {"planned_on": day})
    with store.write(EVERYTHING) as session:
        make_contact(session, make_account(session, timezone="Pacific/Kiritimati"))
    noon_before = datetime(2026, 11, 23, 12, tzinfo=UTC)
    asks = read_book(store, Moment(noon_before)).channel_asks.sort("today")
    assert asks.select("today", "channel_asks").rows() == [(TODAY - timedelta(1), 1), (TODAY, 2)]


def test_only_what_was_asked_lately_is_read(store: Store) -> None:
    if store.dialect != "sqlite":
        pytest.skip("how a small table is read is up to PostgreSQL")
    statements: list[tuple[str, Any]] = []

    @event.listens_for(store.engine, "before_cursor_execute")
    def keep(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "asks.channel" in statement and not statement.startswith("EXPLAIN"):
            statements.append((statement, parameters))

    places(store)
    with store.engine.connect() as connection:
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values) for text, values in statements]
        steps = " ".join(str(step) for plan in plans for step in plan)
    assert steps.count("USING COVERING INDEX ix_asks_day (status=? AND planned_on") == 2
    assert "SCAN asks" not in steps
