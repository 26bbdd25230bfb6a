"""A chunk of checked rows against what is there: matched by identity, compared, written, and what follows.

Rows are frames. Columns that begin with # travel with them: what was there before, what is known of the account.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl
from sqlalchemy.orm import Session

from engine.data import imports as data
from engine.data.marks import mark_accounts, mark_persons_behind
from engine.data.models import PromiseEvent
from engine.data.persons import add_persons
from engine.data.promises import raise_versions
from engine.data.store import Store
from engine.house import Engine
from engine.intake.files import EXTRA, LINE
from engine.intake.kinds import KINDS
from engine.intake.report import Rejection
from engine.intake.shapes import IDENTITIES, merge_extra, own_columns, shape_rows, with_keys
from engine.operations.import_records import trace_changed, trace_new
from engine.operations.persons import regroup_persons
from engine.operations.terms import keep_terms

STATUS = "#status"
AGAIN = "#again"
"""Whether an earlier row of the chunk has the same identity."""
OLD = "#old:"
"""Before a column's name: what it was."""
KNOWN = pl.col(OLD + "id").is_not_null()

DEFAULTS: dict[str, dict[str, str]] = {
    "accounts": {"private_fields": "[]", "attributes": "{}"},
    "contacts": {"attributes": "{}"},
    "asks": {"origin": "import"},
    "touchpoints": {},
    "promises": {"origin": "import"},
    "answers": {"data": "{}"},
    "voices": {},
}
"""What new rows have that files do not say."""

LOOKED_AT = {
    "accounts": ("country", "private_fields"),
    "contacts": ("erased_on", "bounced_channels"),
    "asks": ("origin",),
    "touchpoints": (),
    "promises": ("origin", "verdict"),
    "answers": (),
    "voices": (),
}
"""What is asked of rows that are there, also where the file has no such column."""


@dataclass(frozen=True)
class Target:
    """Where rows of one kind go, and for whom: within the caller's transaction."""

    engine: Engine
    session: Session
    kind: str
    file: str
    now: datetime
    number: int | None = None
    """Of the import that keeps what it does, so that it can be undone."""
    removed: Counter[str] = field(default_factory=Counter)
    """What went because terms changed: rows by `kind.field`."""

    @property
    def store(self) -> Store:
        return self.engine.store

    @property
    def author(self) -> str:
        return self.engine.author

    @property
    def identity(self) -> list[str]:
        return list(IDENTITIES[self.kind])

    def values(self, rows: pl.DataFrame) -> list[str]:
        """The rows' own columns that do not tell them apart."""
        return [name for name in own_columns(rows) if name not in self.identity]


@dataclass(frozen=True)
class Outcome:
    """How many rows were new, changed and unchanged; how many changed one that came before; and which were rejected."""

    numbers: dict[str, int]
    repeated: int
    rejections: list[Rejection]


def upsert_rows(target: Target, rows: pl.DataFrame) -> Outcome:
    """Bring the rows in. Of several with one identity the last counts, and each is compared with the one before."""
    rows, strays = (rows, []) if target.kind == "accounts" else _find_parents(target, rows)
    rows = _find_existing(target, shape_rows(target.kind, rows))
    rows, forgotten = _reject_forgotten(target, rows)
    rows, incomplete = _reject_incomplete(target, rows)
    rows = _compare(target, rows)
    _write(target, rows)
    repeated = rows.filter(pl.col(AGAIN), pl.col(STATUS) == "changed").height
    return Outcome(dict(rows[STATUS].value_counts().iter_rows()), repeated, [*strays, *forgotten, *incomplete])


def _find_parents(target: Target, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Rejection]]:
    """Replace keys by the ids of what they name, and reject rows that name nothing."""
    rows = pl.concat([rows, data.find_parents(target.store, target.session, rows)], how="horizontal")
    if "contact_id" in target.identity and "contact_id" not in rows.columns:
        rows = rows.with_columns(pl.lit(None, pl.Int64).alias("contact_id"))
    rejections = []
    for key, found in (("account_key", "account_id"), ("contact_key", "contact_id")):
        if key in rows.columns:
            lost = pl.col(key).is_not_null() & pl.col(found).is_null()
            for line, value, account in (
                rows.filter(lost).select(LINE, pl.col(key).alias("value"), "account_key").iter_rows()
            ):
                where = f" at the account “{account}”" if key == "contact_key" else ""
                why = f"there is no {key.removesuffix('_key')} with this key{where}"
                rejections.append(Rejection(target.file, line, key, value, why))
            rows = rows.filter(~lost)
    return rows.drop("account_key", "contact_key", strict=False), rejections


