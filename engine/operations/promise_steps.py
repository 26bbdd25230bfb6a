"""What every step of a promise shares: which may follow, what is checked before it, and the trace that it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engine.data import promises as data
from engine.data.house import add_entry
from engine.data.marks import mark_accounts, mark_persons
from engine.data.models import Promise, PromiseEvent
from engine.errors import ChangedError, InputError, NotFoundError, StateError
from engine.house import Engine
from engine.operations.called import read_called
from engine.types import clean_text

STEPS = {
    "drafted": ("agree", "merge", "dismiss", "hand over", "decline"),
    "agreed": ("move", "do", "hand over", "decline"),
    "done": ("record the client's verdict",),
    "declined": ("agree",),
    "dismissed": ("agree",),
    "merged": (),
}
"""What can follow on each state. A dispute makes a done promise agreed again."""
OPEN = ("drafted", "agreed")
"""What waits for us."""
OF_IT = {
    "agree": "agree to it",
    "hand over": "hand it over",
    "merge": "merge it into another",
    "record the client's verdict": "record the client's verdict on it",
}


def name(promise: Promise) -> str:
    """How a promise is called on every screen: P-12."""
    return f"P-{promise.id}"


read_number = partial(read_called, letter="P", what="a promise")
"""The number of what is called P-12, or 12. Raises NotFoundError."""


def find_promise(session: Session, number: int) -> Promise:
    """The promise, kept from other writers until the transaction ends. Raises NotFoundError."""
    promise = data.find_promise(session, number)
    if promise is None:
        raise NotFoundError(f"There is no promise P-{number}. `heed promises` lists them.", about=f"P-{number}")
    return promise


def find_for(
    session: Session, number: int, step: str, *, seen: int | None = None, wanted: Mapping[str, Any] | None = None
) -> Promise:
    """The promise that is to take a step. `seen`: the version that whoever wants it has looked at; None: any.

    Raises NotFoundError; ChangedError, with both versions, where somebody else came first; StateError where the step
    does not follow.
    """
    promise = find_promise(session, number)
    if seen is not None and seen != promise.version:
        raise _changed(session, promise, seen, wanted or {})
    check_step(promise, step)
    return promise


def check_step(promise: Promise, step: str) -> None:
    possible = STEPS[promise.status]
    if step in possible:
        return
    wanted = OF_IT.get(step, f"{step} it")
    if promise.verdict == "kept":
        what = f"done, and the client said it is kept; you cannot {wanted}. What is still to do is a new promise."
    elif possible:
        what = f"{promise.status}; you cannot {wanted}. Possible now: {', '.join(possible)}."
    else:
        what = f"merged into P-{promise.merged_into_id}; that is the one to work on."
    raise StateError(f"{name(promise)} is {what}", about=name(promise))


def _changed(session: Session, promise: Promise, seen: int, wanted: Mapping[str, Any]) -> ChangedError:
    """What the second of two sees: theirs, mine, and that nothing was lost."""
    since = data.list_events(session, promise.id)[-max(promise.version - seen, 1) :]
    told = "; ".join(tell_event(event) for event in since)
    stands = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in facts(promise).items() if value)
    mine = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in wanted.items() if value)
    return ChangedError(
        f"{name(promise)} has changed since you looked at it: {told}. It stands at: {stands}. "
        f"You wanted: {mine or 'another step'}. Nothing was changed; look at it again and decide.",
        about=name(promise),
        mine=wanted,
        theirs=facts(promise),
    )


def tell_event(event: PromiseEvent) -> str:
    """`moved by Leila, due 2026-12-03 (The auditors come first.)`"""
    due = f", due {event.due_on}" if event.due_on and event.step in ("agreed", "moved", "disputed") else ""
    why = f" ({event.reason})" if event.reason else ""
    return f"{event.step.replace('_', ' ')} by {event.author}{due}{why}"


@contextmanager
def taking_step(
    engine: Engine,
    session: Session,
    promise: Promise,
    step: str,
    *,
    author: str | None = None,
    actor: str = "team",
    reason: str | None = None,
    note: str | None = None,
) -> Iterator[None]:
    """Around a change: its event, its audit entry, the next version, and the account marked for planning.

    `reason`: as the client reads it, where the step is theirs to see; `note`: as only the team does.
    """
    before = facts(promise)
    yield
    at, author = engine.clock(), author or engine.author
    promise.version += 1
    how = {"actor": actor, "reason": reason, "note": note, "due_on": promise.due_on, "owner_email": promise.owner_email}
    data.add_event(session, promise, at=at, author=author, step=step, **how)
    action, after = f"promise {step}".replace("_", " "), facts(promise)
    add_entry(session, at=at, author=author, action=action, subject=name(promise), before=before, after=after)
    if promise.contact is not None:
        mark_persons(session, [promise.contact.person_id])  # at every account of theirs, so at this one, too
    else:
        mark_accounts(session, [promise.account.id])


def facts(promise: Promise) -> dict[str, Any]:
    """How it stands, plainly."""
    return {
        "title": promise.title,
        "owner": promise.owner_email,
        "due_on": _iso(promise.due_on),
        "done_on": _iso(promise.done_on),
        "status": promise.status,
        "verdict": promise.verdict,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def needed(text: str | None, message: str) -> str:
    """The text, cleaned. Raises InputError where there is none."""
    if not (cleaned := clean_text(text or "").strip()):
        raise InputError(message)
    return cleaned


def cleaned(text: str | None) -> str | None:
    return clean_text(text).strip() or None if text else None
