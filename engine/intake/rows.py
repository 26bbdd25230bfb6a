"""Rows of a sheet, checked: every field read as what its column holds, every row that cannot be taken named.

What an account's terms do not let us keep is dropped before anything looks at it: it is neither read nor complained of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from engine.errors import nearest
from engine.intake.files import EXTRA, LINE, Chunk
from engine.intake.kinds import Column, Kind, Layout
from engine.intake.report import Rejection
from engine.intake.values import EPOCH
from engine.private import KEPT, Terms, faults_of, read_terms

NONE: Mapping[str, Terms] = {}


@dataclass(frozen=True)
class Reading:
    """The good rows under LINE, our column names and EXTRA; the others as rejections; what is worth saying."""

    rows: pl.DataFrame
    rejections: list[Rejection]
    remarks: Counter[str]


@dataclass(frozen=True)
class Surroundings:
    """What reading depends on: the file's name, the house's zone, now, and the words that Heed knows of columns."""

    file: str
    zone: ZoneInfo
    now: datetime
    usual: Mapping[str, tuple[str, ...]]


def read_rows(layout: Layout, chunk: Chunk, around: Surroundings, terms: Mapping[str, Terms] = NONE) -> Reading:
    """`terms`: those of the accounts that have any, by the account's key."""
    cells = chunk.rows.select(LINE, pl.col(pl.String).str.strip_chars().replace("", None))
    cells, remarks = _drop_private(layout, cells, terms, around.file)
    read: dict[str, pl.Series] = {LINE: cells[LINE]}
    rejections = [Rejection(around.file, line, "row", "", why) for line, why in chunk.ragged]
    for name, place in layout.columns.items():
        column = layout.kind[name]
        texts = cells[str(place)]
        reading = column.reader.read(texts, around.zone)
        read[name] = reading.values.alias(name)
        rejections += _reject(around.file, cells[LINE], name, texts, reading.wrong)
        rejections += _reject_empty(around.file, cells[LINE], layout.kind, column, texts)
        remarks += _remark(layout.kind, column, reading.values, around)
    rows = pl.DataFrame(read)
    if layout.kind.attributes and layout.extra:
        extra = [pl.col(str(place)).alias(name) for name, place in layout.extra.items()]
        rows = rows.with_columns(cells.select(pl.struct(extra).alias(EXTRA))[EXTRA])
    bad = {rejection.line for rejection in rejections}
    return Reading(rows.filter(~pl.col(LINE).is_in(list(bad))) if bad else rows, rejections, remarks)


def _drop_private(
    layout: Layout, cells: pl.DataFrame, terms: Mapping[str, Terms], file: str
) -> tuple[pl.DataFrame, Counter[str]]:
    """The cells without what the terms of each row's account forbid. An account's row may bring the terms itself."""
    whose, remarks = layout.columns["key" if layout.kind.name == "accounts" else "account_key"], Counter[str]()
    if layout.kind.name == "accounts" and "private_fields" in layout.columns:
        whose = layout.columns["private_fields"]
        terms = {text: read_terms(text) for text in cells[str(whose)].drop_nulls().unique()}
        for text, stated in terms.items():
            number = int((cells[str(whose)] == text).sum())
            remarks += Counter({f"{file}: private_fields: {fault}": number for fault in faults_of(stated)})
    for name, place in {**layout.extra, **layout.columns}.items() if terms else ():
        closed = [key for key, one in terms.items() if one.forbid(layout.kind.name, name)]
        if closed:
            kept = pl.col(str(whose)).is_in(closed).not_().fill_null(value=True)
            cells = cells.with_columns(pl.when(kept).then(str(place)).alias(str(place)))
    return _drop_private_answers(layout, cells, terms), remarks


def _drop_private_answers(layout: Layout, cells: pl.DataFrame, terms: Mapping[str, Terms]) -> pl.DataFrame:
    """That a private question was answered may be known, what was answered may not."""
    if layout.kind.name != "answers":
        return cells
    account, question = (pl.col(str(layout.columns[name])) for name in ("account_key", "question"))
    for key, one in terms.items():
        kept = ((account == key) & _normal(question).is_in(sorted(one.names))).not_().fill_null(value=True)
        dropped = [str(layout.columns[name]) for name in ("value", "text") if name in layout.columns]
        cells = cells.with_columns(pl.when(kept).then(place).alias(place) for place in dropped)
    return cells


def _normal(name: pl.Expr) -> pl.Expr:
    """As engine.private.normal writes names."""
    return name.str.to_lowercase().str.replace_all(r"[\s\-]+", "_")


def _reject(file: str, lines: pl.Series, name: str, texts: pl.Series, wrong: Mapping[str, str]) -> list[Rejection]:
    if not wrong:
        return []
    found = pl.DataFrame({"line": lines, "text": texts}).filter(pl.col("text").is_in(list(wrong)))
    return [Rejection(file, line, name, text, wrong[text]) for line, text in found.iter_rows()]


def _reject_empty(file: str, lines: pl.Series, kind: Kind, column: Column, texts: pl.Series) -> list[Rejection]:
    if not column.needed or not texts.null_count():
        return []
    why = "is empty" if column.name in KEPT[kind.name] else "is empty, or the client's terms do not let us keep it"
    return [Rejection(file, line, column.name, "", why) for line in lines.filter(texts.is_null())]


def _remark(kind: Kind, column: Column, values: pl.Series, around: Surroundings) -> Counter[str]:
    """Words that Heed does not know are data, and history may lie ahead: both are worth a word, neither is wrong."""
    remarks: Counter[str] = Counter()
    usual = around.usual.get(column.name, column.usual)
    words = values.str.split(" ").list.explode() if column.name == "channels" else values
    for word, rows in words.filter(~words.is_in(list(usual))).value_counts().iter_rows() if usual else ():
        remarks[
            f"{around.file}: {column.name} “{word}” is not one that Heed knows; taken as it is.{nearest(word, usual)}"
        ] += rows
    if column.history:
        ahead = values > (around.now.timestamp() if column.name.endswith("_at") else _day_after(around))
        if ahead.any():
            remarks[f"{around.file}: {column.name} lies in the future"] += int(ahead.sum())
    return remarks


def _day_after(around: Surroundings) -> int:
    return (around.now.astimezone(around.zone).date() - EPOCH).days
