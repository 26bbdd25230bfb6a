"""What is kept of an account between two plans: what was decided last, and when to look again if nothing happens.

A decision is a date, and stays as it is until that day. Before it only three things change by themselves: history that
is dated ahead comes about, an ask has had its time (the Book says when: `changes_on`), and a reason that would have
come too late expires, which may leave another one of the same strategy. Whom a limit left out has a day where the limit
says when the next place is free; else they are there whenever places are given.
"""

from __future__ import annotations

import polars as pl

from engine.decide.planner import Decisions
from engine.decide.rule import AHEAD
from engine.decide.says import Say
from engine.types import NEVER, Limit, Reason

ENDLESS = (pl.col("decision") == "hold") & pl.col("next_ask_on").is_null()
OUTCOME = pl.when(ENDLESS).then(pl.lit("never")).otherwise("decision")
"""A decision, or never: held until somebody takes it back, or beyond the days that are searched."""


def look_again(decisions: Decisions) -> pl.DataFrame:
    """account_id, plan_on (null: not before something happens)."""
    days = decisions.frame.select("account_id", plan_on=days_again(decisions))
    return days.group_by("account_id").agg(pl.col("plan_on").min()).sort("account_id")


def days_again(decisions: Decisions) -> pl.Series:
    """The same for each row. With `find_days` only, who would be asked is there again today."""
    today = pl.col("today")
    # Who has a place, or wants one, is there whenever places are given; and what failed may be well again.
    open_ = pl.lit(bool(decisions.said.errors)) | pl.col("decision").is_in(["ask", "limited"])
    days = [
        pl.when(open_).then(pl.coalesce(*_places_free(decisions), today)).otherwise("next_ask_on"),
        pl.when(ENDLESS).then((today.cast(pl.Int32) + AHEAD).cast(pl.Date)),
        pl.col("changes_on"),
        *_expiries(decisions),
    ]
    frame = pl.concat([decisions.frame, decisions.said.frame], how="horizontal")
    shared = {name for say in decisions.limits for name in _limit(say).per}
    frame = frame.with_columns(decisions.plan.frame.select("changes_on", *sorted(shared)))
    return frame.select(pl.min_horizontal(days).alias("plan_on")).to_series()


def _places_free(decisions: Decisions) -> list[pl.Expr]:
    """For those whom a limit left out, the day on which the next place of theirs is free, where the limit says so.

    Null where a place was given away today: whether it was used will be known tomorrow. Null where something failed.
    """
    if decisions.said.errors:
        return []
    found: list[pl.Expr] = []
    for place, say in enumerate(decisions.limits):
        if "frees_on" in say.columns:
            later = pl.col(say["frees_on"]) > pl.col("today")
            next_on = pl.when(later).then(say["frees_on"]).min().over(_limit(say).per)
            given = (pl.col("decision") == "ask").any().over(_limit(say).per)
            found.append(pl.when(pl.col("bound_by") == place, ~given).then(next_on))
    return found


def _expiries(decisions: Decisions) -> list[pl.Expr]:
    """The days after the reasons that came too late."""
    found: list[pl.Expr] = []
    for place, say in enumerate(decisions.reasons):
        assert isinstance(say.what, Reason)
        if "expires" in say.columns:
            expires = pl.col(say["expires"])
            late = pl.col(say["on"]).is_not_null() & ~pl.col(f"left:{place}") & (expires >= pl.col("today"))
            found.append(pl.when(late & (expires < NEVER)).then((expires.cast(pl.Int32) + 1).cast(pl.Date)))
    return found


def _limit(say: Say) -> Limit:
    assert isinstance(say.what, Limit)
    return say.what


def tell_outcomes(frame: pl.DataFrame) -> pl.DataFrame:
    """account_id, outcomes: `CONTACT:OUTCOME` of each of its contacts, by id."""
    told = frame.select("account_id", "contact_id", outcomes=pl.format("{}:{}", "contact_id", OUTCOME))
    return told.sort("contact_id").group_by("account_id").agg(pl.col("outcomes").str.join(" "))


def changed_outcomes(frame: pl.DataFrame, outcomes: pl.Series) -> pl.Series:
    """The contacts of whom something else was decided before. Of whom nothing was: asked, left out or never asked."""
    parts = outcomes.str.split(" ").explode().str.split_exact(":", 1).struct.rename_fields(["contact_id", "before"])
    before = parts.struct.unnest().drop_nulls().with_columns(pl.col("contact_id").cast(pl.Int64))
    told = frame.select("contact_id", outcome=OUTCOME)
    told = told.join(before, on="contact_id", how="left", maintain_order="left")
    fresh = pl.col("before").is_null() & pl.col("outcome").is_in(["ask", "limited", "never"])
    return told.filter(fresh | (pl.col("before") != pl.col("outcome")))["contact_id"]
