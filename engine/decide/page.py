"""An explanation as a page of words: what, why, what speaks against it, how, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.decide.explanation import Explanation
from engine.decide.sentences import CHANNEL_WORDS, OCCASION_WORDS, say
from engine.types import NEVER


def explanation_as_text(told: Explanation) -> str:
    return "\n".join(_page(told))


def _page(told: Explanation) -> Iterable[str]:
    name, account = told.contact["name"] or told.contact["key"], told.account["name"]
    yield f"{name} at {account}, {say(told.on, told.on)}: {headline(told)}"
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
    yield from _part("What would change this", [_change_words(change, told) for change in told.what_would_change])
    yield from _part("No objection", _silent_words(told))
    yield from _part("What went wrong", told.errors)
    if told.stored:
        yield from _part("When the ask was made", [headline(told.stored)])
        yield from _part("What differs since", told.differs or ["Nothing."])


def _part(title: str, lines: Iterable[str]) -> Iterable[str]:
    found = [f"  {line}" for line in lines]
    return ["", title, *found] if found else []


def headline(told: Explanation) -> str:
    """The decision in one sentence."""
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


def _change_words(change: Mapping[str, Any], told: Explanation) -> str:
    if change["next_ask_on"] is None:
        return f"{change['if']}: {'nothing to ask about' if change['decision'] == 'no_reason' else 'never'}"
    day = "today" if change["next_ask_on"] == told.on else say(change["next_ask_on"], told.on)
    return f"{change['if']}: {day}, a {OCCASION_WORDS.get(change['occasion'], change['occasion'])}"


def _silent_words(told: Explanation) -> list[str]:
    names = [each["strategy"].replace("_", " ") for each in told.no_objection if each["part"] == "hold"]
    return [", ".join(names)] if names else []


def _mode_words(said: Mapping[str, Any]) -> str:
    return " (on trial, decides nothing)" if said["mode"] == "shadow" else ""
