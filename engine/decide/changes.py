"""What would change a decision: the same rule again, with one thing that was said lifted, or what is on trial in force.

Nothing is guessed: each answer is what the rule finds for these rows when that one mode is another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import polars as pl

from engine.decide.calendars import NEVER_DAY
from engine.decide.planner import Decisions
from engine.decide.rule import Mask, Rule
from engine.decide.says import Said, Say
from engine.types import Closed, Hold, Reason

TOGETHER = "together."
"""Where it is told what would follow if no rule of the house held them: only their own word and shut days."""


def what_if(decisions: Decisions, rows: pl.Series, own_word: Collection[str]) -> pl.DataFrame:
    """For these rows, and each say that could change their day: `AT.then` (the decision), `AT.then_on` (Date; null:
    never) and `AT.then_for` (the occasion) if it were lifted, or, where it is on trial, in force."""
    said = Said(decisions.said.says, decisions.said.frame[rows])
    rule = Rule(decisions.plan.frame[["today", "wish_occasions_off"]][rows], said)
    outcomes = {
        say.at: _outcome(rule, {place: rule.is_on_trial(place)})
        for place, say in enumerate(said.says)
        if _matters(say, said.frame, rule)
    }
    outcomes[TOGETHER] = _outcome(rule, _without_rules(rule, own_word))
    columns = [column.alias(at + column.name) for at, outcome in outcomes.items() for column in outcome]
    days = pl.col("^.*then_on$")
    return pl.DataFrame(columns).with_columns(pl.when(days < NEVER_DAY).then(days).cast(pl.Date))


def _matters(say: Say, frame: pl.DataFrame, rule: Rule) -> bool:
    """Whether another mode could move the day of any row."""
    if isinstance(say.what, Hold):
        return bool((rule.days(say["until"]) > rule.today).any())
    if isinstance(say.what, Reason):  # one that is in force is why we ask, nothing that stands in the way
        return say.mode != "on" and frame[say["on"]].null_count() < frame.height
    return isinstance(say.what, Closed)


def _without_rules(rule: Rule, own_word: Collection[str]) -> Mapping[int, Mask]:
    nowhere = np.zeros(len(rule.today), dtype=bool)
    holds = ((place, say) for place, say in enumerate(rule.says) if isinstance(say.what, Hold))
    return {place: nowhere for place, say in holds if say.strategy not in own_word}


def _outcome(rule: Rule, binding: Mapping[int, Mask]) -> list[pl.Series]:
    found = rule.find(binding)
    decision, occasion = rule.tell(found)
    return [decision.alias("then"), occasion.alias("then_for"), pl.Series("then_on", found.day)]
