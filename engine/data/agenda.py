"""What the weeks ahead hold for the account team, as queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from engine.data.calls import CALLABLE, of_ask
from engine.data.models import WAITING, Account, Ask, Call, Contact
from engine.data.scope import among

MOST = 2000
"""Asks of one agenda."""


def list_accounts(session: Session, owner: str, most: int) -> tuple[Sequence[Account], int]:
    """The accounts that bring most, and how many there are besides."""
    every = select(func.count()).select_from(Account)
    found = select(Account).order_by(Account.annual_revenue.desc().nulls_last(), Account.id).limit(most)
    if owner:
        theirs = func.lower(Account.owner_email) == owner
        every, found = every.where(theirs), found.where(theirs)
    accounts = session.scalars(found).all()
    return accounts, (session.scalar(every) or 0) - len(accounts)


def list_people(session: Session, account_ids: Collection[int]) -> Sequence[Contact]:
    query = select(Contact).where(among(Contact.account_id, account_ids, session.get_bind().dialect.name))
    return session.scalars(query.options(joinedload(Contact.account))).all()


def list_planned(session: Session, owner: str, until: date) -> Sequence[Ask]:
    """What waits to leave."""
    query = _asks(owner).where(Ask.status.in_(WAITING), Ask.planned_on <= until)
    return session.scalars(query.order_by(Ask.planned_on, Ask.id).limit(MOST)).all()


def list_calls_again(
    session: Session, channels: Collection[str], owner: str, since: date, until: date
) -> Sequence[tuple[Ask, date]]:
    """Calls that are to be made again on a day."""
    last = of_ask(func.max)
    query = _asks(owner).add_columns(Call.again_on).join(Call, Call.id == last)
    query = query.where(Ask.channel.in_(channels), Ask.status.in_(CALLABLE), Call.again_on.between(since, until))
    return [(ask, on) for ask, on in session.execute(query.order_by(Call.again_on, Ask.id).limit(MOST))]


def _asks(owner: str) -> Select[Any]:
    query = select(Ask).join(Account, Account.id == Ask.account_id).where(Ask.origin == "heed")
    query = query.options(contains_eager(Ask.account), joinedload(Ask.contact))
    return query.where(func.lower(Account.owner_email) == owner) if owner else query
