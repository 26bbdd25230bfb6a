"""Undo an import: its new rows go, what it changed is as before. Only where nothing that came later depends on it.

What was changed since, was asked, has answered or was promised something stays, and is named with why. A promise's
history is only ever added to, so an imported promise is put aside instead of removed. A client's no, their pause and
their terms stay as the file brought them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import polars as pl
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.clock import utc_now
from engine.data import traces as data
from engine.data.imports import take_turn, update_rows
from engine.data.marks import mark_accounts, mark_persons, mark_persons_behind
from engine.data.models import AuditEntry, Import, PromiseEvent
from engine.data.persons import remove_empty_persons
from engine.errors import BusyError, HeedError, NotFoundError, StateError
from engine.house import Engine
from engine.intake.kinds import KINDS
from engine.intake.marks import marks_of, step_back
from engine.operations.counts import count_answers
from engine.operations.import_records import KEPT_FOR, SILENT, is_old
from engine.operations.persons import regroup_persons
from engine.operations.upserts import OLD, Target, refresh_contacts

STOOD = {"running": "failed", "undoing": "done"}
"""How it stood before somebody died over it."""
AT_MOST = timedelta(minutes=30)
"""It is one transaction, which says nothing before its end; whoever died over it is waited for so long."""
CHANGED = "was changed since"
GONE = "is not there any more"
SAID_NO = "said that they do not want to be asked, or not now: that stays"
WHY = {
    "contacts": "has people who stay", "asks": "was asked something", "answers": "has answered",
    "promises": "was promised something", "touchpoints": "has touchpoints that stay", "voices": "has said something",
    "calls": "was called", "news": "was written to", "plan_changes": "has a plan of its own", "settings":
    "has a plan of its own", "team_accounts": "belongs to a team", "guesses": "has a guess of ours about them",
    "part_owners": "has people of ours who answer for parts of the journey", "initiative_links":
    "is part of an initiative", "deliveries": "was sent", "submissions": "was answered",
}  # fmt: skip
"""By the table that refers to a row."""


@dataclass(frozen=True)
class Kept:
    """A row that an undo leaves as it is. `who`: whose it is, by name."""

    kind: str
    name: str
    who: str
    why: str


@dataclass
class Undo:
    """What undoing comes to: ids of rows to remove, and rows as they were, by kind; and what is left as it is."""

    remove: dict[str, set[int]] = field(default_factory=dict)
    restore: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """By kind: rows removed, put back, kept."""
        kept = Counter(one.kind for one in self.kept)
        kinds = [kind for kind in KINDS if self.remove.get(kind) or self.restore.get(kind) or kept[kind]]
        return {
            kind: {"removed": len(self.remove.get(kind, ())), "restored": len(self.restore.get(kind, ())),
                   "kept": kept[kind]}
            for kind in kinds
        }  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        return {"counts": self.counts, "kept": [vars(one) for one in self.kept]}


def weigh_undo(engine: Engine, number: int) -> Undo:
    """What undoing an import would come to; nothing is written. Raises NotFoundError, StateError where it is old."""
    with engine.store.read(engine.scope) as session:
        _check_age(engine, _find(session, number))
        return _weigh(session, number)


def undo_import(engine: Engine, number: int) -> Undo:
    """Undo as much of an import as nothing depends on. Raises NotFoundError, BusyError, and
    StateError while it runs and where it is old."""
    before = _begin(engine, number)
    try:
        with engine.store.write(engine.scope) as session:
            take_turn(session)
            undo = _weigh(session, number)
            _apply(engine, session, number, undo)
            _note(engine, session, _find(session, number), undo, before)
    except IntegrityError:
        busy = BusyError("Somebody has just used one of these rows. Nothing was undone; try again.")
        _leave(engine, number, before, str(busy))
        raise busy from None
    except BaseException as error:
        _leave(engine, number, before, str(error) if isinstance(error, HeedError) else None)
        raise
    if undo.remove.get("asks") or undo.restore.get("asks"):
        count_answers(engine)
    return undo


def _begin(engine: Engine, number: int) -> str:
    """Say that it is being undone; how it stood before."""
    with engine.store.write(engine.scope) as session:
        entry, now = _find(session, number, lock=True), utc_now()
        _check_age(engine, entry)
        if entry.state in ("running", "undoing") and now - entry.alive_at < SILENT:
            raise StateError(f"Import {number} is still under way. Wait for its end.", about=str(number))
        before, entry.state, entry.alive_at = entry.state, "undoing", now + AT_MOST
        return STOOD.get(before, before)


def _check_age(engine: Engine, entry: Import) -> None:
    if is_old(engine, entry):
        raise StateError(f"Import {entry.id} was made more than {KEPT_FOR.days} days ago: what it found before is not "
                         "kept for longer, so it cannot be undone.", about=str(entry.id))  # fmt: skip


def _leave(engine: Engine, number: int, state: str, problem: str | None) -> None:
    """As it stood before; and why, for who has left the page that would say it."""
    with engine.store.write(engine.scope) as session:
        entry = _find(session, number)
        entry.state, entry.problem = state, problem if state == "done" else entry.problem
        entry.alive_at = utc_now()


def _find(session: Session, number: int, *, lock: bool = False) -> Import:
    entry = data.find_import(session, number, lock=lock)
    if entry is None:
        raise NotFoundError(f"There is no import {number}. `heed import --list` shows them.", about=str(number))
    return entry


def _note(engine: Engine, session: Session, entry: Import, undo: Undo, state: str) -> None:
    now, before = engine.clock(), {"state": state, "files": entry.files}
    entry.state, entry.problem = "undone", None
    if not entry.undone or any(undo.remove.values()) or any(undo.restore.values()):
        entry.undone = {"at": now.isoformat(), "by": engine.author, "counts": undo.counts}
    said = {"subject": f"import {entry.id}", "before": before, "after": {"state": "undone"} | undo.counts}
    session.add(AuditEntry(at=now, author=engine.author, action="undo import", **said))


# What could be undone


def _weigh(session: Session, number: int) -> Undo:
    """The last kinds first, because those before them may be referred to by them."""
    undo = Undo()
    for kind in reversed(KINDS):
        traces = data.read_traces(session, number, kind)
        if traces.is_empty():
            continue
        rows = data.read_rows(session, kind, traces["row_id"].unique())
        found = _weigh_rows(kind, traces, rows)
        stay = {
            row: WHY.get(table, f"is used in {table}") for row, table in _find_references(session, kind, found, undo)
        }
        undo.remove[kind], undo.restore[kind] = found.new - stay.keys(), found.old
        undo.kept += _name(session, kind, rows, found.why | stay)
    undo.kept.reverse()
    return undo


@dataclass
class _Weighed:
    new: set[int] = field(default_factory=set)
    old: list[dict[str, Any]] = field(default_factory=list)
    why: dict[int, str] = field(default_factory=dict)


def _weigh_rows(kind: str, traces: pl.DataFrame, rows: pl.DataFrame) -> _Weighed:
    """Which rows hold what the import left: those it made may go, those it changed can be put back."""
    found = _Weighed()
    stepped = traces.filter(pl.col("steps").is_not_null())["row_id"].unique()
    made = rows.filter(~pl.col("id").is_in(stepped.implode()))
    if stepped.len():
        made = pl.concat([made, _step_back(found, traces, rows.filter(pl.col("id").is_in(stepped.implode())))])
    marks = traces.filter(pl.col("steps").is_null()).select(id="row_id", kept="mark")
    made = made.with_columns(marks_of(made, data.counted_columns(kind))).join(marks, on="id")
    same = pl.col("mark") == pl.col("kept")
    no = (
        pl.any_horizontal(pl.col("opted_out_on", "paused_until").is_not_null()) if kind == "contacts" else pl.lit(False)
    )
    found.new = set(made.filter(same, ~no)["id"])
    found.why |= dict.fromkeys(made.filter(same, no)["id"], SAID_NO)
    found.why |= dict.fromkeys(made.filter(~same)["id"], CHANGED)
    found.why |= dict.fromkeys(set(traces["row_id"]) - set(rows["id"]), GONE)
    return found


def _step_back(found: _Weighed, traces: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that it changed, as they were before; those of them that it had made itself are returned for their marks."""
    before = {row["id"]: row for row in rows.iter_rows(named=True)}
    made = set()
    for row_id, steps, mark in traces.reverse().iter_rows():
        if row_id in before and mark is not None:
            made.add(row_id)
        elif row_id in before:
            row = step_back(before.pop(row_id), json.loads(steps))
            before |= {row_id: row} if row else {}
            found.why |= {} if row else {row_id: CHANGED}
    found.old = [row for row_id, row in before.items() if row_id not in made]
    return pl.DataFrame([before[row_id] for row_id in made], schema=rows.schema)


