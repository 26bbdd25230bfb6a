"""Choosing the way to ask: the possible channel that suits a person best, and the minute to send at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.decide.book import Book, Grid
from engine.decide.chances import interval
from engine.decide.opinions import ITSELF, Kinds, Opinion, ask_all, hooked, only
from engine.decide.plan import Plan
from engine.decide.says import Strategy
from engine.decide.sentences import Teller, Words
from engine.ways import Chance, Possible, Preference

NINE = 9 * 60
"""Minutes after midnight; when nobody says when to send."""
LAST = 1 << 30
"""The place of a channel that a strategy names none for."""
MOST = 1e12
ROUNDING = 1e-9

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

KINDS: Kinds = {
    pl.Expr: {ITSELF: pl.Float64()},
    Chance: {"alpha": pl.Float64(), "beta": pl.Float64(), "answered": pl.Int32(), "sent": pl.Int32()},
    Possible: {"possible": pl.Boolean()},
    Preference: {"place": pl.Int32()},
}


def choose_channels(
    plan: Plan, kinds: Sequence[str], strategies: Iterable[Strategy], channels: Iterable[str], *, told: bool = True
) -> pl.DataFrame:
    """For each row of the plan: `channel` (null: none is possible); for each NAME of the channels `score:NAME` (null:
    impossible) and, where a strategy says so, `chance:NAME`: how probable an answer is (alpha, beta, answered, sent),
    and `why_not:NAME`: in whose words it is impossible. With `told` False, only the channel, for nobody to be told why.
    """
    channels = list(channels)
    grids = [Grid(plan.frame, tuple(kinds), channel=channel) for channel in channels]
    opinions = ask_all(hooked(strategies, "channel_worth"), "channel_worth", plan, grids, KINDS)
    judged = list(zip(channels, opinions, strict=True))
    worths = [_score(said, plan.frame.height) for _, said in judged]
    chosen = _choose(channels, worths, opinions, plan.frame.height)
    if not told:
        return chosen.to_frame()
    scores = [pl.Series(f"score:{name}", worth, nan_to_null=True) for name, worth in zip(channels, worths, strict=True)]
    chances = _chances({name: each for name, said in judged for each in _those(Chance, said)[:1]})
    whys = [why.alias(f"why_not:{name}") for name, said in judged for why in _why_not(said, plan.frame.height)]
    return pl.DataFrame([chosen, *scores, *chances, *whys])


def _those(kind: type, opinions: Iterable[Opinion]) -> list[Opinion]:
    return [opinion for opinion in opinions if isinstance(opinion.said, kind)]


def _score(opinions: Iterable[Opinion], rows: int) -> Floats:
    """The worths multiplied; NaN where one is null, which makes the channel impossible."""
    score = np.ones(rows)
    for opinion in opinions:
        if isinstance(opinion.said, Chance):
            alpha, beta = (
                opinion.where_on(neutral, name).to_numpy() for neutral, name in ((1.0, "alpha"), (0.0, "beta"))
            )
            with np.errstate(invalid="ignore", divide="ignore"):
                score = score * np.nan_to_num(alpha / (alpha + beta), nan=1.0)
        elif isinstance(opinion.said, Possible):
            score = np.where(_is_impossible(opinion), np.nan, score)
        elif not isinstance(opinion.said, Preference):
            worth = opinion.where_on(1.0)
            score = score * np.nan_to_num(worth.to_numpy(), nan=1.0)  # null comes as NaN, too
            if worth.null_count():
                score[worth.is_null().to_numpy()] = np.nan
    return score.clip(0, MOST)


def _is_impossible(opinion: Opinion) -> Mask:
    possible = opinion.where_on(True, "possible")
    impossible: Mask = ~(possible.fill_null(value=False) if possible.null_count() else possible).to_numpy()
    return impossible


def _why_not(opinions: Sequence[Opinion], rows: int) -> Iterator[pl.Series]:
    """At most one: the words of whoever has them, unless somebody before them made the channel impossible."""
    words: list[str | None] = [None]
    why = np.zeros(rows, dtype=np.int64)
    for place, opinion in enumerate(opinions):
        if isinstance(opinion.said, Possible):
            here = _is_impossible(opinion) & ~np.isnan(_score(opinions[:place], rows))
            why[here] = len(words)
            words.append(opinion.said.why_not)
    if _those(Possible, opinions):
        yield pl.Series(words, dtype=pl.String)[why]


def _chances(opinions: Mapping[str, Opinion]) -> list[pl.Series]:
    """By channel, also where the strategy is on trial; null where it is off."""
    parts = {f"{channel}.{name}": series for channel, each in opinions.items() for name, series in each.parts.items()}
    found = pl.DataFrame(parts).select(_as_chance(channel).alias(f"chance:{channel}") for channel in opinions)
    modes = [each.mode for each in opinions.values()]
    return [
        chance if isinstance(mode, str) else chance.set(mode == "off", None)
        for chance, mode in zip(found, modes, strict=True)
    ]


def _as_chance(channel: str) -> pl.Expr:
    alpha, beta, answered, sent = (pl.col(f"{channel}.{name}") for name in ("alpha", "beta", "answered", "sent"))
    sound = pl.all_horizontal(*(each.is_not_null() for each in (alpha, beta, answered, sent)))
    sound &= alpha.is_finite() & beta.is_finite()
    return pl.when(sound).then(pl.struct(alpha=alpha.round(3), beta=beta.round(3), answered=answered, sent=sent))


def _choose(
    channels: Sequence[str], scores: Sequence[Floats], opinions: Iterable[Iterable[Opinion]], rows: int
) -> pl.Series:
    """Each row's channel: preferences narrow down the possible ones, the wider before the nearer; then the best."""
    if not channels:
        return pl.Series("channel", [None], pl.String).new_from_index(0, rows)
    worth = np.stack(scores, axis=1)
    left = ~np.isnan(worth)
    said = [{(each.said.within, each.strategy): each for each in _those(Preference, those)} for those in opinions]
    for preference in sorted({key for each in said for key in each}, reverse=True):
        places = np.stack([_places(each.get(preference), rows) for each in said], axis=1)
        most = np.where(left, worth, -1.0).max(axis=1, keepdims=True)
        left &= worth >= most * (1 - preference[0]) - ROUNDING
        places = np.where(left, places, LAST + 1)
        left &= places == places.min(axis=1, keepdims=True)
    best = np.where(left, worth, -1.0).argmax(axis=1)
    return pl.Series("channel", [*channels, None], pl.String)[np.where(left.any(axis=1), best, len(channels))]


