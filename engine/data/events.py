"""Touchpoints and promises as columns of the Book: what happened, what we owe, what we did."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import Select, and_, bindparam, func, or_, select

from engine.data.columns import Snapshot, kept
from engine.data.history import History, spread_lists
from engine.data.localtime import day_number
from engine.data.models import OWNER, Promise, Touchpoint
from engine.data.rows import Rows, Whose, normalise
from engine.data.scope import aside
from engine.data.types import EPOCH, Day
from engine.decide.book import ACCOUNT_TOUCHPOINT, TOUCHPOINT

FEEDBACK = "feedback"
"""The kind of touchpoint that is a client's word, given unasked."""


def read_touchpoints(
    snapshot: Snapshot, rows: Rows, history: History
) -> tuple[list[pl.Series], list[pl.Series], tuple[str, ...]]:
    """The last feedback and what lies ahead, the latest touchpoints that no ask followed, and the kinds of those."""
    named, whole = _read_touchpoints(snapshot, rows)
    ahead = [_ahead("touchpoints", named, rows), _ahead("account_touchpoints", whole, rows)]
    named, whole = (_until_today(found, rows) for found in (named, whole))
    feedback = named.filter(pl.col("kind") == FEEDBACK)
    last_feedback = rows.latest(feedback["row"].to_numpy(), feedback["day"].to_numpy())
    named, whole = (_unfollowed(found, history) for found in (named.filter("own"), whole))
    kinds = tuple(pl.concat([named["kind"], whole["kind"]]).unique().sort())
    columns = []
    for kind in kinds:
        columns.append(_latest_of_kind(named, kind, TOUCHPOINT + kind, rows))
        columns.append(_latest_of_kind(whole, kind, ACCOUNT_TOUCHPOINT + kind, rows))
    return [pl.Series("last_feedback_on", last_feedback), *ahead], columns, kinds


