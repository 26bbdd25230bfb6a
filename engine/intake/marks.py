"""What an import did to a row, kept so that it can be undone: a mark of all that a new one holds, steps of an old one.

A mark is a digest: it tells whether anything was changed since, and nothing of what it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import polars as pl

FINAL = frozenset({"opted_out_on", "paused_until", "private_fields"})
"""A client's no or pause, and their terms: what a file brought of them is not taken back with it."""


def marks_of(rows: pl.DataFrame, columns: Mapping[str, str]) -> pl.Series:
    """One mark for each row. `columns`: all that count, in order, with the text of one that the rows do not have."""
    texts = rows.select(pl.concat_str([_text(rows, *one) for one in columns.items()], separator="\x1f"))
    marks = [_digest(text) for text in texts.to_series()]
    return pl.Series("mark", marks, pl.Int64)


def _text(rows: pl.DataFrame, name: str, otherwise: str) -> pl.Expr:
    if name not in rows.columns:
        return pl.lit(otherwise).alias(name)
    column = pl.col(name).cast(pl.Int8) if rows.schema[name] == pl.Boolean else pl.col(name)
    return column.cast(pl.String).fill_null("")


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def steps_of(rows: pl.DataFrame, names: Iterable[str], old: str) -> pl.Series:
    """{column: [before, after]} of each row as JSON, null where nothing differs. `old`: begins the names of before."""
    wanted = [name for name in names if name not in FINAL]
    found = []
    for row in rows.select(*wanted, *(old + name for name in wanted)).iter_rows():
        pairs = zip(wanted, row[len(wanted) :], row[: len(wanted)], strict=True)
        steps = {name: (before, after) for name, before, after in pairs if before != after}
        found.append(json.dumps(steps, ensure_ascii=False) if steps else None)
    return pl.Series("steps", found, pl.String)


def step_back(row: dict[str, Any], steps: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row as it was before these steps; None where it does not hold any more what they left."""
    if any(row.get(name) != after for name, (_, after) in steps.items()):
        return None
    return row | {name: before for name, (before, _) in steps.items()}
