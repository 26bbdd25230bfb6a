"""The rule: the earliest day that has a reason and no hold, for the occasion that comes first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from engine.decide.book import CHANNEL_ASKS, Book
from engine.decide.plan import Plan, resolve
from engine.decide.planner import Decisions, decide
from engine.decide.rule import AHEAD
from engine.hookspecs import hookimpl
from engine.registry import Plugins, build_plugins
from engine.types import NEVER, Closed, Hold, Limit, Reason, SettingValue
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


def decided(
    *plugins: Any, book: Book | None = None, channels: tuple[str, ...] = (), settings: Iterable[SettingValue] = ()
) -> Decisions:
    book = book or make_book()
    built: Plugins = build_plugins(plugins, builtins=())
    plan: Plan = resolve(book, built.catalog, settings)
    return decide(book, plan, built.strategies, channels)


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


def limit(name: str = "share", most: int | None = 1, per: tuple[str, ...] = ("owner",), **fields: Any) -> Any:
    at_most = pl.lit(most, dtype=pl.Int32)
    return plugin(name, limit=Limit(per=per, at_most=at_most, because="because", **fields))


OWNED = {"owner": "maria@house.example", "account_key": "a"}


def by_key(found: Decisions, column: str = "decision") -> dict[str, Any]:
    return dict(found.frame.select("contact_key", column).iter_rows())


def test_the_way_is_chosen_before_limits_and_they_may_count_by_it() -> None:
    rows = [OWNED | {"contact_key": key, "channels": [way]} for key, way in zip("abcd", "xxyz", strict=True)]
    frame = make_book(*rows).frame
    asks = pl.DataFrame([{"channel": "y", "today": TODAY, "channel_asks": 1}], schema=CHANNEL_ASKS)
    ways = plugin(
        "ways", channel_worth=lambda grid, settings: pl.when(grid["channels"].list.contains(grid.channel)).then(1.0)
    )
    counted = limit(per=("channel", "today"), used=pl.col("channel_asks"))
    found = decided(reason(), ways, counted, book=Book(frame, (), asks), channels=("x", "y"))
    assert by_key(found, "channel") == {"a": "x", "b": "x", "c": "y", "d": None}
    assert by_key(found) == {"a": "ask", "b": "limited", "c": "limited", "d": "ask"}
    assert by_key(found, "used:0") == {"a": 0, "b": 1, "c": 1, "d": None}


def test_no_way_is_looked_for_where_nobody_is_asked() -> None:
    found = decided(
        reason(), hold(days(1)), plugin("ways", channel_worth=lambda grid, settings: pl.lit(1.0)), channels=("x",)
    )
    assert found.frame["channel"].to_list() == [None]
    assert found.frame["score:x"].to_list() == [None]


def test_a_place_that_is_held_already_is_no_new_one() -> None:
    book = make_book(*(OWNED | {"contact_key": key, "planned_on": day} for key, day in (("a", None), ("b", TODAY))))
    held = limit(used=pl.lit(1, dtype=pl.Int32), holds=pl.col("planned_on").is_not_null())
    assert by_key(decided(reason(), held, book=book)) == {"a": "limited", "b": "ask"}


def test_a_limit_without_a_number_concerns_nobody() -> None:
    book = make_book(*(OWNED | {"contact_key": key} for key in "ab"))
    found = decided(reason(), limit(most=None), book=book)
    assert (by_key(found), by_key(found, "used:0")) == ({"a": "ask", "b": "ask"}, {"a": None, "b": None})


def test_on_trial_a_limit_is_shown_and_refuses_nobody_and_those_asked_still_take_its_places() -> None:
    book = make_book(*(OWNED | {"contact_key": key} for key in "abc"))
    shadow = SettingValue("share.mode", "house", "", "shadow")
    found = decided(reason(), limit(), book=book, settings=[shadow])
    assert (set(by_key(found).values()), by_key(found, "used:0")) == ({"ask"}, {"a": 0, "b": 1, "c": 2})
    first = SettingValue("share.mode", "contact", "1", "shadow")
    assert by_key(decided(reason(), limit(), book=book, settings=[first])) == {
        "a": "ask",
        "b": "limited",
        "c": "limited",
    }


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


@pytest.mark.parametrize("per", ["acount_id", "next_ask_on"])
def test_a_limit_by_a_column_there_is_not_is_left_out(per: str) -> None:
    found = decided(reason(), limit(per=(per,)))
    assert (found.frame["decision"].to_list(), [error.about for error in found.said.errors]) == (["ask"], ["share"])


@pytest.mark.parametrize("hook", ["ask_from", "limit", "worth"])
def test_whatever_else_fails_is_left_out(hook: str) -> None:
    found = decided(reason(), plugin("broken", **{hook: raising}))
    assert found.frame["decision"].to_list() == ["ask"]
    assert len(found.said.errors) == 1
