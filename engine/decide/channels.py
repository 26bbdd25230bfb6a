"""Choosing the way to ask: the possible channel that suits a person best, and the minute to send at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from engine.decide.book import Book, Grid
from engine.decide.plan import Plan
from engine.decide.says import Strategy
from engine.decide.sentences import Teller
from engine.errors import PluginError

NINE = 9 * 60
"""Minutes after midnight; when nobody says when to send."""
CELLS = 2_000_000
"""So many rows × questions are judged at once."""


def choose_channels(
    plan: Plan, kinds: Sequence[str], strategies: Iterable[Strategy], channels: Iterable[str]
) -> pl.DataFrame:
    """For each row of the plan: `channel` (null: none is possible) and `score:NAME` (null: impossible) for each."""
    grids = [Grid(plan.frame, tuple(kinds), channel=channel) for channel in channels]
    opinions = ask_all(hooked(strategies, "channel_worth"), "channel_worth", plan, grids, pl.Float64())
    scores = [
        _multiplied(each, plan.frame.height, f"score:{grid.channel}")
        for each, grid in zip(opinions, grids, strict=True)
    ]
    best = pl.max_horizontal(*(score.name for score in scores)) if scores else pl.lit(None)
    choices = [pl.when(pl.col(score.name) == best).then(pl.lit(score.name.removeprefix("score:"))) for score in scores]
    chosen = pl.coalesce(*choices) if choices else pl.lit(None, dtype=pl.String)
    return pl.DataFrame([plan.frame["contact_id"], *scores]).with_columns(channel=chosen).drop("contact_id")


def _multiplied(opinions: Iterable[pl.Series], height: int, name: str) -> pl.Series:
    """One that says null makes the channel impossible."""
    score = pl.Series(name, [1.0]).new_from_index(0, height)
    for opinion in opinions:
        score = score * opinion.fill_nan(1.0)
    return score


def hooked(strategies: Iterable[Strategy], hook: str) -> list[Strategy]:
    """Those that have a say in it."""
    return [strategy for strategy in strategies if hook in strategy.hooks]


def ask_all(
    strategies: Iterable[Strategy], hook: str, plan: Plan, books: Sequence[Book], kind: pl.DataType
) -> list[list[pl.Series]]:
    """For each book (the plan's frame, seen for one question or channel) the opinions of those that are on.

    One that has none, or failed (which its plugin notes), is left out; where a strategy is not on for everyone, it is
    neutral to the others: 1, or null where the opinion is no number to multiply.
    """
    strategies = [each for each in strategies if plan.modes.get(each.name, "on") == "on"]
    opinions: list[list[pl.Series]] = []
    for part in _in_parts(books, plan.frame.height):
        said = {
            f"{place}/{strategy.name}": (strategy, opinion)
            for place, book in enumerate(part)
            for strategy in strategies
            if (opinion := _ask(strategy, hook, plan, book)) is not None
        }
        found = _work_out(said, hook, plan.frame, kind)
        counted = [_where_on(plan, said[name][0], series) for name, series in found.items()]
        opinions += [[each for each in counted if each.name.startswith(f"{place}/")] for place in range(len(part))]
    return opinions


def _in_parts(books: Sequence[Book], height: int) -> Iterator[Sequence[Book]]:
    """So many at once that what they are asked stays small beside the Book."""
    size = max(1, CELLS // max(1, height))
    return (books[start : start + size] for start in range(0, len(books), size))


def _where_on(plan: Plan, strategy: Strategy, opinion: pl.Series) -> pl.Series:
    if strategy.name in plan.modes:
        return opinion
    neutral = pl.lit(1.0 if opinion.dtype == pl.Float64 else None, dtype=opinion.dtype)
    on = pl.when(plan.columns[f"{strategy.name}.mode"] == "on").then(opinion).otherwise(neutral)
    return plan.frame.select(on.alias(opinion.name)).to_series()


def _ask(strategy: Strategy, hook: str, plan: Plan, book: Book) -> pl.Expr | None:
    try:
        opinion: Any = strategy.call(hook, book, plan.settings(strategy.name))
    except PluginError:
        return None
    if opinion is None or isinstance(opinion, pl.Expr):
        return opinion
    strategy.failed(hook, f"returned {type(opinion).__name__}, not an expression")
    return None


def _work_out(
    said: Mapping[str, tuple[Strategy, pl.Expr]], hook: str, frame: pl.DataFrame, kind: pl.DataType
) -> dict[str, pl.Series]:
    """One select for all; where somebody's expression fails, one for each."""
    try:
        found = frame.select("contact_id", *(opinion.alias(name) for name, (_, opinion) in said.items()))
    except pl.exceptions.PolarsError as error:
        if len(said) == 1:
            next(iter(said.values()))[0].failed(hook, error)
            return {}
        single = [_work_out({name: one}, hook, frame, kind) for name, one in said.items()]
        return {name: series for each in single for name, series in each.items()}
    wrong = {name for name in said if found[name].dtype != kind}
    for name in wrong:
        said[name][0].failed(hook, f"said {found[name].dtype}, not {kind}")
    return {name: found[name] for name in said if name not in wrong}


def send_minutes(plan: Plan, kinds: Sequence[str], strategies: Iterable[Strategy]) -> pl.Series:
    """When in the local day to send, in minutes after midnight (Int32): the first strategy that says so decides."""
    minutes = pl.Series("send_at", [None], dtype=pl.Int32).new_from_index(0, plan.frame.height)
    book = Book(plan.frame, tuple(kinds))
    (opinions,) = ask_all(hooked(strategies, "send_at"), "send_at", plan, [book], pl.Int32())
    for said in opinions:
        minutes = minutes.fill_null(said)
    return minutes.fill_null(NINE).clip(0, 24 * 60 - 1).alias("send_at")


def tell_channel(values: Mapping[str, Any], tell: Teller) -> dict[str, Any]:
    """The choice in words, from one row of `choose_channels` and the person's preferred channel."""
    scores = {name.removeprefix("score:"): score for name, score in values.items() if name.startswith("score:")}
    chosen, possible = values["channel"], sum(score is not None for score in scores.values())
    if chosen is None:
        why = tell("there is no way to reach this person")
    elif chosen == values.get("preferred_channel"):
        why = tell("that is what this person prefers")
    elif possible == 1:
        why = tell("that is the only way to reach this person")
    else:
        why = tell("of {possible} ways to reach this person, that suits best", possible=possible)
    return {"chosen": chosen, "why": why, "scores": scores}
