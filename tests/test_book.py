"""What the Book says of a house, on both databases: local days, what is seen at a date, and who is the same person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.book import linked_accounts, read_book
from engine.data.localtime import Zones
from engine.data.models import Contact
from engine.data.store import EVERYTHING, Store
from engine.decide.book import COLUMNS
from engine.types import Moment
from tests.factories import (
    make_account,
    make_ask,
    make_contact,
    make_promise,
    make_setting,
    make_touchpoint,
)

NOW = Moment(datetime(2026, 11, 24, 9, 30, tzinfo=UTC))
TODAY = date(2026, 11, 24)


def at(day: int, month: int = 11, *, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def on(day: date) -> Moment:
    return Moment(NOW.now, day)


def read_row(
    store: Store, contact: Contact, moment: Moment = NOW, ids: Collection[int] | None = None
) -> dict[str, Any]:
    frame = read_book(store, moment, account_ids=ids).frame
    return frame.row(by_predicate=pl.col("contact_id") == contact.id, named=True)


# the frame


def test_an_empty_house_has_an_empty_book_of_the_right_types(store: Store) -> None:
    book = read_book(store, NOW)
    assert book.kinds == ()
    assert book.frame.schema == {column.name: column.dtype for column in COLUMNS}
    assert book.frame.height == 0


def test_a_contact_that_nothing_is_known_of_has_every_column(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        account = make_account(session, tier="platinum", country="de", owner_email=" Olive@House.example ")
        contact = make_contact(session, account, email=None, created_on=None)
    book = read_book(store, NOW)
    assert book.frame.schema == {column.name: column.dtype for column in COLUMNS}
    row = book.frame.row(0, named=True)
    known = {name: value for name, value in row.items() if value is not None}
    assert known == {
        "contact_id": contact.id,
        "account_id": account.id,
        "person_id": contact.person_id,
        "contact_key": contact.key,
        "account_key": account.key,
        "today": TODAY,
        "timezone": "UTC",
        "tier": "standard",
        "owner": "olive@house.example",
        "owner_open_followups": 0,
        "country": "DE",
        "house_answer_rate": 0.5,
        "created_on": date(2025, 1, 6),
        "channels": [],
        "wish_occasions_off": [],
        "asked_on": [],
        "unanswered_in_a_row": 0,
        "planned_elsewhere": False,
        "done_promises_on": [],
    }


def test_rows_are_sorted_by_account_and_contact_in_one_chunk(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        accounts = [make_account(session) for _ in range(3)]
        for account in reversed(accounts * 2):
            make_contact(session, account)
    frame = read_book(store, NOW).frame
    assert frame.rows() == frame.sort("account_id", "contact_id").rows()
    assert frame.n_chunks("all") == [1] * frame.width


def test_revenue_is_compared_with_the_whole_house_whatever_is_read(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        revenues = (None, 100.0, 300.0, 1000.0, 500.0)
        contacts = [make_contact(session, make_account(session, annual_revenue=revenue)) for revenue in revenues]
    ratios = [read_row(store, contact)["revenue_ratio"] for contact in contacts]
    assert ratios == [None, 0.25, 0.75, 2.5, 1.25]
    assert read_row(store, contacts[1], ids=[contacts[1].account_id])["revenue_ratio"] == 0.25


@pytest.mark.parametrize(
    ("values", "channels"),
    [
        ({}, ["email"]),
        ({"mobile_key": "+4915112345678"}, ["email", "sms"]),
        ({"email": None, "mobile_key": "+4915112345678"}, ["sms"]),
        ({"channels": "phone  email", "phone": "+49 30 901820"}, ["phone", "email"]),
        ({"channels": "phone email", "phone": "+49 30 901820", "bounced_channels": "email sms"}, ["phone"]),
        ({"channels": "email", "email": None}, []),
        ({"channels": "phone sms email"}, ["email"]),
        ({"bounced_channels": "email"}, []),
    ],
)
def test_channels_are_those_named_else_those_with_an_address(
    store: Store, values: dict[str, Any], channels: list[str]
) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session, **values)
    assert read_row(store, contact)["channels"] == channels


# days


def test_days_are_the_contacts_own_on_both_sides_of_midnight(store: Store) -> None:
    """At 02:30 in UTC it is still yesterday in New York and already half past eleven in Tokyo."""
    moment = Moment(at(24, hour=2) + timedelta(minutes=30))
    sent = at(10, hour=20)
    with store.write(EVERYTHING) as session:
        contacts = [make_contact(session, timezone=zone) for zone in ("America/New_York", "UTC", "Asia/Tokyo")]
        for contact in contacts:
            make_ask(session, contact, sent_at=sent)
    rows = [read_row(store, contact, moment) for contact in contacts]
    assert [row["today"].day for row in rows] == [23, 24, 24]
    assert [row["last_asked_on"].day for row in rows] == [10, 10, 11]


def test_a_zone_is_the_contacts_else_the_accounts_else_the_houses(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        make_setting(session, "company.timezone", "Europe/Berlin")
        tokyo = make_account(session, timezone="Asia/Tokyo")
        contacts = [make_contact(session, tokyo, timezone="America/New_York"), make_contact(session, tokyo)]
        contacts += [make_contact(session), make_contact(session, timezone="Mars/Olympus")]
    zones = [read_row(store, contact)["timezone"] for contact in contacts]
    assert zones == ["America/New_York", "Asia/Tokyo", "Europe/Berlin", "Europe/Berlin"]


def test_one_ask_has_each_contacts_own_day(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        here = make_contact(session, timezone="America/New_York")
        there = make_contact(session, person=here.person, timezone="Asia/Tokyo")
        make_ask(session, here, sent_at=at(10, hour=20))
    assert read_row(store, here)["last_asked_on"] == date(2026, 11, 10)
    assert read_row(store, there)["last_asked_on"] == date(2026, 11, 11)


ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Africa/Casablanca",
)
INSTANTS = st.integers(-2_000_000_000, 4_000_000_000)


@settings(max_examples=200, deadline=None)
@given(facts=st.lists(st.tuples(INSTANTS, st.integers(0, len(ZONES) - 1)), max_size=30))
def test_local_days_are_zoneinfos(facts: list[tuple[int, int]]) -> None:
    instants = np.array([instant for instant, _ in facts], np.int64)
    zones = np.array([zone for _, zone in facts], np.int32)
    days = Zones(ZONES, NOW).days(instants, zones).tolist()
    epoch = date(1970, 1, 1)
    expected = [(datetime.fromtimestamp(i, ZoneInfo(ZONES[zone])).date() - epoch).days for i, zone in facts]
    assert days == expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca"])
def test_local_days_hold_through_every_hour_of_a_decade(zone: str) -> None:
    instants = np.arange(1_262_304_000, 1_577_836_800, 3600, dtype=np.int64)
    days = Zones([zone], NOW).days(instants, np.zeros(instants.size, np.int32))
    expected = [datetime.fromtimestamp(i, ZoneInfo(zone)).date().toordinal() for i in instants.tolist()]
    assert (days + date(1970, 1, 1).toordinal()).tolist() == expected


# how people were asked


def test_asks_of_every_status_that_was_sent_count_and_no_other(store: Store) -> None:
    statuses = ("sent", "opened", "started", "answered", "expired", "declined", "in_doubt", "bounced", "cancelled")
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        for day, status in enumerate(statuses, 1):
            make_ask(session, contact, status=status, sent_at=at(day))
    row = read_row(store, contact)
    assert [day.day for day in row["asked_on"]] == [7, 6, 5, 4, 3, 2, 1]
    assert row["open_asked_on"] == date(2026, 11, 7)


def test_an_ask_in_doubt_without_an_instant_counts_from_the_day_it_was_planned(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session, timezone="America/New_York")
        make_ask(session, contact, origin="heed", status="in_doubt", planned_on=date(2026, 11, 20))
    row = read_row(store, contact)
    assert row["asked_on"] == [date(2026, 11, 20)]
    assert row["open_asked_on"] == date(2026, 11, 20)


def test_an_ask_that_is_leaving_counts_as_open_and_as_waiting(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        make_ask(session, contact, origin="heed", status="sending", planned_on=TODAY)
    row = read_row(store, contact)
    assert (row["open_asked_on"], row["planned_on"], row["asked_on"]) == (TODAY, TODAY, [])


def test_unanswered_asks_are_counted_back_to_the_last_answer_among_those_that_had_their_time(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        make_ask(session, contact, sent_at=at(1, 6), status="expired")
        make_ask(session, contact, sent_at=at(1, 7), answered_at=at(2, 7))
        make_ask(session, contact, sent_at=at(1, 8), status="answered")  # nobody knows when
        make_ask(session, contact, sent_at=at(1, 9), status="declined")
        make_ask(session, contact, sent_at=at(10), status="expired")  # 14 days ago
        make_ask(session, contact, sent_at=at(11), status="sent")
    row = read_row(store, contact)
    assert (row["unanswered_in_a_row"], row["settled_asked_on"]) == (3, date(2026, 11, 10))


def test_what_happens_after_the_day_is_not_seen(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session, opted_out_on=date(2026, 11, 15))
        make_ask(session, contact, sent_at=at(1, 10), answered_at=at(12))
        make_ask(session, contact, sent_at=at(14))
        make_touchpoint(session, contact, kind="feedback", happened_at=at(13))
    early, late = (read_row(store, contact, on(date(2026, 11, day))) for day in (11, 15))
    assert early["opted_out_on"] is None
    assert late["opted_out_on"] == date(2026, 11, 15)
    assert [len(row["asked_on"]) for row in (early, late)] == [1, 2]
    assert early["open_asked_on"] == date(2026, 10, 1)  # answered, but not yet
    assert late["open_asked_on"] == date(2026, 11, 14)
    assert [row["unanswered_in_a_row"] for row in (early, late)] == [1, 0]
    assert [row["account_heard_on"] for row in (early, late)] == [None, date(2026, 11, 12)]
    assert [row["last_feedback_on"] for row in (early, late)] == [None, date(2026, 11, 13)]


def test_a_day_ends_at_the_contacts_midnight(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contacts = [make_contact(session, timezone=zone) for zone in ("America/New_York", "Asia/Tokyo")]
        for contact in contacts:
            make_ask(session, contact, sent_at=at(10, hour=20))
    seen = [read_row(store, contact, on(date(2026, 11, 10)))["asked_on"] for contact in contacts]
    assert seen == [[date(2026, 11, 10)], []]


def test_occasions_are_the_contacts_own_and_days_the_persons(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        other = make_contact(session, person=contact.person)
        make_ask(session, contact, sent_at=at(1), occasion="relationship")
        make_ask(session, contact, sent_at=at(2), occasion="renewal")
        make_ask(session, other, sent_at=at(3), occasion="relationship")
    row = read_row(store, contact)
    assert [day.day for day in row["asked_on"]] == [3, 2, 1]
    assert (row["relationship_asked_on"].day, row["renewal_asked_on"].day) == (1, 2)
    assert row["asked_here_on"].day == 2


def test_an_ask_that_waits_is_known_to_all_contacts_of_the_person(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        other = make_contact(session, person=contact.person)
        colleague = make_contact(session, contact.account)
        make_ask(session, contact, origin="heed", status="planned", planned_on=TODAY)
    rows = [read_row(store, someone) for someone in (contact, other, colleague)]
    assert [row["planned_on"] for row in rows] == [TODAY, None, None]
    assert [row["planned_elsewhere"] for row in rows] == [False, True, False]
    assert [row["asked_here_on"] for row in rows] == [TODAY, None, None]
    before = read_row(store, contact, on(TODAY - timedelta(days=1)))
    assert before["planned_on"] is None


def test_an_account_is_heard_by_anyone_and_by_role(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        account = make_account(session)
        roles = ("it", "it", "finance", None)
        contacts = [make_contact(session, account, role=role) for role in roles]
        make_ask(session, contacts[0], sent_at=at(1), answered_at=at(2))
        make_ask(session, contacts[2], sent_at=at(1), answered_at=at(5))
    rows = [read_row(store, contact) for contact in contacts]
    assert {row["account_heard_on"] for row in rows} == {date(2026, 11, 5)}
    assert [row["role_heard_on"] and row["role_heard_on"].day for row in rows] == [2, 2, 5, None]


# the person, everywhere


def test_the_persons_word_counts_whichever_contact_they_gave_it_as(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(
            session, wish_min_interval=30, wish_every_days=20, wish_occasions_off="renewal", preferred_channel="phone"
        )
        other = make_contact(
            session,
            person=contact.person,
            wish_min_interval=60,
            wish_every_days=10,
            wish_occasions_off="promise renewal",
            opted_out_on=date(2026, 11, 1),
            paused_until=date(2027, 1, 1),
            wish_channel="sms",
        )
    wishes = ("wish_min_interval", "wish_every_days", "wish_occasions_off", "opted_out_on", "paused_until")
    expected = [60, 10, ["promise", "renewal"], date(2026, 11, 1), date(2027, 1, 1)]
    for someone in (contact, other):
        row = read_row(store, someone, ids=[someone.account_id])
        assert [row[name] for name in wishes] == expected
        assert row["preferred_channel"] == "sms"


def test_what_a_person_does_at_an_account_that_is_not_read_counts(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        other = make_contact(session, person=contact.person)
        make_ask(session, other, sent_at=at(1), status="opened")
        make_touchpoint(session, other, kind="feedback", happened_at=at(3))
        make_ask(session, other, origin="heed", status="planned", planned_on=TODAY)
    row = read_row(store, contact, ids=[contact.account_id])
    assert (row["last_asked_on"], row["open_asked_on"]) == (date(2026, 11, 1), date(2026, 11, 1))
    assert (row["last_feedback_on"], row["planned_elsewhere"]) == (date(2026, 11, 3), True)
    whole = read_row(store, contact)
    assert row == {name: whole[name] for name in row}


def test_accounts_are_linked_through_shared_persons_however_far(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        first = make_contact(session)
        second = make_contact(session, person=first.person)
        third = make_contact(session, second.account)
        fourth = make_contact(session, person=third.person)
        make_contact(session)
    assert linked_accounts(store, first.id) == {first.account_id, second.account_id, fourth.account_id}


# touchpoints


def test_the_latest_touchpoint_of_a_kind_counts_until_an_ask_follows_it(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        asked, unasked = make_contact(session), make_contact(session)
        for contact in (asked, unasked):
            make_touchpoint(session, contact, kind="ticket_closed", happened_at=at(5))
            make_touchpoint(session, contact, kind="ticket_closed", happened_at=at(10))
            make_touchpoint(session, contact, kind="onboarding_done", happened_at=at(15))
            make_ask(session, contact, sent_at=at(12), occasion="relationship")
        make_ask(session, asked, sent_at=at(10), occasion="touchpoint")  # at the same second: it follows
    book = read_book(store, NOW)
    assert book.kinds == ("onboarding_done", "ticket_closed")
    rows = [read_row(store, contact) for contact in (asked, unasked)]
    assert [row["touchpoint_on:ticket_closed"] for row in rows] == [None, date(2026, 11, 10)]
    assert [row["touchpoint_on:onboarding_done"] for row in rows] == [date(2026, 11, 15)] * 2


def test_a_touchpoint_of_the_account_is_every_contacts_until_they_are_asked(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        account = make_account(session)
        asked, unasked = (make_contact(session, account) for _ in range(2))
        make_touchpoint(session, account, happened_at=at(5))
        make_ask(session, asked, sent_at=at(7), occasion="touchpoint")
    rows = [read_row(store, contact) for contact in (asked, unasked)]
    assert [row["account_touchpoint_on:ticket_closed"] for row in rows] == [None, date(2026, 11, 5)]
    assert [row["touchpoint_on:ticket_closed"] for row in rows] == [None, None]


def test_a_touchpoint_later_than_the_day_is_not_seen(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        make_touchpoint(session, contact, happened_at=at(10))
    assert read_book(store, on(date(2026, 11, 9))).kinds == ()
    assert read_row(store, contact, on(date(2026, 11, 10)))["touchpoint_on:ticket_closed"] == date(2026, 11, 10)


# promises


def test_the_earliest_due_promise_is_named(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        account = make_account(session)
        contact = make_contact(session, account)
        make_promise(session, contact, due_on=date(2026, 11, 20))
        first = make_promise(session, contact, due_on=date(2026, 11, 10))
        make_promise(session, contact, due_on=date(2026, 11, 10))
        make_promise(session, contact, due_on=None)
        make_promise(session, contact, due_on=date(2026, 11, 1), status="drafted")
        make_promise(session, contact, due_on=date(2026, 11, 1), status="declined")
        of_account = make_promise(session, account, due_on=date(2026, 11, 5))
    row = read_row(store, contact)
    assert (row["promise_due"], row["promise_due_on"]) == (first.id, date(2026, 11, 10))
    assert (row["account_promise_due"], row["account_promise_due_on"]) == (of_account.id, date(2026, 11, 5))


def test_a_promise_is_agreed_until_the_day_it_is_done_and_unknown_before_it_is_made(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        values = {"made_on": date(2026, 11, 2), "due_on": date(2026, 11, 10), "done_on": date(2026, 11, 15)}
        promise = make_promise(session, contact, status="done", verdict="kept", **values)
    rows = [read_row(store, contact, on(date(2026, 11, day))) for day in (1, 2, 14, 15)]
    assert [row["promise_due"] for row in rows] == [None, promise.id, promise.id, None]
    assert [row["promise_done_on"] for row in rows] == [None, None, None, date(2026, 11, 15)]
    assert [row["done_promises_on"] for row in rows] == [[], [], [], []]  # the verdict counts from that day, too


def test_done_promises_wait_for_the_clients_word_until_a_promise_ask(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        for day in (12, 3, 8):
            make_promise(session, contact, status="done", done_on=date(2026, 11, day))
        make_promise(session, contact, status="done", done_on=date(2026, 11, 9), verdict="disputed")
        make_ask(session, contact, sent_at=at(8), occasion="promise")  # on the day itself: not yet asked about it
    row = read_row(store, contact)
    assert row["done_promises_on"] == [date(2026, 11, 8), date(2026, 11, 12)]
    assert row["promise_done_on"] == date(2026, 11, 12)


def test_open_followups_are_the_owners_over_all_accounts(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, owner_email="Olive@house.example"))
        elsewhere = make_account(session)
        for status in ("agreed", "drafted", "declined", "done"):
            make_promise(session, elsewhere, status=status, owner_email="olive@House.example")
        make_promise(session, elsewhere, status="done", done_on=date(2026, 11, 20), owner_email="olive@house.example")
        make_promise(session, elsewhere, made_on=date(2026, 11, 22), owner_email="olive@house.example")
        make_promise(session, elsewhere, owner_email="other@house.example")
    moments = (NOW, on(date(2026, 11, 21)), on(date(2026, 11, 19)))
    ids = [contact.account_id]
    assert [read_row(store, contact, moment)["owner_open_followups"] for moment in moments] == [3, 2, 3]
    assert [read_row(store, contact, moment, ids)["owner_open_followups"] for moment in moments] == [3, 2, 3]


# which accounts


def test_due_are_accounts_whose_day_has_come_where_one_of_their_contacts_is(store: Store) -> None:
    moment = Moment(at(23, hour=20))  # the 24th in Tokyo
    with store.write(EVERYTHING) as session:
        plans = {"past": date(2026, 11, 1), "today": date(2026, 11, 23), "tomorrow": TODAY, "none": None}
        for key, plan_on in plans.items():
            make_contact(session, make_account(session, key=key, plan_on=plan_on))
        tokyo = make_account(session, key="tokyo", plan_on=TODAY)
        make_contact(session, tokyo, timezone="Asia/Tokyo")
        make_contact(session, tokyo)
    frame = read_book(store, moment, due=True).frame
    assert frame["account_key"].to_list() == ["past", "today", "tokyo", "tokyo"]
    assert read_book(store, on(TODAY), due=True).frame["account_key"].n_unique() == 4


def test_some_accounts_read_alone_are_as_they_are_in_the_whole_book(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        for number in range(12):
            _fill(make_contact(session, timezone=("Asia/Tokyo", None)[number % 2]), session)
        shared = make_contact(session)
        _fill(make_contact(session, person=shared.person), session)
    whole = read_book(store, NOW).frame
    for account in whole["account_id"]:
        alone = read_book(store, NOW, account_ids=[account]).frame
        assert alone.equals(whole.filter(pl.col("account_id") == account).select(alone.columns))


def _fill(contact: Contact, session: Any) -> None:
    make_ask(session, contact, sent_at=at(1, 10), answered_at=at(2, 10))
    make_ask(session, contact, sent_at=at(1), occasion="touchpoint")
    make_touchpoint(session, contact)
    make_promise(session, contact)
    make_promise(session, contact, status="done", done_on=date(2026, 11, 9))
