"""How people answer, as the Book knows it: by which way, how often, and at what hour; and how others do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from engine.data.book import read_book
from engine.data.counts import last_counted, recount_answers
from engine.data.history import middle_minutes
from engine.data.models import Contact, DecisionRecord
from engine.data.store import EVERYTHING, Store
from engine.decide.book import COLUMNS, COUNTS
from engine.decide.sentences import Teller
from engine.decide.tailoring import tell_tailored
from engine.operations.imports import import_files
from engine.operations.planning import plan_asks
from engine.types import TIERS, Moment
from tests.conftest import NOW
from tests.factories import make_account, make_ask, make_contact, make_setting
from tests.test_book import at, on

WAYS = ("email", "sms")


def read_row(store: Store, contact: Contact, moment: Moment | None = None, **which: Any) -> dict[str, Any]:
    frame = read_book(store, moment or Moment(NOW), channels=WAYS, **which).frame
    return frame.row(by_predicate=pl.col("contact_id") == contact.id, named=True)


def counts(row: dict[str, Any], channel: str, of: str = "") -> tuple[int, int]:
    """How many were answered, of how many."""
    return row[f"{of}answered_by:{channel}"], row[f"{of}sent_by:{channel}"]


# by which way


def test_a_book_has_counts_for_each_channel_of_the_house(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        make_contact(session)
    frame = read_book(store, Moment(NOW), channels=WAYS).frame
    added = {f"{name}:{channel}": pl.Int32 for channel in WAYS for name in COUNTS}
    assert frame.schema == {column.name: column.dtype for column in COLUMNS} | added
    assert frame.select(*added).row(0) == (0,) * 8


def test_asks_that_count_as_asked_are_counted_by_contact_and_channel(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        for day, status in enumerate(("sent", "opened", "started", "expired", "declined", "in_doubt"), 1):
            make_ask(session, contact, status=status, sent_at=at(day))
        for day, status in enumerate(("bounced", "cancelled"), 10):
            make_ask(session, contact, status=status, sent_at=at(day))
        make_ask(session, contact, sent_at=at(12), answered_at=at(13))
        make_ask(session, contact, sent_at=at(14), answered_at=at(15), status="expired")
        make_ask(session, contact, sent_at=at(16), answered_at=at(16, hour=13), channel="sms")
        make_ask(session, contact, sent_at=at(18), channel=None)
        make_ask(session, contact, sent_at=at(19), channel="fax")
        make_ask(session, contact, origin="heed", status="planned", planned_on=date(2026, 11, 24))
    row = read_row(store, contact)
    assert (counts(row, "email"), counts(row, "sms")) == ((2, 8), (1, 1))


def test_what_happens_later_is_not_counted_yet(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session, timezone="Pacific/Auckland")  # 13 hours before UTC
        make_ask(session, contact, sent_at=at(9, hour=12), answered_at=at(10, hour=12))
    expected = {9: (0, 0), 10: (0, 1), 11: (1, 1)}
    for day, found in expected.items():
        assert counts(read_row(store, contact, on(date(2026, 11, day))), "email") == found


def test_counts_are_the_contacts_own_and_not_the_persons(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        here = make_contact(session)
        there = make_contact(session, person=here.person)
        make_ask(session, here, sent_at=at(2), answered_at=at(2))
        make_ask(session, there, sent_at=at(3))
    assert counts(read_row(store, here), "email") == (1, 1)
    assert counts(read_row(store, there), "email") == (0, 1)


# how others answer


def test_tiers_and_the_house_are_counted_whatever_is_read(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contacts = {tier: make_contact(session, make_account(session, tier=tier)) for tier in (*TIERS, "gold", None)}
        for tier, contact in contacts.items():
            for day in range(1, 1 + len(tier or "")):
                make_ask(session, contact, sent_at=at(day), answered_at=at(day) if day == 1 else None)
        make_ask(session, contacts["key"], sent_at=at(20), channel="sms")
        make_ask(session, contacts["key"], sent_at=at(20, hour=3), channel="sms", status="bounced")
        make_ask(session, contacts["key"], sent_at=NOW + timedelta(days=9))
        recount_answers(session, NOW)
        assert last_counted(session) == NOW
    for ids in (None, [contacts["key"].account_id], [contacts["gold"].account_id]):
        frame = read_book(store, Moment(NOW), channels=WAYS, account_ids=ids).frame
        for row in frame.iter_rows(named=True):
            assert row["house_answer_rate"] == (5 + 1) / (9 + 3 + 8 + 5 + 4 + 1 + 2)
            by_email = {"strategic": (1, 9), "key": (1, 3), "standard": (2, 12), "light": (1, 5)}
            assert counts(row, "email", of="tier_") == by_email[row["tier"]]
            assert counts(row, "sms", of="tier_") == ((0, 1) if row["tier"] == "key" else (0, 0))


def test_counting_again_replaces_what_was_counted(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        ask = make_ask(session, contact, sent_at=at(2), channel="sms")
        recount_answers(session, NOW)
        ask.channel = "email"
        session.flush()
        recount_answers(session, NOW + timedelta(days=1))
    row = read_row(store, contact)
    assert (counts(row, "sms", "tier_"), counts(row, "email", "tier_")) == ((0, 0), (0, 1))


def write_asks(folder: Path, *days: int) -> list[Path]:
    """Files with one account, one contact, and an answered ask on each of these days of November."""
    files = {
        "accounts.csv": "key,name,tier\nN,Northwind,key\n",
        "contacts.csv": "account_key,key,name,email\nN,nadia,Nadia Bloom,nadia@northwind.example\n",
        "asks.csv": "account_key,contact_key,occasion,survey,channel,sent_at,answered_at,status\n"
        + "".join(
            f"N,nadia,relationship,relationship,email,2026-11-{day:02}T08:00:00Z,2026-11-{day:02}T09:00:00Z,answered\n"
            for day in days
        ),
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return [folder / name for name in files]


def counted_in(store: Store) -> pl.DataFrame:
    return read_book(store, Moment(NOW), channels=WAYS).frame.select("tier_sent_by:email", "tier_answered_by:email")


def test_an_import_of_asks_counts_and_one_that_changes_none_does_not(engine: Any, tmp_path: Path) -> None:
    import_files(engine, write_asks(tmp_path, 2, 3), dry_run=True)
    with engine.store.read(EVERYTHING) as session:
        assert last_counted(session) is None
    import_files(engine, write_asks(tmp_path, 2, 3))
    assert counted_in(engine.store).row(0) == (2, 2)
    statements = run_counting(engine.store, lambda: import_files(engine, write_asks(tmp_path, 2, 3)))
    assert not statements
    import_files(engine, write_asks(tmp_path, 4))
    assert counted_in(engine.store).row(0) == (3, 3)


def test_a_plan_counts_once_a_week(engine: Any) -> None:
    with engine.store.write(EVERYTHING) as session:
        make_ask(session, make_contact(session), sent_at=at(2))
    assert run_counting(engine.store, lambda: plan_asks(engine, dry_run=True)) == 0
    assert run_counting(engine.store, lambda: plan_asks(engine)) == 1
    assert run_counting(engine.store, lambda: plan_asks(engine)) == 0
    with engine.store.write(EVERYTHING) as session:
        recount_answers(session, NOW - timedelta(days=7))
    assert run_counting(engine.store, lambda: plan_asks(engine)) == 0
    with engine.store.write(EVERYTHING) as session:
        recount_answers(session, NOW - timedelta(days=7, seconds=1))
    assert run_counting(engine.store, lambda: plan_asks(engine)) == 1


def run_counting(store: Store, run: Any) -> int:
    """How often the asks of the house are counted while something runs."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    run()
    event.remove(store.engine, "before_cursor_execute", note)
    return sum("INSERT INTO answer_counts" in statement for statement in seen)