def _find_references(session: Session, kind: str, found: _Weighed, undo: Undo) -> Iterator[tuple[int, str]]:
    """Rows to which something refers that stays, with its table. A promise stays in any case, and is put aside."""
    if kind == "promises" or not found.new:
        return
    for row, table, other in data.list_references(session, kind, found.new):
        if table == "promises" or other not in undo.remove.get(table, ()):
            yield row, table


def _name(session: Session, kind: str, rows: pl.DataFrame, why: dict[int, str]) -> list[Kept]:
    kept = rows.filter(pl.col("id").is_in(list(why)))
    whose = {name: set(kept[name].drop_nulls()) if name in kept.columns else set() for name in WHOSE}
    names = data.names_of(session, *whose.values())
    found = [Kept(kind, str(row_id), "", said) for row_id, said in why.items() if said == GONE]
    for row in kept.iter_rows(named=True):
        who = next((names[name, row[name]] for name in reversed(WHOSE) if (name, row.get(name)) in names), "")
        said = next((str(row[column]) for column in NAMED if row.get(column)), str(row["id"]))
        found.append(Kept(kind, said, who, why[row["id"]]))
    return found


WHOSE = ("account_id", "contact_id")
NAMED = ("title", "name", "question", "text", "kind", "occasion", "key")
"""What a row is told by, the first of them that it has."""


