"""Explanations: a decision as an argument, told from one row of values. A stored record is told the same way.

`outline` keeps what was said and with which words, `values_of` what it was said about; both are JSON, so that a record
can be told again years later, when the strategies have long changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from engine.decide.planner import AHEAD, Decisions
from engine.decide.says import Say
from engine.decide.sentences import fill, named
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
    for place, say in enumerate(decisions.said.of(Closed)):
        assert isinstance(say.what, Closed)
        line = _line(say, "closed", place)
        calendar = values[say["calendar"]]
        if calendar is not None:
            found[line.at] = _runs(say.what, calendar, _first_day(values), values["next_ask_on"])
    return found


def _first_day(values: Values) -> date:
    today: date = values["today"]
    return max(values["reason_on"] or today, today)


def _runs(closed: Closed, calendar: str, first: date, found: date | None) -> list[dict[str, Any]]:
    """The shut days from the first day on, and those just before the day that was found."""
    last = found or first + timedelta(AHEAD)
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


# telling


@dataclass(frozen=True)
class Explanation:
    """A decision for one contact and day. Lists hold plain dictionaries with the keys of the interface."""

    contact: Mapping[str, Any]
    account: Mapping[str, Any]
    on: date
    decision: str
    occasion: str | None
    next_ask_on: date | None
    not_before: str | None
    """Instead of the date, in words, where the date would mislead."""
    reasons: list[dict[str, Any]]
    holds: list[dict[str, Any]]
    limits: list[dict[str, Any]] | None
    channel: dict[str, Any] | None = None
    questions: list[dict[str, Any]] | None = None
    left_out: list[dict[str, Any]] | None = None
    seconds: float | None = None
    errors: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As JSON wants it: dates in ISO 8601, `never` for a hold without an end."""
        plain: dict[str, Any] = _plain(
            {key: value for key, value in vars(self).items() if key not in ("not_before", "errors")}
        )
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return "never" if value >= NEVER else value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def explain(
    lines: Iterable[Line], values: Values, shut: Mapping[str, list[dict[str, Any]]], who: Mapping[str, Any]
) -> Explanation:
    """Tell one row. `who`: the contact and the account, as in the interface. Tailoring is added by whoever tailors."""
    lines = list(lines)
    holds = [
        hold for line in lines if line.kind in ("hold", "closed") for hold in _tell_hold(line, values, shut, lines)
    ]
    words = [hold.pop("not_before") for hold in holds]
    chosen = values["decision"] in ("ask", "limited")
    return Explanation(
        contact=who["contact"],
        account=who["account"],
        on=values["today"],
        decision=values["decision"],
        occasion=values["occasion"],
        next_ask_on=values["next_ask_on"],
        not_before=next((word for word, hold in zip(words, holds, strict=True) if word and hold["binding"]), None),
        reasons=[_tell_reason(line, values) for line in lines if line.kind == "reason" and _is_left(line, values)],
        holds=holds,
        limits=[_tell_limit(line, values) for line in lines if line.kind == "limit" and _concerns(line, values)]
        if chosen
        else None,
    )


def _mode(line: Line, values: Values) -> str:
    return str(line.mode or values[line.at + "mode"])


def _sentence(line: Line, template: str, values: Values, own: Values | None = None) -> str:
    inside = {name.removeprefix(line.at): value for name, value in values.items() if name.startswith(line.at)}
    return fill(template, inside | dict(own or {}), values["today"])


def _is_left(line: Line, values: Values) -> bool:
    return bool(values[f"left:{line.place}"]) and _mode(line, values) != "off"


def _tell_reason(line: Line, values: Values) -> dict[str, Any]:
    return {
        "strategy": line.strategy,
        "occasion": line.occasion,
        "on": values[line.at + "on"],
        "because": _sentence(line, line.because, values),
        "mode": _mode(line, values),
    }


def _tell_hold(
    line: Line, values: Values, shut: Mapping[str, list[dict[str, Any]]], lines: list[Line]
) -> Iterable[dict[str, Any]]:
    """A hold that still covers days to come, or the shut days of a calendar."""
    own = shut.get(line.at, []) if line.kind == "closed" else [{}]
    for run in own:
        until = run.get("until", values.get(line.at + "until"))
        if until is None or until <= values["today"] or _mode(line, values) == "off":
            continue
        since = run.get("since", values.get(line.at + "since"))
        yield {
            "strategy": line.strategy,
            "since": since,
            "until": until,
            "because": _sentence(line, line.because, values, run),
            "binding": _mode(line, values) == "on" and _binds(line, values, since, until, lines),
            "mode": _mode(line, values),
            "not_before": line.not_before and _sentence(line, line.not_before, values),
        }


def _binds(line: Line, values: Values, since: date | None, until: date, lines: list[Line]) -> bool:
    """Whether it covers the last day that was not free: the one before the next ask, or for ever."""
    occasion = next(
        (reason.occasion for reason in lines if reason.kind == "reason" and reason.place == values["reason"]), None
    )
    if occasion is None or occasion in (values.get(line.at + "except_for") or line.except_for):
        return False
    only = values.get(line.at + "only_for", line.only_for)
    if only is not None and occasion not in only:
        return False
    first = _first_day(values)
    found: date | None = values["next_ask_on"]
    if found is None:
        return until > first + timedelta(AHEAD)
    return found > first and (since is None or since < found) and until >= found


def _concerns(line: Line, values: Values) -> bool:
    return values[f"used:{line.place}"] is not None and _mode(line, values) != "off"


def _tell_limit(line: Line, values: Values) -> dict[str, Any]:
    used, at_most = values[f"used:{line.place}"], values[line.at + "at_most"]
    return {
        "strategy": line.strategy,
        "per": "+".join(line.per).replace("_id", ""),
        "at_most": at_most,
        "used": used,
        "because": _sentence(line, line.because, values, {"used": used, "at_most": at_most}),
        "binding": values["bound_by"] == line.place,
    }
