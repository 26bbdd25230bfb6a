"""What the weeks ahead hold for the account team, as queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session, joinedload

from engine.data.calls import CALLABLE, of_ask
from engine.data.models import LIVE_BY_HEED, WAITING_BY_HEED, Account, Ask, Call, Contact
from engine.data.types import EPOCH, Day

DAY = func.coalesce(Ask.planned_on, literal(EPOCH, Day()), type_=Day())
"""Of an ask that waits; said so that SQLite reads those in the order of ix_asks_coming, and sorts none."""
Expected = tuple[date, int, str]
"""Day, contact and occasion of an ask that is to be expected."""


def list_expected(session: Session, owner: str, since: date, until: date, most: int) -> tuple[list[Expected], int]:
    """Asks that are to be expected at the accounts that bring most, by day; how many other accounts there are."""
    every = select(func.count()).select_from(Account)
    found = select(Account.expected).order_by(Account.annual_revenue.desc().nulls_last(), Account.id).limit(most)
    if owner:
        theirs = func.lower(Account.owner_email) == owner
        every, found = every.where(theirs), found.where(theirs)
    accounts = session.scalars(found).all()
    entries = [entry.split(":") for expected in accounts if expected for entry in expected.split(" ")]
    days = [(EPOCH + timedelta(days=int(day)), int(contact), occasion) for contact, day, occasion in entries]
    wanted = sorted(entry for entry in days if since <= entry[0] <= until)
    return wanted, (session.scalar(every) or 0) - len(accounts)


def list_people(session: Session, contact_ids: Collection[int]) -> Sequence[Contact]:
    query = select(Contact).where(Contact.id.in_(contact_ids))
    return session.scalars(query.options(joinedload(Contact.account))).all()


def count_planned(session: Session, owner: str, until: date) -> dict[date | None, int]:
    """How many asks wait to leave on each day."""
    query = select(Ask.planned_on, func.count()).where(WAITING_BY_HEED, until >= DAY)
    return dict(session.execute(_of_owner(query, owner).group_by(Ask.planned_on)).all())  # type: ignore[arg-type]


def list_planned(session: Session, owner: str, since: date | None, until: date, most: int) -> Sequence[Ask]:
    """What waits to leave."""
    query = select(Ask).where(WAITING_BY_HEED, until >= DAY)
    query = query.where(since <= DAY) if since else query
    query = query.options(joinedload(Ask.account), joinedload(Ask.contact))
    return session.scalars(_of_owner(query, owner).order_by(Ask.planned_on, Ask.id).limit(most)).all()


def list_calls_again(
    session: Session, channels: Collection[str], owner: str, since: date, until: date, most: int
) -> Sequence[tuple[Ask, date]]:
    """Calls that are to be made again on a day, the first of them."""
    query = _calls_again(select(Ask, Call.again_on), channels, owner, since, until)
    query = query.options(joinedload(Ask.account), joinedload(Ask.contact))
    return [(row[0], row[1]) for row in session.execute(query.order_by(Call.again_on, Ask.id).limit(most))]


def count_calls_again(
    session: Session, channels: Collection[str], owner: str, since: date, until: date
) -> dict[date, int]:
    """How many calls are to be made again on each day."""
    query = _calls_again(select(Call.again_on, func.count()).select_from(Ask), channels, owner, since, until)
    return dict(session.execute(query.group_by(Call.again_on)).all())


def _calls_again(query: Any, channels: Collection[str], owner: str, since: date, until: date) -> Any:
    query = query.join(Call, Call.id == of_ask(func.max))
    query = query.where(LIVE_BY_HEED, Ask.channel.in_(channels), Ask.status.in_(CALLABLE))
    return _of_owner(query.where(Call.again_on.between(since, until)), owner)


def _of_owner(query: Select[Any], owner: str) -> Select[Any]:
    if not owner:
        return query
    return query.where(Ask.account_id.in_(select(Account.id).where(func.lower(Account.owner_email) == owner)))