def _places(opinion: Opinion | None, rows: int) -> npt.NDArray[np.int32]:
    if opinion is None:
        return np.full(rows, LAST, dtype=np.int32)
    places = opinion.where_on(0, "place")
    return (places.fill_null(LAST) if places.null_count() else places).to_numpy()


def send_minutes(plan: Plan, kinds: Sequence[str], strategies: Iterable[Strategy]) -> pl.Series:
    """When in the local day to send, in minutes after midnight (Int32): the first strategy that says so decides."""
    minutes = pl.Series("send_at", [None], dtype=pl.Int32).new_from_index(0, plan.frame.height)
    book = Book(plan.frame, tuple(kinds))
    (opinions,) = ask_all(hooked(strategies, "send_at"), "send_at", plan, [book], only(pl.Int32()))
    for opinion in opinions:
        minutes = minutes.fill_null(opinion.where_on(None))
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
    chance = values.get(f"chance:{chosen}")
    if chance is not None:
        why = tell("{why}; {chance}", why=why, chance=_tell_chance(chance, tell))
    why_not = {name: tell(words) for name in scores if (words := values.get(f"why_not:{name}"))}
    return {"chosen": chosen, "why": why, "scores": scores, "why_not": why_not}


def _tell_chance(chance: Mapping[str, Any], tell: Teller) -> Words:
    """How probable an answer is, and how sure we are of that."""
    alpha, beta = chance["alpha"], chance["beta"]
    mean, low, high = (round(100 * share) for share in (alpha / (alpha + beta), *interval(alpha, beta)))
    counts = {"answered": chance["answered"], "sent": chance["sent"]}
    seen = tell("answered {answered} of {sent|# time|# times}", **counts) if chance["sent"] else tell("never tried")
    values = {"seen": seen, "mean": mean, "low": low, "high": high}
    return tell("{seen}, and we expect an answer to {mean} % ({low}–{high} %)", values)
