"""Imports that were made, and what each did to which row: kept, read back, and taken away again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import polars as pl
from sqlalchemy import Boolean, ColumnElement, Integer, Table, cast, delete, select
from sqlalchemy.orm import Session

from engine.data.imports import TABLES, frame_of, raw, table_of
from engine.data.models import (
    Account,
    Ask,
    Base,
    Contact,
    DecisionRecord,
    Import,
    ImportedRow,
    Promise,
    SettingRow,
    Touchpoint,
)
from engine.data.store import Store, among

UNCOUNTED = frozenset({"id", "person_id", "imported_at", "plan_on", "outcomes", "expected"})
"""Columns that Heed keeps for itself: they change without anybody having changed the row."""
COMPUTED = (DecisionRecord.__tablename__,)
"""What refers to a row and is no reason to keep it: it is made again."""


# Imports


def list_imports(session: Session, *, skip: int, most: int) -> Sequence[Import]:
    """The newest first."""
    return session.scalars(select(Import).order_by(Import.id.desc()).offset(skip).limit(most)).all()


def find_import(session: Session, number: int, *, lock: bool = False) -> Import | None:
    query = select(Import).where(Import.id == number)
    return session.scalar(query.with_for_update() if lock else query)


# What they did


@cache
def counted_columns(kind: str) -> dict[str, str]:
    """Every column that a mark is made of, with the text of one that a new row does not say."""
    columns = (column for column in table_of(kind).columns if column.name not in UNCOUNTED)
    return {column.name: _usual(column) for column in columns}


def _usual(column: Any) -> str:
    given = getattr(column.server_default, "arg", "")
    return "0" if str(given) == "false" else str(given)


def keep_traces(store: Store, session: Session, number: int, kind: str, rows: pl.DataFrame) -> None:
    """`rows`: id, account_id, contact_id, steps (JSON) and mark, for rows of one kind."""
    kept = rows.select("account_id", "contact_id", "steps", "mark", row_id="id", import_id=number, kind=pl.lit(kind))
    store.insert_many(session, ImportedRow, kept)


def read_traces(session: Session, number: int, kind: str) -> pl.DataFrame:
    """row_id, steps (JSON) and mark, in the order in which they were made."""
    table = ImportedRow.__table__.c
    query = select(table.row_id, raw(table.steps), table.mark).where(table.import_id == number, table.kind == kind)
    return frame_of(session, query.order_by(table.id))


def drop_traces(session: Session, number: int, kind: str, row_ids: Collection[int]) -> None:
    of = ImportedRow.import_id == number, ImportedRow.kind == kind
    _run(session, delete(ImportedRow).where(*of, among(ImportedRow.row_id, row_ids, _dialect(session))))


def forget_traces(session: Session, account_ids: Collection[int], contact_ids: Collection[int] | None = None) -> None:
    """What imports changed of these accounts, or of these people of theirs, cannot be undone any more."""
    theirs = [among(ImportedRow.account_id, account_ids, _dialect(session))]
    if contact_ids is not None:
        theirs.append(among(ImportedRow.contact_id, contact_ids, _dialect(session)))
    _run(session, delete(ImportedRow).where(*theirs))


def forget_old(session: Session, before: datetime) -> None:
    """Imports from before then can no longer be undone, and say no more than how many rows went where."""
    old = select(Import.id).where(Import.at < before)
    _run(session, delete(ImportedRow).where(ImportedRow.import_id.in_(old)))
    for one in session.scalars(select(Import).where(Import.at < before)):
        if one.report.get("rejections"):
            one.report = one.report | {"rejections": []}


# Undoing them


def read_rows(session: Session, kind: str, ids: Collection[int]) -> pl.DataFrame:
    """Rows as they are stored, all columns that count, with their ids."""
    table = table_of(kind)
    columns = [_number(table.c[name]) for name in ("id", *counted_columns(kind))]
    return frame_of(session, select(*columns).where(among(table.c.id, ids, _dialect(session))))


def _number(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(column, Integer).label(column.name) if isinstance(column.type, Boolean) else raw(column)


def list_references(session: Session, kind: str, ids: Collection[int]) -> Iterator[tuple[int, str, int]]:
    """Whatever refers to these rows: the id of one of them, the table that does, the id there."""
    name = table_of(kind).name
    for table in Base.metadata.sorted_tables:
        if table.name not in COMPUTED:
            for column in _leading_to(table, name):
                query = select(column, table.c.id).where(among(column, ids, _dialect(session)))
                yield from ((row, table.name, other) for row, other in session.connection().execute(query))
    if kind in ("accounts", "contacts"):
        layer = SettingRow.layer == kind.removesuffix("s")
        keys = session.scalars(select(SettingRow.layer_key).where(layer)).all()
        yield from ((int(key), "settings", 0) for key in keys if int(key) in ids)
    if kind == "touchpoints":
        yield from _asked_about(session, ids)


def _leading_to(table: Table, name: str) -> Iterator[ColumnElement[Any]]:
    return (key.parent for key in table.foreign_keys if key.column.table.name == name)


def _asked_about(session: Session, ids: Collection[int]) -> Iterator[tuple[int, str, int]]:
    """Asks whose form has a question about one of these touchpoints."""
    accounts = select(Touchpoint.account_id).where(among(Touchpoint.id, ids, _dialect(session)))
    asks = select(Ask.id, Ask.form).where(Ask.account_id.in_(accounts), Ask.origin == "heed")
    for ask, form in session.execute(asks):
        about = {item.get("touchpoint") for item in form or ()}
        yield from ((one, "asks", ask) for one in about & set(ids))


def remove_rows(session: Session, kind: str, ids: Collection[int]) -> None:
    """Take them out, with what was worked out about them."""
    dialect = _dialect(session)
    if kind == "contacts":
        _run(session, delete(DecisionRecord).where(among(DecisionRecord.contact_id, ids, dialect)))
    _run(session, delete(TABLES[kind]).where(among(TABLES[kind].id, ids, dialect)))


def list_same_persons(session: Session, contact_ids: Collection[int]) -> tuple[set[int], set[int]]:
    """The persons behind these contacts, and their other contacts."""
    dialect = _dialect(session)
    persons = set(session.scalars(select(Contact.person_id).where(among(Contact.id, contact_ids, dialect))))
    others = session.scalars(select(Contact.id).where(among(Contact.person_id, persons, dialect)))
    return persons, set(others) - set(contact_ids)


def names_of(session: Session, account_ids: Collection[int], contact_ids: Collection[int]) -> Mapping[Any, str]:
    """What accounts and contacts are called, by ("account_id", id) and ("contact_id", id)."""
    dialect = _dialect(session)
    accounts = session.execute(select(Account.id, Account.name).where(among(Account.id, account_ids, dialect)))
    called = select(Contact.id, Contact.name, Contact.key).where(among(Contact.id, contact_ids, dialect))
    found = {("contact_id", one): name or key for one, name, key in session.execute(called)}
    return found | {("account_id", one): name for one, name in accounts}


def list_promised(session: Session, ids: Collection[int]) -> Sequence[Promise]:
    return session.scalars(select(Promise).where(among(Promise.id, ids, _dialect(session)))).all()


def _run(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
