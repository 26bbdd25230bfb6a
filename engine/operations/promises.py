"""Promises: each step from a draft to the client's verdict. Nothing else changes one, and each step leaves an event.

Operations with a `number` open their own transaction. `make_promise` and `record_verdict` work inside that of whoever
calls them, because a promise and the answer it came from are kept together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from engine.data import promises as data
from engine.data.accounts import find_account, find_contact
from engine.data.marks import mark_accounts, mark_persons
from engine.data.models import Account, AuditEntry, Contact, Promise, PromiseEvent
from engine.errors import InputError, NotFoundError, StateError
from engine.house import Engine
from engine.operations.due_days import WORKING_DAYS, check_day, local_today, owner_country, working_days_after
from engine.types import clean_text

STEPS = {
    "drafted": ("agree", "hand over", "decline"),
    "agreed": ("move", "do", "hand over", "decline"),
    "done": ("record the client's verdict",),
    "declined": ("agree",),
}
"""What can follow on each state. A dispute makes a done promise agreed again."""
OF_IT = {
    "agree": "agree to it",
    "hand over": "hand it over",
    "record the client's verdict": "record the client's verdict on it",
}


def make_promise(
    engine: Engine,
    session: Session,
    *,
    account: Account,
    contact: Contact | None,
    title: str,
    owner_email: str | None = None,
    due_on: date | None = None,
    said: str | None = None,
    ask_id: int | None = None,
    origin: str = "team",
    agreed: bool = False,
    author: str,
    note: str | None = None,
    on: date | None = None,
) -> Promise:
    """Make a promise inside the caller's transaction; a draft, or agreed at once.

    Without an owner it is the account's. Without a date it is due in WORKING_DAYS where our people work. The same title
    to the same contact on the same day is the same promise while it is open, so that nobody gets two for one wish.
    """
    today = local_today(engine, session, account, contact, on)
    title = _needed(title, "A promise needs a title: what we will do, in words the client may read.")
    title, same = _free_title(session, account, contact, title, today)
    if same is not None:
        return same
    promise = Promise(
        account=account,
        contact=contact,
        ask_id=ask_id,
        origin=origin,
        title=title,
        said=clean_text(said) if said else None,
        note=clean_text(note) if note else None,
        owner_email=_owner(account, owner_email),
        made_on=today,
        due_on=due_on or working_days_after(today, WORKING_DAYS, owner_country(session, account)),
        status="agreed" if agreed else "drafted",
    )
    session.add(promise)
    session.flush()
    with _step(engine, session, promise, promise.status, author=author):
        pass
    return promise


def record_verdict(
    engine: Engine, session: Session, promise: Promise, *, kept: bool, words: str | None, author: str
) -> None:
    """Keep the client's word on a done promise. A dispute reopens it as agreed, with what the client said."""
    verdict = "kept" if kept else "disputed"
    _check_step(promise, "record the client's verdict")
    if promise.verdict == verdict:
        raise StateError(f"{name(promise)} is settled: the client said it was {verdict}.", about=name(promise))
    with _step(engine, session, promise, verdict, author=author, reason=clean_text(words) if words else None):
        promise.verdict = verdict
        if not kept:
            promise.status, promise.done_on = "agreed", None


# Each of these opens its own transaction.


def add_promise(
    engine: Engine,
    account: str,
    contact: str | None = None,
    *,
    title: str,
    owner_email: str | None = None,
    due_on: date | None = None,
    said: str | None = None,
    agreed: bool = False,
    on: date | None = None,
) -> Promise:
    """The account team's own promise, to a contact of an account or to the account as a whole, both named by key."""
    with engine.store.write(engine.scope) as session:
        to, whom = _find_people(session, account, contact)
        if due_on is not None:
            check_day(due_on, local_today(engine, session, to, whom, on))
        return make_promise(
            engine,
            session,
            account=to,
            contact=whom,
            title=title,
            owner_email=owner_email,
            due_on=due_on,
            said=said,
            agreed=agreed,
            author=engine.author,
            on=on,
        )


def agree_promise(engine: Engine, number: int, *, due_on: date | None = None, on: date | None = None) -> Promise:
    """Stand by a draft, or by what was declined before; with another due date, if one is given."""
    with engine.store.write(engine.scope) as session:
        promise = _find(session, number, "agree")
        today = local_today(engine, session, promise.account, promise.contact, on)
        due_on = due_on or promise.due_on
        if due_on is None or due_on < today:
            raise InputError(f"{name(promise)} needs a due date from today on, to be agreed.", about=name(promise))
        with _step(engine, session, promise, "agreed"):
            promise.status, promise.due_on = "agreed", due_on
        return promise


def move_promise(engine: Engine, number: int, *, due_on: date, reason: str, on: date | None = None) -> Promise:
    """Give a promise another date. The client reads the reason."""
    with engine.store.write(engine.scope) as session:
        promise = _find(session, number, "move")
        check_day(due_on, local_today(engine, session, promise.account, promise.contact, on))
        why = _needed(reason, f"Moving {name(promise)} needs a reason; the client will read it.")
        with _step(engine, session, promise, "moved", reason=why):
            promise.due_on = due_on
        return promise


