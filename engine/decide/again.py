"""What is kept of an account between two plans: what was decided last, and when to look again if nothing happens.

A decision is a date, and stays as it is until that day. Before it only three things change by themselves: history that
is dated ahead comes about, an ask has had its time (the Book says when: `changes_on`), and a reason that would have
come too late expires, which may leave another one of the same strategy. Whom a limit left out has a day where the limit
says when the next place is free; else they are there whenever places are given.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from engine.decide.asked import FAR, numbers
from engine.decide.calendars import NEVER_DAY, Days
from engine.decide.planner import Decisions
from engine.decide.rule import AHEAD
from engine.decide.says import Say
from engine.types import Limit

ENDLESS = (pl.col("decision") == "hold") & pl.col("next_ask_on").is_null()
OUTCOME = pl.when(ENDLESS).then(pl.lit("never")).otherwise("decision")
"""A decision, or never: held until somebody takes it back, or beyond the days that are searched."""


def look_again(decisions: Decisions) -> pl.DataFrame:
    """account_id, plan_on (null: not before something happens)."""
    days = decisions.frame.select("account_id", plan_on=days_again(decisions))
    return days.group_by("account_id").agg(pl.col("plan_on").min()).sort("account_id")


def days_again(decisions: Decisions) -> pl.Series:
    """The same for each row. With `find_days` only, who would be asked is there again today."""
    frame, today = decisions.frame, _days(decisions.frame["today"])
    decision = frame["decision"]
    # Who has a place, or wants one, is there whenever places are given; and what failed may be well again.
    again = _days(frame["next_ask_on"])
    again = np.where((again == FAR) & (decision == "hold").to_numpy(), today + AHEAD, again)
    open_ = ((decision == "ask") | (decision == "limited")).to_numpy()
    open_ |= bool(decisions.said.errors)
    if open_.any():
        again = np.where(open_, np.where((free := _places_free(decisions, today)) == FAR, today, free), again)
    for day in (_days(decisions.plan.frame["changes_on"]), *_expiries(decisions, today)):
        again = np.minimum(again, day)
    return pl.Series("plan_on", again.astype(np.int32)).set(pl.Series(again == FAR), None).cast(pl.Date)


def _days(dates: pl.Series) -> Days:
    return numbers(dates, FAR)


def _places_free(decisions: Decisions, today: Days) -> Days:
    """For those whom a limit left out, the day on which the next place of theirs is free, where the limit says so.

    FAR where a place was given away today: whether it was used will be known tomorrow. FAR where something failed.
    """
    free = np.full(len(today), FAR, dtype=np.int32)
    for place, say in enumerate(decisions.limits if not decisions.said.errors else ()):
        if "frees_on" in say.columns and (bound := (decisions.frame["bound_by"] == place).fill_null(value=False)).any():
            later = pl.col(say["frees_on"]) > pl.col("today")
            next_on = pl.when(later).then(say["frees_on"]).min().over(_limit(say).per)
            given = (pl.col("decision") == "ask").any().over(_limit(say).per)
            wanted = {"today", *_limit(say).per}
            rows = decisions.plan.frame.select(wanted).with_columns(
                decisions.frame["decision"], decisions.said.frame[say["frees_on"]]
            )
            found = _days(rows.select(next_on=pl.when(~given).then(next_on))["next_on"])
            free = np.where(bound.to_numpy(), found, free)
    return free


def _expiries(decisions: Decisions, today: Days) -> Iterator[Days]:
    """The days after the reasons that came too late."""
    for place, say in enumerate(decisions.reasons):
        if "expires" in say.columns:
            on, expires = (_days(decisions.said.frame[say[name]]) for name in ("on", "expires"))
            late = (on != FAR) & ~decisions.frame[f"left:{place}"].to_numpy() & (expires >= today)
            yield np.where(late & (expires < NEVER_DAY), expires + 1, FAR)


def _limit(say: Say) -> Limit:
    assert isinstance(say.what, Limit)
    return say.what


def tell_outcomes(frame: pl.DataFrame) -> pl.DataFrame:
    """account_id, outcomes: `CONTACT:OUTCOME` of each of its contacts, by id."""
    told = frame.select("account_id", "contact_id", outcomes=pl.format("{}:{}", "contact_id", OUTCOME))
    return told.sort("contact_id").group_by("account_id").agg(pl.col("outcomes").str.join(" "))


def tell_expected(decisions: Decisions) -> pl.DataFrame:
    """account_id, expected: `CONTACT:DAY:OCCASION` of those of its contacts whose day is known and still ahead.

    Who wants a place that is taken has the day on which one is free, where the limit says so.
    """
    frame, today = decisions.frame, _days(decisions.frame["today"])
    free = np.where((frame["decision"] == "limited").to_numpy(), _places_free(decisions, today), FAR)
    day = np.where((frame["decision"] == "hold").to_numpy(), _days(frame["next_ask_on"]), free)
    ahead = pl.Series((day > today) & (day < FAR)) & frame["occasion"].is_not_null()
    known = frame.select("account_id", "contact_id", "occasion", day=pl.Series(day)).filter(ahead).sort("contact_id")
    told = pl.format("{}:{}:{}", "contact_id", "day", "occasion")
    return known.group_by("account_id").agg(expected=told.str.join(" "))


def changed_outcomes(frame: pl.DataFrame, outcomes: pl.Series) -> pl.Series:
    """The contacts of whom something else was decided before. Of whom nothing was: asked, and never asked."""
    parts = outcomes.str.split(" ").explode().str.split_exact(":", 1).struct.rename_fields(["contact_id", "before"])
    before = parts.struct.unnest().drop_nulls().with_columns(pl.col("contact_id").cast(pl.Int64))
    told = frame.select("contact_id", outcome=OUTCOME)
    told = told.join(before, on="contact_id", how="left", maintain_order="left")
    fresh = pl.col("before").is_null() & pl.col("outcome").is_in(["ask", "never"])
    return told.filter(fresh | (pl.col("before") != pl.col("outcome")))["contact_id"]