def test_the_record_of_an_ask_keeps_what_its_channel_was_chosen_by(engine: Any) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, plan_on=NOW.date()))
        for month, answered in ((1, True), (4, False)):
            at_noon = datetime(2026, month, 5, 12, tzinfo=UTC)
            make_ask(session, contact, sent_at=at_noon, answered_at=at_noon if answered else None, status="expired")
    plan_asks(engine)
    with engine.store.read(EVERYTHING) as session:
        (kept,) = session.scalars(select(DecisionRecord.says)).all()
    # the house answered one of two, (1 + 1) / (2 + 2); the tier the same, so the prior of ten is five and five
    assert kept["tailored"]["chance:email"] == {"alpha": 6.0, "beta": 6.0, "answered": 1, "sent": 2}
    told = tell_tailored(kept["tailored"], Teller(NOW.date()))["channel"]
    assert "answered 1 of 2 times" in told["why"]
    assert told["scores"] == {
        "email": 0.5,
        "phone": None,
        "in_app": None,
    }  # no number, and they have no account of ours


# at what hour


def answer(store: Store, *times: datetime, **contact: Any) -> Contact:
    """A contact who answered at these times."""
    with store.write(EVERYTHING) as session:
        found = make_contact(session, **contact)
        for time in times:
            make_ask(session, found, sent_at=time - timedelta(hours=2), answered_at=time)
        return found


