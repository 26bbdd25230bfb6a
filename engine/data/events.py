"""Touchpoints and promises as columns of the Book: what happened, what we owe, what we did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import polars as pl
from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, case, func, or_, select, type_coerce, union_all

from engine.data.columns import Query, Snapshot, kept
from engine.data.history import History, Mask, list_days
from engine.data.localtime import NONE, Days, Instants
from engine.data.models import OWNER, Promise, Touchpoint
from engine.data.rows import Rows, Whose, normalise
from engine.data.scope import aside
from engine.data.types import Day
from engine.decide.book import ACCOUNT_TOUCHPOINT, TOUCHPOINT

FEEDBACK = "feedback"
"""The kind of touchpoint that is a client's word, given unasked."""


class _Happened(NamedTuple):
    """Touchpoints as the rows see them. `kind`: a place among the words for kinds."""

    row: npt.NDArray[Any]
    kind: npt.NDArray[Any]
    at: Instants
    day: Days
    own: Mask

    def where(self, mask: Mask) -> _Happened:
        return _Happened(self.row[mask], self.kind[mask], self.at[mask], self.day[mask], self.own[mask])


def events_of(rows: Rows) -> list[Query]:
    """What is read of touchpoints and promises, with Rows.given."""
    whose = rows.whose
    return [_named_touchpoints(whose), _touchpoints_of_all(whose), _standing_promises(whose), _followups_of(rows)]


def read_touchpoints(
    snapshot: Snapshot, rows: Rows, history: History
) -> tuple[list[pl.Series], list[pl.Series], tuple[str, ...]]:
    """The last feedback and what lies ahead, the latest touchpoints that no ask followed, and the kinds of those."""
    named, whole, words = _read_touchpoints(snapshot, rows)
    ahead = [rows.ahead("touchpoints", named.row, named.day), rows.ahead("account_touchpoints", whole.row, whole.day)]
    named, whole = (each.where(each.day <= rows.today[each.row]) for each in (named, whole))
    feedback = named.where(named.kind == (words.index(FEEDBACK) if FEEDBACK in words else -1))
    last_feedback = rows.latest(feedback.row, feedback.day)
    named = named.where(named.own)
    named, whole = (each.where(each.at > history.touchpoint_asked_at[each.row]) for each in (named, whole))
    there = np.unique(np.concatenate([named.kind, whole.kind])).tolist()
    columns = [
        pl.Series(prefix + words[kind], rows.latest(found.row[found.kind == kind], found.day[found.kind == kind]))
        for kind in there
        for prefix, found in ((TOUCHPOINT, named), (ACCOUNT_TOUCHPOINT, whole))
    ]
    return [pl.Series("last_feedback_on", last_feedback), *ahead], columns, tuple(words[kind] for kind in there)


def _read_touchpoints(snapshot: Snapshot, rows: Rows) -> tuple[_Happened, _Happened, list[str]]:
    """Those that name a contact, as their person's rows see them, and those of the accounts as a whole; the kinds."""
    named = snapshot.frame(_named_touchpoints(rows.whose), rows.given)
    whole = snapshot.frame(_touchpoints_of_all(rows.whose), rows.given)
    words = pl.concat([named["kind"], whole["kind"]]).unique().sort()
    named = named.join(rows.views, on="contact_id")
    whole = whole.join(rows.frame[["row", "account_id"]], on="account_id")
    return _see(named, named["own"].to_numpy(), words, rows), _see(whole, None, words, rows), words.to_list()


def _see(found: pl.DataFrame, own: Mask | None, words: pl.Series, rows: Rows) -> _Happened:
    row, at = found["row"].to_numpy(), found["happened_at"].to_numpy()
    kind = found["kind"].cast(pl.Enum(words)).to_physical().to_numpy()
    day = rows.zones.days(at, rows.zone[row])
    return _Happened(row, kind, at, day, np.ones(row.size, dtype=bool) if own is None else own)


@kept
def _named_touchpoints(whose: Whose) -> Select[*tuple[Any, ...]]:
    query = select(Touchpoint.contact_id, Touchpoint.kind, Touchpoint.happened_at)
    return query.where(Touchpoint.contact_id.is_not(None), whose.people(Touchpoint.contact_id))


@kept
def _touchpoints_of_all(whose: Whose) -> Select[*tuple[Any, ...]]:
    query = select(Touchpoint.account_id, Touchpoint.kind, Touchpoint.happened_at)
    unnamed = func.coalesce(Touchpoint.contact_id, 0) == 0  # as in uq_touchpoints_identity, which finds them by account
    return query.where(unnamed, whose.accounts(Touchpoint.account_id))


# promises


