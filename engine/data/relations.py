"""What the account team's pages show of one account and its people, as queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from engine.data.clients import AnyRow
from engine.data.models import (
    ASKED,
    Account,
    AnswerRow,
    Ask,
    Base,
    Call,
    Contact,
    PartOwner,
    Promise,
    PromiseEvent,
    Touchpoint,
    Voice,
)
from engine.data.promises import WAITING_FIRST, WAITS, WITH_PEOPLE
from engine.data.scope import among
from engine.data.search import holds

KINDS: dict[str, Any] = {"contact": Contact, "promise": Promise, "ask": Ask, "voice": Voice}
"""What an id in an address may be of, besides an account."""


def find_behind(session: Session, kind: str, number: int) -> tuple[Account, Contact | None] | None:
    """The account, and the contact if one is meant, behind an id of one of KINDS; None: there is none to be seen."""
    if kind == "account":
        account = get_account(session, number)
        return (account, None) if account else None
    table = KINDS[kind]
    query = select(Account, Contact).select_from(table).join(Account, Account.id == table.account_id)
    if table is not Contact:
        query = query.outerjoin(Contact, Contact.id == table.contact_id)
    found = session.execute(query.where(table.id == number).options(contains_eager(Contact.account))).first()
    return (found[0], found[1]) if found else None


def get_account(session: Session, number: int) -> Account | None:
    return session.scalar(select(Account).where(Account.id == number))


def list_contacts(session: Session, account_id: int) -> Sequence[Contact]:
    query = select(Contact).where(Contact.account_id == account_id)
    return session.scalars(query.order_by(func.coalesce(Contact.name, Contact.key))).all()


def list_people(session: Session, account_id: int, since: datetime) -> Sequence[AnyRow]:
    """Each contact of an account, with asks since then, when last asked and when last heard, by name."""
    counted = Ask.status.in_(ASKED)
    counts = (
        func.count().filter(counted, Ask.sent_at >= since).label("asks"),
        func.max(Ask.sent_at).filter(counted).label("asked_at"),
        func.max(Ask.answered_at).label("heard_at"),
    )
    query = select(Contact, *counts).outerjoin(Ask, Ask.contact_id == Contact.id)
    query = query.where(Contact.account_id == account_id).group_by(Contact.id)
    return session.execute(query.order_by(func.coalesce(Contact.name, Contact.key))).all()


def list_promises(session: Session, account_id: int) -> tuple[list[Promise], list[PromiseEvent]]:
    """In the order of WAITING_FIRST, and every step of all of them."""
    query = select(Promise, PromiseEvent).outerjoin(PromiseEvent, PromiseEvent.promise_id == Promise.id)
    query = query.where(Promise.account_id == account_id).options(*WITH_PEOPLE)
    rows = session.execute(query.order_by(*WAITING_FIRST, PromiseEvent.id)).all()
    return list({promise.id: promise for promise, _ in rows}.values()), [event for _, event in rows if event]


def list_account_asks(session: Session, account_id: int, most: int = 200) -> Sequence[Ask]:
    """The newest first; those that wait are newest of all."""
    query = select(Ask).where(Ask.account_id == account_id).options(joinedload(Ask.contact))
    return session.scalars(query.order_by(func.coalesce(Ask.sent_at, Ask.send_at).desc()).limit(most)).all()


def list_account_voices(session: Session, account_id: int, most: int = 100) -> Sequence[Voice]:
    query = select(Voice).where(Voice.account_id == account_id)
    return session.scalars(query.order_by(Voice.said_at.desc()).limit(most)).all()


def list_account_touchpoints(session: Session, account_id: int, most: int = 100) -> Sequence[Touchpoint]:
    query = select(Touchpoint).where(Touchpoint.account_id == account_id)
    return session.scalars(query.order_by(Touchpoint.happened_at.desc()).limit(most)).all()


def list_part_owners(session: Session, account_id: int) -> Sequence[PartOwner]:
    return session.scalars(select(PartOwner).where(PartOwner.account_id == account_id)).all()


def list_account_calls(session: Session, account_id: int, most: int = 100) -> Sequence[Call]:
    query = select(Call).where(Call.account_id == account_id)
    return session.scalars(query.order_by(Call.id.desc()).limit(most)).all()


def list_scores(session: Session, account_id: int, most: int = 1000) -> Sequence[AnswerRow]:
    """What was answered at an account, the newest last."""
    query = select(AnswerRow).where(AnswerRow.account_id == account_id)
    return session.scalars(query.order_by(AnswerRow.id.desc()).limit(most)).all()[::-1]


# Lists of accounts


def list_accounts(
    session: Session, *, words: str = "", tier: str = "", owner: str = "", order: str = "name", skip: int = 0, most: int
) -> Sequence[Account]:
    """A page of the accounts that may be seen, one more than `most` where there are more."""
    query = select(Account.id)
    if words:
        query = query.where(_holds(session, Account, words))
    if tier:
        query = query.where(Account.tier == tier)
    if owner:
        query = query.where(func.lower(Account.owner_email) == owner)
    orders = {
        "name": (Account.name, Account.id),
        "renewal": (Account.renewal_on.asc().nulls_last(), Account.id),
        "revenue": (Account.annual_revenue.desc().nulls_last(), Account.id),
    }
    by = orders.get(order, orders["name"])
    page = query.order_by(*by).offset(skip).limit(most + 1).subquery()
    return session.scalars(select(Account).join(page, page.c.id == Account.id).order_by(*by)).all()


def count_by_account(session: Session, account_ids: Collection[int], today: date) -> dict[int, Any]:
    """Promises that wait for us and those that are late, by account."""
    late = func.count().filter(Promise.status == "agreed", Promise.due_on < today)
    query = select(Promise.account_id, func.count().label("open"), late.label("late"))
    query = query.where(WAITS, _among(session, Promise.account_id, account_ids)).group_by(Promise.account_id)
    return {row.account_id: row for row in session.execute(query)}


def last_heard(session: Session, account_ids: Collection[int]) -> dict[int, Any]:
    """When somebody at each account last answered."""
    query = select(Ask.account_id, func.max(Ask.answered_at)).where(_among(session, Ask.account_id, account_ids))
    return dict(session.execute(query.where(Ask.answered_at.is_not(None)).group_by(Ask.account_id)).all())


# Looking for something


def search_accounts(session: Session, words: str, most: int) -> Sequence[Account]:
    query = select(Account).where(_holds(session, Account, words))
    return session.scalars(query.order_by(Account.id.desc()).limit(most)).all()


def search_contacts(session: Session, words: str, most: int) -> Sequence[Contact]:
    query = select(Contact).where(_holds(session, Contact, words)).options(joinedload(Contact.account))
    return session.scalars(query.order_by(Contact.id.desc()).limit(most)).all()


def search_promises(session: Session, words: str, most: int) -> Sequence[Promise]:
    query = select(Promise).where(_holds(session, Promise, words)).options(*WITH_PEOPLE)
    return session.scalars(query.order_by(Promise.id.desc()).limit(most)).all()


def list_voices(
    session: Session, *, words: str = "", since: datetime | None = None, skip: int = 0, most: int
) -> Sequence[tuple[Voice, Account, Contact | None]]:
    """What clients said, with whose words they are; the newest first, of those with words the last that was added."""
    query = select(Voice, Account, Contact).join(Account, Account.id == Voice.account_id)
    query = query.outerjoin(Contact, Contact.id == Voice.contact_id)
    if words:
        query = query.where(_holds(session, Voice, words))
    if since:
        query = query.where(Voice.said_at >= since)
    order = (Voice.id.desc(),) if words else (Voice.said_at.desc(), Voice.id.desc())
    found = session.execute(query.order_by(*order).offset(skip).limit(most))
    return [(voice, account, contact) for voice, account, contact in found]


def _holds(session: Session, table: type[Base], words: str) -> ColumnElement[bool]:
    return holds(table, words, session.get_bind().dialect.name)


def _among(session: Session, column: Any, ids: Collection[int]) -> ColumnElement[bool]:
    return among(column, ids, session.get_bind().dialect.name)
