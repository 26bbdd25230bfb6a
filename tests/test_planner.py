"""The rule: the earliest day that has a reason and no hold, for the occasion that comes first."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from engine.decide.book import Book
from engine.decide.plan import Plan, resolve
from engine.decide.planner import Decisions, decide
from engine.decide.rule import AHEAD
from engine.hookspecs import hookimpl
from engine.registry import Plugins, build_plugins
from engine.types import NEVER, Closed, Hold, Limit, Reason
from tests.books import TODAY, make_book


def plugin(name: str, **hooks: Any) -> Any:
    """A strategy whose hooks return these values, or what these functions return."""

    def implement(hook: str, value: Any) -> Any:
        return hookimpl(value if callable(value) else lambda book, settings: value, specname=hook)

    made = {hook: implement(hook, value) for hook, value in hooks.items()}
    return SimpleNamespace(__name__=f"tests.{name}", **made)


def reason(occasion: str = "relationship", on: date = TODAY, **fields: Any) -> Any:
    fields = {name: pl.lit(value, dtype=pl.Date) for name, value in fields.items()}
    return plugin(
        f"reason_{occasion}",
        ask_from=Reason(occasion=occasion, on=pl.lit(on, dtype=pl.Date), because="because", **fields),
    )


def hold(until: date | None, name: str = "hold", **fields: Any) -> Any:
    dates = {key: pl.lit(value, dtype=pl.Date) for key, value in fields.items() if isinstance(value, date)}
    until_on = pl.lit(until, dtype=pl.Date)
    return plugin(name, hold_until=Hold(until=until_on, because="because", **(fields | dates)))


def decided(*plugins: Any, book: Book | None = None) -> Decisions:
    book = book or make_book()
    built: Plugins = build_plugins(plugins, builtins=())
    plan: Plan = resolve(book, built.catalog, ())
    return decide(book, plan, built.strategies)


def outcome(*plugins: Any, book: Book | None = None) -> tuple[str, str | None, date | None]:
    row = decided(*plugins, book=book).frame.row(0, named=True)
    return row["decision"], row["occasion"], row["next_ask_on"]


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def test_without_a_reason_there_is_nothing_to_ask() -> None:
    assert outcome(hold(days(3))) == ("no_reason", None, None)


def test_a_reason_in_the_past_means_today() -> None:
    assert outcome(reason(on=days(-40))) == ("ask", "relationship", TODAY)


def test_a_reason_in_the_future_waits_for_its_day() -> None:
    assert outcome(reason(on=days(9))) == ("hold", "relationship", days(9))


def test_a_hold_covers_its_days_but_not_the_day_it_ends_on() -> None:
    assert outcome(reason(), hold(days(5))) == ("hold", "relationship", days(5))
    assert outcome(reason(), hold(TODAY)) == ("ask", "relationship", TODAY)


def test_the_strictest_hold_wins() -> None:
    assert outcome(reason(), hold(days(5)), hold(days(8), "other"))[2] == days(8)


def test_windows_that_follow_on_each_other_are_passed_one_after_the_other() -> None:
    first, second = hold(days(6), "first", since=days(3)), hold(days(9), "second", since=days(6))
    assert outcome(reason(on=days(4)), second, first)[2] == days(9)
    assert outcome(reason(on=days(2)), second, first)[2] == days(2)


def test_shut_days_and_windows_push_each_other_on() -> None:
    saturday = date(2026, 11, 28)
    weekend = Closed(
        calendar=pl.lit("weekends"),
        shut=lambda _, first, last: {
            day: "weekend"
            for day in (first + timedelta(n) for n in range((last - first).days + 1))
            if day.weekday() >= 5
        },
        because="because",
    )
    monday_only = hold(date(2026, 12, 1), "monday", since=date(2026, 11, 30))
    assert outcome(reason(on=saturday), plugin("weekend", hold_until=weekend), monday_only)[2] == date(2026, 12, 1)


def test_a_hold_for_ever_is_a_hold_without_a_next_date() -> None:
    assert outcome(reason(), hold(NEVER)) == ("hold", None, None)


@pytest.mark.parametrize(("ahead", "found"), [(AHEAD, True), (AHEAD + 1, False)])
def test_the_search_ends_1500_days_after_the_first_day(ahead: int, found: bool) -> None:
    assert (outcome(reason(), hold(days(ahead)))[2] is not None) == found


def test_a_reason_is_dropped_when_its_day_lies_after_its_expiry() -> None:
    assert outcome(reason(expires=days(4)), hold(days(4)))[0] == "hold"
    assert outcome(reason(expires=days(4)), hold(days(5))) == ("no_reason", None, None)


def test_a_reason_that_is_held_for_ever_is_dropped_if_it_expires() -> None:
    assert outcome(reason(expires=days(4)), hold(NEVER)) == ("no_reason", None, None)


def test_the_earliest_occasion_wins() -> None:
    assert outcome(reason(on=days(3)), reason("renewal", days(2)))[1:] == ("renewal", days(2))


def test_ties_go_to_promise_touchpoint_renewal_relationship() -> None:
    occasions = ["relationship", "renewal", "touchpoint", "promise"]
    for last in range(1, 4):
        assert outcome(*(reason(occasion) for occasion in occasions[: last + 1]))[1] == occasions[last]


def test_a_hold_may_leave_occasions_free() -> None:
    spared = hold(days(9), except_for=("promise",))
    assert outcome(reason(), reason("promise"), spared)[1:] == ("promise", TODAY)
    only = hold(days(9), only_for=("relationship",))
    assert outcome(reason(), reason("renewal", days(2)), only)[1:] == ("renewal", days(2))


def test_which_occasions_are_free_may_be_a_column() -> None:
    listed = hold(days(9), except_for=pl.lit(["promise"], dtype=pl.List(pl.String)))
    assert outcome(reason(), reason("promise"), listed)[1:] == ("promise", TODAY)


def test_an_occasion_that_the_person_switched_off_is_no_reason() -> None:
    book = make_book({"wish_occasions_off": ["relationship"]})
    assert outcome(reason(), book=book) == ("no_reason", None, None)


def test_a_limit_takes_the_best_and_says_who_was_left_out() -> None:
    book = make_book(*({"account_id": 1, "contact_key": key, "account_key": "a"} for key in "abc"))
    limited = plugin("share", limit=Limit(per=("account_id",), at_most=pl.lit(2, dtype=pl.Int32), because="because"))
    worth = plugin("worth", worth=pl.when(pl.col("contact_key") == "c").then(3.0).otherwise(1.0))
    frame = decided(reason(), limited, worth, book=book).frame
    assert dict(zip(frame["contact_key"], frame["decision"], strict=True)) == {"a": "ask", "b": "limited", "c": "ask"}
    assert frame["used:0"].to_list() == [1, 2, 0]


def test_a_worth_that_is_no_number_counts_as_one() -> None:
    frame = decided(reason(), plugin("odd", worth=pl.lit(float("nan"))), plugin("none", worth=pl.lit(None, pl.Float64)))
    assert frame.frame["worth"].to_list() == [1.0]


# plugins that misbehave


def raising(*_: Any) -> Any:
    raise RuntimeError("the CRM is down")


def leaving(book: Any, settings: Any) -> Any:
    raise SystemExit(3)


BAD = {
    "raises": lambda book, settings: raising(),
    "leaves": leaving,
    "wrong type": lambda book, settings: "tomorrow",
    "wrong dtype": lambda book, settings: Hold(until=pl.lit(True), because="because"),
    "unknown column": lambda book, settings: Hold(until=pl.col("last_aksed_on"), because="because"),
    "unknown name": lambda book, settings: Hold(until=book["last_aksed_on"], because="because"),
    "a datetime": lambda book, settings: Hold(until=pl.col("today").cast(pl.Datetime), because="because"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_hold_that_fails_is_closed_for_a_day_and_named(kind: str) -> None:
    found = decided(reason(), plugin("broken", hold_until=BAD[kind]), hold(TODAY))
    assert found.frame["next_ask_on"].to_list() == [days(1)]
    assert [error.about for error in found.said.errors] == ["broken"]
    assert "broken" in str(found.said.errors[0])


@pytest.mark.parametrize("hook", ["ask_from", "limit", "worth"])
def test_whatever_else_fails_is_left_out(hook: str) -> None:
    found = decided(reason(), plugin("broken", **{hook: raising}))
    assert found.frame["decision"].to_list() == ["ask"]
    assert len(found.said.errors) == 1
