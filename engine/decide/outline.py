"""What a decision is told from: an outline of what was said, with which words, and the values it was said about.

Both are plain JSON, so that a stored record can be told again years later, when the strategies have long changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import polars as pl

from engine.decide.calendars import why_shut
from engine.decide.guard import FIRST, SENTENCES
from engine.decide.planner import Decisions
from engine.decide.rule import AHEAD
from engine.decide.says import FAILED, Said, Say
from engine.decide.sentences import named
from engine.errors import PluginError
from engine.types import NEVER, Closed, Hold, Limit, Reason

Values = Mapping[str, Any]
WhyShut = Callable[[date], str | None]
ONE = timedelta(1)


@dataclass(frozen=True)
class Line:
    """One thing a strategy said, in words: what stays the same for every contact. Values are under `at` + a name."""

    strategy: str
    kind: str
    """reason, hold, closed, limit or worth."""
    because: str
    at: str
    place: int
    """Its place among those of its kind."""
    mode: str | None = None
    occasion: str | None = None
    not_before: str | None = None
    unless: str | None = None
    per: tuple[str, ...] = ()
    except_for: tuple[str, ...] = ()
    only_for: tuple[str, ...] | None = None
    """Occasions, where they are fixed; where a setting decides, the values have them."""


def list_templates(said: Said) -> list[tuple[str, str]]:
    """Every template that a sentence may be told from, each with its strategy."""
    told = [(say.strategy, getattr(say.what, name, None)) for say in said.says for name in SENTENCES]
    told += [(say.strategy, say.because) for say in said.says]
    return [(strategy, template) for strategy, template in dict.fromkeys(told) if template]


def outline(decisions: Decisions) -> list[Line]:
    """What was said, in the order in which it is told."""
    lines = [_line(say, "reason", place) for place, say in enumerate(decisions.reasons)]
    for kind, what in (("hold", Hold), ("closed", Closed), ("limit", Limit), ("worth", pl.Expr)):
        lines += [_line(say, kind, place) for place, say in enumerate(decisions.said.of(what))]
    return lines


def _line(say: Say, kind: str, place: int) -> Line:
    what = say.what
    if isinstance(what, pl.Expr):
        return Line(say.strategy, kind, say.because, say.at, place, say.mode)
    line = Line(say.strategy, kind, what.because, say.at, place, say.mode)
    if isinstance(what, Reason):
        return replace(line, occasion=what.occasion)
    line = replace(line, unless=what.unless)
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
    values = pl.concat([decided, said, _tellable(_evaluated(plan, columns))], how="horizontal")
    return values.with_columns(_shut_runs(say, values) for say in decisions.said.of(Closed))


def _referenced(say: Say, what: Reason | Hold | Closed | Limit, decisions: Decisions) -> dict[str, pl.Expr]:
    """The facts, settings and columns of the Book that one say's sentences name."""
    plan, at = decisions.plan, say.at
    sentence = " ".join(filter(None, (getattr(what, name, None) for name in SENTENCES)))
    wanted = [name for name in named(sentence) if name not in say.columns]
    found = {at + name: what.facts.get(name, plan.columns.get(name)) for name in wanted}
    found |= {at + name: pl.col(name) for name in wanted if found[at + name] is None and name in plan.frame.columns}
    return {name: value for name, value in found.items() if value is not None}


def _evaluated(frame: pl.DataFrame, columns: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """The columns, without those that cannot be worked out: a sentence may lack a fact, but is never missing."""
    try:
        found = frame.select("contact_id", *(value.alias(name) for name, value in columns.items()))
        found.drop_in_place("contact_id")
        return found
    except KeyboardInterrupt:
        raise
    except BaseException:  # a plugin's function inside an expression may raise anything
        if len(columns) == 1:
            return pl.DataFrame({name: [None] * frame.height for name in columns})
        single = [_evaluated(frame, {name: value}) for name, value in columns.items()]
        return pl.concat(single, how="horizontal")


def _tellable(facts: pl.DataFrame) -> pl.DataFrame:
    """Facts, but nothing of a kind that no sentence could say and no record keep; days that Python knows."""
    kinds = (pl.String, pl.Boolean, pl.Date, pl.List(pl.String), pl.List(pl.Date))
    strange = [name for name, dtype in facts.schema.items() if not dtype.is_numeric() and dtype not in kinds]
    return facts.with_columns(
        pl.col(pl.Date).clip(FIRST, NEVER), *(pl.lit(None, pl.String).alias(name) for name in strange)
    )


RUN = pl.Struct({"since": pl.Date, "until": pl.Date, "day": pl.Date, "why": pl.String})
"""Shut days in a row: the first, the first open one after them, the day to name and why it is shut."""


def _shut_runs(say: Say, values: pl.DataFrame) -> pl.Series:
    """The runs of shut days that matter to each row; worked out once for all rows that share calendar and days."""
    assert isinstance(say.what, Closed)
    first = pl.when(pl.col("reason") >= 0).then(pl.max_horizontal("reason_on", "today"))
    cases = values.select(calendar=say["calendar"], first=first, found="next_ask_on")
    different = cases.drop_nulls(["calendar", "first"]).unique()
    if say.mode == "on":  # a day that was found at once is open
        different = different.filter(pl.col("found").ne_missing(pl.col("first")))
    if different.is_empty():
        return pl.Series(say.at + "runs", [None], pl.List(RUN)).new_from_index(0, values.height)
    runs = [_find_runs(say.what, *case) for case in different.iter_rows()]
    different = different.with_columns(runs=pl.Series(runs, dtype=pl.List(RUN)))
    told = cases.join(different, on=cases.columns, how="left", nulls_equal=True, maintain_order="left")
    return told["runs"].alias(say.at + "runs")


def as_if_due(decisions: Decisions, values: Values) -> dict[str, Any]:
    """A row as if there were a reason from today on, and no day found: for what speaks against today."""
    due = dict(values) | {"reason": 0, "reason_on": values["today"], "next_ask_on": None}
    for say in decisions.said.of(Closed):
        calendar = values[say["calendar"]]
        assert isinstance(say.what, Closed)
        due[say.at + "runs"] = [] if calendar is None else _find_runs(say.what, calendar, values["today"], None)
    return due


def first_day(values: Values) -> date:
    today: date = values["today"]
    return max(values["reason_on"] or today, today)


def _find_runs(closed: Closed, calendar: str, first: date, found: date | None) -> list[dict[str, Any]]:
    """The shut days from the first day on, and those just before the day that was found."""
    try:
        return list(_list_runs(partial(why_shut, closed.shut, calendar), first, found))
    except PluginError:
        return [{"since": first, "until": first + ONE, "day": first, "why": FAILED}]


def _list_runs(why: WhyShut, first: date, found: date | None) -> Iterator[dict[str, Any]]:
    last = found or first + timedelta(AHEAD)
    if found and why(found) is not None:  # on trial it shuts nothing: its days may go on after the one that was found
        last = found + timedelta(AHEAD)
    starts = [] if why(first) is None else [first]
    if found and found > first and why(found - ONE) is not None:
        starts.append(_run_start(found - ONE, first, why))
    for start in dict.fromkeys(starts):
        until = start
        while until <= last and why(until) is not None:
            until += ONE
        yield {"since": start, "until": NEVER if until > last else until, "day": start, "why": why(start)}


def _run_start(day: date, first: date, why: WhyShut) -> date:
    while day > first and why(day - ONE) is not None:
        day -= ONE
    return day
