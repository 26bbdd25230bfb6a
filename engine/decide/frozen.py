"""Rules made ready to be worked out day after day: what stays the same is worked out once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import polars as pl

from engine.decide.book import LIMIT_COLUMNS
from engine.decide.says import Part, Rules, sift
from engine.types import NEVER, Hold, Limit

DECIDING = (
    *("contact_id", "account_id", "person_id", "contact_key", "account_key"),
    *("today", "wish_occasions_off", "changes_on"),
)
"""Columns that the planner itself looks at."""
LATE = {column.name for column in LIMIT_COLUMNS}
"""Columns that are there only when limits are asked for."""
FROZEN = "="
"""What the names of columns begin with that were worked out once."""


def let_last(rules: Rules) -> Rules:
    """A hold without a date of its own, renewed every day, stays: what it waits for does not happen by itself."""
    return replace(rules, parts=tuple(map(_let_last, rules.parts)))


def _let_last(part: Part) -> Part:
    wanted = dict(part.wanted)
    for say in part.says:
        if isinstance(say.what, Hold) and say.what.not_before:
            until, kinds = wanted[say["until"]]
            wanted[say["until"]] = pl.when(until > pl.col("today")).then(pl.lit(NEVER, dtype=pl.Date)), kinds
    return replace(part, wanted=wanted)


def freeze(rules: Rules, frame: pl.DataFrame, moving: set[str], keep: Iterable[str] = ()) -> tuple[Rules, pl.DataFrame]:
    """What no moving column has part in becomes a column; columns that no rule needs any more are left out."""
    fixed = {name: it for name, (it, _) in rules.wanted.items() if _is_fixed(it, moving)}
    moved = [it for name, (it, _) in rules.wanted.items() if name not in fixed]
    needed = [name for it in moved for name in it.meta.root_names()]
    try:
        worked_out = frame.select("contact_id", *(it.alias(FROZEN + name) for name, it in fixed.items()))
    except KeyboardInterrupt:
        raise
    except BaseException:  # what counts instead of a rule that fails can be worked out
        return freeze(sift(rules, frame), frame, moving, keep)
    kept = dict.fromkeys([*keep, *DECIDING, *_shared(rules), *needed])
    lean = frame.select(name for name in kept if name in frame.columns).hstack(worked_out.drop("contact_id"))
    return replace(rules, parts=tuple(_point_at(part, fixed) for part in rules.parts)), lean.rechunk()


def _point_at(part: Part, columns: Collection[str]) -> Part:
    wanted = {
        name: (pl.col(FROZEN + name) if name in columns else it, kinds) for name, (it, kinds) in part.wanted.items()
    }
    return replace(part, wanted=wanted)


def _is_fixed(expression: pl.Expr, moving: set[str]) -> bool:
    roots = expression.meta.root_names()
    return bool(roots) and set(roots).isdisjoint(moving | LATE)


def _shared(rules: Rules) -> list[str]:
    """The columns that limits count by."""
    limits = (say.what for part in rules.parts for say in part.says if isinstance(say.what, Limit))
    return [name for limit in limits for name in limit.per]
