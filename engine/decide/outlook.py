"""What a plan leads to: how many would never be asked, and for which occasions somebody would be.

Never is what has no day within the days that are searched, counted from today, and a limit that has no place for
anybody. It is about settings: what a promise, a touchpoint or a wish will bring is not foreseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from engine.decide.planner import Decisions
from engine.decide.rule import AHEAD, occasion_of
from engine.decide.says import Say
from engine.decide.sentences import OCCASION_WORDS
from engine.types import Limit


@dataclass(frozen=True)
class Outlook:
    """Counts of contacts. `occasions`: those with a reason left, by occasion."""

    contacts: int
    never: int
    occasions: Mapping[str, int]


def look_ahead(decisions: Decisions) -> Outlook:
    frame = pl.concat([decisions.frame, decisions.said.frame], how="horizontal")
    shut = [_has_no_place(say, decisions) for say in decisions.limits]
    nowhere = pl.any_horizontal([pl.lit(value=False), *shut]) & (pl.col("decision") != "no_reason")
    next_on, last = pl.col("next_ask_on"), pl.col("today").dt.offset_by(f"{AHEAD}d")
    held = (pl.col("decision") == "hold") & (next_on.is_null() | (next_on > last))
    never = frame.select((held | nowhere).sum()).item()
    return Outlook(frame.height, never, _count_occasions(decisions, frame))


def _has_no_place(say: Say, decisions: Decisions) -> pl.Series:
    """For whom a limit has no place, whoever else there is."""
    assert isinstance(say.what, Limit)
    known = decisions.plan.frame.select(pl.all_horizontal(pl.col(name).is_not_null() for name in say.what.per))
    full = decisions.said.frame.select((pl.col(say["at_most"]) <= 0) & _is_on(say))
    return (known.to_series() & full.to_series()).fill_null(value=False)


def _count_occasions(decisions: Decisions, frame: pl.DataFrame) -> dict[str, int]:
    left: dict[str, list[pl.Expr]] = {}
    for place, say in enumerate(decisions.reasons):
        left.setdefault(occasion_of(say), []).append(pl.col(f"left:{place}") & _is_on(say))
    return {occasion: frame.select(pl.any_horizontal(found).sum()).item() for occasion, found in left.items()}


def _is_on(say: Say) -> pl.Expr:
    return pl.lit(say.mode == "on") if say.mode is not None else pl.col(say["mode"]) == "on"


def warn(before: Outlook, after: Outlook) -> Iterator[str]:
    """What should be said before somebody is surprised: a sentence each."""
    if after.never > before.never:
        yield f"After this, {after.never:,} of {_contacts(after)} would never be asked ({before.never:,} before)."
    if after.never == after.contacts:
        return
    for occasion, number in before.occasions.items():
        if number and not after.occasions.get(occasion):
            what = OCCASION_WORDS.get(occasion, occasion)
            yield f"After this, there would be no {what} for any of {_contacts(after)} ({number:,} before)."


def _contacts(outlook: Outlook) -> str:
    return f"{outlook.contacts:,} contact{'s' * (outlook.contacts != 1)}"
