"""Asks that are calls of the account team, and every try at them, as queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from engine.data.clients import AnyRow
from engine.data.models import LIVE_BY_HEED, OPEN, Account, Ask, Call

CALLABLE = (*OPEN, "in_doubt")
"""Statuses in which a call is to be made: its sheet has gone to the owner, or may have."""
COMING = ("planned", "approved", "sending")


def list_calls(
    session: Session, channels: Collection[str], *, owner: str = "", skip: int = 0, most: int
) -> Sequence[AnyRow]:
    """Calls to make, by the day they are due: the ask, the last try, the number of tries, the day."""
    last, tries = of_ask(func.max), of_ask(func.count)
    due_on = func.coalesce(Call.again_on, Ask.planned_on)
    ready = or_(Ask.status.in_(CALLABLE), and_(Ask.status.in_(COMING), ~Ask.needs_approval))
    query = select(Ask, Call, tries, due_on).outerjoin(Call, Call.id == last)
    query = query.where(LIVE_BY_HEED, Ask.channel.in_(channels), ready)
    if owner:
        query = query.join(Account, Account.id == Ask.account_id).where(func.lower(Account.owner_email) == owner)
    query = query.options(joinedload(Ask.account), joinedload(Ask.contact))
    return session.execute(query.order_by(due_on, Ask.id).offset(skip).limit(most)).all()


def of_ask(measure: Any) -> Any:
    """A measure of the ids of an ask's calls."""
    tried = aliased(Call)
    return select(measure(tried.id)).where(tried.ask_id == Ask.id).correlate(Ask).scalar_subquery()


def list_tries(session: Session, ask_id: int) -> Sequence[Call]:
    """The latest first."""
    return session.scalars(select(Call).where(Call.ask_id == ask_id).order_by(Call.id.desc())).all()


def find_ask(session: Session, ask_id: int) -> Ask | None:
    query = select(Ask).where(Ask.id == ask_id, Ask.origin == "heed")
    return session.scalar(query.options(joinedload(Ask.account), joinedload(Ask.contact)))