# Doing it


def _apply(engine: Engine, session: Session, number: int, undo: Undo) -> None:
    for kind in reversed(KINDS):
        removed, restored = undo.remove.get(kind, set()), undo.restore.get(kind, [])
        if kind == "promises":
            _put_aside(engine, session, removed, restored)
        elif kind == "contacts":
            _remove_contacts(engine, session, removed)
        else:
            _mark(session, kind, data.read_rows(session, kind, removed))
            data.remove_rows(session, kind, removed)
        if restored:
            _restore(engine, session, kind, restored)
        data.drop_traces(session, number, kind, removed | {row["id"] for row in restored})


def _restore(engine: Engine, session: Session, kind: str, rows: list[dict[str, Any]]) -> None:
    before = data.read_rows(session, kind, [row["id"] for row in rows]).sort("id")
    after = pl.DataFrame(rows, schema=before.schema).sort("id")
    differ = [name for name in before.columns if not before[name].equals(after[name])]
    if differ:
        update_rows(session, kind, after.select("id", *differ))
    _mark(session, kind, after)
    if kind == "contacts":
        regroup_persons(engine.store, session, set(after["id"]))
    if kind == "accounts":
        moved = after.with_columns(before["country"].alias(OLD + "country"), before["id"].alias(OLD + "id"))
        refresh_contacts(Target(engine, session, kind, "", engine.clock()), moved.drop("private_fields"))


def _remove_contacts(engine: Engine, session: Session, ids: Collection[int]) -> None:
    """Whom only one of them made the same person as another is looked at again."""
    if not ids:
        return
    persons, others = data.list_same_persons(session, ids)
    mark_persons(session, persons)
    data.remove_rows(session, "contacts", ids)
    if others:
        regroup_persons(engine.store, session, others)
    remove_empty_persons(session, persons)


def _put_aside(engine: Engine, session: Session, removed: Collection[int], restored: list[dict[str, Any]]) -> None:
    now, said = engine.clock(), {"author": engine.author, "actor": "importer", "note": "Its import was undone."}
    for promise in data.list_promised(session, removed):
        promise.status, promise.verdict, promise.version = "dismissed", None, promise.version + 1
        session.add(PromiseEvent(promise_id=promise.id, at=now, step="dismissed", due_on=promise.due_on, **said))
    for promise in data.list_promised(session, [row["id"] for row in restored]):
        promise.version += 1
        session.add(PromiseEvent(promise_id=promise.id, at=now, step="imported", due_on=promise.due_on, **said))
    session.flush()
    _mark(session, "promises", data.read_rows(session, "promises", removed))


def _mark(session: Session, kind: str, rows: pl.DataFrame) -> None:
    """Have whom it concerns decided for again."""
    if rows.is_empty():
        return
    mark_accounts(session, set(rows["id" if kind == "accounts" else "account_id"]))
    contacts = rows["id"] if kind == "contacts" else rows["contact_id"] if "contact_id" in rows.columns else None
    if contacts is not None:
        mark_persons_behind(session, set(contacts.drop_nulls()))
