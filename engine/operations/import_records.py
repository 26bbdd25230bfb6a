"""What is kept of every import: who brought which files, how far it is, what came of it, what it did to which row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from engine.clock import utc_now
from engine.data import traces as data
from engine.data.models import Import
from engine.errors import NotFoundError, StateError
from engine.house import Engine
from engine.intake.files import Sheet, count_lines
from engine.intake.marks import marks_of, steps_of
from engine.intake.report import ImportReport, Rejection

KEPT_FOR = timedelta(days=30)
"""How long an import can be undone."""
SILENT = timedelta(minutes=2)
"""Whoever says nothing for so long is not at it any more."""
MOST_REJECTIONS = 1000
PAGE = 50


@dataclass(frozen=True)
class Record:
    """An import. `stopped`: whoever did it went away half-way; what is in is in. `old`: it is not undone any more."""

    entry: Import
    stopped: bool
    old: bool

    @property
    def number(self) -> int:
        return self.entry.id

    @property
    def state(self) -> str:
        return "stopped" if self.stopped else self.entry.state

    @property
    def runs(self) -> bool:
        return self.entry.state in ("running", "undoing") and not self.stopped


def forget_imports(engine: Engine) -> None:
    """What imports brought that are too old to be undone."""
    with engine.store.write(engine.scope) as session:
        data.forget_old(session, engine.clock() - KEPT_FOR)


def begin_import(engine: Engine, sheets: Sequence[Sheet]) -> int:
    """Its number, from here on."""
    now, lines = engine.clock(), sum(max(count_lines(sheet.path) - 1, 0) for sheet in sheets)
    forget_imports(engine)
    with engine.store.write(engine.scope) as session:
        names = [sheet.path.name for sheet in sheets]
        entry = Import(at=now, author=engine.author, files=names, state="running", lines=lines, alive_at=utc_now())
        session.add(entry)
        session.flush()
        return entry.id


def tell_progress(session: Session, number: int, rows: int) -> None:
    """So many more rows are in. Raises StateError where it was undone meanwhile."""
    entry = data.find_import(session, number, lock=True)
    if entry and entry.state != "running":
        raise StateError(f"Import {number} was taken for dead and undone. Import the files again.", about=str(number))
    if entry:
        entry.rows, entry.alive_at = entry.rows + rows, utc_now()


def end_import(engine: Engine, number: int, report: ImportReport, problem: str = "") -> None:
    """`problem`: why it ended half-way."""
    rejections = [_without_value(one) for one in report.rejections[:MOST_REJECTIONS]]
    notes = [_by_name(text) for text, rows in report.remarks.items() if not rows]  # the others quote cells
    with engine.store.write(engine.scope) as session:
        entry = data.find_import(session, number, lock=True)
        if entry and entry.state == "running":
            entry.state, entry.problem = "failed" if problem else "done", problem or None
            said = {"rejections": rejections, "rejected": report.rejected, "notes": notes}
            entry.report = report.as_dict() | said


def _without_value(one: Rejection) -> dict[str, Any]:
    """What stood in the row is not kept, nor what was guessed from it."""
    why = one.why.partition(" Did you mean")[0].partition(": ")[0].rstrip(".")
    return {"file": Path(one.file).name, "line": one.line, "field": one.field, "value": "", "why": why}


def _by_name(note: str) -> str:
    """Without the folder that the file was in."""
    path, colon, said = note.partition(": ")
    return f"{Path(path).name}{colon}{said}"


def list_imports(engine: Engine, *, page: int = 1, size: int = PAGE) -> tuple[list[Record], bool]:
    """A page of them, the newest first, and whether there are more."""
    with engine.store.read(engine.scope) as session:
        found = data.list_imports(session, skip=(page - 1) * size, most=size + 1)
    return [_record(engine, entry) for entry in found[:size]], len(found) > size


def find_import(engine: Engine, number: int) -> Record:
    """Raises NotFoundError."""
    with engine.store.read(engine.scope) as session:
        entry = data.find_import(session, number)
    if entry is None:
        raise NotFoundError(f"There is no import {number}. `heed import --list` shows them.", about=str(number))
    return _record(engine, entry)


def _record(engine: Engine, entry: Import) -> Record:
    stopped = entry.state in ("running", "undoing") and utc_now() - entry.alive_at > SILENT
    return Record(entry, stopped, is_old(engine, entry))


def is_old(engine: Engine, entry: Import) -> bool:
    """Whether it is too long ago to be undone, also before what it brought is forgotten."""
    return entry.at < engine.clock() - KEPT_FOR


def trace_new(engine: Engine, session: Session, number: int, kind: str, rows: pl.DataFrame) -> None:
    """Rows that an import has inserted, with all that they hold."""
    marks = marks_of(rows, data.counted_columns(kind))
    _keep(engine, session, number, kind, rows.with_columns(marks, steps=pl.lit(None, pl.String)))


def trace_changed(
    engine: Engine, session: Session, number: int, kind: str, rows: pl.DataFrame, names: Sequence[str], old: str
) -> None:
    """Rows that it has changed: these columns, with what they were under names that begin with `old`.

    Where an account's terms change, what they forbid is not kept for the sake of undoing either.
    """
    if old + "private_fields" in rows.columns and "private_fields" in names:
        rows = rows.filter(pl.col("private_fields") == pl.col(old + "private_fields"))
    rows = rows.with_columns(steps_of(rows, names, old), mark=pl.lit(None, pl.Int64))
    _keep(engine, session, number, kind, rows.filter(pl.col("steps").is_not_null()))


def _keep(engine: Engine, session: Session, number: int, kind: str, rows: pl.DataFrame) -> None:
    given: dict[str, Any] = {"account_id": pl.col("id")} if kind == "accounts" else {}
    if kind == "contacts":
        given["contact_id"] = pl.col("id")
    elif "contact_id" not in rows.columns:
        given["contact_id"] = pl.lit(None, pl.Int64)
    if rows.height:
        data.keep_traces(engine.store, session, number, kind, rows.with_columns(**given))
