"""Imported rows against those that are there: found by identity, inserted and updated in bulk.

Frames hold what the tables keep: days and instants as integers, JSON as canonical text.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

import polars as pl
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    Select,
    Table,
    Text,
    TypeDecorator,
    and_,
    bindparam,
    cast,
    func,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

from engine.data.models import Account, AnswerRow, Ask, Base, Contact, Promise, Touchpoint, Voice
from engine.data.stage import ROW, Stage
from engine.data.store import Store, among
from engine.intake.shapes import IDENTITIES, canonical

TABLES: dict[str, type[Base]] = {
    "accounts": Account,
    "contacts": Contact,
    "asks": Ask,
    "touchpoints": Touchpoint,
    "promises": Promise,
    "answers": AnswerRow,
    "voices": Voice,
}


def table_of(kind: str) -> Table:
    table: Any = TABLES[kind].__table__
    return table  # type: ignore[no-any-return]


def take_turn(session: Session) -> None:
    """Wait until no other import writes: both would insert the same new row. SQLite waits by itself."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('heed import'))"))


def find_parents(store: Store, session: Session, rows: pl.DataFrame) -> pl.DataFrame:
    """The account and contact of each row's `account_key` and `contact_key`, in order; nulls where there is none."""
    account, contact = table_of("accounts"), table_of("contacts")
    wanted = [name for name in ("account_key", "contact_key") if name in rows.columns]
    about = [raw(account.c[name]).label(f"#{name}") for name in ("country", "owner_email")]
    keys = rows.select(wanted).unique(maintain_order=True)
    with Stage(store, session, keys) as stage:
        query = select(stage.c[ROW], account.c.id.label("account_id"), *about)
        query = query.join(account, account.c.key == stage.c.account_key)
        if "contact_key" in wanted:
            # Who was forgotten is not found: no file brings back what they said.
            known = contact.c.erased_on.is_(None)
            same = and_(contact.c.account_id == account.c.id, contact.c.key == stage.c.contact_key, known)
            query = query.add_columns(contact.c.id.label("contact_id"), contact.c.person_id.label("#person_id"))
            query = query.outerjoin(contact, same)
        found = pl.concat([keys, _beside(keys, frame_of(session, query))], how="horizontal")
    return rows.select(wanted).join(found, on=wanted, how="left", nulls_equal=True, maintain_order="left").drop(wanted)


def find_existing(
    store: Store, session: Session, kind: str, rows: pl.DataFrame, columns: Sequence[str]
) -> pl.DataFrame:
    """`id` and these columns of the row that has each row's identity, in order; nulls where there is none."""
    table, identity = table_of(kind), IDENTITIES[kind]
    with Stage(store, session, rows.select(identity)) as stage:
        same = and_(*(_same(table.c[name], stage.c[name]) for name in identity))
        found = [raw(table.c[name]) for name in ("id", *columns)]
        query = select(stage.c[ROW], *found).join(table, same).order_by(table.c.id)
        return _beside(rows, frame_of(session, query))


def read_contacts(session: Session, account_ids: Collection[int]) -> pl.DataFrame:
    """What tells the contacts of these accounts apart, with #country of the account."""
    account, contact = table_of("accounts"), table_of("contacts")
    own = [contact.c[name] for name in ("id", "email", "email_key", "phone", "mobile_key")]
    query = select(*own, account.c.country.label("#country")).join(account, account.c.id == contact.c.account_id)
    chosen = among(contact.c.account_id, account_ids, session.get_bind().dialect.name)
    return frame_of(session, query.where(chosen, contact.c.erased_on.is_(None)).order_by(contact.c.id))


def update_rows(session: Session, kind: str, rows: pl.DataFrame) -> None:
    """Write every column of the frame to the rows with its `id`s."""
    table = table_of(kind)
    values = {name: bindparam(f"new_{name}", type_=_raw_type(table.c[name])) for name in rows.columns if name != "id"}
    statement = update(table).where(table.c.id == bindparam("new_id")).values(values)
    for name in rows.columns:
        if isinstance(table.c[name].type, JSON):
            rows = rows.with_columns(pl.Series(name, [json.loads(cell) for cell in rows[name]], dtype=pl.Object))
    if not rows.is_empty() and values:
        session.connection().execute(statement, rows.rename(lambda name: f"new_{name}").to_dicts())


def _same(ours: ColumnElement[Any], theirs: ColumnElement[Any]) -> ColumnElement[bool]:
    # A touchpoint or promise without contact is the account's: null is a value there, as in the unique index.
    if ours.name == "contact_id" and ours.nullable:
        return func.coalesce(ours, 0) == func.coalesce(theirs, 0)
    return raw(ours) == theirs


def frame_of(session: Session, query: Select[Any]) -> pl.DataFrame:
    columns = list(query.selected_columns)
    values = list(zip(*session.connection().execute(query).fetchall(), strict=True)) or [()] * len(columns)
    return pl.DataFrame([_series(column, cells) for column, cells in zip(columns, values, strict=True)])


def _series(column: ColumnElement[Any], cells: Sequence[Any]) -> pl.Series:
    name = str(column.key)
    if isinstance(column.type, _JsonText):
        forms = {cell: canonical(json.loads(cell)) for cell in set(cells) - {None}}
        return pl.Series(name, [forms.get(cell) for cell in cells], pl.String)
    dtype = (
        pl.Float64 if isinstance(column.type, Float) else pl.Int64 if isinstance(column.type, Integer) else pl.String
    )
    return pl.Series(name, cells, dtype)


class _JsonText(Text):
    """JSON as the text it is kept as: most rows have the same, which is then read once."""


def _beside(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    places = rows.select(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))
    # A row can have two with its identity: one of Heed's own making and one that was imported. The older one counts.
    found = found.sort(ROW, maintain_order=True).unique(ROW, keep="first", maintain_order=True)
    return places.join(found, on=ROW, how="left", maintain_order="left").drop(ROW)


def raw(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """As it is stored: days and instants are integers, JSON is text."""
    if isinstance(column.type, JSON):
        return cast(column, _JsonText()).label(column.name)
    return type_coerce(column, BigInteger()).label(column.name) if isinstance(column.type, TypeDecorator) else column


def _raw_type(column: ColumnElement[Any]) -> Any:
    return BigInteger() if isinstance(column.type, TypeDecorator) else column.type
