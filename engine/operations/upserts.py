"""A chunk of checked rows against what is there: matched by identity, compared, written, and what follows."""

from __future__ import annotations

from datetime import datetime

import polars as pl
from sqlalchemy.orm import Session

from engine.data import imports as data
from engine.data.accounts import mark_accounts
from engine.data.models import PromiseEvent
from engine.data.persons import add_persons, list_account_ids
from engine.data.store import Store
from engine.intake.files import EXTRA, LINE
from engine.intake.kinds import KINDS
from engine.intake.report import Rejection
from engine.intake.shapes import IDENTITIES, drop_private, merge_extra, own_columns, shape_rows, with_keys
from engine.operations.persons import regroup_persons

STATUS = "#status"
OLD = "#old:"
"""Before a column's name: what it was."""

DEFAULTS: dict[str, dict[str, str]] = {
    "accounts": {"private_fields": "[]", "attributes": "{}"},
    "contacts": {"attributes": "{}"},
    "asks": {"origin": "import"},
    "touchpoints": {},
    "promises": {"origin": "import"},
    "answers": {"data": "{}"},
}
"""What new rows have that files do not say."""


def upsert_rows(
    store: Store, session: Session, kind: str, rows: pl.DataFrame, *, file: str, now: datetime, author: str
) -> tuple[dict[str, int], list[Rejection]]:
    """Bring the rows in, within the caller's transaction. The last of several with one identity counts.

    Returns the number of rows that were new, changed, unchanged, repeated, and what could not be taken.
    """
    rejections: list[Rejection] = []
    if kind != "accounts":
        rows, rejections = _find_parents(store, session, rows, file)
    rows = _find_existing(store, session, kind, shape_rows(kind, rows))
    rows, incomplete = _reject_incomplete(kind, rows, file)
    rows = _compare(kind, rows)
    _write(store, session, kind, rows, now, author)
    numbers = dict(rows[STATUS].value_counts().iter_rows())
    return numbers | {"repeated": int(rows["#repeated"].sum())}, [*rejections, *incomplete]


def _find_parents(
    store: Store, session: Session, rows: pl.DataFrame, file: str
) -> tuple[pl.DataFrame, list[Rejection]]:
    """Replace keys by the ids of what they name, and reject rows that name nothing."""
    parents = data.find_parents(store, session, rows)
    if "contact_id" not in parents.columns and "#person_id" not in parents.columns and "key" not in rows.columns:
        parents = parents.with_columns(pl.lit(None, pl.Int64).alias("contact_id"))
    rows = pl.concat([rows, parents], how="horizontal")
    no_account = pl.col("account_id").is_null()
    no_contact = ~no_account & pl.lit(False)
    if "contact_key" in rows.columns:
        no_contact = ~no_account & pl.col("contact_key").is_not_null() & pl.col("contact_id").is_null()
    rejections = [
        Rejection(file, line, "account_key", key, "there is no account with this key")
        for line, key in rows.filter(no_account).select(LINE, "account_key").iter_rows()
    ]
    if "contact_key" in rows.columns:
        rejections += [
            Rejection(file, line, "contact_key", key, f"there is no contact with this key at the account “{account}”")
            for line, key, account in rows.filter(no_contact).select(LINE, "contact_key", "account_key").iter_rows()
        ]
    return rows.filter(~no_account & ~no_contact).drop("account_key", "contact_key", strict=False), rejections


