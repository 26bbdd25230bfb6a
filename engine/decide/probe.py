"""Whether a strategy judges each row by itself: sixteen made-up contacts together, in reverse, and one by one.

An expression that looks at other rows (`max()`, `shift`, `sort` …) has the right length and type, and decides
differently with every batch. Nothing but trying it out finds that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import date, timedelta
from functools import cache
from typing import Any

import polars as pl

from engine.decide.book import (
    ACCOUNT_TOUCHPOINT,
    COLUMNS,
    COUNTS,
    GRID_COLUMNS,
    LIMIT_COLUMNS,
    TOUCHPOINT,
    Book,
    Column,
    Grid,
)
from engine.decide.plan import Catalog, Plan, resolve
from engine.decide.says import Strategy
from engine.types import OCCASIONS, TIERS, Question

ROWS = 16
TODAY = date(2026, 11, 24)
KINDS = ("feedback", "ticket_closed")
CHANNEL = "email"
FAULT = "it does not say the same of a contact alone as among others, but every row is to be judged by itself"
WORDS = ("decision_maker", "champion", "buyer", "email", "sms", "DE", "US", "")


def find_fault(strategy: Strategy, hook: str, catalog: Catalog) -> str | None:
    """What is wrong, in words; None: nothing. Raises whatever goes wrong where all are judged together."""
    plan = make_up(catalog)
    expressions = _ask(strategy, hook, plan)
    together = _judge(expressions, plan.frame)
    try:
        alone = [plan.frame[row : row + 1] for row in range(ROWS)]
        others = (
            _judge(_ask(strategy, hook, plan.on(plan.frame.reverse())), plan.frame.reverse()).reverse(),
            pl.concat(_judge(expressions, row) for row in alone),
            _judge(_ask(strategy, hook, plan.on(alone[0])), alone[0]).vstack(together[1:]),
        )
        return None if all(together.equals(other) for other in others) else FAULT
    except KeyboardInterrupt:
        raise
    except BaseException:
        return FAULT


def _ask(strategy: Strategy, hook: str, plan: Plan) -> list[pl.Expr]:
    question = Question("probe", "rating", {"en": "?"}, measures="value")
    grid: dict[str, Any] = {"question_worth": {"question": question}, "channel_worth": {"channel": CHANNEL}}
    book = Grid(plan.frame, KINDS, **grid[hook]) if hook in grid else Book(plan.frame, KINDS)
    said = strategy.call(hook, book.for_guest(), plan.settings(strategy.name))
    return [each for thing in (said if isinstance(said, list | tuple) else [said]) for each in _expressions(thing)]


def _expressions(thing: Any) -> Iterator[pl.Expr]:
    if isinstance(thing, pl.Expr):
        yield thing
    elif thing is not None:
        values = (getattr(thing, each.name) for each in fields(thing))
        yield from (value for value in values if isinstance(value, pl.Expr))


def _judge(expressions: list[pl.Expr], frame: pl.DataFrame) -> pl.DataFrame:
    # contact_id comes along so that a literal becomes a column
    return frame.select("contact_id", *(each.alias(str(place)) for place, each in enumerate(expressions)))


# the sixteen


def make_up(catalog: Catalog) -> Plan:
    """The sixteen, with the settings that ship."""
    return resolve(Book(_sixteen().clone(), KINDS), catalog, ())


@cache
def _sixteen() -> pl.DataFrame:
    """With every column that any hook is shown."""
    kinds = (Column(at + kind, pl.Date, "", "none") for at in (TOUCHPOINT, ACCOUNT_TOUCHPOINT) for kind in KINDS)
    counts = (Column(f"{name}:{CHANNEL}", pl.Int32, "", "never") for name in COUNTS)
    columns = (*COLUMNS, *kinds, *counts, *LIMIT_COLUMNS, *GRID_COLUMNS)
    return pl.DataFrame([_column(column, place) for place, column in enumerate(columns)])


def _column(column: Column, place: int) -> pl.Series:
    """No two contacts are alike; every third fact is missing where it may be."""
    missing = column.null not in ("never", "never (empty)")
    numbers = [(row * (place % 5 + 1) + place) % ROWS for row in range(ROWS)]
    values = [_value(column, row, number) for row, number in enumerate(numbers)]
    return pl.Series(
        column.name,
        [None if missing and (row + place) % 3 == 0 else value for row, value in enumerate(values)],
        column.dtype,
    )


def _value(column: Column, row: int, number: int) -> Any:
    known = {
        "contact_id": row + 1,
        "person_id": row + 1,
        "account_id": row // 2 + 1,
        "today": TODAY,
        "timezone": "UTC",
        "tier": TIERS[row % len(TIERS)],
        "wish_occasions_off": list(OCCASIONS[: row % 3]),
    }
    if column.name in known:
        return known[column.name]
    day = TODAY - timedelta(days=29 * number - 60)
    if column.dtype == pl.List(pl.Date):
        return [day - timedelta(days=40 * place) for place in range(number % 4)]
    if column.dtype == pl.List(pl.String):
        return list(WORDS[: number % 4])
    if column.name.startswith("sent_by:") or "_sent_by:" in column.name:
        return ROWS + number  # more than were answered
    word, share = WORDS[number % len(WORDS)], number / ROWS
    plain = {pl.Date: day, pl.String: word, pl.Boolean: number % 2 == 0, pl.Float64: share}
    return plain.get(column.dtype.base_type(), number)
