"""Promises as queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import bindparam, case, func, insert, select, update
from sqlalchemy.orm import Session, joinedload

from engine.data.models import OWNER, Promise, PromiseEvent
from engine.data.prepared import write
from engine.data.scope import among

WITH_PEOPLE = (joinedload(Promise.account), joinedload(Promise.contact))
WAITING_FOR_US = ("drafted", "agreed")
WAITS = Promise.status.in_(WAITING_FOR_US)
NEWEST = Promise.made_on.desc(), Promise.id.desc()
WAITING_FIRST = case((WAITS, 0), else_=1), case((WAITS, Promise.due_on)).nulls_first(), *NEWEST
"""What waits for us first, by due date; then what is settled, the newest first."""


def find_promise(session: Session, number: int) -> Promise | None:
    """The promise with its account and contact, kept from other writers until the transaction ends."""
    return session.scalar(_TO_CHANGE, {"number": number})


def add_event(session: Session, promise: Promise, **row: Any) -> None:
    """A step of a promise, past the ORM: a client who judges it waits for it."""
    write(session, _NEW_EVENT, [{"promise_id": promise.id, **row}])
    session.expire(promise, ["events"])


def find_same_promise(
    session: Session, account_id: int, contact_id: int | None, title: str, made_on: date
) -> Promise | None:
    """What the import, too, takes for one promise."""
    return session.scalar(
        select(Promise).where(
            Promise.account_id == account_id,
            func.coalesce(Promise.contact_id, 0) == (contact_id or 0),
            Promise.title == title,
            Promise.made_on == made_on,
        )
    )


def list_promises(
    session: Session,
    account_id: int | None = None,
    *,
    owner: str | None = None,
    statuses: Collection[str] | None = None,
) -> Sequence[Promise]:
    """In the order of WAITING_FIRST."""
    query = select(Promise).order_by(*WAITING_FIRST)
    if account_id is not None:
        query = query.where(Promise.account_id == account_id)
    if owner is not None:
        query = query.where(OWNER.in_([owner.lower()]))
    if statuses is not None:
        query = query.where(Promise.status.in_(statuses))
    return session.scalars(query.options(*WITH_PEOPLE)).all()


def list_of_ask(session: Session, ask_id: int) -> Sequence[Promise]:
    """What came of an ask."""
    return session.scalars(select(Promise).where(Promise.ask_id == ask_id).order_by(Promise.id)).all()


def raise_versions(session: Session, numbers: Collection[int]) -> None:
    """Somebody changed these promises past their steps."""
    session.flush()
    changed = update(Promise).where(among(Promise.id, numbers, session.get_bind().dialect.name))
    session.connection().execute(changed.values(version=Promise.version + 1))


def list_events(session: Session, number: int) -> Sequence[PromiseEvent]:
    """Every step of a promise, the first one first."""
    query = select(PromiseEvent).where(PromiseEvent.promise_id == number)
    return session.scalars(query.order_by(PromiseEvent.id)).all()


_TO_CHANGE = (
    select(Promise).where(Promise.id == bindparam("number")).with_for_update(of=Promise).options(*WITH_PEOPLE)
)  # built once: a client's verdict waits for it
_NEW_EVENT = insert(PromiseEvent).inline()
