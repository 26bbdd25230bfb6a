"""The same Book several times side by side, under several settings and with different luck, as one Book.

One walk through the days then serves all of them. Copies share nothing: ids are another's, and no limit counts beyond
its own copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from engine.decide.plan import Plan
from engine.decide.responses import Counts, open_streams
from engine.decide.says import Rules, Say
from engine.types import Limit

COPY = "#copy"
IDS = ("contact_id", "account_id", "person_id")


@dataclass(frozen=True)
class Sides:
    """`plan`: every plan `runs` times, one after the other; row n of copy c is row c × rows + n."""

    plan: Plan
    rows: int
    runs: int
    luck: Counts
    """What answers are drawn from: the same in the same run of every plan."""
    stride: int
    """How far the ids of two copies lie apart."""

    @property
    def copies(self) -> int:
        return self.plan.frame.height // self.rows if self.rows else 0

    def repeat(self, under_way: pl.DataFrame) -> pl.DataFrame:
        """Asks of the one Book as asks of every copy."""
        ids = [name for name in IDS if name in under_way.columns]
        copies = range(self.copies)
        return pl.concat([under_way, *(under_way.with_columns(pl.col(ids) + n * self.stride) for n in copies[1:])])


def lay_side_by_side(plans: Sequence[Plan], runs: int, seed: int) -> Sides:
    """`plans`: of the same Book, under different settings."""
    frame = plans[0].frame
    stride = int(frame.select(pl.max_horizontal(pl.col(IDS).max())).item() or 0) + 1
    named = {name for plan in plans for name in plan.columns if not _is_shared(name, plans)}
    columns = {name: pl.col(name) if name in named else it for name, it in plans[0].columns.items()}
    sides = [plan.frame.with_columns(plan.columns[name].alias(name) for name in named) for plan in plans]
    copies = [
        side.with_columns(pl.col(IDS) + (place * runs + run) * stride, pl.lit(place * runs + run).alias(COPY))
        for place, side in enumerate(sides)
        for run in range(runs)
    ]
    order = copies[0].columns
    together = pl.concat([copy.select(order) for copy in copies]).rechunk()
    luck = [open_streams(seed + run, frame["contact_id"].to_numpy()) for _ in plans for run in range(runs)]
    return Sides(Plan(together, columns), frame.height, runs, np.concatenate(luck), stride)


def _is_shared(name: str, plans: Sequence[Plan]) -> bool:
    """Whether a setting is one and the same literal on every side."""
    first, *others = (plan.columns[name] for plan in plans)
    return not first.meta.root_names() and all(first.meta.eq(other) for other in others)


def keep_apart(rules: Rules, by: str = COPY) -> Rules:
    """Let every limit count within its copy, or whatever else rows have in this column."""
    parts = (replace(part, says=tuple(_apart(say, by) for say in part.says)) for part in rules.parts)
    return replace(rules, parts=tuple(parts))


def _apart(say: Say, by: str) -> Say:
    if not isinstance(say.what, Limit) or by in say.what.per:
        return say
    return replace(say, what=replace(say.what, per=(*say.what.per, by)))