@dataclass(frozen=True)
class _Promises:
    """Promises as rows see them, each as often as there are rows: as they stood at the end of the rows' today. What is
    done later counts as agreed. NONE: no day."""

    row: npt.NDArray[Any]
    promise: npt.NDArray[Any]
    due: Days
    done: Days
    is_done: Mask
    unproven: Mask
    """Done, and without a verdict."""

    @classmethod
    def of(cls, promises: pl.DataFrame, by: str, rows: Rows) -> Self:
        seen = promises.join(rows.frame.select("row", by), on=by)
        seen_on = rows.today[seen["row"].to_numpy()]
        row, promise, made, due, done, status, unproven = (
            seen[name].to_numpy()[seen["made_on"].to_numpy() <= seen_on]
            for name in ("row", "promise", "made_on", "due", "done", "is_done", "unproven")
        )
        is_done = (status == 1) & (np.where(done == NONE, made, done) <= rows.today[row])
        due, done = due.astype(np.int32), done.astype(np.int32)
        return cls(row, promise, due, done, is_done, is_done & (done != NONE) & (unproven == 1))

    def first_due(self, name: str, rows: Rows) -> Iterator[pl.Series]:
        """Of those that are open: the earliest due day of each row, and whose it is."""
        here = np.flatnonzero(~self.is_done & (self.due != NONE))
        here = here[np.lexsort((self.promise[here], self.due[here], self.row[here]))]
        first = here[np.flatnonzero(np.diff(self.row[here], prepend=np.int64(-1)))]
        due, promise = np.full(rows.frame.height, NONE, np.int32), np.zeros(rows.frame.height, np.int64)
        due[self.row[first]], promise[self.row[first]] = self.due[first], self.promise[first]
        yield pl.Series(f"{name}_on", due)
        yield pl.Series(name, promise).set(pl.Series(due == NONE), None)


def read_promises(snapshot: Snapshot, rows: Rows, history: History) -> list[pl.Series]:
    promises = snapshot.frame(_standing_promises(rows.whose), rows.given)
    ours, theirs = (_Promises.of(promises, by, rows) for by in ("contact_id", "account_id"))
    kept = ours.is_done & (ours.done != NONE)
    left = ours.unproven & (history.promise_asked_on[ours.row] <= ours.done)
    row, done = ours.row[left], ours.done[left]
    order = np.lexsort((done, row))
    return [
        *ours.first_due("promise_due", rows),
        *theirs.first_due("account_promise_due", rows),
        list_days("done_promises_on", row[order], done[order], rows),
        pl.Series("promise_done_on", rows.latest(ours.row[kept], ours.done[kept])),
        *_promises_ahead(promises, rows),
    ]


def _promises_ahead(promises: pl.DataFrame, rows: Rows) -> Iterator[pl.Series]:
    """When a step of any of the account's promises that is dated ahead comes about."""
    ahead = promises.filter(pl.max_horizontal("made_on", "done") > int(rows.zones.today.min()))
    seen = ahead.join(rows.frame[["row", "account_id"]], on="account_id")
    for step in ("made_on", "done"):
        yield rows.ahead(step, seen["row"].to_numpy(), seen[step].to_numpy())


@kept
def _standing_promises(whose: Whose) -> Select[*tuple[Any, ...]]:
    due, done = (func.coalesce(type_coerce(day, Integer), NONE) for day in (Promise.due_on, Promise.done_on))
    query = select(
        Promise.id.label("promise"),
        Promise.account_id,
        Promise.contact_id,
        Promise.made_on,
        due.label("due"),
        done.label("done"),
        case((Promise.status == "done", 1), else_=0).label("is_done"),
        case((func.coalesce(Promise.verdict, "") == "", 1), else_=0).label("unproven"),
    )
    standing = aside(Promise.status).in_(("agreed", "done"))
    return query.where(standing, whose.accounts(Promise.account_id))


def count_followups(snapshot: Snapshot, rows: Rows) -> pl.Series:
    """Drafted and agreed promises of each row's account owner, over all accounts, as of the row's today."""
    places = rows.frame.select(normalise(pl.col("owner_email")).alias("owner"), today=pl.Series(rows.today))
    followups = snapshot.frame(_followups_of(rows), rows.given)
    whose = normalise(pl.col("owner")), pl.col("today").cast(pl.Int32)
    counts = followups.group_by(whose).agg(pl.col("followups").sum())
    told = places.join(counts, on=["owner", "today"], how="left", maintain_order="left")
    return told["followups"].fill_null(0)


def _followups_of(rows: Rows) -> Query:
    return _followups(len(rows.given["todays"]), "owners" in rows.given)


@kept
def _followups(days: int, of_some: bool) -> Select[*tuple[Any, ...]]:
    of_days = (_followups_on(bindparam(f"today_{place}", type_=Day()), of_some) for place in range(days))
    return select(union_all(*of_days).subquery())


def _followups_on(today: ColumnElement[Any], of_some: bool) -> Select[*tuple[Any, ...]]:
    still_open = Promise.status.in_(("drafted", "agreed"))
    done_later = and_(Promise.status == "done", Promise.done_on > today)
    query = select(OWNER.label("owner"), today.label("today"), func.count().label("followups")).group_by(OWNER)
    query = query.where(Promise.made_on <= today, or_(still_open, done_later))
    return query.where(OWNER.in_(bindparam("owners", expanding=True))) if of_some else query
