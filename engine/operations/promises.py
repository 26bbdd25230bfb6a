"""Promises: each step from a draft to the client's verdict. Nothing else changes one, and each step leaves an event.

Operations with a `number` open their own transaction, and take `seen`: the version that whoever asks has looked at.
`make_promise` and `record_verdict` work inside that of whoever calls them, because a promise and the answer it came
from are kept together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from engine.data import promises as data
from engine.data.accounts import find_account, find_contact
from engine.data.models import Account, Contact, Promise, PromiseEvent, Touchpoint
from engine.errors import InputError, StateError
from engine.house import Engine
from engine.operations.due_days import check_day, due_in, local_today, owner_country
from engine.operations.owners import choose_owner, cover_promise
from engine.operations.promise_steps import (
    OPEN,
    check_step,
    cleaned,
    find_for,
    find_promise,
    name,
    needed,
    taking_step,
)
from engine.private import read_terms


def make_promise(
    engine: Engine, session: Session, *, account: Account, contact: Contact | None, title: str,
    owner_email: str | None = None, due_on: date | None = None, said: str | None = None, ask_id: int | None = None,
    touchpoint: Touchpoint | None = None, origin: str = "team", kind: str = "follow_up", agreed: bool = False,
    author: str, actor: str = "team", note: str | None = None, on: date | None = None,
) -> Promise:  # fmt: skip
    """Make a promise inside the caller's transaction; a draft, or agreed at once.

    Without an owner it is the touchpoint's, else the account's. Without a date it is due in `promises.due_days`. The
    same title to the same contact on the same day is the same promise while it is open, so that nobody gets two for
    one wish.
    """
    today = local_today(engine, session, account, contact, on)
    title = needed(title, "A promise needs a title: what we will do, in words the client may read.")
    title, same = _free_title(session, account, contact, title, today)
    if same is not None:
        return same
    promise = Promise(
        account=account,
        contact=contact,
        ask_id=ask_id,
        touchpoint_id=touchpoint.id if touchpoint else None,
        origin=origin,
        kind=kind,
        title=title,
        said=None if read_terms(account.private_fields).forbid_words else cleaned(said),
        note=cleaned(note),
        owner_email=choose_owner(session, account, owner_email, touchpoint),
        made_on=today,
        due_on=due_on or due_in(engine, session, "promises.due_days", account, contact, today),
        status="agreed" if agreed else "drafted",
        version=0,  # its first step makes it the first
        respond_by=None if agreed else due_in(engine, session, "promises.respond_days", account, contact, today),
    )
    session.add(promise)
    session.flush()
    with taking_step(engine, session, promise, promise.status, author=author, actor=actor):
        pass
    cover_promise(engine, session, promise, today)
    return promise


def record_verdict(
    engine: Engine,
    session: Session,
    promise: Promise,
    *,
    kept: bool,
    words: str | None,
    author: str,
    note: str | None = None,
    on: date | None = None,
) -> None:
    """Keep the client's word on a done promise. A dispute reopens it as agreed, with what they said and a new date.

    `note`: for the team, how it was said.
    """
    verdict = "kept" if kept else "disputed"
    if promise.status != "done":
        check_step(promise, "record the client's verdict")
    if promise.verdict == verdict:
        raise StateError(f"{name(promise)} is settled: the client said it was {verdict}.", about=name(promise))
    said, due_on = cleaned(words), promise.due_on
    if not kept:
        today = local_today(engine, session, promise.account, promise.contact, on)
        soonest = due_in(engine, session, "promises.reopen_days", promise.account, promise.contact, today)
        due_on = max(due_on or soonest, soonest)
    with taking_step(engine, session, promise, verdict, author=author, actor="client", reason=said, note=note):
        promise.verdict = verdict
        if not kept:
            promise.status, promise.done_on, promise.due_on = "agreed", None, due_on


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
    note: str | None = None,
    agreed: bool = False,
    on: date | None = None,
) -> Promise:
    """The account team's own promise, to a contact of an account or to the account as a whole, both named by key."""
    with engine.store.write(engine.scope) as session:
        to, whom = _find_people(session, account, contact)
        if due_on is not None:
            check_day(due_on, local_today(engine, session, to, whom, on), owner_country(session, to))
        return make_promise(
            engine,
            session,
            account=to,
            contact=whom,
            title=title,
            owner_email=owner_email,
            due_on=due_on,
            said=said,
            note=note,
            agreed=agreed,
            author=engine.author,
            on=on,
        )


def agree_promise(
    engine: Engine,
    number: int,
    *,
    due_on: date | None = None,
    title: str | None = None,
    seen: int | None = None,
    on: date | None = None,
) -> Promise:
    """Stand by a draft, or by what was declined or dismissed before; in other words or by another day, if given."""
    with engine.store.write(engine.scope) as session:
        promise = find_for(session, number, "agree", seen=seen, wanted={"due_on": due_on, "title": title})
        today = local_today(engine, session, promise.account, promise.contact, on)
        if due_on is not None:
            check_day(due_on, today, owner_country(session, promise.account))
        due_on = due_on or promise.due_on
        if due_on is None or due_on < today:
            raise InputError(f"{name(promise)} needs a due date from today on, to be agreed.", about=name(promise))
        with taking_step(engine, session, promise, "agreed"):
            promise.status, promise.due_on, promise.respond_by = "agreed", due_on, None
            if title:
                _reword(session, promise, title)
        return promise