def do_promise(engine: Engine, number: int, *, what: str, on: date | None = None) -> Promise:
    """Say what was done. The client is asked for the verdict afresh, whatever they said of an earlier try."""
    with engine.store.write(engine.scope) as session:
        promise = _find(session, number, "do")
        what = _needed(what, f"Say what was done for {name(promise)}; the client will read it.")
        today = local_today(engine, session, promise.account, promise.contact, on)
        with _step(engine, session, promise, "done", reason=what):
            promise.status, promise.done_on, promise.verdict = "done", today, None
        return promise


def decline_promise(engine: Engine, number: int, *, reason: str) -> Promise:
    """Say no, openly."""
    with engine.store.write(engine.scope) as session:
        promise = _find(session, number, "decline")
        why = _needed(reason, f"Declining {name(promise)} needs a reason; the client will read it.")
        with _step(engine, session, promise, "declined", reason=why):
            promise.status = "declined"
        return promise


def hand_over_promise(engine: Engine, number: int, *, owner_email: str, reason: str | None = None) -> Promise:
    """Make somebody else accountable; there is exactly one owner at any time."""
    with engine.store.write(engine.scope) as session:
        promise = _find(session, number, "hand over")
        owner = _owner(promise.account, owner_email)
        why = clean_text(reason).strip() if reason else None
        with _step(engine, session, promise, "handed_over", reason=why):
            promise.owner_email = owner
        return promise


def list_promises(engine: Engine, *, account: str | None = None) -> Sequence[Promise]:
    """Those that wait for us first, by due date; then what is settled, newest first."""
    with engine.store.read(engine.scope) as session:
        if account is None:
            return data.list_promises(session)
        return data.list_promises(session, _find_people(session, account, None)[0].id)


def name(promise: Promise) -> str:
    """How a promise is called on every screen: P-12."""
    return f"P-{promise.id}"


def read_number(text: str) -> int:
    """12 for “P-12”, “p-12” and “12”. Raises NotFoundError for what names no promise."""
    digits = text.strip().upper().removeprefix("P-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise NotFoundError(f"There is no promise “{text}”; a promise is called P-12, or 12 for short.", about=text)
    return int(digits)


# What the steps share


def _find(session: Session, number: int, step: str) -> Promise:
    promise = data.find_promise(session, number)
    if promise is None:
        raise NotFoundError(f"There is no promise P-{number}. `heed promises` lists them.", about=f"P-{number}")
    _check_step(promise, step)
    return promise


def _check_step(promise: Promise, step: str) -> None:
    possible = STEPS[promise.status]
    if step not in possible:
        wanted = OF_IT.get(step, f"{step} it")
        raise StateError(
            f"{name(promise)} is {promise.status}; you cannot {wanted}. Possible now: {', '.join(possible)}.",
            about=name(promise),
        )


@contextmanager
def _step(
    engine: Engine,
    session: Session,
    promise: Promise,
    step: str,
    *,
    author: str | None = None,
    reason: str | None = None,
) -> Iterator[None]:
    """Around a change: its event, its audit entry, and the account marked for planning."""
    before = _facts(promise)
    yield
    at, author = engine.clock(), author or engine.author
    session.add(PromiseEvent(promise=promise, at=at, author=author, step=step, due_on=promise.due_on, reason=reason))
    session.add(
        AuditEntry(
            at=at,
            author=author,
            action=f"promise {step}".replace("_", " "),
            subject=name(promise),
            before=before,
            after=_facts(promise),
        )
    )
    mark_accounts(session, [promise.account.id])
    if promise.contact is not None:
        mark_persons(session, [promise.contact.person_id])


def _facts(promise: Promise) -> dict[str, Any]:
    return {
        "owner": promise.owner_email,
        "due_on": promise.due_on and promise.due_on.isoformat(),
        "done_on": promise.done_on and promise.done_on.isoformat(),
        "status": promise.status,
        "verdict": promise.verdict,
    }


def _free_title(
    session: Session, account: Account, contact: Contact | None, title: str, today: date
) -> tuple[str, Promise | None]:
    """The title, or the open promise that has it today; a wish that comes again after it was settled is a new one."""
    contact_id, free, tries = contact.id if contact else None, title, 1
    while same := data.find_same_promise(session, account.id, contact_id, free, today):
        if same.status in ("drafted", "agreed"):
            return free, same
        tries += 1
        free = f"{title} ({tries})"
    return free, None


def _owner(account: Account, owner_email: str | None) -> str:
    """Exactly one person is accountable. Raises InputError where nobody is named."""
    owner = (owner_email or account.owner_email or "").strip()
    if not owner:
        raise InputError(f"Nobody owns this promise: name an owner, or give {account.name} one.", about=account.key)
    try:
        return validate_email(owner, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise InputError(f"“{owner}” cannot own a promise: {error}", about=owner) from None


def _find_people(session: Session, account: str, contact: str | None) -> tuple[Account, Contact | None]:
    found = find_account(session, account)
    return found, find_contact(session, found, contact) if contact else None


def _needed(text: str | None, message: str) -> str:
    if not (cleaned := clean_text(text or "").strip()):
        raise InputError(message)
    return cleaned
