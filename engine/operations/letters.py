"""What pages and messages say alike, in a client's language: why we ask, how long it takes, where a promise stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from engine.language import Language
from engine.operations.forms import Form, Item
from engine.operations.outcomes import Outcome, Step
from engine.survey.spoken import language_for, language_of, tell


def tell_form(form: Form, language: Language) -> dict[str, str]:
    """A form in words: its title, why now, how long. `lang`, `direction`: the title's and intro's, if they differ."""
    spoken = language_for(language, form.survey.title, form.survey.intro)
    return {
        "title": tell(form.survey.title, spoken, form.facts),
        "intro": tell(form.survey.intro, spoken, form.facts),
        "lang": spoken.locale if spoken != language else "",
        "direction": spoken.direction,
        "questions": tell_questions(sum(not item.waits for item in form.items), language),
        "time": tell_time(form.seconds, language),
        "why": tell_why(form.occasion, language),
    }


def spoken_for(item: Item, language: Language) -> Language:
    """This language where the question, and what it is about, has every text in it, else English."""
    spoken = language_of(item.question, language)
    return language_for(spoken, item.touchpoint.titles) if item.touchpoint else spoken


def tell_item(form: Form, item: Item, language: Language, facts: Mapping[str, Any]) -> str:
    """A question in words. `facts`: the form's, with what is answered so far where that counts."""
    return tell(item.question.ask, language, {**facts, **_own_facts(form, item, language)})


def _own_facts(form: Form, item: Item, language: Language) -> dict[str, Any]:
    """What only this question can speak of, and what it takes the language to tell."""
    found: dict[str, Any] = {}
    if item.promise:
        day = item.promise.done_on or item.promise.due_on
        told = {"title": item.promise.title, "day": language.day(day, form.today) if day else ""}
        found["promise"] = {**told, "owner": {"name": item.promise.owner_name}}
    if item.touchpoint:
        title, day = language.choose(item.touchpoint.titles), item.touchpoint.on
        found["touchpoint"] = {"title": title, "day": language.day(day, form.today)}
    if form.last:
        days = {name: language.day(one.on, form.today) for name, one in form.last.items()}
        found["last"] = {name: {**told, "day": days[name]} for name, told in form.facts["last"].items()}
    return found


@lru_cache(maxsize=256)
def tell_questions(number: int, language: Language) -> str:
    """`Three questions`."""
    _ = language.gettext
    told = (
        _("No questions"),
        _("One question"),
        _("Two questions"),
        _("Three questions"),
        _("Four questions"),
        _("Five questions"),
        _("Six questions"),
        _("Seven questions"),
    )
    many = language.ngettext("%(number)s question", "%(number)s questions", number)
    return told[number] if number < len(told) else many


@lru_cache(maxsize=256)
def tell_time(seconds: int, language: Language) -> str:
    """`about two minutes`, rounded up: nobody is told less than it takes."""
    _ = language.gettext
    minutes = -(-seconds // 60)
    told = (_("a moment"), _("about a minute"), _("about two minutes"), _("about three minutes"))
    many = language.ngettext("about %(number)s minute", "about %(number)s minutes", minutes)
    return told[minutes] if minutes < len(told) else many


@lru_cache(maxsize=256)
def tell_why(occasion: str, language: Language) -> str:
    """Why now, as a part of a sentence that begins with “because”."""
    _ = language.gettext
    told = {
        "promise": _("we did what we promised you, and only you can say whether it holds"),
        "touchpoint": _("something you had with us has just come to an end"),
        "renewal": _("your contract comes up for renewal, and we would rather hear from you before that"),
        "relationship": _("it is a while since we asked you"),
    }
    return told.get(occasion, told["relationship"])


def tell_state(outcome: Outcome, language: Language, today: date) -> str:
    """Where a promise stands: `Moved to Thu 3 Dec, because the supplier is late`."""
    _ = language.gettext
    due = language.day(outcome.due_on, today) if outcome.due_on else ""
    done = language.day(outcome.done_on, today) if outcome.done_on else ""
    reason = _plain(outcome.reason)
    match outcome.state:
        case "done":
            told = _("Done on %(day)s", day=done) if done else _("Done")
            return _("%(told)s: %(reason)s", told=told, reason=reason) if reason else told
        case "kept":
            return _("Done on %(day)s, and kept, as you told us", day=done) if done else _("Kept, as you told us")
        case "declined":
            return (
                _("We decided against it, because %(reason)s", reason=reason) if reason else _("We decided against it")
            )
        case "moved":
            moved = _("Moved to %(day)s", day=due)
            return _("%(moved)s, because %(reason)s", moved=moved, reason=reason) if reason else moved
        case "disputed":
            return _("Open again, because you told us it is not done; due on %(day)s", day=due)
        case _:
            return _("Agreed, due on %(day)s", day=due) if due else _("Agreed")


def tell_step(step: Step, language: Language, today: date) -> str:
    """One line of a promise's history, without its day."""
    _ = language.gettext
    told = {
        "agreed": _("We promised it"),
        "moved": _("We moved it"),
        "handed_over": _("We handed it to a colleague"),
        "done": _("We did it"),
        "declined": _("We decided against it"),
        "kept": _("You told us that it is kept"),
        "disputed": _("You told us that it is not done yet"),
        "noted": _("You wrote"),
    }[step.name]
    if step.due_on and step.name in ("agreed", "moved"):
        told = _("%(told)s, for %(day)s", told=told, day=language.day(step.due_on, today))
    return _("%(told)s: %(reason)s", told=told, reason=_plain(step.reason)) if step.reason else told


def _plain(reason: str | None) -> str:
    """A reason as part of a longer sentence."""
    return (reason or "").strip().rstrip(".")
