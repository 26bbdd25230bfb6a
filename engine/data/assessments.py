"""What Heed itself knows of how the programme does, and what was said of it before, as queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from engine.data.models import ASKED, Account, Ask, Contact, Initiative, SelfAssessment

Counted = tuple[int, int]
"""So many of so many."""


def list_assessments(session: Session, most: int = 20) -> Sequence[SelfAssessment]:
    """The latest first."""
    return session.scalars(select(SelfAssessment).order_by(SelfAssessment.id.desc()).limit(most)).all()


def count_owned(session: Session) -> Counted:
    """Accounts that somebody looks after."""
    return _count(session, select(func.count(Account.owner_email), func.count(Account.id)))


def count_heard(session: Session, since: datetime) -> Counted:
    """Accounts of which somebody has answered since then."""
    heard = func.count().filter(Account.id.in_(_answered(Ask.account_id, since)))
    return _count(session, select(heard, func.count(Account.id)))


def count_deciders(session: Session, since: datetime) -> Counted:
    """People who decide, and have answered since then."""
    heard = func.count().filter(Contact.id.in_(_answered(Ask.contact_id, since)))
    query = select(heard, func.count(Contact.id)).where(Contact.influence == "decision_maker")
    return _count(session, query.where(Contact.opted_out_on.is_(None)))


def count_answered(session: Session, since: datetime, until: datetime) -> Counted:
    """Asks that were answered, of those sent in this time."""
    query = select(func.count(Ask.answered_at), func.count(Ask.id))
    return _count(session, query.where(Ask.status.in_(ASKED), Ask.sent_at >= since, Ask.sent_at < until))


def count_initiatives(session: Session) -> Counted:
    """Those that were published."""
    published: ColumnElement[int] = func.count().filter(Initiative.status == "published")
    return _count(session, select(published, func.count(Initiative.id)))


def _answered(column: Any, since: datetime) -> Any:
    return select(column).where(Ask.answered_at >= since)


def _count(session: Session, query: Any) -> Counted:
    row = session.execute(query).one()
    return int(row[0]), int(row[1])
