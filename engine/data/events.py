"""Touchpoints and promises as columns of the Book: what happened, what we owe, what we did."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
from sqlalchemy import and_, func, or_, select

from engine.data.columns import Snapshot
from engine.data.history import History, spread_lists
from engine.data.localtime import day_number
from engine.data.models import Promise, Touchpoint
from engine.data.rows import Rows, as_dates, normalise
from engine.data.types import EPOCH
from engine.decide.book import ACCOUNT_TOUCHPOINT, TOUCHPOINT

FEEDBACK = "feedback"
"""The kind of touchpoint that is a client's word, given unasked."""


def read_touchpoints(snapshot: Snapshot, rows: Rows, history: History) -> tuple[list[pl.Series], tuple[str, ...]]:
    """The last feedback, the latest touchpoints that no ask followed, and the kinds there are columns for."""
    named, whole = _read_touchpoints(snapshot, rows)
    feedback = named.filter(pl.col("kind") == FEEDBACK)
    last_feedback = rows.latest(feedback["row"].to_numpy(), feedback["day"].to_numpy())
    named, whole = (_unfollowed(found, history) for found in (named.filter("own"), whole))
    kinds = tuple(pl.concat([named["kind"], whole["kind"]]).unique().sort())
    columns = [as_dates("last_feedback_on", last_feedback)]
    for kind in kinds:
        columns.append(_latest_of_kind(named, kind, TOUCHPOINT + kind, rows))
        columns.append(_latest_of_kind(whole, kind, ACCOUNT_TOUCHPOINT + kind, rows))
    return columns, kinds


def _read_touchpoints(snapshot: Snapshot, rows: Rows) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those that name a contact, as their person's rows see them, and those of the accounts as a whole."""
    query = select(Touchpoint.account_id, Touchpoint.contact_id, Touchpoint.kind, Touchpoint.happened_at)
    at_account = and_(Touchpoint.contact_id.is_(None), rows.of_accounts(Touchpoint.account_id))
    found = snapshot.frame(query.where(or_(at_account, rows.of_people(Touchpoint.contact_id))))
    named = found.filter(pl.col("contact_id").is_not_null()).join(rows.views, on="contact_id")
    whole = found.filter(pl.col("contact_id").is_null()).drop("contact_id")
    whole = whole.join(rows.frame.select("row", "account_id"), on="account_id")
    return _until_today(named, rows), _until_today(whole, rows)


def _until_today(found: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    row = found["row"].to_numpy()
    day = rows.zones.days(found["happened_at"].to_numpy(), rows.zone[row])
    return found.with_columns(day=pl.Series(day)).filter(pl.Series(day <= rows.today[row]))


def _unfollowed(found: pl.DataFrame, history: History) -> pl.DataFrame:
    return found.filter(found["happened_at"] > pl.Series(history.touchpoint_asked_at[found["row"].to_numpy()]))


def _latest_of_kind(found: pl.DataFrame, kind: str, name: str, rows: Rows) -> pl.Series:
    of_kind = found.filter(pl.col("kind") == kind)
    return as_dates(name, rows.latest(of_kind["row"].to_numpy(), of_kind["day"].to_numpy()))


def read_promises(snapshot: Snapshot, rows: Rows, history: History) -> list[pl.Series]:
    """Promises as they stood at the end of the rows' today: what is done later counts as agreed."""
    promises = _read_promises(snapshot, rows)
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
        as_dates("promise_done_on", rows.latest(kept["row"].to_numpy(), kept["done_on"].to_numpy())),
    ]


def _read_promises(snapshot: Snapshot, rows: Rows) -> pl.DataFrame:
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
    standing = Promise.status.in_(("agreed", "done"))
    return snapshot.frame(query.where(standing, rows.of_accounts(Promise.account_id)))


def _first_due(open_promises: pl.DataFrame, name: str, rows: Rows) -> tuple[pl.Series, pl.Series]:
    due = open_promises.filter(pl.col("due_on").is_not_null()).sort("due_on", "promise")
    first = due.unique("row", keep="first", maintain_order=True).select("row", "due_on", "promise")
    told = rows.frame.select("row").join(first, on="row", how="left", maintain_order="left")
    return told["due_on"].cast(pl.Date).alias(f"{name}_on"), told["promise"].cast(pl.Int64).alias(name)


def count_followups(snapshot: Snapshot, rows: Rows) -> pl.Series:
    """Drafted and agreed promises of each row's account owner, over all accounts, as of the row's today."""
    places = rows.frame.select(normalise(pl.col("owner_email")).alias("owner"), today=pl.Series(rows.today))
    counts = [_count_followups(snapshot, EPOCH + timedelta(days=int(day))) for day in np.unique(rows.zones.today)]
    told = places.join(pl.concat(counts), on=["owner", "today"], how="left", maintain_order="left")
    return told["owner_open_followups"].fill_null(0).cast(pl.Int32)


def _count_followups(snapshot: Snapshot, today: date) -> pl.DataFrame:
    still_open = Promise.status.in_(("drafted", "agreed"))
    done_later = and_(Promise.status == "done", Promise.done_on > today)
    query = select(Promise.owner_email, func.count().label("owner_open_followups")).group_by(Promise.owner_email)
    found = snapshot.frame(query.where(Promise.made_on <= today, or_(still_open, done_later)))
    by_owner = found.group_by(normalise(pl.col("owner_email")).alias("owner")).agg(pl.col("owner_open_followups").sum())
    return by_owner.with_columns(today=pl.lit(day_number(today), pl.Int32))
