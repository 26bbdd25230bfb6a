"""What came of what clients said: promises as their client sees them, for survey, message and their own page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from engine.data.clients import list_shared_promises, list_shown_promises, read_user_names
from engine.data.models import Contact, Promise

TOLD = ("agreed", "moved", "handed_over", "done", "declined", "kept", "disputed")
"""Steps that a client is told. That there was a draft before is ours to know."""
BY_CLIENT = ("kept", "disputed", "noted")
"""Steps that are the client's own."""


@dataclass(frozen=True)
class Step:
    """One step in a promise's history. `on`: the day where the client is; `reason`: as it was given to the client."""

    name: str
    on: date
    due_on: date | None
    reason: str | None


@dataclass(frozen=True)
class Outcome:
    """A promise as its client sees it. `state`: agreed, moved, done, declined, kept or disputed."""

    number: int
    title: str
    said: str | None
    owner_name: str
    state: str
    due_on: date | None
    done_on: date | None
    reason: str | None
    ask_id: int | None
    steps: tuple[Step, ...]
    to: str = ""
    """Which colleague it was made to, where it is shown to another; empty: to the account as a whole."""

    def without_words(self) -> Outcome:
        """The same without anything that the client said: what others may read."""
        steps = tuple(replace(step, reason=None) if step.name in BY_CLIENT else step for step in self.steps)
        reason = None if self.state in BY_CLIENT else self.reason
        return replace(self, said=None, reason=reason, steps=tuple(step for step in steps if step.name != "noted"))

    @property
    def waits_for_verdict(self) -> bool:
        return self.state == "done"


def read_outcomes(session: Session, zones: Mapping[int, ZoneInfo]) -> dict[int, list[Outcome]]:
    """Every promise to these contacts that is theirs to see, by contact; what happened last first.

    `zones`: where each contact is, so that days are theirs.
    """
    promises = list_shown_promises(session, zones)
    names = read_user_names(session, {promise.owner_email for promise in promises}) if promises else {}
    found: dict[int, list[Outcome]] = {contact_id: [] for contact_id in zones}
    for promise in promises:
        contact_id = promise.contact_id or 0
        found[contact_id].append(show_promise(promise, names.get(promise.owner_email), zones[contact_id]))
    return found


def show_promise(promise: Any, owner_name: str | None, zone: ZoneInfo) -> Outcome:
    """A promise, or a row of `list_shown_promises`, as its client sees it, or would if it were agreed."""
    steps = tuple(_step(event, zone) for event in promise.events if _is_told(event))
    state = _state(promise, steps)
    return Outcome(
        number=promise.id,
        title=promise.title,
        said=promise.said,
        owner_name=owner_name or name_from_email(promise.owner_email),
        state=state,
        due_on=promise.due_on,
        done_on=promise.done_on,
        reason=next((step.reason for step in reversed(steps) if step.name == state), None),
        ask_id=promise.ask_id,
        steps=steps,
    )


def _is_told(event: Any) -> bool:
    """What the team notes is its own; what the client wrote is theirs."""
    return bool(event.step in TOLD or (event.step == "noted" and event.actor == "client"))


def read_shared(session: Session, contact: Contact, zone: ZoneInfo) -> list[Outcome]:
    """Promises to this contact's account as a whole, and those that colleagues share, without what they said."""
    promises = list_shared_promises(session, contact)
    names = read_user_names(session, {promise.owner_email for promise in promises}) if promises else {}
    told = ((promise, show_promise(promise, names.get(promise.owner_email), zone)) for promise in promises)
    return [replace(outcome.without_words(), to=_name(promise)) for promise, outcome in told]


def _name(promise: Promise) -> str:
    return (promise.contact.name or "") if promise.contact else ""


def _state(promise: Promise, steps: Sequence[Step]) -> str:
    """Where it stands, in the client's terms: a moved promise says so until it is done."""
    if promise.status == "done":
        return "kept" if promise.verdict == "kept" else "done"
    if promise.status == "declined":
        return "declined"
    changes = [step.name for step in steps if step.name in ("agreed", "moved", "disputed")]
    return changes[-1] if changes else "agreed"


def _step(event: Any, zone: ZoneInfo) -> Step:
    return Step(event.step, local_day(event.at, zone), event.due_on, event.reason)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def name_from_email(email: str) -> str:
    """What an owner without a login is called.

    >>> name_from_email("maria.keller-vogt@harbour.example")
    'Maria Keller-Vogt'
    """
    words = email.partition("@")[0].partition("+")[0].replace("_", ".").split(".")
    return " ".join(word.title() for word in words if word)


def first_name(name: str) -> str:
    return name.split()[0] if name.split() else ""
