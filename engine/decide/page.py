"""An explanation as a page of words: what, why, what speaks against it, how, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engine.decide.explanation import Explanation
from engine.decide.sentences import Teller, Words
from engine.types import NEVER


@dataclass(frozen=True)
class Spoken:
    """One sentence of a part, whose it is, and whether it is the one that decides."""

    words: str
    strategy: str = ""
    binding: bool = False


@dataclass(frozen=True)
class Part:
    title: str
    sentences: Sequence[Spoken]


def explanation_as_text(told: Explanation) -> str:
    lines = [_title(told)]
    for part in list_parts(told):
        lines += ["", part.title, *(f"  {one.words}" for one in part.sentences)]
    return "\n".join(lines)


def headline(told: Explanation) -> Words:
    """The decision in one sentence."""
    tell = _teller(told)
    match told.decision:
        case "ask":
            return tell("ask today, a {occasion}.", occasion=told.occasion)
        case "limited":
            return tell("a {occasion} would be due, but a limit is reached.", occasion=told.occasion)
        case "no_reason":
            return tell("nothing to ask about.")
    if told.not_before:
        return tell("not {not_before}.", not_before=told.not_before)
    if told.next_ask_on is None:
        return tell("do not ask.")
    return tell("not yet. Next ask: {on}, a {occasion}.", on=told.next_ask_on, occasion=told.occasion)


def _teller(told: Explanation) -> Teller:
    return Teller(told.on, told.language)


def _title(told: Explanation) -> str:
    name, account = Words(told.contact["name"] or told.contact["key"]), Words(told.account["name"])
    tell = _teller(told)
    return tell("{name} at {account}, {on}: {headline}", name=name, account=account, on=told.on,
                         headline=headline(told))  # fmt: skip


def list_parts(told: Explanation) -> Iterator[Part]:
    """The argument in order, without the parts that say nothing."""
    for title, sentences in _parts(told, _teller(told)):
        if found := list(sentences):
            yield Part(title, found)


def _parts(told: Explanation, tell: Teller) -> Iterator[tuple[str, Iterable[Spoken]]]:
    yield tell("Why we would ask"), (_said(one, _reason_words(one, told, tell)) for one in told.reasons)
    yield tell("What speaks against it"), (_said(one, _hold_words(one, told, tell)) for one in told.holds)
    yield tell("Limits"), _limits_words(told, tell)
    if told.channel:
        impossible = told.channel["why_not"].items()
        whys = [Spoken(tell("not by {channel}: {why}", channel=name, why=Words(why))) for name, why in impossible]
        yield tell("Way"), [Spoken(_channel_words(told.channel, tell)), *whys]
    if told.questions is not None:
        title = tell("Questions, about {seconds|a second|# seconds}", seconds=told.seconds)
        yield title, (Spoken(_question_words(question, tell)) for question in told.questions)
        yield tell("Left out"), (Spoken(_question_words(left, tell)) for left in told.left_out or ())
    changes = (_said(change, _change_words(change, told, tell)) for change in told.what_would_change)
    yield tell("What would change this"), changes
    yield tell("No objection"), map(Spoken, _silent_words(told, tell))
    yield tell("What went wrong"), map(Spoken, told.errors)
    if told.stored:
        yield tell("When the ask was made"), [Spoken(headline(told.stored))]
        yield tell("What differs since"), map(Spoken, told.differs or [tell("Nothing.")])


def _said(said: Mapping[str, Any], words: str) -> Spoken:
    return Spoken(words, said.get("strategy") or "", bool(said.get("binding")))


def _reason_words(reason: Mapping[str, Any], told: Explanation, tell: Teller) -> str:
    values = {**reason, "because": _marked(reason, tell)}
    if reason["on"] <= told.on:
        return tell("{occasion}, since {on}: {because}", values)
    return tell("{occasion}, from {on}: {because}", values)


def _hold_words(hold: Mapping[str, Any], told: Explanation, tell: Teller) -> str:
    values = {**hold, "because": _marked(hold, tell)}
    if hold["binding"] and told.not_before:
        return tell("not {not_before}: {because}", values, not_before=told.not_before)
    if hold["until"] >= NEVER:
        return tell("until that is taken back: {because}", values)
    if hold["since"] is None or hold["since"] <= told.on:
        return tell("not before {until}: {because}", values)
    last = hold["until"] - timedelta(1)
    if hold["since"] == last:
        return tell("not on {since}: {because}", values)
    return tell("not from {since} to {last}: {because}", values, last=last)


def _limits_words(told: Explanation, tell: Teller) -> Iterator[Spoken]:
    for limit in told.limits or ():
        values = {**limit, "because": _marked(limit, tell)}
        yield _said(limit, tell("{used} of {at_most|# place|# places} taken: {because}", values))
        yield from (Spoken(f"  {taken['because']}") for taken in limit["taken_by"])
    if told.without_rivals:
        yield Spoken(tell("others may want the same places, too many to look at for one contact: the plan will decide"))


def _marked(said: Mapping[str, Any], tell: Teller) -> Words:
    """What was said, and how much it counts."""
    because = Words(said["because"])
    if said.get("binding"):
        because = tell("{because} (this decides)", because=because)
    return tell("{because} (on trial, decides nothing)", because=because) if said.get("mode") == "shadow" else because


def _channel_words(channel: Mapping[str, Any], tell: Teller) -> str:
    return tell("{chosen}: {why}", channel) if channel["chosen"] else channel["why"]


def _question_words(question: Mapping[str, Any], tell: Teller) -> str:
    return tell("{name}: {why}", question)


def _change_words(change: Mapping[str, Any], told: Explanation, tell: Teller) -> str:
    if change["next_ask_on"] == told.on:
        return tell("{if}: today, a {occasion}", change)
    if change["next_ask_on"] is not None:
        return tell("{if}: {next_ask_on}, a {occasion}", change)
    if change["decision"] == "no_reason":
        return tell("{if}: nothing to ask about", change)
    return tell("{if}: never", change)


def _silent_words(told: Explanation, tell: Teller) -> list[str]:
    names = [tell.word(each["strategy"]) for each in told.no_objection if each["part"] == "hold"]
    return [tell.say(names)] if names else []
