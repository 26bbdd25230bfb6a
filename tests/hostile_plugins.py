"""Plugins that do wrong, in every way that has come to mind: what their hooks return, and what is to be said of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import polars as pl

from engine.types import Closed, Hold, Limit, Reason, Worth
from engine.ways import Chance, Preference

TODAY = date(2026, 11, 24)
ON = pl.col("today")
TOMORROW = (ON.cast(pl.Int32) + 1).cast(pl.Date)
FOUR = pl.lit(4, pl.Int32)


# what they do


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even that")


class Careless:
    """A function that cannot be a key."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, *_: Any) -> Any:
        return {}


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise error

    return fail


def saying(value: Any) -> Callable[..., Any]:
    return lambda book, settings: value


def inside(error: BaseException, dtype: Any) -> pl.Expr:
    """An expression that fails when it is worked out."""
    return pl.col("contact_id").map_elements(raising(error), return_dtype=dtype)


def hold(until: Any = TOMORROW, because: Any = "because", **fields: Any) -> Callable[..., Any]:
    return saying(Hold(until=until, because=because, **fields))


def closed(shut: Any, calendar: Any = pl.lit("all")) -> Callable[..., Any]:  # noqa: B008
    return saying(Closed(calendar=calendar, shut=shut, because="because"))


def reason(on: Any = ON, occasion: Any = "relationship", **fields: Any) -> Callable[..., Any]:
    return saying(Reason(occasion=occasion, on=on, because="because", **fields))


def limit(at_most: Any = FOUR, per: Any = ("account_id",), **fields: Any) -> Callable[..., Any]:
    return saying(Limit(per=per, at_most=at_most, because="because", **fields))


def chance(alpha: Any, beta: Any = pl.lit(1.0)) -> Callable[..., Any]:  # noqa: B008
    return saying(Chance(alpha=alpha, beta=beta, answered=FOUR, sent=FOUR))


def two_things(book: Any, settings: Any) -> Any:
    return [pl.lit(1.0), pl.lit(2.0)]


HOLDS: dict[str, tuple[Any, str]] = {
    "raises": (raising(RuntimeError("the CRM is down")), "RuntimeError: the CRM is down"),
    "leaves": (raising(SystemExit(3)), "SystemExit: 3"),
    "gives up": (raising(GeneratorExit()), "GeneratorExit"),
    "runs out of memory": (raising(MemoryError()), "MemoryError"),
    "cannot say what is wrong": (raising(Unspeakable()), "it cannot even say what is wrong"),
    "returns a text": (saying("tomorrow"), "it returned str, not Hold or Closed"),
    "returns a number": (saying(1), "it returned int"),
    "returns a generator": (lambda book, settings: (each for each in ()), "it returned generator"),
    "returns a reason": (reason(), "it returned Reason, not Hold or Closed"),
    "returns too much": (saying([Hold(until=TOMORROW, because="because")] * 101), "it returned 101 things"),
    "returns a date": (hold(TODAY), "until is date, not Expr"),
    "returns a series": (hold(pl.Series([TODAY])), "until is Series, not Expr"),
    "says nothing to read": (hold(because=None), "because is NoneType, not str"),
    "names no column": (hold(pl.col("last_aksed_on")), "Did you mean last_asked_on?"),
    "asks for no column": (lambda book, settings: hold(book["last_aksed_on"])(book, settings), "has no column"),
    "asks for no setting": (lambda book, settings: hold(settings.days)(book, settings), "has no setting"),
    "is of another type": (hold(pl.lit(True)), "until is Boolean, not Date"),
    "says an hour": (hold(ON.cast(pl.Datetime)), "until is Datetime"),
    "says all columns": (hold(pl.all()), "failed in hold_until"),
    "looks at others": (hold(pl.col("last_asked_on").max()), "every row is to be judged by itself"),
    "looks at the one before": (hold(pl.col("last_asked_on").shift(1)), "every row is to be judged by itself"),
    "counts its colleagues": (
        hold(pl.when(pl.len().over("account_id") > 1).then(TOMORROW)),
        "every row is to be judged by itself",
    ),
    "looks at the frame": (
        lambda book, settings: hold(pl.lit(book.frame["last_asked_on"].max(), pl.Date))(book, settings),
        "every row is to be judged by itself",
    ),
    "leaves rows out": (hold(ON.filter(pl.col("tier") == "none")), "height"),
    "says one day for all": (hold(ON.head(1)), "length 1"),
    "raises within": (hold(inside(ValueError("no such row"), pl.Date)), "ValueError: no such row"),
    "leaves within": (hold(inside(SystemExit(5), pl.Date)), "SystemExit"),
    "excepts what is no occasion": (hold(except_for=("promises",)), "Did you mean promise?"),
    "excepts a word": (hold(except_for="promise"), "except_for is str, not several names"),
    "has facts without names": (hold(facts=["x"]), "facts is list, not Mapping"),
    "cannot be called": (closed({}), "shut is dict, which is no function"),
    "is no key": (closed(Careless()), "shut is Careless, which is no function"),
    "has numbers for calendars": (closed(lambda *_: {}, pl.lit(1)), "calendar is Int32, not String"),
}
"""Holds that fail: nobody is asked on that day, as if an honest strategy held them until tomorrow."""

