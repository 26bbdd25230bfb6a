"""What waits for the account team, as queries: promises, asks to approve, sending troubles, silence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from engine.data.models import (
    TO_APPROVE,
    TROUBLED,
    WAITING,
    WAITING_BY_HEED,
    Account,
    Ask,
    Base,
    Contact,
    Promise,
)
from engine.data.promises import NEWEST, WAITING_FIRST, WAITING_FOR_US, WAITS, WITH_PEOPLE
from engine.data.scope import aside
from engine.data.search import find_few, holds
from engine.decide.endings import FAILED

LOOKED_AT = 200
BY_NAME: dict[str, tuple[Any, ...]] = {"owner": (func.lower(Promise.owner_email),), "account": (Account.name,)}
SETTLED = ("done", "kept", "declined", "dismissed")
STATES = {
    "open": WAITS,
    "draft": Promise.status == "drafted",
    "agreed": Promise.status == "agreed",
    "disputed": and_(Promise.status == "agreed", Promise.verdict == "disputed"),
    "done": and_(aside(Promise.status) == "done", Promise.verdict.is_(None)),
    "kept": and_(aside(Promise.status) == "done", Promise.verdict == "kept"),
    "declined": aside(Promise.status) == "declined",
    "dismissed": aside(Promise.status).in_(("dismissed", "merged")),
}
"""States of promises by the words the account team uses; `overdue` needs to know the day."""


def list_promises(
    session: Session,
    *,
    state: str = "",
    owner: str = "",
    due_until: date | None = None,
    overdue_on: date | None = None,
    words: str = "",
    order: str = "",
    skip: int = 0,
    most: int,
) -> Sequence[Promise]:
    """In the order of WAITING_FIRST, or in the `order` of owner or account.

    `words`: of the promise, or of the account.
    """
    query = select(Promise.id)
    if state in STATES:
        query = query.where(STATES[state])
    if owner:
        query = query.where(func.lower(Promise.owner_email) == owner)
    if due_until:
        query = query.where(Promise.due_on <= due_until)
    if overdue_on:
        query = query.where(Promise.status == "agreed", Promise.due_on < overdue_on)
    if order == "account":
        query = query.join(Account, Account.id == Promise.account_id)
    if words:
        dialect = session.get_bind().dialect.name
        accounts = Promise.account_id.in_(select(Account.id).where(holds(Account, words, dialect)))
        query = query.where(or_(holds(Promise, words, dialect), accounts))
    if state in ("", "all") and order not in BY_NAME:
        ids = _list_both(session, query, skip, most)
        by_id = {promise.id: promise for promise in session.scalars(_promises().where(Promise.id.in_(ids)))}
        return [by_id[number] for number in ids]
    by = NEWEST if state in SETTLED else (*BY_NAME.get(order, ()), *WAITING_FIRST)
    page = query.order_by(*by).offset(skip).limit(most).subquery()
    rows = _promises().join(page, page.c.id == Promise.id)
    rows = rows.join(Account, Account.id == Promise.account_id) if order == "account" else rows
    return session.scalars(rows.order_by(*by)).all()


def _list_both(session: Session, query: Select[int], skip: int, most: int) -> list[int]:
    """Those that wait, and then those that do not, are each read as an index has them."""
    waiting = query.where(WAITS).order_by(Promise.due_on.nulls_first(), *NEWEST)
    ids = list(session.scalars(waiting.offset(skip).limit(most)))
    if len(ids) < most:
        there = len(ids) + skip if ids or not skip else session.scalar(_count(query.where(WAITS))) or 0
        settled = query.where(aside(Promise.status).not_in(WAITING_FOR_US)).order_by(*NEWEST)
        ids += session.scalars(settled.offset(max(0, skip - there)).limit(most - len(ids)))
    return ids


def _count(query: Select[int]) -> Select[int]:
    return query.with_only_columns(func.count(Promise.id))


def list_offered(session: Session, email: str, most: int) -> Sequence[Promise]:
    """What somebody was asked to take over."""
    query = _promises().where(func.lower(Promise.offered_to) == email, WAITS)
    return session.scalars(query.order_by(Promise.due_on, Promise.id).limit(most)).all()


def find_promise(session: Session, number: int) -> Promise | None:
    return session.scalar(_promises().where(Promise.id == number))


def _promises() -> Select[Promise]:
    return select(Promise).options(*WITH_PEOPLE)


def list_asks(
    session: Session,
    *,
    statuses: Collection[str] = (),
    to_approve: bool = False,
    channel: str = "",
    occasion: str = "",
    words: str = "",
    owner: str = "",
    order: str = "",
    skip: int = 0,
    most: int,
) -> Sequence[Ask]:
    """Asks with their people: those to come by day, others the newest first, or in the `order` of account or person.

    `words`: in the name of the account or the person; `owner`: of the account.
    """
    coming = to_approve or (len(statuses) > 0 and set(statuses) <= set(WAITING))
    wanted: list[Any] = []
    if to_approve:
        wanted += [TO_APPROVE, aside(Ask.status) == "planned"]
    elif coming:
        wanted += [WAITING_BY_HEED]
    if statuses:
        wanted += [aside(Ask.status).in_(statuses)]
    if channel:
        wanted += [Ask.channel == channel]
    if occasion:
        wanted += [Ask.occasion == occasion]
    if owner:
        wanted += [Ask.account_id.in_(select(Account.id).where(func.lower(Account.owner_email) == owner))]
    if words:
        wanted += [
            or_(_of_named(session, Ask.account_id, Account, words), _of_named(session, Ask.contact_id, Contact, words))
        ]
    by: tuple[Any, ...] = (Ask.send_at, Ask.id) if coming else (Ask.id.desc(),)
    query = select(Ask.id).where(*wanted).order_by(*by)
    if order in ORDERS:
        query, by = _by_name(ORDERS[order], wanted, skip + most), (ORDERS[order][0].name, Ask.id)
    page = query.offset(skip).limit(most).subquery()
    rows = select(Ask).join(page, page.c.id == Ask.id).options(contains_eager(Ask.account), contains_eager(Ask.contact))
    rows = rows.join(Account, Account.id == Ask.account_id).join(Contact, Contact.id == Ask.contact_id)
    return session.scalars(rows.order_by(*by)).all()


ORDERS: dict[str, tuple[Any, Any]] = {"account": (Account, Ask.account_id), "person": (Contact, Ask.contact_id)}


def _by_name(of: tuple[Any, Any], wanted: list[Any], most: int) -> Select[int]:
    """Ids of asks by the name of whom they are of. Each of the first names has one at least, so `most` are enough.

    So names are read in their order, where all asks would have to be sorted.
    """
    table, column = of
    named = select(table.id, table.name).where(exists().where(column == table.id, *wanted))
    first: Any = named.order_by(table.name, table.id).limit(most).subquery()
    return select(Ask.id).join(first, first.c.id == column).where(*wanted).order_by(first.c.name, Ask.id)


def _of_named(session: Session, column: Any, table: type[Base], words: str) -> ColumnElement[bool]:
    """Of those whose names hold the words. Where they are many, asks are looked at in their order instead."""
    few = find_few(session, table, words)
    if few is not None:
        return column.in_(few)  # type: ignore[no-any-return]
    return (column + 0).in_(select(table.id).where(holds(table, words, session.get_bind().dialect.name)))  # type: ignore[no-any-return]


def list_troubles(session: Session, since: datetime, most: int) -> Sequence[Ask]:
    """Asks that came back, may or may not have arrived, or could not be sent."""
    failed = and_(Ask.status == "cancelled", Ask.why["say"].as_string().in_(FAILED))
    trouble = or_(Ask.status != "cancelled", failed)
    query = select(Ask).options(joinedload(Ask.account), joinedload(Ask.contact))
    query = query.where(TROUBLED, trouble, func.coalesce(Ask.sent_at, Ask.send_at) >= since)
    return session.scalars(query.order_by(Ask.id.desc()).limit(most)).all()


def list_silent(session: Session, since: datetime, most: int) -> Sequence[tuple[Contact, Account, datetime | None]]:
    """People who carry decisions and were not heard since then, with when they last were; the most valuable first.

    Looked for among the LOOKED_AT of the accounts that bring most, so that it stays quick in a large house.
    """
    valued = select(Account.id).where(Account.tier.in_(("strategic", "key")))
    richest = valued.order_by(Account.annual_revenue.desc().nulls_last()).limit(LOOKED_AT).subquery()
    query = select(Contact, Account).join(Account, Account.id == Contact.account_id)
    query = query.join(richest, richest.c.id == Account.id)
    query = query.where(Contact.influence.in_(("decision_maker", "champion")), Contact.opted_out_on.is_(None))
    query = query.order_by(Account.annual_revenue.desc().nulls_last(), Contact.id).limit(LOOKED_AT)
    found = [(contact, account) for contact, account in session.execute(query)]
    answered = Ask.contact_id.in_([contact.id for contact, _ in found]), Ask.answered_at.is_not(None)
    heard = select(Ask.contact_id, func.max(Ask.answered_at)).where(*answered).group_by(Ask.contact_id)
    last = dict(session.execute(heard).all())
    told = ((contact, account, last.get(contact.id)) for contact, account in found)
    return [one for one in told if one[2] is None or one[2] < since][:most]
