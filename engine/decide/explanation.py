"""Explanations: a decision as an argument, told from one row of values. A stored record is told the same way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from engine.decide.changes import TOGETHER
from engine.decide.endings import Kept, keep
from engine.decide.outline import Line, Values, first_day
from engine.decide.rule import AHEAD
from engine.decide.sentences import Teller
from engine.decide.takers import tell_takers
from engine.language import ENGLISH, Language
from engine.types import NEVER

Told = dict[str, Any]


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
    reasons: list[Told]
    holds: list[Told]
    limits: list[Told] | None
    channel: Told | None = None
    questions: list[Told] | None = None
    left_out: list[Told] | None = None
    seconds: float | None = None
    no_objection: list[Told] = field(default_factory=list)
    """Strategies that were asked for reasons or holds, and had nothing to say: strategy, part, mode."""
    worth: list[Told] | None = None
    """What the answer counts when there is not room for everyone, by strategy: strategy, factor, mode."""
    what_would_change: list[Told] = field(default_factory=list)
    """strategy (None: all that hold them), if (a sentence), decision, occasion, next_ask_on."""
    stored: Explanation | None = None
    """What was decided when an ask was made that day, as it was kept."""
    differs: list[str] = field(default_factory=list)
    """What differs since, a sentence each."""
    without_rivals: bool = False
    """Others may want the same places, too many to look at for one contact: limits are as they would be without."""
    errors: tuple[str, ...] = ()
    language: Language = ENGLISH
    """In which all this is told."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON wants it: dates in ISO 8601, `never` for a hold without an end."""
        plain: dict[str, Any] = _plain(
            {key: value for key, value in vars(self).items() if key not in ("not_before", "errors", "language")}
        )
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Explanation):
        return value.as_dict()
    if isinstance(value, date):
        return "never" if value >= NEVER else value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def explain(lines: Iterable[Line], values: Values, who: Mapping[str, Any], language: Language = ENGLISH) -> Explanation:
    """Tell one row. `who`: the contact and the account, as in the interface. Tailoring is added by whoever tailors."""
    lines, tell = list(lines), Teller(values["today"], language)
    binds = _Binding(lines, values)
    holds = [(line, hold) for line in lines if line.kind in HOLDS for hold in _tell_hold(line, values, binds, tell)]
    words = [hold.pop("not_before") for _, hold in holds]
    concerned = [line for line in lines if line.kind == "limit" and _concerns(line, values)]
    worths = [line.because for line in lines if line.kind == "worth"]
    limits = [(line, _tell_limit(line, values, worths, tell)) for line in concerned]
    reasons = [line for line in lines if line.kind == "reason" and _is_left(line, values)]
    spoke = {line.strategy for line in [*reasons, *(line for line, _ in holds)]}
    chosen = values["decision"] in ("ask", "limited")
    return Explanation(
        contact=who["contact"],
        account=who["account"],
        on=values["today"],
        decision=values["decision"],
        occasion=values["occasion"],
        next_ask_on=values["next_ask_on"],
        not_before=next((word for word, (_, hold) in zip(words, holds, strict=True) if word and hold["binding"]), None),
        reasons=[_tell_reason(line, values, tell) for line in reasons],
        holds=[hold for _, hold in holds],
        limits=[limit for _, limit in limits] if chosen else None,
        no_objection=list(_tell_silent(lines, values, spoke)),
        worth=[_tell_worth(line, values) for line in lines if line.kind == "worth" and _speaks(line, values)]
        if values["decision"] == "limited"
        else None,
        what_would_change=list(_tell_changes(values, reasons, holds, limits, tell)),
        language=language,
    )


HOLDS = ("hold", "closed")
PARTS = {"reason": "reason", "hold": "hold", "closed": "hold"}


def _mode(line: Line, values: Values) -> str:
    return str(line.mode or values[line.at + "mode"])


def _sentence(tell: Teller, line: Line, template: str, values: Values, own: Values | None = None) -> str:
    return tell(template, _inside(line, values, own))


def _inside(line: Line, values: Values, own: Values | None = None) -> Told:
    """What a line's sentences name."""
    inside = {name.removeprefix(line.at): value for name, value in values.items() if name.startswith(line.at)}
    return inside | dict(own or {})


def _is_left(line: Line, values: Values) -> bool:
    return bool(values[f"left:{line.place}"]) and _mode(line, values) != "off"


def _tell_reason(line: Line, values: Values, tell: Teller) -> Told:
    return {
        "strategy": line.strategy,
        "occasion": line.occasion,
        "on": values[line.at + "on"],
        "because": _sentence(tell, line, line.because, values),
        "mode": _mode(line, values),
    }


def _tell_hold(line: Line, values: Values, binds: _Binding, tell: Teller) -> Iterator[Told]:
    """A hold that still covers days to come, or the shut days of a calendar."""
    for since, until, run in _list_days(line, values):
        yield {
            "strategy": line.strategy,
            "since": since,
            "until": until,
            "because": _sentence(tell, line, line.because, values, run),
            "binding": _mode(line, values) == "on" and binds(line, since, until),
            "mode": _mode(line, values),
            "not_before": line.not_before and _sentence(tell, line, line.not_before, values),
        }


def _list_days(line: Line, values: Values) -> Iterator[tuple[date | None, date, Told]]:
    """From when (None: ever) until when a hold covers days to come; of a calendar each run of days, and its values."""
    own: Sequence[Told] = (values.get(line.at + "runs") or ()) if line.kind == "closed" else ({},)
    for run in own:
        until = run.get("until", values.get(line.at + "until"))
        if until is not None and until > values["today"] and _mode(line, values) != "off":
            yield run.get("since", values.get(line.at + "since")), until, run