def _find_existing(target: Target, rows: pl.DataFrame) -> pl.DataFrame:
    """Set beside each row what is there with its identity, and lay over that what the file says."""
    wanted = [*target.values(rows), *LOOKED_AT[target.kind], *(["attributes"] if EXTRA in rows.columns else [])]
    old = data.find_existing(target.store, target.session, target.kind, rows, list(dict.fromkeys(wanted)))
    rows = pl.concat([rows, old.rename(lambda name: OLD + name)], how="horizontal")
    if EXTRA in rows.columns:
        rows = merge_extra(rows, rows[OLD + "attributes"])
    if target.kind == "promises":
        rows = rows.with_columns(pl.coalesce("owner_email", OLD + "owner_email"))
    # A client's no, or pause, may have been given to Heed itself: a file that does not know of it takes nothing back.
    if "opted_out_on" in rows.columns:
        rows = rows.with_columns(pl.coalesce("opted_out_on", OLD + "opted_out_on"))
    if "paused_until" in rows.columns:
        rows = rows.with_columns(pl.max_horizontal("paused_until", OLD + "paused_until"))
    return rows


def _reject_forgotten(target: Target, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Rejection]]:
    """Who was erased at their own wish is not brought back by a file that still has them."""
    if target.kind != "contacts":
        return rows, []
    gone = pl.col(OLD + "erased_on").is_not_null()
    why = "this contact was erased at their own wish; delete them in your system, too"
    lines = rows.filter(gone).select(LINE, "key").iter_rows()
    return rows.filter(~gone), [Rejection(target.file, line, "key", key, why) for line, key in lines]


def _reject_incomplete(target: Target, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Rejection]]:
    """A new row must say more than one that is only brought up to date."""
    needed = {name: "is needed for a new row" for name in KINDS[target.kind].needed if not name.endswith("_key")}
    if target.kind == "promises":
        needed["owner_email"] = "has no owner, and neither has its account"
    rejections = []
    for name, why in needed.items():
        empty = pl.col(name).is_null() if name in rows.columns else pl.lit(True)
        rejections += [Rejection(target.file, line, name, "", why) for line in rows.filter(empty, ~KNOWN)[LINE]]
    lines = pl.Series([rejection.line for rejection in rejections], dtype=pl.Int64)
    return rows.filter(~pl.col(LINE).is_in(lines.implode())), rejections


def _compare(target: Target, rows: pl.DataFrame) -> pl.DataFrame:
    """STATUS of each row, against the row before with the same identity, in the chunk or in the house."""
    rows = rows.with_columns((pl.int_range(pl.len()).over(target.identity) > 0).alias(AGAIN))
    differs = [pl.lit(False)]
    for name in target.values(rows):
        before = pl.when(AGAIN).then(pl.col(name).shift(1).over(target.identity)).otherwise(OLD + name)
        differs.append(pl.col(name).ne_missing(before))
    changed = pl.any_horizontal(differs)
    if OLD + "origin" in rows.columns:  # what Heed made itself, it knows better
        changed &= ~KNOWN | (pl.col(OLD + "origin") == "import")
    if OLD + "verdict" in rows.columns and "verdict" not in rows.columns:  # the client's word stands
        changed &= pl.col(OLD + "verdict").ne_missing("kept")
    status = pl.when(~KNOWN & ~pl.col(AGAIN)).then(pl.lit("new")).when(changed).then(pl.lit("changed"))
    return rows.with_columns(status.otherwise(pl.lit("unchanged")).alias(STATUS))


def _write(target: Target, rows: pl.DataFrame) -> None:
    touched = rows.filter((pl.col(STATUS) != "unchanged").any().over(target.identity))
    last = touched.unique(target.identity, keep="last", maintain_order=True)
    fresh, known = last.filter(~KNOWN), last.filter(KNOWN).with_columns(pl.col(OLD + "id").alias("id"))
    if fresh.height:
        fresh = _insert(target, fresh)
    if known.height:
        known = _trust_again(known) if target.kind == "contacts" else known
        names = [*target.values(rows), *_corrected(known)]
        data.update_rows(target.session, target.kind, known.select("id", *names))
        if target.number:
            trace_changed(target.engine, target.session, target.number, target.kind, known, names, OLD)
    if last.height:
        written = pl.concat([part for part in (fresh, known) if part.height], how="diagonal")
        _follow(target, written)


REACHED_AT = {"email": ["email"], "phone": ["sms", "phone"]}
BOUNCED = "bounced_channels"


