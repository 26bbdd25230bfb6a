"""Which days are covered: strategies.md, "Holds", edge by edge."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from engine.types import NEVER
from plugins import (
    consent,
    fatigue_limits,
    live_ask,
    promise_brake,
    quiet_times,
    renewal_quiet,
    spontaneous_feedback,
    unanswered_rest,
    wishes,
)
from tests.books import TODAY, holds, make_book, says, values

pytestmark = pytest.mark.parametrize("columns", [False, True], ids=["literal", "column"])

TOMORROW = TODAY + timedelta(1)
ALL = [
    consent,
    fatigue_limits,
    live_ask,
    promise_brake,
    renewal_quiet,
    spontaneous_feedback,
    unanswered_rest,
    wishes,
]


def days_before(*numbers: int) -> dict[str, object]:
    """Someone who was asked so many days ago, newest first."""
    asked_on = [TODAY - timedelta(number) for number in numbers]
    return {"asked_on": asked_on, "last_asked_on": asked_on[0]}


def untils(*args, **settings) -> list[list[date]]:
    return [[until for _, until in row] for row in holds(*args, **settings)]


@pytest.mark.parametrize("strategy", ALL, ids=lambda strategy: strategy.__name__)
def test_nobody_is_held_of_whom_nothing_is_known(columns, strategy):
    assert holds(strategy, {}, columns=columns) == [[]]


def test_a_no_holds_for_ever(columns):
    assert holds(consent, {"opted_out_on": date(2020, 2, 29)}, columns=columns) == [[(None, NEVER)]]


def test_a_pause_ends_on_its_day(columns):
    assert untils(consent, {"paused_until": date(2027, 1, 1)}, columns=columns) == [[date(2027, 1, 1)]]


def test_a_wish_for_rarer_asks_is_kept(columns):
    wish = {"wish_min_interval": 60}
    rows = (wish | {"last_asked_on": date(2026, 3, 1)}, wish, {"last_asked_on": TODAY})
    assert untils(wishes, *rows, columns=columns) == [[date(2026, 4, 30)], [], []]


def test_a_gap_follows_each_ask_except_for_exempt_occasions(columns):
    book = make_book(days_before(0))
    gap, window, floor = says(fatigue_limits, "hold_until", book, columns=columns)
    assert values(book, gap.until) == [TODAY + timedelta(30)]
    assert values(book, gap.except_for) == [["promise"]]
    assert window.except_for == floor.except_for == ()


def test_nobody_is_asked_twice_on_one_day_whatever_the_settings(columns):
    settings = {"min_gap_days": 0, "max_asks": 1_000_000, "gap_exempt": ["promise", "touchpoint", "renewal"]}
    assert max(untils(fatigue_limits, days_before(0), columns=columns, **settings)[0]) == TOMORROW


@pytest.mark.parametrize(
    ("asked", "until"),
    [
        ((100, 200, 300), None),
        ((100, 200, 300, 364), TOMORROW),
        ((100, 200, 300, 365), TODAY),
        ((100, 200, 300, 365, 400, 9000), TODAY),
        ((1, 2, 3, 4, 5, 6), TODAY + timedelta(361)),
    ],
    ids=["below", "at the limit", "the oldest just left", "longer history", "above"],
)
def test_so_many_asks_and_no_more_in_the_window(columns, asked, until):
    book = make_book(days_before(*asked))
    _, window, _ = says(fatigue_limits, "hold_until", book, columns=columns)
    assert values(book, window.until, pl.Date) == [until]


def test_the_window_tells_of_its_oldest_ask(columns):
    book = make_book(days_before(10, 20), {})
    for most, oldest in ((1, 10), (2, 20)):
        _, window, _ = says(fatigue_limits, "hold_until", book, columns=columns, max_asks=most)
        assert values(book, window.facts["oldest_on"]) == [TODAY - timedelta(oldest), None]


def test_a_window_over_a_leap_day_counts_days_not_years(columns):
    asked = {"asked_on": [date(2024, 2, 29)], "last_asked_on": date(2024, 2, 29)}
    assert date(2025, 2, 28) in untils(fatigue_limits, asked, max_asks=1, columns=columns)[0]


def test_what_the_person_did_elsewhere_holds_each_of_their_contacts(columns):
    rows = [days_before(3) | {"person_id": 7, "account_id": account} for account in (1, 2)]
    first, second = holds(fatigue_limits, *rows, columns=columns)
    assert first == second != []


def test_who_spoke_up_unasked_is_left_alone_for_two_days(columns):
    assert untils(spontaneous_feedback, {"last_feedback_on": TODAY}, columns=columns) == [[TODAY + timedelta(2)]]


@pytest.mark.parametrize(("in_a_row", "held"), [(0, False), (1, False), (2, True), (9, True)])
def test_who_leaves_asks_unanswered_rests(columns, in_a_row, held):
    row = {"unanswered_in_a_row": in_a_row, "settled_asked_on": date(2026, 3, 1)}
    assert untils(unanswered_rest, row, columns=columns) == [[date(2026, 6, 29)] if held else []]


@pytest.mark.parametrize(("late", "grace", "held"), [(0, 0, False), (1, 0, True), (3, 3, False), (4, 3, True)])
def test_an_overdue_promise_brakes_until_tomorrow(columns, late, grace, held):
    row = {"promise_due_on": TODAY - timedelta(late), "promise_due": 12}
    assert untils(promise_brake, row, grace_days=grace, columns=columns) == [[TOMORROW] if held else []]


def test_the_brake_names_the_promise_and_no_date(columns):
    rows = [
        {
            "promise_due_on": TODAY - timedelta(1),
            "promise_due": 12,
            "account_promise_due_on": TODAY - timedelta(9),
            "account_promise_due": 3,
        }
    ]
    book = make_book(*rows)
    for scope, promise, late in (("contact", "P-12", 1), ("account", "P-3", 9)):
        (brake,) = says(promise_brake, "hold_until", book, scope=scope, columns=columns)
        assert [values(book, brake.facts[name]) for name in ("promise", "late")] == [[promise], [late]]
        assert brake.not_before == "before {promise} is kept"
        assert "{until}" not in brake.because
        assert values(book, brake.except_for) == [["promise"]]


def test_a_colleagues_overdue_promise_brakes_only_where_the_scope_is_the_account(columns):
    row = {"account_promise_due_on": date(2026, 1, 1), "account_promise_due": 3}
    assert untils(promise_brake, row, columns=columns) == [[]]
    assert untils(promise_brake, row, scope="account", columns=columns) == [[TOMORROW]]


def test_the_last_days_before_a_renewal_and_its_day_are_quiet(columns):
    row = {"renewal_on": date(2026, 6, 30)}
    assert holds(renewal_quiet, row, columns=columns) == [[(date(2026, 6, 16), date(2026, 7, 1))]]
    assert holds(renewal_quiet, row, quiet_days=0, columns=columns) == [[(date(2026, 6, 30), date(2026, 7, 1))]]


def test_an_open_ask_holds_while_its_link_is_valid(columns):
    assert untils(live_ask, {"open_asked_on": date(2026, 3, 1)}, columns=columns) == [[date(2026, 3, 31)]]


def shut(row: dict[str, object], first: date, last: date, **settings: object) -> dict[date, str]:
    book = make_book(row)
    (closed,) = says(quiet_times, "hold_until", book, **settings)
    return closed.shut(values(book, closed.calendar)[0], first, last)


def test_weekends_are_shut_and_called_by_their_name(columns):
    assert shut({}, date(2026, 11, 23), date(2026, 11, 30), columns=columns) == {
        date(2026, 11, 28): "a Saturday",
        date(2026, 11, 29): "a Sunday",
    }


def test_the_working_week_is_a_setting(columns):
    gulf = ["sun", "mon", "tue", "wed", "thu"]
    week = shut({}, date(2026, 11, 23), date(2026, 11, 29), weekdays=gulf, columns=columns)
    assert list(week.values()) == ["a Friday", "a Saturday"]


def test_public_holidays_are_shut_with_the_days_that_make_up_for_them(columns):
    days = shut({"country": "GB"}, date(2026, 12, 21), date(2027, 1, 4), columns=columns)
    working = {day: why for day, why in days.items() if day.weekday() < 5}
    assert list(working) == [date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)]
    assert working[date(2026, 12, 25)] == "Christmas Day"


@pytest.mark.parametrize(
    ("place", "is_shut"),
    [
        ({"country": "DE", "region": "BY"}, True),
        ({"country": "DE"}, False),
        ({"country": "DE", "region": "Atlantis"}, False),
        ({"country": "ZZ", "region": "BY"}, False),
        ({"country": "NYSE"}, False),
        ({"region": "BY|DE"}, False),
    ],
    ids=str,
)
def test_a_regions_holiday_counts_only_in_the_region(columns, place, is_shut):
    epiphany = date(2026, 1, 6)
    assert (epiphany in shut(place, epiphany, epiphany, columns=columns)) is is_shut


def test_an_unknown_region_keeps_the_countrys_holidays(columns):
    unity = date(2025, 10, 3)
    place = {"country": "DE", "region": "Atlantis"}
    assert shut(place, unity, unity, columns=columns) == {unity: "German Unity Day"}


def test_days_we_keep_free_are_shut_both_ends_included(columns):
    free = "2026-12-29..2026-12-31,2026-12-22"
    days = shut({}, date(2026, 12, 21), date(2027, 1, 1), blackouts=free, columns=columns)
    kept = [day.day for day, why in days.items() if why == "a day we keep free"]
    assert sorted(kept) == [22, 29, 30, 31]


def test_contacts_of_one_place_share_a_calendar(columns):
    book = make_book({"country": "DE"}, {"country": "DE"}, {"country": "DE", "region": "BY"}, {})
    (closed,) = says(quiet_times, "hold_until", book, columns=columns)
    assert len(set(values(book, closed.calendar, pl.String))) == 3
