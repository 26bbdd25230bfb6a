"""What waits for the account team, as queries: promises, asks to approve, sending troubles, silence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from engine.data.models import TO_APPROVE, TROUBLED, WAITING, WAITING_BY_HEED, Account, Ask, Contact, Promise
from engine.decide.endings import FAILED

LOOKED_AT = 200
WAITS = Promise.status.in_(("drafted", "agreed"))
STATES = {
    "open": WAITS,
    "draft": Promise.status == "drafted",
    "agreed": Promise.status == "agreed",
    "disputed": and_(Promise.status == "agreed", Promise.verdict == "disputed"),
    "done": and_(Promise.status == "done", Promise.verdict.is_(None)),
    "kept": and_(Promise.status == "done", Promise.verdict == "kept"),
    "declined": Promise.status == "declined",
    "dismissed": Promise.status.in_(("dismissed", "merged")),
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
    """What waits for us first, by due date; then what is settled, newest first. Or in the `order` of owner or account.

    `words`: in the title, or in the name of the account.
    """
    query = _promises()
    if state in STATES:
        query = query.where(STATES[state])
    if owner:
        query = query.where(func.lower(Promise.owner_email) == owner)
    if due_until:
        query = query.where(Promise.due_on <= due_until)
    if overdue_on:
        query = query.where(Promise.status == "agreed", Promise.due_on < overdue_on)
    if words or order == "account":
        query = query.join(Account, Account.id == Promise.account_id)
    if words:
        query = query.where(
            or_(*(column.icontains(words, autoescape=True) for column in (Promise.title, Account.name)))
        )
    waits = case((WAITS, 0), else_=1)
    due = case((waits == 0, Promise.due_on))
    orders = {"owner": (func.lower(Promise.owner_email),), "account": (Account.name,)}
    query = query.order_by(*orders.get(order, ()), waits, due.nulls_first(), Promise.made_on.desc(), Promise.id.desc())
    return session.scalars(query.offset(skip).limit(most)).all()


def list_offered(session: Session, email: str, most: int) -> Sequence[Promise]:
    """What somebody was asked to take over."""
    query = _promises().where(func.lower(Promise.offered_to) == email, WAITS)
    return session.scalars(query.order_by(Promise.due_on, Promise.id).limit(most)).all()


def find_promise(session: Session, number: int) -> Promise | None:
    return session.scalar(_promises().where(Promise.id == number))


def _promises() -> Select[Promise]:
    return select(Promise).options(joinedload(Promise.account), joinedload(Promise.contact))


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
    query = select(Ask).join(Account, Account.id == Ask.account_id).join(Contact, Contact.id == Ask.contact_id)
    query = query.options(contains_eager(Ask.account), contains_eager(Ask.contact))
    coming = to_approve or (len(statuses) > 0 and set(statuses) <= set(WAITING))
    if coming:
        query = query.where(WAITING_BY_HEED)
    if statuses:
        query = query.where(Ask.status.in_(statuses))
    if to_approve:
        query = query.where(TO_APPROVE, Ask.status == "planned")
    if channel:
        query = query.where(Ask.channel == channel)
    if occasion:
        query = query.where(Ask.occasion == occasion)
    if words:
        named = (Account.name, Account.key, Contact.name, Contact.key)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in named)))
    if owner:
        query = query.where(func.lower(Account.owner_email) == owner)
    orders = {"account": (Account.name, Ask.id), "person": (Contact.name, Ask.id)}
    query = query.order_by(*orders.get(order, (Ask.send_at, Ask.id) if coming else (Ask.id.desc(),)))
    return session.scalars(query.offset(skip).limit(most)).all()


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
    query = select(Contact, Account).join(Account, Account.id == Contact.account_id)
    query = query.where(
        Contact.influence.in_(("decision_maker", "champion")),
        Account.tier.in_(("strategic", "key")),
        Contact.opted_out_on.is_(None),
    )
    query = query.order_by(Account.annual_revenue.desc().nulls_last(), Contact.id).limit(LOOKED_AT)
    found = [(contact, account) for contact, account in session.execute(query)]
    answered = Ask.contact_id.in_([contact.id for contact, _ in found]), Ask.answered_at.is_not(None)
    heard = select(Ask.contact_id, func.max(Ask.answered_at)).where(*answered).group_by(Ask.contact_id)
    last = dict(session.execute(heard).all())
    told = ((contact, account, last.get(contact.id)) for contact, account in found)
    return [one for one in told if one[2] is None or one[2] < since][:most]