def _trust_again(contacts: pl.DataFrame) -> pl.DataFrame:
    """What came back from one address says nothing about another."""
    bounced = pl.col(OLD + BOUNCED).fill_null("").str.split(" ")
    for name, channels in REACHED_AT.items():
        if name in contacts.columns:
            corrected = pl.col(name).ne_missing(pl.col(OLD + name))
            bounced = pl.when(corrected).then(bounced.list.set_difference(channels)).otherwise(bounced)
    return contacts.with_columns(bounced.list.sort().list.join(" ").replace("", None).alias(BOUNCED))


def _corrected(rows: pl.DataFrame) -> list[str]:
    return [name for name in (BOUNCED,) if name in rows.columns]


def _insert(target: Target, rows: pl.DataFrame) -> pl.DataFrame:
    """Insert new rows. Returns them with their `id`."""
    table = data.TABLES[target.kind]
    given = {name: pl.lit(value) for name, value in DEFAULTS[target.kind].items() if name not in rows.columns}
    if target.kind in ("accounts", "contacts"):
        given["imported_at"] = pl.lit(int(target.now.timestamp()))
    if target.kind == "contacts":
        given["person_id"] = pl.lit(add_persons(target.store, target.session, rows.height))
    if target.kind == "voices":
        given["author"] = pl.lit(target.author)
    if target.kind == "asks":
        given["person_id"] = pl.col("#person_id")
    rows = rows.with_columns(id=target.store.new_ids(target.session, table, rows.height), **given)
    target.store.insert_many(target.session, table, rows.select(own_columns(rows)))
    if target.number:
        trace_new(target.engine, target.session, target.number, target.kind, rows)
    return rows


def _follow(target: Target, rows: pl.DataFrame) -> None:
    """What else is true once these rows are in: persons, promises' histories, accounts to be decided again."""
    session, ids = target.session, set(rows["id"])
    if target.kind == "accounts":
        mark_accounts(session, ids)
        refresh_contacts(target, rows)
        return
    if target.kind == "contacts":
        contacts = ids | regroup_persons(target.store, session, ids)
    else:
        contacts = set(rows["contact_id"].drop_nulls())
    if target.kind == "promises":
        _keep_history(target, rows)
    if target.kind == "voices":
        _be_quiet(target, rows)
    mark_accounts(session, set(rows["account_id"]))
    mark_persons_behind(session, contacts)


def _keep_history(target: Target, promises: pl.DataFrame) -> None:
    due = pl.col("due_on") if "due_on" in promises.columns else pl.lit(None, pl.Int64)
    said = {"at": int(target.now.timestamp()), "author": target.author, "step": "imported", "actor": "importer"}
    events = promises.select(pl.col("id").alias("promise_id"), due.alias("due_on"))
    events = events.with_columns(pl.lit(value).alias(name) for name, value in said.items())
    target.store.insert_many(target.session, PromiseEvent, events)
    known = promises.filter(KNOWN)["id"] if OLD + "id" in promises.columns else promises["id"].clear()
    raise_versions(target.session, known.to_list())


def _be_quiet(target: Target, voices: pl.DataFrame) -> None:
    """What a client said unasked is feedback: each moment once, and never what one of us said."""
    said = voices.filter(pl.col("contact_id").is_not_null(), pl.col("speaker") == "client")
    moments = said.select("account_id", "contact_id", kind=pl.lit("feedback"), happened_at="said_at").unique()
    if moments.height:
        old = data.find_existing(target.store, target.session, "touchpoints", moments, [])
        _insert(replace(target, kind="touchpoints"), moments.filter(old["id"].is_null()))


def refresh_contacts(target: Target, accounts: pl.DataFrame) -> None:
    """Where an account's terms changed, what they name goes; where they or its country did, persons are told anew."""
    known = accounts.filter(KNOWN)
    termed, moved = (known.filter(_differs(known, name))["id"].to_list() for name in ("private_fields", "country"))
    if termed:
        target.removed.update(keep_terms(target.engine, target.session, termed))
    if not moved:
        return
    before = data.read_contacts(target.session, moved)
    after = with_keys(before)
    own = own_columns(after)
    differs = [old != new for old, new in zip(before[own].rows(), after[own].rows(), strict=True)]
    changed = after.filter(pl.Series(differs, dtype=pl.Boolean))
    if changed.height:
        data.update_rows(target.session, "contacts", changed.select(own))
        regrouped = regroup_persons(target.store, target.session, set(changed["id"]))
        mark_persons_behind(target.session, regrouped)


def _differs(accounts: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name).ne_missing(pl.col(OLD + name)) if name in accounts.columns else pl.lit(False)