class _Binding:
    """Which holds set the date: those that by themselves, with the shut days that follow, lead to the same day."""

    def __init__(self, lines: Iterable[Line], values: Values) -> None:
        lines = list(lines)
        reason = next((line for line in lines if line.kind == "reason" and line.place == values["reason"]), None)
        self._values = values
        self._occasion = reason.occasion if reason else None
        self._found: date | None = values["next_ask_on"]
        runs = [run for line in lines for run in values.get(line.at + "runs") or () if run["until"] == self._found]
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


def find_hold(lines: Iterable[Line], values: Values, occasion: str) -> Kept | None:
    """Why this occasion may not be asked about today, if it may not: the sentence of a hold that covers the day."""
    for line in lines:
        if line.kind in HOLDS and _mode(line, values) == "on" and _is_about(line, values, occasion):
            for since, _, run in _list_days(line, values):
                if (since or values["today"]) <= values["today"]:
                    return keep(line.because, _inside(line, values, run))
    return None


def _concerns(line: Line, values: Values) -> bool:
    return values[f"used:{line.place}"] is not None and _mode(line, values) != "off"


PER = {"account_id": "account", "person_id": "person", "today": "day"}
"""What people share, where the column is called otherwise."""


def _tell_limit(line: Line, values: Values, worths: Sequence[str], tell: Teller) -> Told:
    used, at_most = values[f"used:{line.place}"], values[line.at + "at_most"]
    taken_by = values.get(line.at + "taken_by")
    because = _sentence(tell, line, line.because, values, {"used": used, "at_most": at_most})
    if values.get(line.at + "used") is True or values.get(line.at + "holds"):
        because = tell("{because}; this person has one of these places already", because=because)
    return {
        "strategy": line.strategy,
        "per": "+".join(PER.get(column, column) for column in line.per),
        "at_most": at_most,
        "used": used,
        "because": because,
        "binding": values["bound_by"] == line.place,
        "mode": _mode(line, values),
        "taken_by": list(tell_takers(taken_by or (), values.get(line.at + "others"), worths, tell)),
    }


def _speaks(line: Line, values: Values) -> bool:
    return values.get(line.at + "worth") is not None and _mode(line, values) != "off"


def _tell_worth(line: Line, values: Values) -> Told:
    return {"strategy": line.strategy, "factor": values[line.at + "worth"], "mode": _mode(line, values)}


def _tell_silent(lines: Iterable[Line], values: Values, spoke: set[str]) -> Iterator[Told]:
    """Strategies that were asked, and had no reason or no objection."""
    told = set(spoke)
    for line in lines:
        if line.kind in PARTS and line.strategy not in told and _mode(line, values) != "off":
            told.add(line.strategy)
            yield {"strategy": line.strategy, "part": PARTS[line.kind], "mode": _mode(line, values)}


# what would change it


def _tell_changes(
    values: Values,
    reasons: Iterable[Line],
    holds: Sequence[tuple[Line, Told]],
    limits: Sequence[tuple[Line, Told]],
    tell: Teller,
) -> Iterator[Told]:
    """What could be otherwise, and the day that would follow: rules that set the date, limits, rules on trial."""
    binding = list(dict.fromkeys(line for line, hold in holds if hold["binding"]))
    on_trial = list(dict.fromkeys(line for line, hold in holds if hold["mode"] == "shadow"))
    found = [_change(line, line.unless, values, tell) for line in binding if line.unless]
    found += [_change(line, line.because, values, tell) for line in on_trial]
    found += [_change(line, line.because, values, tell) for line in reasons if _mode(line, values) == "shadow"]
    changes = [change for change in found if change]
    yield from changes
    if not changes and len(binding) > 1 and (together := _followed(TOGETHER, values)):
        yield {"strategy": None, "if": tell("without all of these"), **together}
    yield from _room(values, limits, tell)


def _change(line: Line, template: str, values: Values, tell: Teller) -> Told | None:
    """None where the day stays the same, or the record is so old that it does not say."""
    then = _followed(line.at, values)
    if then is None:
        return None
    own: Values = next(iter(values.get(line.at + "runs") or ()), {})
    sentence = _sentence(tell, line, template, values, own)
    if _mode(line, values) == "shadow":
        sentence = tell("if the rule on trial counted ({because})", because=sentence)
    return {"strategy": line.strategy, "if": sentence, **then}


def _followed(at: str, values: Values) -> Told | None:
    decision, on = values.get(at + "then"), values.get(at + "then_on")
    now = "ask" if values["decision"] == "limited" else values["decision"]
    if decision is None or (decision, on) == (now, values["next_ask_on"]):
        return None
    return {"decision": decision, "occasion": values[at + "then_for"], "next_ask_on": on}


def _room(values: Values, limits: Sequence[tuple[Line, Told]], tell: Teller) -> Iterator[Told]:
    """What would make room for one who was left out; no more than one limit may be in the way."""
    full = [line for line, limit in limits if limit["mode"] == "on" and limit["used"] >= limit["at_most"]]
    if values["decision"] == "limited" and len(full) == 1 and full[0].unless:
        sentence = _sentence(tell, full[0], full[0].unless, values)
        outcome = {"decision": "ask", "occasion": values["occasion"], "next_ask_on": values["today"]}
        yield {"strategy": full[0].strategy, "if": sentence, **outcome}
