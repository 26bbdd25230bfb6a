"""How the desk says things: days, states, who did what. Words only; what is told comes in as values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from markupsafe import Markup, escape

from engine.decide.sentences import CHANNEL_WORDS, TOUCHPOINT_WORDS
from engine.errors import InputError
from engine.language import ENGLISH
from engine.operations.outcomes import name_from_email
from engine.survey.wording import render_known
from engine.types import Survey

STATUSES = {
    400: "The page was open for too long, or something was left out. Go back, load it again, and do it once more.",
    401: "Please sign in first.",
    403: "Your role does not reach that far here. Ask an admin, or the team’s lead.",
    404: "There is nothing here, or it belongs to another team.",
    405: "This page cannot be asked that.",
    413: "That is too large.",
    429: "That was tried too often. Wait a minute, then try again.",
    500: "Something went wrong on our side. It was noted; nothing you typed was half saved.",
}
OCCASIONS = {
    "relationship": "how things are going", "touchpoint": "something that has just happened",
    "renewal": "the coming renewal", "promise": "a promise we kept",
}  # fmt: skip
ASK_STATES = {
    "planned": "planned", "approved": "approved", "sending": "being sent", "sent": "sent", "opened": "opened",
    "started": "begun", "answered": "answered", "expired": "no answer", "declined": "not for them",
    "in_doubt": "may have arrived", "bounced": "came back", "cancelled": "taken back",
}  # fmt: skip
CALLS = {
    "answered": "answered", "later": "ask later", "declined": "did not want to", "not_reached": "not reached",
    "call_back": "wants to be called back",
}  # fmt: skip
IMPORT_STATES = {
    "running": "under way", "done": "done", "failed": "ended half-way", "stopped": "stopped half-way",
    "undoing": "being undone", "undone": "undone",
}  # fmt: skip
STEPS = {
    "drafted": "drafted it", "agreed": "agreed to it", "moved": "moved it", "handed_over": "handed it over",
    "done": "said it is done", "declined": "decided against it", "kept": "said it was kept",
    "disputed": "said it is not done", "imported": "brought it in", "dismissed": "put the draft aside",
    "merged": "let another one answer it", "reopened": "opened it again",
    "offered": "asked a colleague to take it over",
    "refused": "did not take it over", "covered": "had somebody stand in", "corrected": "put the words right",
    "noted": "noted", "escalated": "called for help",
}  # fmt: skip


def day(when: date | datetime | None, today: date) -> str:
    """`Mon 7 Dec`."""
    if when is None:
        return "no day yet"
    return ENGLISH.day(when.date() if isinstance(when, datetime) else when, today)


def said_day(fact: object, today: date) -> str:
    """A fact of a history: a day as people say it, where it is one."""
    try:
        return day(date.fromisoformat(str(fact)), today) if len(str(fact)) == len("2026-11-24") else str(fact)
    except ValueError:
        return str(fact)


def away(when: date | datetime | None, today: date) -> str:
    """`in 12 days`, `today`, `3 days ago`."""
    if when is None:
        return ""
    days = ((when.date() if isinstance(when, datetime) else when) - today).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    if days in near:
        return near[days]
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def late(due_on: date | None, today: date) -> str:
    """`in 12 days`, `2 days overdue`."""
    if due_on is not None and due_on < today:
        days = (today - due_on).days
        return f"{days} day{'s' * (days != 1)} overdue"
    return away(due_on, today)


def person(email: str | None) -> str:
    """`Maria Keller`, of an address; an author of another kind stays as it is."""
    if not email or "@" not in email:
        return {"": "nobody", "system": "Heed"}.get(email or "", email or "")
    return name_from_email(email)


def promise_state(promise: Any) -> str:
    """draft, agreed, overdue is not one: agreed, disputed, done, kept, declined."""
    if promise.verdict == "disputed" and promise.status == "agreed":
        return "disputed"
    if promise.status == "done":
        return str(promise.verdict or "done")
    return "draft" if promise.status == "drafted" else str(promise.status)


def plural(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    found = list(words)
    return " and ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else "".join(found)


def shown(value: Any) -> str:
    """A setting's value as people read it."""
    if isinstance(value, list):
        return ", ".join(str(one).replace("_", " ") for one in value) or "none"
    return str(value).replace("_", " ") if value not in ("", None) else "none"


def about_survey(survey: Survey) -> str:
    """`how things are going`, `something that has just happened: ticket closed`."""
    about = listed(OCCASIONS[occasion] for occasion in survey.occasions)
    return f"{about}: {listed(survey.touchpoints)}".replace("_", " ") if survey.touchpoints else about


def way(channel: str | None) -> str:
    """`e-mail`, of a channel's name."""
    return CHANNEL_WORDS.get(channel or "", (channel or "").replace("_", " "))


def happened(kind: str) -> str:
    """A touchpoint as a sentence without its end: `The business review was held`."""
    words = TOUCHPOINT_WORDS.get(kind, kind.replace("_", " "))
    return words[:1].upper() + words[1:]


def worded(text: object) -> str:
    """A wording with the names of its facts in place: `Would you recommend [company name]?`"""
    try:
        return render_known(str(text), {}, lambda path: f"[{path.replace('.', ' ').replace('_', ' ')}]")
    except InputError:  # it is being written
        return str(text)


CODE = Markup("<code>{}</code>")


def coded(text: str) -> Markup:
    """Plain text with its `names` as code."""
    parts = [escape(part) for part in " ".join(text.split()).split("`")]
    if len(parts) % 2 == 0:  # one that nobody closed
        return Markup("`").join(parts)
    return Markup("").join(CODE.format(part) if place % 2 else part for place, part in enumerate(parts))


GLOBALS = {
    "day": day, "away": away, "late": late, "person": person, "promise_state": promise_state, "plural": plural,
    "listed": listed, "shown": shown, "worded": worded, "coded": coded, "said_day": said_day,
    "about_survey": about_survey, "happened": happened, "way": way,
    "OCCASIONS": OCCASIONS, "ASK_STATES": ASK_STATES, "CALLS": CALLS, "STEPS": STEPS,
    "IMPORT_STATES": IMPORT_STATES, "as_day": datetime.fromisoformat,
}  # fmt: skip