CALENDARS: dict[str, tuple[Any, str]] = {
    "shuts nothing readable": (closed(lambda *_: ["2026-12-24"]), "what shut() returned is list"),
    "shuts what is no day": (closed(lambda *_: {"2026-12-24": "Christmas"}), "which is no date"),
    "shuts an hour": (closed(lambda *_: {datetime(2026, 12, 24): "Christmas"}), "which is no date"),
    "shuts without a word": (closed(lambda *_: {TODAY: None}), "the reason for a shut day is NoneType"),
    "raises when shut": (closed(raising(OSError("no network"))), "OSError: no network"),
    "leaves when shut": (closed(raising(SystemExit(4))), "SystemExit: 4"),
}
"""Calendars that cannot be read: as if an honest one shut that day and no other."""

OTHERS: dict[str, tuple[str, Any, str]] = {
    "no reason": ("ask_from", raising(RuntimeError("down")), "RuntimeError: down"),
    "a reason of no kind": ("ask_from", reason(occasion="sales"), "occasion names “sales”"),
    "a reason on a number": ("ask_from", reason(pl.lit(3)), "on is Int32, not Date"),
    "a reason in the year 300000": ("ask_from", reason(pl.lit(10**8, pl.Int32).cast(pl.Date)), "on is not a day from"),
    "no limit": ("limit", raising(SystemExit(1)), "SystemExit: 1"),
    "a limit below nothing": ("limit", limit(pl.lit(-1, pl.Int32)), "at_most is not 0 or more"),
    "a limit that is no number": ("limit", limit(pl.lit(float("nan"))), "at_most is Float64, not Int32"),
    "a limit by a word": ("limit", limit(per="account_id"), "per is str, not several names"),
    "a limit by no column": ("limit", limit(per=("acount_id",)), "Did you mean account_id?"),
    "no worth": ("worth", raising(ValueError("odd")), "ValueError: odd"),
    "a worth that is no number": ("worth", saying(pl.lit(float("nan"))), "of 0 or more"),
    "a worth without end": ("worth", saying(pl.lit(float("inf"))), "of 0 or more"),
    "a worth below nothing": ("worth", saying(pl.lit(-2.0)), "of 0 or more"),
    "a worth of half precision": ("worth", saying(pl.lit(2.0, pl.Float32)), "worth is Float32, not Float64"),
    "a worth by the best": ("worth", saying(pl.col("revenue_ratio").fill_null(0) / 7 + pl.col("contact_id").max()),
                            "every row is to be judged by itself"),
    "a worth with a number for a factor": ("worth", saying(Worth(factor=2.0, because="because")), "factor is float"),
    "a worth that names a value": ("worth", saying(Worth(factor=pl.lit(1.0), because="{tier}")), "nothing is called"),
    "a worth of a column": ("worth", lambda book, settings: book.frame["revenue_ratio"], "it returned Series"),
    "no opinion of questions": ("question_worth", raising(RuntimeError("down")), "RuntimeError: down"),
    "a question below nothing": ("question_worth", saying(pl.lit(-1.0)), "of 0 or more"),
    "a question worth no number": ("question_worth", saying(pl.lit(float("nan"))), "of 0 or more"),
    "a question worth a word": ("question_worth", saying(pl.lit("much")), "it is String, not Float64"),
    "a question worth two": ("question_worth", two_things, "it returned 2 things"),
    "a question that fails within": ("question_worth", saying(inside(SystemExit(9), pl.Float64)), "SystemExit"),
    "no opinion of ways": ("channel_worth", raising(GeneratorExit()), "GeneratorExit"),
    "a way worth no number": ("channel_worth", saying(pl.lit(float("nan"))), "of 0 or more"),
    "a way below nothing": ("channel_worth", saying(pl.lit(-0.5)), "of 0 or more"),
    "a chance below nothing": ("channel_worth", chance(pl.lit(-1.0)), "alpha is not a finite number"),
    "a chance that nobody knows": ("channel_worth", chance(pl.lit(None, pl.Float64)), "alpha is not a finite number"),
    "a chance of a word": ("channel_worth", chance("high"), "alpha is str, not Expr"),
    "a preference within seven": ("channel_worth", saying(Preference(place=FOUR, within=7)), "within is 7"),
    "no hour": ("send_at", raising(RuntimeError("down")), "RuntimeError: down"),
    "an hour of another day": ("send_at", saying(pl.lit(5000, pl.Int32)), "minutes after midnight"),
    "an hour as a text": ("send_at", saying(pl.lit("9:00")), "it is String, not Int32"),
}  # fmt: skip
"""What fails and is left out, as if it had never been installed."""