def move_promise(
    engine: Engine, number: int, *, due_on: date, reason: str, seen: int | None = None, on: date | None = None
) -> Promise:
    """Give a promise another date. The client reads the reason."""
    with engine.store.write(engine.scope) as session:
        promise = find_for(session, number, "move", seen=seen, wanted={"due_on": due_on, "reason": reason})
        today = local_today(engine, session, promise.account, promise.contact, on)
        check_day(due_on, today, owner_country(session, promise.account))
        why = needed(reason, f"Moving {name(promise)} needs a reason; the client will read it.")
        with taking_step(engine, session, promise, "moved", reason=why):
            promise.due_on = due_on
        return promise


def do_promise(engine: Engine, number: int, *, what: str, seen: int | None = None, on: date | None = None) -> Promise:
    """Say what was done. The client is asked for the verdict afresh, whatever they said of an earlier try."""
    with engine.store.write(engine.scope) as session:
        promise = find_for(session, number, "do", seen=seen, wanted={"done": what})
        what = needed(what, f"Say what was done for {name(promise)}; the client will read it.")
        return finish_promise(engine, session, promise, what=what, on=on)


def finish_promise(engine: Engine, session: Session, promise: Promise, *, what: str, on: date | None) -> Promise:
    """The same inside the caller's transaction, for a promise that is agreed."""
    today = local_today(engine, session, promise.account, promise.contact, on)
    with taking_step(engine, session, promise, "done", reason=what):
        promise.status, promise.done_on, promise.verdict = "done", today, None
    return promise


def decline_promise(engine: Engine, number: int, *, reason: str, seen: int | None = None) -> Promise:
    """Say no, openly."""
    with engine.store.write(engine.scope) as session:
        promise = find_for(session, number, "decline", seen=seen, wanted={"declined": reason})
        why = needed(reason, f"Declining {name(promise)} needs a reason; the client will read it.")
        with taking_step(engine, session, promise, "declined", reason=why):
            promise.status, promise.respond_by = "declined", None
        return promise


def correct_promise(
    engine: Engine, number: int, *, title: str | None = None, said: str | None = None, reason: str
) -> Promise:
    """Put the wording right, or the client's words behind it: a new entry, which says what stood before and why.

    `reason` is for the team. Possible whatever became of the promise, because it changes nothing but words.
    """
    with engine.store.write(engine.scope) as session:
        promise = find_promise(session, number)
        why = needed(reason, f"Correcting {name(promise)} needs a reason, for the team.")
        before = f"“{promise.title}”" if title else f"“{promise.said or ''}”"
        with taking_step(engine, session, promise, "corrected", note=f"{why} Before: {before}"):
            if title:
                _reword(session, promise, title)
            promise.said = cleaned(said) or promise.said
        return promise


def note_promise(engine: Engine, number: int, *, text: str) -> Promise:
    """Note something for the team; the client never sees it."""
    with engine.store.write(engine.scope) as session:
        promise = find_promise(session, number)
        what = needed(text, f"What is to be noted on {name(promise)}?")
        with taking_step(engine, session, promise, "noted", note=what):
            pass
        return promise


def list_promises(
    engine: Engine, *, account: str | None = None, owner: str | None = None, open_only: bool = False
) -> Sequence[Promise]:
    """Those that wait for us first, by due date; then what is settled, newest first."""
    with engine.store.read(engine.scope) as session:
        account_id = _find_people(session, account, None)[0].id if account else None
        return data.list_promises(session, account_id, owner=owner, statuses=OPEN if open_only else None)


def open_promise(engine: Engine, number: int) -> tuple[Promise, Sequence[PromiseEvent]]:
    """A promise and its whole history, the first step first. Raises NotFoundError."""
    with engine.store.read(engine.scope) as session:
        return find_promise(session, number), data.list_events(session, number)


# What they share


def _free_title(
    session: Session, account: Account, contact: Contact | None, title: str, today: date
) -> tuple[str, Promise | None]:
    """The title, or the open promise that has it today; a wish that comes again after it was settled is a new one."""
    contact_id, free, tries = contact.id if contact else None, title, 1
    while same := data.find_same_promise(session, account.id, contact_id, free, today):
        if same.status in OPEN:
            return free, same
        tries += 1
        free = f"{title} ({tries})"
    return free, None


def _reword(session: Session, promise: Promise, title: str) -> None:
    title = needed(title, "A promise needs a title: what we will do, in words the client may read.")
    same = data.find_same_promise(session, promise.account_id, promise.contact_id, title, promise.made_on)
    if same is not None and same.id != promise.id:
        raise InputError(f"{name(same)} is already called so: “{title}”.", about=name(promise))
    promise.title = title


def _find_people(session: Session, account: str, contact: str | None) -> tuple[Account, Contact | None]:
    found = find_account(session, account)
    return found, find_contact(session, found, contact) if contact else None