def _find_existing(store: Store, session: Session, kind: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Set beside each row what is there with its identity, and lay over it what the file leaves as it is."""
    columns = [name for name in own_columns(rows) if name not in IDENTITIES[kind]]
    columns += ["origin"] if kind in ("asks", "promises") else []
    columns += ["attributes"] if EXTRA in rows.columns else []
    columns += ["country", "private_fields"] if kind == "accounts" else []
    old = data.find_existing(store, session, kind, rows, list(dict.fromkeys(columns)))
    rows = pl.concat([rows, old.rename(lambda name: OLD + name)], how="horizontal")
    if EXTRA in rows.columns:
        rows = merge_extra(rows, rows[OLD + "attributes"])
    if kind == "promises":
        rows = rows.with_columns(pl.coalesce("owner_email", OLD + "owner_email"))
    return rows


def _reject_incomplete(kind: str, rows: pl.DataFrame, file: str) -> tuple[pl.DataFrame, list[Rejection]]:
    """A new row must say more than one that is only brought up to date."""
    rejections = []
    needed = [column.name for column in KINDS[kind].columns if column.needed and not column.name.endswith("_key")]
    for name in [*needed, *(["owner_email"] if kind == "promises" else [])]:
        empty = pl.col(name).is_null() if name in rows.columns else pl.lit(True)
        why = "has no owner, and neither has its account" if name == "owner_email" else "is needed for a new row"
        lines = rows.filter(empty & pl.col(OLD + "id").is_null())[LINE]
        rejections += [Rejection(file, line, name, "", why) for line in lines]
    lines = pl.Series([rejection.line for rejection in rejections], dtype=pl.Int64)
    return rows.filter(~pl.col(LINE).is_in(lines.implode())), rejections


def _compare(kind: str, rows: pl.DataFrame) -> pl.DataFrame:
    """STATUS of each row against the row before with the same identity, in the file or in the house."""
    identity = list(IDENTITIES[kind])
    repeated = pl.int_range(pl.len()).over(identity) > 0
    rows = rows.with_columns(repeated.alias("#again") if rows.height else pl.lit(False).alias("#again"))
    differs = [
        pl.col(name).ne_missing(
            pl.when("#again").then(pl.col(name).shift(1).over(identity)).otherwise(_old(rows, name))
        )
        for name in own_columns(rows)
        if name not in identity
    ]
    changed = pl.any_horizontal(differs) if differs else pl.lit(False)
    if OLD + "origin" in rows.columns:  # what Heed made itself, it knows better
        changed = changed & (pl.col(OLD + "origin").cast(pl.String).eq_missing("import") | pl.col(OLD + "id").is_null())
    status = pl.when(pl.col(OLD + "id").is_null() & ~pl.col("#again")).then(pl.lit("new"))
    rows = rows.with_columns(status.when(changed).then(pl.lit("changed")).otherwise(pl.lit("unchanged")).alias(STATUS))
    return rows.with_columns((pl.col("#again") & (pl.col(STATUS) == "changed")).alias("#repeated"))


def _old(rows: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(OLD + name).cast(rows.schema[name])


def _write(store: Store, session: Session, kind: str, rows: pl.DataFrame, now: datetime, author: str) -> None:
    touched = rows.filter(pl.col(STATUS).ne("unchanged").any().over(list(IDENTITIES[kind]))) if rows.height else rows
    last = touched.unique(list(IDENTITIES[kind]), keep="last", maintain_order=True)
    if last.is_empty():
        return
    fresh, known = last.filter(pl.col(OLD + "id").is_null()), last.filter(pl.col(OLD + "id").is_not_null())
    fresh = (
        _insert(store, session, kind, fresh, now)
        if fresh.height
        else fresh.with_columns(pl.lit(None, pl.Int64).alias("id"))
    )
    known = known.with_columns(pl.col(OLD + "id").cast(pl.Int64).alias("id"))
    update = ["id", *(name for name in own_columns(rows) if name not in IDENTITIES[kind])]
    data.update_rows(session, kind, known.select(update))
    _follow(store, session, kind, fresh, known, now, author)


def _insert(store: Store, session: Session, kind: str, rows: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Insert new rows. Returns them with their `id`."""
    rows = rows.with_columns(store.new_ids(session, data.TABLES[kind], rows.height).alias("id"))
    for name, value in DEFAULTS[kind].items():
        if name not in rows.columns:
            rows = rows.with_columns(pl.lit(value).alias(name))
    if kind in ("accounts", "contacts"):
        rows = rows.with_columns(pl.lit(int(now.timestamp())).alias("imported_at"))
    if kind == "contacts":
        rows = rows.with_columns(add_persons(store, session, rows.height).alias("person_id"))
    if kind == "asks":
        rows = rows.with_columns(pl.col("#person_id").alias("person_id"))
    store.insert_many(session, data.TABLES[kind], rows.select(own_columns(rows)))
    return rows


def _follow(
    store: Store, session: Session, kind: str, fresh: pl.DataFrame, known: pl.DataFrame, now: datetime, author: str
) -> None:
    """What else is true once these rows are in: persons, promises' histories, accounts to be decided again."""
    ids = set(fresh["id"]) | set(known["id"])
    if kind == "accounts":
        mark_accounts(session, ids, data.EARLIEST)
        _refresh_contacts(store, session, known)
        return
    if kind == "promises":
        events = [fresh.select("id", "due_on") if "due_on" in fresh.columns else fresh.select("id")]
        events += [known.select(events[0].columns)] if known.height else []
        told = pl.concat(events).rename({"id": "promise_id"})
        said = {"at": int(now.timestamp()), "author": author, "step": "imported"}
        store.insert_many(
            session, PromiseEvent, told.with_columns(pl.lit(value).alias(name) for name, value in said.items())
        )
    accounts = set(fresh["account_id"]) | set(known["account_id"])
    contacts = ids
    if kind == "contacts":
        contacts = ids | regroup_persons(store, session, ids)
    else:
        contacts = set(fresh["contact_id"].drop_nulls()) | set(known["contact_id"].drop_nulls())
    mark_accounts(session, accounts | list_account_ids(session, contacts), data.EARLIEST)


def _refresh_contacts(store: Store, session: Session, accounts: pl.DataFrame) -> None:
    """Where an account's terms or country changed, its contacts are read again under the new ones."""
    changed = [
        pl.col(name).ne_missing(_old(accounts, name))
        for name in ("country", "private_fields")
        if name in accounts.columns
    ]
    ids = accounts.filter(pl.any_horizontal(changed))["id"] if changed else ()
    if not len(ids):
        return
    before = data.read_contacts(session, ids)
    after = with_keys(drop_private(before, before["#private_fields"]))
    own = own_columns(after)
    differs = [old != new for old, new in zip(before[own].rows(), after[own].rows(), strict=True)]
    moved = after.filter(pl.Series(differs, dtype=pl.Boolean))
    data.update_rows(session, "contacts", moved.select(own))
    regroup_persons(store, session, set(moved["id"]))
