"""What a decision is told from: an outline of what was said, with which words, and the values it was said about.

Both are plain JSON, so that a stored record can be told again years later, when the strategies have long changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from engine.decide.planner import AHEAD, Decisions
from engine.decide.says import Say
from engine.decide.sentences import named
from engine.types import NEVER, Closed, Hold, Limit, Reason

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One thing a strategy said, in words: what stays the same for every contact. Values are under `at` + a name."""

    strategy: str
    kind: str
    """reason, hold, closed or limit."""
    because: str
    at: str
    place: int
    """Its place among those of its kind."""
    mode: str | None = None
    occasion: str | None = None
    not_before: str | None = None
    per: tuple[str, ...] = ()
    except_for: tuple[str, ...] = ()
    only_for: tuple[str, ...] | None = None
    """Occasions, where they are fixed; where a setting decides, the values have them."""


def outline(decisions: Decisions) -> list[Line]:
    """What was said, in the order in which it is told."""
    lines = [_line(say, "reason", place) for place, say in enumerate(decisions.reasons)]
    for kind, what in (("hold", Hold), ("closed", Closed), ("limit", Limit)):
        lines += [_line(say, kind, place) for place, say in enumerate(decisions.said.of(what))]
    return lines


def _line(say: Say, kind: str, place: int) -> Line:
    what = say.what
    assert not isinstance(what, pl.Expr)
    at = next(iter(say.columns.values())).rpartition(".")[0] + "."
    line = Line(say.strategy, kind, what.because, at, place, say.mode)
    if isinstance(what, Reason):
        return replace(line, occasion=what.occasion)
    if isinstance(what, Limit):
        return replace(line, per=tuple(what.per))
    if isinstance(what, Hold):
        excepted = () if isinstance(what.except_for, pl.Expr) else tuple(what.except_for)
        only = None if what.only_for is None or isinstance(what.only_for, pl.Expr) else tuple(what.only_for)
        return replace(line, not_before=what.not_before, except_for=excepted, only_for=only)
    return line


def values_of(decisions: Decisions, rows: pl.Series | None = None) -> pl.DataFrame:
    """Every value that the outline's sentences need, one line per row: what is said, and what it is said about."""
    frames = [decisions.frame, decisions.said.frame, decisions.plan.frame]
    decided, said, plan = frames if rows is None else [frame[rows] for frame in frames]
    columns: dict[str, pl.Expr] = {}
    for say in decisions.said.says:
        if not isinstance(say.what, pl.Expr):
            columns |= _referenced(say, say.what, decisions)
    worths = [say["worth"] for say in decisions.said.of(pl.Expr)]
    return pl.concat([decided, said.drop(worths), _evaluated(plan, columns)], how="horizontal")


def _referenced(say: Say, what: Reason | Hold | Closed | Limit, decisions: Decisions) -> dict[str, pl.Expr]:
    """The facts, settings and columns of the Book that one say's sentences name."""
    plan, at = decisions.plan, _line(say, "", 0).at
    sentence = what.because + ((what.not_before or "") if isinstance(what, Hold) else "")
    known = {name: pl.col(name) for name in plan.frame.columns} | dict(plan.columns) | dict(what.facts)
    return {at + name: known[name] for name in named(sentence) if name in known and name not in say.columns}


def _evaluated(frame: pl.DataFrame, columns: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """The columns, without those that cannot be worked out: a sentence may lack a fact, but is never missing."""
    try:
        return frame.select("contact_id", *(value.alias(name) for name, value in columns.items())).drop("contact_id")
    except pl.exceptions.PolarsError:
        if len(columns) == 1:
            return pl.DataFrame({name: [None] * frame.height for name in columns})
        single = [_evaluated(frame, {name: value}) for name, value in columns.items()]
        return pl.concat(single, how="horizontal")


def shut_days(decisions: Decisions, values: Values) -> dict[str, list[dict[str, Any]]]:
    """For each calendar, by its `at`: the runs of shut days that matter to this row, asked of the strategy again."""
    found: dict[str, list[dict[str, Any]]] = {}
    if values["reason"] < 0:
        return found
    for place, say in enumerate(decisions.said.of(Closed)):
        assert isinstance(say.what, Closed)
        line = _line(say, "closed", place)
        calendar = values[say["calendar"]]
        if calendar is not None:
            found[line.at] = _runs(say.what, calendar, first_day(values), values["next_ask_on"])
    return found


def first_day(values: Values) -> date:
    today: date = values["today"]
    return max(values["reason_on"] or today, today)


def _runs(closed: Closed, calendar: str, first: date, found: date | None) -> list[dict[str, Any]]:
    """The shut days from the first day on, and those just before the day that was found."""
    last = found or first + timedelta(AHEAD)
    shut = closed.shut(calendar, first, last)
    if found and found in shut:  # on trial a calendar shuts nothing: its days may go on after the one that was found
        last = found + timedelta(AHEAD)
        shut = closed.shut(calendar, first, last)
    runs = []
    starts = [first] if first in shut else []
    if found and found > first and found - timedelta(1) in shut:
        starts.append(_run_start(found - timedelta(1), shut))
    for start in dict.fromkeys(starts):
        until = start
        while until in shut and until <= last:
            until += timedelta(1)
        runs.append({"since": start, "until": NEVER if until > last else until, "day": start, "why": shut[start]})
    return runs


def _run_start(day: date, shut: Mapping[date, str]) -> date:
    while day - timedelta(1) in shut:
        day -= timedelta(1)
    return day
