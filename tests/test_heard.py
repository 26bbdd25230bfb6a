"""What forms are made from: answers and asks as days on the clock of whoever is asked, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from engine.data.heard import KNOWN, read_known
from engine.data.models import Contact
from engine.data.store import EVERYTHING, Store
from engine.operations.decisions import explain_contact
from engine.operations.surveys import sync_surveys
from engine.types import Moment
from tests.conftest import NOW
from tests.factories import make_account, make_answer, make_ask, make_contact, make_promise, make_setting

TODAY = NOW.date()
LOWS = {("relationship", "responsiveness"): 2.0, ("relationship", "recommend"): 6.0, ("relationship", "ease"): 3.0}
NEW_YORK, AUCKLAND, BERLIN = "America/New_York", "Pacific/Auckland", "Europe/Berlin"


def known(store: Store, *contacts: Contact, on: date | None = None) -> dict[str, pl.DataFrame]:
    """What is known where these contacts are to be asked."""
    moment = Moment(NOW, on)
    asks = [
        (each.id, each.account_id, each.person_id, each.timezone or "UTC", moment.today(each.timezone or "UTC"))
        for each in contacts
    ]
    schema = {"contact_id": pl.Int64, "account_id": pl.Int64, "person_id": pl.Int64}
    schema |= {"timezone": pl.String, "today": pl.Date}
    found = read_known(store, pl.DataFrame(asks, schema=schema, orient="row"), moment, LOWS)
    return {name: found[name] for name in KNOWN}


def days(frame: pl.DataFrame, **which: Any) -> set[Any]:
    day = next(name for name in ("answered_on", "asked_on", "on") if name in frame.columns)
    return set(frame.filter(**which)[day])


def test_nobody_to_ask_is_nothing_to_read(store: Store) -> None:
    found = known(store)
    assert {name: frame.schema for name, frame in found.items()} == KNOWN
    assert all(frame.is_empty() for frame in found.values())


def test_every_frame_has_its_columns_also_where_nothing_is_known(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
    assert {name: frame.schema for name, frame in known(store, contact).items()} == KNOWN


# answers


def test_days_are_on_the_clock_of_whoever_is_asked(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        account = make_account(session)
        west, east = (make_contact(session, account, timezone=zone) for zone in (NEW_YORK, AUCKLAND))
        make_answer(session, west, answered_at=datetime(2026, 11, 2, 2, tzinfo=UTC))
        make_answer(session, east, answered_at=datetime(2026, 11, 1, 12, tzinfo=UTC))
    heard = known(store, west, east)["heard"]
    assert days(heard, person_id=west.person_id, timezone=NEW_YORK) == {date(2026, 11, 1)}
    assert days(heard, person_id=west.person_id, timezone=AUCKLAND) == {date(2026, 11, 2)}
    assert days(heard, person_id=east.person_id, timezone=NEW_YORK) == {date(2026, 11, 1)}
    assert days(heard, person_id=east.person_id, timezone=AUCKLAND) == {date(2026, 11, 2)}


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 10, 24, 21, 59, tzinfo=UTC), date(2026, 10, 24)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),  # 25 hours long
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        (datetime(2024, 2, 28, 23, 0, tzinfo=UTC), date(2024, 2, 29)),
        (datetime(2024, 2, 29, 23, 0, tzinfo=UTC), date(2024, 3, 1)),
    ],
)
def test_days_change_at_the_midnight_of_summer_of_winter_and_of_leap_years(
    store: Store, at: datetime, day: date
) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session, timezone=BERLIN)
        make_answer(session, contact, answered_at=at)
    assert days(known(store, contact)["heard"]) == {day}


def test_the_latest_answer_counts_that_is_seen_on_the_day(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        account = make_account(session)
        west, east = (make_contact(session, account, timezone=zone) for zone in (NEW_YORK, AUCKLAND))
        for hour, day in ((12, 1), (12, 9), (23, 10), (4, 11), (12, 20)):
            make_answer(session, west, answered_at=datetime(2026, 11, day, hour, tzinfo=UTC))
    expected = {
        date(2026, 11, 9): ({date(2026, 11, 9)}, {date(2026, 11, 2)}),
        date(2026, 11, 10): ({date(2026, 11, 10)}, {date(2026, 11, 10)}),
        date(2026, 11, 11): ({date(2026, 11, 10)}, {date(2026, 11, 11)}),
        TODAY: ({date(2026, 11, 20)}, {date(2026, 11, 21)}),
    }
    for day, (in_the_west, in_the_east) in expected.items():
        heard = known(store, west, east, on=day)["heard"]
        assert {max(days(heard, timezone=NEW_YORK))} == in_the_west
        assert {max(days(heard, timezone=AUCKLAND))} == in_the_east


def test_answers_of_a_person_are_known_from_every_account(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        here = make_contact(session)
        there = make_contact(session, person=here.person)
        stranger = make_contact(session)
        make_answer(session, there)
        make_answer(session, stranger)
    heard = known(store, here)["heard"]
    assert set(heard["person_id"]) == {here.person_id}
    assert set(heard["account_id"]) == {there.account_id}


# questions asked of colleagues


def test_questions_that_were_sent_or_wait_are_known_for_a_week(store: Store) -> None:
    form = [{"question": "ease", "promise": None}, {"question": "value", "promise": None}]
    with store.write(EVERYTHING) as session:
        account = make_account(session)
        contact = make_contact(session, account)

        def ask(status: str, **values: Any) -> int:
            defaults = {"origin": "heed", "form": form, "planned_on": TODAY, "send_at": NOW}
            colleague = make_contact(session, account)
            return int(make_ask(session, colleague, status=status, **defaults | values).person_id)

        seen = {ask("planned"), ask("approved", send_at=NOW + timedelta(hours=8)), ask("sending")}
        seen |= {ask("sent", sent_at=NOW - timedelta(days=ago)) for ago in (0, 6)}
        seen |= {ask("expired", sent_at=NOW - timedelta(days=2)), ask("bounced", sent_at=NOW)}
        ask("sent", sent_at=NOW - timedelta(days=20))
        ask("cancelled")
        ask("sent", sent_at=NOW, origin="import")
        ask("planned", planned_on=TODAY + timedelta(days=2), send_at=NOW + timedelta(days=2))
        ask("sent", sent_at=NOW + timedelta(days=1))
    asked = known(store, contact)["asked"]
    assert set(asked["person_id"]) == seen
    assert set(asked["question"]) == {"ease", "value"}
    assert max(asked["asked_on"]) == TODAY


def test_an_ask_that_waits_where_it_is_tomorrow_already_is_known(store: Store) -> None:
    evening = datetime(2026, 11, 24, 22, tzinfo=UTC)
    with store.write(EVERYTHING) as session:
        account = make_account(session)
        west, east = (make_contact(session, account, timezone=zone) for zone in (NEW_YORK, AUCKLAND))
        values = {"origin": "heed", "form": [{"question": "ease"}], "status": "planned"}
        make_ask(session, east, planned_on=date(2026, 11, 25), send_at=evening, **values)
    assert days(known(store, west)["asked"]) == {TODAY}


# what is behind low scores and promises


def test_only_the_last_low_score_counts_with_all_that_was_low_then(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        make_answer(session, contact, score=1.0, answered_at=datetime(2026, 9, 1, tzinfo=UTC))
        last = datetime(2026, 10, 1, 12, tzinfo=UTC)
        reasons = {"band": "low", "reasons": {"low": ["ease", "reporting"], "high": ["people"]}}
        make_answer(session, contact, question="recommend", score=6.0, data=reasons, answered_at=last)
        make_answer(session, contact, score=2.0, answered_at=last)
        make_answer(session, contact, question="ease", score=4.0, answered_at=last)
        make_answer(session, contact, score=3.0, answered_at=datetime(2026, 11, 1, tzinfo=UTC))
        make_answer(session, contact, question="gone", score=0.0, answered_at=datetime(2026, 11, 2, tzinfo=UTC))
        make_answer(session, contact, question="ease", score=None, answered_at=datetime(2026, 11, 3, tzinfo=UTC))
    behind = known(store, contact)["behind"].sort("question")
    assert behind["question"].to_list() == ["recommend", "responsiveness"]
    assert behind["reasons"].to_list() == [["ease", "reporting"], None]
    assert set(behind["on"]) == {date(2026, 10, 1)}
    assert set(behind["promised"]) == {False}
    assert days(known(store, contact, on=date(2026, 9, 30))["behind"]) == {date(2026, 9, 1)}


def test_a_low_score_is_the_persons_wherever_they_gave_it(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        here = make_contact(session, timezone=AUCKLAND)
        there = make_contact(session, person=here.person)
        make_answer(session, there, score=1.0, answered_at=datetime(2026, 11, 2, 12, tzinfo=UTC))
        make_answer(session, make_contact(session, person=None, account=here.account), score=1.0)
    assert known(store, here)["behind"].select("person_id", "on").rows() == [(here.person_id, date(2026, 11, 3))]


def test_a_promise_counts_where_it_stands_is_the_last_one_and_came_from_a_low_score(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        asks = {}
        for month in (3, 5, 7):
            at = datetime(2026, month, 1, tzinfo=UTC)
            asks[month] = make_ask(session, contact, sent_at=at, answered_at=at)
            question = {3: "ease", 5: "responsiveness", 7: "recommend"}[month]
            make_answer(session, contact, asks[month], question=question, score=2.0, answered_at=at)
        make_promise(session, contact, ask_id=asks[3].id, made_on=date(2026, 3, 2), status="done")
        make_promise(session, contact, ask_id=asks[5].id, made_on=date(2026, 5, 2))
        make_promise(session, contact, ask_id=asks[7].id, made_on=date(2026, 7, 2), status="declined")
        make_promise(session, contact, made_on=date(2026, 8, 2))
    behind = known(store, contact)["behind"]
    assert behind.filter("promised").select("question", "on").rows() == [("responsiveness", date(2026, 5, 2))]
    assert behind.filter(~pl.col("promised"))["question"].to_list() == ["recommend"]
    earlier = known(store, contact, on=date(2026, 5, 1))["behind"]
    assert earlier.filter("promised").select("question", "on").rows() == [("ease", date(2026, 3, 2))]


def test_a_promise_waits_for_a_word_from_the_day_it_was_done(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        done = make_promise(session, contact, status="done", done_on=date(2026, 11, 20))
        make_promise(session, contact, status="done", done_on=date(2026, 11, 9), verdict="kept")
        owed = make_promise(session, contact)
    assert waiting(store, contact) == [("promises.done_without_verdict", done.id), ("promises.open", owed.id)]
    assert waiting(store, contact, on=date(2026, 11, 19)) == [("promises.open", owed.id)]


def waiting(store: Store, contact: Contact, on: date | None = None) -> list[Any]:
    return known(store, contact, on=on)["waiting"].select("each", "promise_id").rows()


# in explanations


def told(engine: Any, contact: Contact) -> dict[str, str]:
    """Why each question is in the form, or is not."""
    found = explain_contact(engine, contact.email or "").as_dict()
    assert found["decision"] == "ask"
    return {one["name"]: one["why"] for part in ("questions", "left_out") for one in found[part]}


def test_a_low_score_is_followed_up_in_the_next_form(engine: Any) -> None:
    sync_surveys(engine)
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session)
        reasons = {"band": "low", "reasons": {"low": ["reporting"]}}
        at = datetime(2026, 2, 2, 12, tzinfo=UTC)
        make_ask(session, contact, sent_at=at, answered_at=at)
        make_answer(session, contact, question="recommend", score=3.0, data=reasons, answered_at=at)
        make_setting(session, "form_budget.most", 3)
    found = told(engine, contact)
    assert found["reporting"] == "it may be behind the low score that they gave 295 days ago"
    assert found["responsiveness"] == "there are 3 questions already"


@pytest.mark.parametrize(("ago", "asked"), [(89, False), (90, True)])
def test_an_answer_is_good_to_the_day_where_the_contact_is(engine: Any, ago: int, asked: bool) -> None:
    """In Auckland an answer at noon, UTC, was given a day later."""
    sync_surveys(engine)
    with engine.store.write(EVERYTHING) as session:
        for setting, value in (("most", 50), ("seconds", 600)):
            make_setting(session, f"form_budget.{setting}", value)
        contact = make_contact(session, timezone=AUCKLAND)
        at = datetime(2026, 11, 23, 12, tzinfo=UTC) - timedelta(days=ago)
        make_ask(session, contact, sent_at=at - timedelta(days=200))
        make_answer(session, contact, answered_at=at, score=5.0)
    why = told(engine, contact)["responsiveness"]
    assert why == (f"last heard from this company {ago} days ago" if asked else f"answered {ago} days ago")