def clock(*times: str, day: date = date(2026, 11, 2), zone: str = "UTC") -> list[datetime]:
    """These times of the clock on days that follow each other."""
    return [
        datetime.fromisoformat(f"{day + timedelta(days=number)}T{time}").replace(tzinfo=ZoneInfo(zone))
        for number, time in enumerate(times)
    ]


@pytest.mark.parametrize(
    ("times", "minute"),
    [
        ((), None),
        (("09:10", "09:20"), None),
        (("09:20", "16:00", "09:10"), 9 * 60 + 20),
        (("09:10", "09:20", "16:00", "16:10"), 9 * 60 + 20),
        (("23:50", "00:10", "00:30"), 10),
        (("23:40", "23:50", "00:10"), 23 * 60 + 50),
        (("00:00", "00:00", "00:00"), None),
        (("00:00", "12:00", "12:10", "12:20"), 12 * 60 + 10),
        (("00:00:01", "00:00:59", "00:00:30"), 0),
        (("10:00",) * 5, 600),
    ],
)
def test_the_usual_time_is_the_middle_one_of_three_answers_or_more(
    store: Store, times: tuple[str, ...], minute: int | None
) -> None:
    contact = answer(store, *clock(*times))
    assert read_row(store, contact)["usual_answer_minute"] == minute


def test_the_usual_time_is_on_the_clock_where_the_contact_is(store: Store) -> None:
    times = clock("16:30", "16:30", "16:30")
    minutes = {"UTC": 990, "Asia/Kolkata": 1320, "America/New_York": 690, "Pacific/Auckland": 330}
    for zone, minute in minutes.items():
        assert read_row(store, answer(store, *times, timezone=zone))["usual_answer_minute"] == minute


def test_the_usual_time_follows_the_clock_through_summer_and_winter(store: Store) -> None:
    """The clocks of Berlin go forward on 29 March and back on 25 October 2026."""
    times = [
        *clock("08:30", "08:30", day=date(2026, 3, 28), zone="Europe/Berlin"),
        *clock("08:30", "08:30", day=date(2026, 10, 24), zone="Europe/Berlin"),
    ]
    assert {time.astimezone(UTC).hour for time in times} == {6, 7}
    contact = answer(store, *times, timezone="Europe/Berlin")
    assert read_row(store, contact)["usual_answer_minute"] == 510


def test_the_hour_that_the_clock_shows_twice_is_that_hour(store: Store) -> None:
    twice = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    contact = answer(store, *twice, *clock("02:30", zone="Europe/Berlin"), timezone="Europe/Berlin")
    assert read_row(store, contact)["usual_answer_minute"] == 150


def test_what_was_imported_with_its_day_only_says_nothing(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        make_setting(session, "company.timezone", "Europe/Vienna")
    contact = answer(store, *clock(*["00:00"] * 4, zone="Europe/Vienna"), timezone="America/New_York")
    assert read_row(store, contact)["usual_answer_minute"] is None


def test_the_usual_time_is_the_persons_and_counts_what_is_seen(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        here = make_contact(session)
        there = make_contact(session, person=here.person)
        for number, contact in enumerate((here, here, there), 1):
            make_ask(session, contact, sent_at=at(number), answered_at=at(number, hour=15))
        make_ask(session, there, sent_at=at(9))
    for contact in (here, there):
        assert read_row(store, contact)["usual_answer_minute"] == 900
        assert read_row(store, contact, on(date(2026, 11, 2)))["usual_answer_minute"] is None


clocks = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1439)), max_size=40)


@settings(max_examples=200, deadline=None)
@given(clocks, st.integers(0, 1439))
def test_middles_turn_with_the_clock_and_are_minutes_that_occur(found: list[tuple[int, int]], turn: int) -> None:
    rows, minutes = (np.array([pair[place] for pair in found], np.int64) for place in (0, 1))
    at_rows, middles = middle_minutes(rows, minutes)
    assert at_rows.tolist() == sorted(set(rows.tolist()))
    assert set(zip(at_rows.tolist(), middles.tolist(), strict=True)) <= set(found)
    _, turned = middle_minutes(rows, (minutes + turn) % 1440)
    for row, before, after in zip(at_rows.tolist(), middles.tolist(), turned.tolist(), strict=True):
        own = sorted(minute for place, minute in found if place == row)
        silent = sorted(((b - a - 1) % 1440) + 1 for a, b in zip([own[-1], *own[:-1]], own, strict=True))
        if len(own) == 1 or silent[-1] > silent[-2]:  # otherwise the day can be cut in two places
            assert after == (before + turn) % 1440
