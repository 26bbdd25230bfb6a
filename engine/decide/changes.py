"""What would change a decision: the same rule again, with one thing that was said lifted, or what is on trial in force.

Nothing is guessed: each answer is what the planner finds for these rows when that one mode is another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from engine.decide.planner import Decisions, find_days
from engine.decide.says import Said, Say
from engine.types import Closed, Hold, Reason

FLIPPED = {"on": "off", "shadow": "on", "off": "off"}
TOGETHER = "together."
"""Where it is told what would follow if no rule of the house held them: only their own word and shut days."""


def what_if(decisions: Decisions, rows: pl.Series, own_word: Sequence[str]) -> pl.DataFrame:
    """For these rows, and each say that could change their day: `AT.then` (the decision), `AT.then_on` (Date; null:
    never) and `AT.then_for` (the occasion) if it were lifted, or, where it is on trial, in force."""
    frame, said = decisions.plan.frame[rows], decisions.said
    here = Said(said.says, said.frame[rows])
    found: list[pl.DataFrame] = [frame.select()]
    for place, say in enumerate(said.says):
        if _matters(say, here.frame, frame["today"]):
            found.append(_outcome(frame, _with_says(here, {place: _flip(say)}), say.at))
    rules = {
        place: replace(say, mode="off")
        for place, say in enumerate(said.says)
        if isinstance(say.what, Hold) and say.strategy not in own_word
    }
    found.append(_outcome(frame, _with_says(here, rules), TOGETHER))
    return pl.concat(found, how="horizontal")


def _matters(say: Say, frame: pl.DataFrame, today: pl.Series) -> bool:
    """Whether another mode could move the day of any row."""
    if isinstance(say.what, Hold):
        return bool((frame[say["until"]] > today).any())
    if isinstance(say.what, Reason):  # one that is in force is why we ask, nothing that stands in the way
        return say.mode != "on" and frame[say["on"]].null_count() < frame.height
    return isinstance(say.what, Closed)


def _flip(say: Say) -> Say:
    if say.mode is not None:
        return replace(say, mode=FLIPPED[say.mode])
    return replace(say, columns={**say.columns, "mode": _flipped(say)})


def _flipped(say: Say) -> str:
    return say["mode"] + "/flipped"


def _with_says(said: Said, others: dict[int, Say]) -> Said:
    says = tuple(others.get(place, say) for place, say in enumerate(said.says))
    flipped = [
        pl.col(say["mode"]).replace_strict(FLIPPED, return_dtype=pl.String).alias(_flipped(say))
        for place, say in enumerate(said.says)
        if place in others and others[place].mode is None
    ]
    return Said(says, said.frame.with_columns(flipped))


def _outcome(frame: pl.DataFrame, said: Said, at: str) -> pl.DataFrame:
    found = {series.name: series for series in find_days(frame, said)}
    names = {"decision": "then", "next_ask_on": "then_on", "occasion": "then_for"}
    return pl.DataFrame([found[name].alias(at + then) for name, then in names.items()])
