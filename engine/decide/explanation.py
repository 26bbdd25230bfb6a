"""Explanations: a decision as an argument, told from one row of values. A stored record is told the same way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from engine.decide.outline import Line, Values, first_day
from engine.decide.planner import AHEAD
from engine.decide.sentences import CHANNEL_WORDS, OCCASION_WORDS, fill, say
from engine.types import NEVER

ShutDays = Mapping[str, list[dict[str, Any]]]
"""Runs of shut days, by the `at` of their line."""


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

    def as_text(self) -> str:
        """A page of words."""
        return "\n".join(_page(self))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return "never" if value >= NEVER else value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def explain(lines: Iterable[Line], values: Values, shut: ShutDays, who: Mapping[str, Any]) -> Explanation:
    """Tell one row. `who`: the contact and the account, as in the interface. Tailoring is added by whoever tailors."""
    lines = list(lines)
    binds = _Binding(lines, values, shut)
    told = [_tell_hold(line, values, shut, binds) for line in lines if line.kind in ("hold", "closed")]
    holds = [hold for holds in told for hold in holds]
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


def _tell_hold(line: Line, values: Values, shut: ShutDays, binds: _Binding) -> Iterable[dict[str, Any]]:
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
            "binding": _mode(line, values) == "on" and binds(line, since, until),
            "mode": _mode(line, values),
            "not_before": line.not_before and _sentence(line, line.not_before, values),
        }


class _Binding:
    """Which holds set the date: those that by themselves, with the shut days that follow, lead to the same day."""

    def __init__(self, lines: Iterable[Line], values: Values, shut: ShutDays) -> None:
        reason = next((line for line in lines if line.kind == "reason" and line.place == values["reason"]), None)
        self._values = values
        self._occasion = reason.occasion if reason else None
        self._found: date | None = values["next_ask_on"]
        runs = [run for found in shut.values() for run in found if run["until"] == self._found]
        self._since = min((run["since"] for run in runs), default=self._found)
        """The first of the shut days that lead up to the day that was found."""

    def __call__(self, line: Line, since: date | None, until: date) -> bool:
        if self._occasion is None or not _is_about(line, self._values, self._occasion):
            return False
        first = first_day(self._values)
        if self._found is None or self._since is None:
            return until > first + timedelta(AHEAD)
        covers = self._found > first and (since is None or since < self._found)
        return covers and until > first and until >= self._since


def _is_about(line: Line, values: Values, occasion: str) -> bool:
    """Whether a hold applies to an occasion."""
    if occasion in (values.get(line.at + "except_for") or line.except_for):
        return False
    only = values.get(line.at + "only_for", line.only_for)
    return only is None or occasion in only


def find_hold(lines: Iterable[Line], values: Values, shut: ShutDays, occasion: str) -> str | None:
    """Why this occasion may not be asked about today, if it may not: the sentence of a hold that covers the day."""
    lines = list(lines)
    binds = _Binding(lines, values, shut)
    for line in lines:
        if line.kind in ("hold", "closed") and _mode(line, values) == "on" and _is_about(line, values, occasion):
            for hold in _tell_hold(line, values, shut, binds):
                if (hold["since"] or values["today"]) <= values["today"]:
                    return str(hold["because"])
    return None


def _concerns(line: Line, values: Values) -> bool:
    return values[f"used:{line.place}"] is not None and _mode(line, values) != "off"


def _tell_limit(line: Line, values: Values) -> dict[str, Any]:
    used, at_most = values[f"used:{line.place}"], values[line.at + "at_most"]
    holds = "; they hold one of these places already" if values.get(line.at + "used") is True else ""
    return {
        "strategy": line.strategy,
        "per": "+".join(line.per).replace("_id", ""),
        "at_most": at_most,
        "used": used,
        "because": _sentence(line, line.because, values, {"used": used, "at_most": at_most}) + holds,
        "binding": values["bound_by"] == line.place,
    }


# words


def _page(told: Explanation) -> Iterable[str]:
    name, account = told.contact["name"] or told.contact["key"], told.account["name"]
    yield f"{name} at {account}, {say(told.on, told.on)}: {_headline(told)}"
    yield from _part("Why we would ask", [_reason_words(reason, told) for reason in told.reasons])
    yield from _part("What speaks against it", [_hold_words(hold, told) for hold in told.holds])
    yield from _part("Limits", [_limit_words(limit) for limit in told.limits or ()])
    if told.channel:
        yield from _part(
            "Way",
            [
                f"{CHANNEL_WORDS.get(told.channel['chosen'], told.channel['chosen'])}: {told.channel['why']}"
                if told.channel["chosen"]
                else told.channel["why"]
            ],
        )
    if told.questions is not None:
        yield from _part(
            f"Questions, about {told.seconds} seconds", [f"{q['name']}: {q['why']}" for q in told.questions]
        )
        yield from _part("Left out", [f"{left['name']}: {left['why']}" for left in told.left_out or ()])
    yield from _part("What went wrong", told.errors)


def _part(title: str, lines: Iterable[str]) -> Iterable[str]:
    found = [f"  {line}" for line in lines]
    return ["", title, *found] if found else []


def _headline(told: Explanation) -> str:
    occasion = OCCASION_WORDS.get(told.occasion or "", told.occasion)
    match told.decision:
        case "ask":
            return f"ask today, a {occasion}."
        case "limited":
            return f"a {occasion} would be due, but a limit is reached."
        case "no_reason":
            return "nothing to ask about."
    if told.not_before:
        return f"not {told.not_before}."
    if told.next_ask_on is None:
        return "do not ask."
    return f"not yet. Next ask: {say(told.next_ask_on, told.on)}, a {occasion}."


def _reason_words(reason: Mapping[str, Any], told: Explanation) -> str:
    when = "since" if reason["on"] <= told.on else "from"
    occasion = OCCASION_WORDS.get(reason["occasion"], reason["occasion"])
    return f"{occasion}, {when} {say(reason['on'], told.on)}: {reason['because']}{_mode_words(reason)}"


def _hold_words(hold: Mapping[str, Any], told: Explanation) -> str:
    until = "until taken back" if hold["until"] >= NEVER else f"until {say(hold['until'], told.on)}"
    if hold["binding"] and told.not_before:
        until = f"not {told.not_before}"
    mark = " (this decides)" if hold["binding"] else ""
    return f"{until}: {hold['because']}{mark}{_mode_words(hold)}"


def _limit_words(limit: Mapping[str, Any]) -> str:
    mark = " (this decides)" if limit["binding"] else ""
    return f"{limit['used']} of {limit['at_most']} places taken: {limit['because']}{mark}"


def _mode_words(said: Mapping[str, Any]) -> str:
    return " (on trial, decides nothing)" if said["mode"] == "shadow" else ""