def mutating(book: Any, settings: Any) -> None:
    book.frame.drop_in_place("today")
    if book.frame.height:
        book.frame[0, "tier"] = "light"
    book.frame.insert_column(0, pl.Series("contact_id ", [0] * book.frame.height))
    settings._columns.clear()
    if getattr(book, "question", None):
        book.question.options["scale"] = 3


def sleeping(book: Any, settings: Any) -> None:
    time.sleep(0.01)


HARMLESS = {"changes what it is given": mutating, "is slow": sleeping, "has no say": saying(None)}


# what lasts: a forecast guesses how long places are held, and whatever a plugin says of that, it is only a guess

NOBODY = pl.lit(value=False)
NEXT_WEEK = (ON.cast(pl.Int32) + 7).cast(pl.Date)
LASTING = {
    "places in numbers": limit(used=pl.lit(1, pl.Int32), frees_on=NEXT_WEEK),
    "places in numbers, and who holds one": limit(used=pl.lit(1, pl.Int32), holds=NOBODY, frees_on=NEXT_WEEK),
    "no word of who holds one": limit(frees_on=NEXT_WEEK),
    "the whole house": limit(per=("today",), used=NOBODY, frees_on=NEXT_WEEK),
    "never free again": limit(used=NOBODY, frees_on=pl.lit(date(9999, 12, 31))),
    "places only by some channel": limit(
        at_most=pl.when(pl.col("channel") == "email").then(FOUR), used=NOBODY, frees_on=NEXT_WEEK
    ),
    "a limit that fails once the channel is known": limit(
        at_most=pl.col("channel").map_elements(lambda _: 1 // 0, pl.Int32), used=NOBODY, frees_on=NEXT_WEEK
    ),
}