def _until_today(found: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    return found.filter(pl.col("day") <= pl.Series(rows.today).gather(found["row"]))


def _ahead(of: str, found: pl.DataFrame, rows: Rows) -> pl.Series:
    return rows.ahead(of, found["row"].to_numpy(), found["day"].to_numpy())


def _read_touchpoints(snapshot: Snapshot, rows: Rows) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those that name a contact, as their person's rows see them, and those of the accounts as a whole."""
    named = snapshot.frame(_named_touchpoints(rows.whose), rows.given)
    whole = snapshot.frame(_touchpoints_of_all(rows.whose), rows.given)
    return (
        _with_day(named.join(rows.views, on="contact_id"), rows),
        _with_day(whole.join(rows.frame.select("row", "account_id"), on="account_id"), rows),
    )


@kept
def _named_touchpoints(whose: Whose) -> Select[*tuple[Any, ...]]:
    query = select(Touchpoint.contact_id, Touchpoint.kind, Touchpoint.happened_at)
    return query.where(Touchpoint.contact_id.is_not(None), whose.people(Touchpoint.contact_id))


@kept
def _touchpoints_of_all(whose: Whose) -> Select[*tuple[Any, ...]]:
    query = select(Touchpoint.account_id, Touchpoint.kind, Touchpoint.happened_at)
    unnamed = func.coalesce(Touchpoint.contact_id, 0) == 0  # as in uq_touchpoints_identity, which finds them by account
    return query.where(unnamed, whose.accounts(Touchpoint.account_id))


def _with_day(found: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    day = rows.zones.days(found["happened_at"].to_numpy(), rows.zone[found["row"].to_numpy()])
    return found.with_columns(day=pl.Series(day))


def _unfollowed(found: pl.DataFrame, history: History) -> pl.DataFrame:
    return found.filter(found["happened_at"] > pl.Series(history.touchpoint_asked_at[found["row"].to_numpy()]))


def _latest_of_kind(found: pl.DataFrame, kind: str, name: str, rows: Rows) -> pl.Series:
    of_kind = found.filter(pl.col("kind") == kind)
    return pl.Series(name, rows.latest(of_kind["row"].to_numpy(), of_kind["day"].to_numpy()))


def read_promises(snapshot: Snapshot, rows: Rows, history: History) -> list[pl.Series]:
    """Promises as they stood at the end of the rows' today: what is done later counts as agreed."""
    promises = snapshot.frame(_standing_promises(rows.whose), rows.given)
    places = rows.frame.select("row", "account_id", "contact_id").with_columns(today=pl.Series(rows.today))
    made = pl.col("made_on") <= pl.col("today")
    done = (pl.col("status") == "done") & (pl.col("done_on").fill_null(pl.col("made_on")) <= pl.col("today"))
    ours = promises.join(places.drop("account_id"), on="contact_id").filter(made)
    theirs = promises.filter(pl.col("due_on").is_not_null()).drop("contact_id")
    theirs = theirs.join(places.drop("contact_id"), on="account_id").filter(made)
    kept = ours.filter(done & pl.col("done_on").is_not_null())
    asked = pl.Series(history.promise_asked_on[kept["row"].to_numpy()])
    unproven = kept.filter((pl.col("verdict") == "") & (asked <= kept["done_on"])).sort("row", "done_on")
    lists = unproven.group_by("row", maintain_order=True).agg(done_promises_on=pl.col("done_on").cast(pl.Date))
    return [
        *_first_due(ours.filter(~done), "promise_due", rows),
        *_first_due(theirs.filter(~done), "account_promise_due", rows),
        spread_lists(lists, "done_promises_on", rows),
        pl.Series("promise_done_on", rows.latest(kept["row"].to_numpy(), kept["done_on"].to_numpy())),
        *(_promises_ahead(promises, rows, step) for step in ("made_on", "done_on")),
    ]


def _promises_ahead(promises: pl.DataFrame, rows: Rows, step: str) -> pl.Series:
    """When a step of any of the account's promises that is dated ahead comes about."""
    ahead = promises.filter(pl.col(step) > int(rows.zones.today.min())).select("account_id", step)
    ahead = rows.frame.select("row", "account_id").join(ahead, on="account_id")
    return rows.ahead(step, ahead["row"].to_numpy(), ahead[step].to_numpy())


@kept
def _standing_promises(whose: Whose) -> Select[*tuple[Any, ...]]:
    query = select(
        Promise.id.label("promise"),
        Promise.account_id,
        Promise.contact_id,
        Promise.status,
        func.coalesce(Promise.verdict, "").label("verdict"),
        Promise.made_on,
        Promise.due_on,
        Promise.done_on,
    )
    standing = aside(Promise.status).in_(("agreed", "done"))
    return query.where(standing, whose.accounts(Promise.account_id))


def _first_due(open_promises: pl.DataFrame, name: str, rows: Rows) -> tuple[pl.Series, pl.Series]:
    due = open_promises.filter(pl.col("due_on").is_not_null()).sort("due_on", "promise")
    first = due.unique("row", keep="first", maintain_order=True).select("row", "due_on", "promise")
    told = rows.frame.select("row").join(first, on="row", how="left", maintain_order="left")
    return told["due_on"].cast(pl.Date).alias(f"{name}_on"), told["promise"].cast(pl.Int64).alias(name)


def count_followups(snapshot: Snapshot, rows: Rows) -> pl.Series:
    """Drafted and agreed promises of each row's account owner, over all accounts, as of the row's today."""
    places = rows.frame.select(normalise(pl.col("owner_email")).alias("owner"), today=pl.Series(rows.today))
    owners = places["owner"].unique().to_list() if rows.whose.picked else None
    days = (EPOCH + timedelta(days=int(day)) for day in np.unique(rows.zones.today))
    counts = pl.concat([_count_followups(snapshot, day, owners) for day in days])
    told = places.join(counts, on=["owner", "today"], how="left", maintain_order="left")
    return told["followups"].fill_null(0)


def _count_followups(snapshot: Snapshot, today: date, owners: list[str] | None) -> pl.DataFrame:
    # beyond ASCII, SQLite's lower() leaves letters as they are
    some = bool(owners) and all(owner.isascii() for owner in owners or ())
    followups = snapshot.frame(_followups(some), {"today": today, "owners": owners} if some else {"today": today})
    counts = followups.group_by(normalise(pl.col("owner"))).agg(pl.col("followups").sum())
    return counts.with_columns(today=pl.lit(day_number(today), pl.Int32))


@kept
def _followups(of_some: bool) -> Select[*tuple[Any, ...]]:
    today = bindparam("today", type_=Day())
    still_open = Promise.status.in_(("drafted", "agreed"))
    done_later = and_(Promise.status == "done", Promise.done_on > today)
    query = select(OWNER.label("owner"), func.count().label("followups")).group_by(OWNER)
    query = query.where(Promise.made_on <= today, or_(still_open, done_later))
    return query.where(OWNER.in_(bindparam("owners", expanding=True))) if of_some else query
