"""Tiny Books for tests of strategies: each row a few keywords over a contact of whom nothing is known yet."""

from __future__ import annotations

from datetime import date
from inspect import signature
from types import ModuleType
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
    Grid,
    SettingColumns,
)
from engine.settings import dtype
from engine.types import TIERS, Question

TODAY = date(2026, 11, 23)  # a Monday

NEUTRAL = {
    "contact_key": "nadia",
    "account_key": "northwind",
    "today": TODAY,
    "timezone": "UTC",
    "tier": "standard",
    "created_on": date(2020, 1, 1),
    "house_answer_rate": 0.5,
    "owner_open_followups": 0,
    "unanswered_in_a_row": 0,
    "planned_elsewhere": False,
    "channel_asks": 0,
    "channels": [],
    "wish_occasions_off": [],
    "asked_on": [],
    "done_promises_on": [],
}
"""What a column that is never null says of such a contact; every other column is null."""


def make_book(*rows: dict[str, Any], kinds: tuple[str, ...] = (), channels: tuple[str, ...] = ()) -> Book:
    """A Book of these rows, each a contact, person and account of its own; no row: one of whom nothing is known.

    A row that names one of LIMIT_COLUMNS makes it the Book that limits see.
    """
    named = LIMIT_COLUMNS if any(column.name in row for row in rows for column in LIMIT_COLUMNS) else ()
    return Book(_frame(rows, kinds, channels, COLUMNS + named), kinds)


def make_grid(
    *rows: dict[str, Any],
    question: Question | None = None,
    channel: str | None = None,
    kinds: tuple[str, ...] = (),
) -> Grid:
    """The same, as strategies for questions, channels and limits see it."""
    frame = _frame(rows, kinds, (channel,) if channel else (), COLUMNS + GRID_COLUMNS + LIMIT_COLUMNS)
    return Grid(frame, kinds, question=question, channel=channel)


def _frame(
    rows: tuple[dict[str, Any], ...], kinds: tuple[str, ...], channels: tuple[str, ...], columns: Any
) -> pl.DataFrame:
    schema = {column.name: column.dtype for column in columns}
    schema |= {prefix + kind: pl.Date for kind in kinds for prefix in (TOUCHPOINT, ACCOUNT_TOUCHPOINT)}
    counts = [f"{name}:{channel}" for channel in channels for name in COUNTS]
    schema |= dict.fromkeys(counts, pl.Int32)
    numbered = [
        dict.fromkeys(("contact_id", "person_id", "account_id"), number)
        | dict.fromkeys(counts, 0)
        | {name: value for name, value in NEUTRAL.items() if name in schema}
        | row
        for number, row in enumerate(rows or ({},), 1)
    ]
    assert not (unknown := {name for row in numbered for name in row} - set(schema)), unknown
    return pl.DataFrame(numbered, schema=schema)


def settings_of(module: ModuleType, *, columns: bool = False, **values: Any) -> SettingColumns:
    """A strategy's settings: literals of the standard tier, or, with `columns`, columns that follow the row's tier."""
    declared = module.Settings._declared_fields if hasattr(module, "Settings") else {}
    assert values.keys() <= declared.keys(), values
    name = module.__name__.rpartition(".")[2]
    make = _by_tier if columns else _literal
    return SettingColumns(name, {key: make(field, values.get(key)) for key, field in declared.items()})


def _literal(field: Any, value: Any, tier: str = "standard") -> pl.Expr:
    default = field.metadata["tiers"].get(tier, field.load_default)
    return pl.lit(default if value is None else value, dtype=dtype(field))


def _by_tier(field: Any, value: Any) -> pl.Expr:
    setting = pl.when(pl.col("tier").is_null()).then(_literal(field, value))
    for tier in TIERS:
        setting = setting.when(pl.col("tier") == tier).then(_literal(field, value, tier))
    return setting.otherwise(_literal(field, value))


def values(book: Book, expression: pl.Expr | None, expected: Any = None) -> list[Any]:
    """What the expression says of each row. `expected`: the dtype it must have."""
    assert expression is not None
    said = book.frame.with_columns(said=expression)["said"]
    assert expected is None or said.dtype == expected, said.dtype
    return said.to_list()


def says(module: ModuleType, hook: str, book: Book, *, columns: bool = False, **settings: Any) -> list[Any]:
    """What one strategy returns from one hook, always as a list; called with the arguments it names."""
    given = {"book": book, "grid": book, "settings": settings_of(module, columns=columns, **settings)}
    implementation = getattr(module, hook)
    said = implementation(**{name: given[name] for name in signature(implementation).parameters})
    return [] if said is None else list(said) if isinstance(said, tuple) else [said]


def reasons(module: ModuleType, *rows: dict[str, Any], happened: tuple[str, ...] = (), **settings: Any) -> list[Any]:
    """For each row the reasons there are, as (on, expires). `happened`: kinds of touchpoints that the Book knows."""
    book = make_book(*rows, kinds=happened)
    return _by_row(book, [(it.on, it.expires) for it in says(module, "ask_from", book, **settings)], key=0)


def holds(module: ModuleType, *rows: dict[str, Any], **settings: Any) -> list[Any]:
    """For each row the days that are covered, as (since, until)."""
    book = make_book(*rows)
    return _by_row(book, [(it.since, it.until) for it in says(module, "hold_until", book, **settings)], key=1)


def worths(module: ModuleType, *rows: dict[str, Any], **settings: Any) -> list[float]:
    book = make_book(*rows)
    (worth,) = says(module, "worth", book, **settings)
    return values(book, worth.factor, pl.Float64)


def _by_row(book: Book, said: list[tuple[pl.Expr | None, ...]], *, key: int) -> list[Any]:
    nothing = pl.lit(None, dtype=pl.Date)
    columns = [
        list(zip(*(values(book, nothing if part is None else part, pl.Date) for part in thing), strict=True))
        for thing in said
    ]
    return [[thing for thing in row if thing[key] is not None] for row in zip(*columns, strict=True)]
