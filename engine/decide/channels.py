"""Choosing the way to ask: the possible channel that suits a person best, and the minute to send at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from engine.decide.book import Book, Grid
from engine.decide.plan import Plan
from engine.decide.says import Strategy
from engine.decide.sentences import CHANNEL_WORDS
from engine.errors import PluginError

NINE = 9 * 60
"""Minutes after midnight; when nobody says when to send."""


def choose_channels(
    plan: Plan, kinds: Sequence[str], strategies: Iterable[Strategy], channels: Iterable[str]
) -> pl.DataFrame:
    """For each row of the plan: `channel` (null: none is possible) and `score:NAME` (null: impossible) for each."""
    strategies = [strategy for strategy in strategies if "channel_worth" in strategy.hooks]
    scores = [
        _score(plan, Grid(plan.frame, tuple(kinds), channel=channel), strategies).alias(f"score:{channel}")
        for channel in channels
    ]
    best = pl.max_horizontal(*(score.name for score in scores)) if scores else pl.lit(None)
    choices = [pl.when(pl.col(score.name) == best).then(pl.lit(score.name.removeprefix("score:"))) for score in scores]
    chosen = pl.coalesce(*choices) if choices else pl.lit(None, dtype=pl.String)
    return pl.DataFrame([plan.frame["contact_id"], *scores]).with_columns(channel=chosen).drop("contact_id")


def _score(plan: Plan, grid: Grid, strategies: Iterable[Strategy]) -> pl.Series:
    """The opinions multiplied; one that says null makes the channel impossible, one that fails is left out."""
    score = pl.Series([1.0]).new_from_index(0, grid.frame.height)
    for strategy in strategies:
        opinion = ask_one(strategy, "channel_worth", plan, grid, pl.Float64())
        if opinion is not None:
            score = score * opinion.fill_nan(1.0)
    return score


def ask_one(strategy: Strategy, hook: str, plan: Plan, book: Book, kind: pl.DataType) -> pl.Series | None:
    """One strategy's opinion, where it is on; None where it has none, is off or failed (which its plugin notes)."""
    try:
        said = strategy.call(hook, book, plan.settings(strategy.name))
        if said is None:
            return None
        mode = plan.columns[f"{strategy.name}.mode"]
        found = book.frame.select("contact_id", said=said, on=mode == "on")
        if found["said"].dtype != kind:
            raise strategy.failed(hook, f"said {found['said'].dtype}, not {kind}")
    except PluginError:
        return None
    except pl.exceptions.PolarsError as error:
        strategy.failed(hook, error)
        return None
    neutral = pl.lit(1.0 if kind == pl.Float64() else None, dtype=kind)
    return found.select(pl.when("on").then("said").otherwise(neutral)).to_series()


def send_minutes(plan: Plan, kinds: Sequence[str], strategies: Iterable[Strategy]) -> pl.Series:
    """When in the local day to send, in minutes after midnight (Int32): the first strategy that says so decides."""
    minutes = pl.Series("send_at", [None], dtype=pl.Int32).new_from_index(0, plan.frame.height)
    for strategy in strategies:
        if "send_at" in strategy.hooks:
            said = ask_one(strategy, "send_at", plan, Book(plan.frame, tuple(kinds)), pl.Int32())
            minutes = minutes if said is None else minutes.fill_null(said)
    return minutes.fill_null(NINE).clip(0, 24 * 60 - 1).alias("send_at")


def tell_channel(values: Mapping[str, Any]) -> dict[str, Any]:
    """The choice in words, from one row of `choose_channels` and the person's preferred channel."""
    scores = {name.removeprefix("score:"): score for name, score in values.items() if name.startswith("score:")}
    chosen = values["channel"]
    possible = [name for name, score in scores.items() if score is not None]
    if chosen is None:
        why = "there is no way to reach this person"
    elif chosen == values.get("preferred_channel"):
        why = f"{CHANNEL_WORDS.get(chosen, chosen)} is what this person prefers"
    elif len(possible) == 1:
        why = f"{CHANNEL_WORDS.get(chosen, chosen)} is the only way that can be used"
    else:
        why = f"{CHANNEL_WORDS.get(chosen, chosen)} suits best of {len(possible)} ways that can be used"
    return {"chosen": chosen, "why": why, "scores": scores}
