"""What clients have not been told yet of their promises, and what has gone out to them and to our own people."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from engine.data.clients import SHOWN
from engine.data.models import Ask, Contact, Digest, News, Promise, PromiseEvent

TOLD = ("agreed", "moved", "done", "declined")
"""Steps of ours that a client is written to about."""
ARRIVED = ("sending", "sent", "in_doubt")


def list_untold(session: Session, since: datetime) -> dict[int, dict[int, int]]:
    """For each contact the promises they were not told about, each with its last step: neither by a message nor by an
    invitation that went out after it. Only of those who may be written to."""
    news = select(func.max(News.through_id)).where(News.contact_id == Promise.contact_id, News.status.in_(ARRIVED))
    later = exists().where(Ask.contact_id == Promise.contact_id, Ask.sent_at >= PromiseEvent.at, Ask.origin == "heed")
    query = (
        select(Promise.contact_id, Promise.id, func.max(PromiseEvent.id))
        .join(PromiseEvent, PromiseEvent.promise_id == Promise.id)
        .join(Contact, Contact.id == Promise.contact_id)
        .where(PromiseEvent.at >= since, PromiseEvent.step.in_(TOLD), PromiseEvent.actor == "team")
        .where(PromiseEvent.id > func.coalesce(news.scalar_subquery(), 0), ~later)
        .where(Promise.status.in_(SHOWN), *_welcome())
        .group_by(Promise.contact_id, Promise.id)
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for contact_id, number, event_id in session.execute(query):
        found[int(contact_id or 0)][number] = event_id
    return found


def _welcome() -> tuple[ColumnElement[bool], ...]:
    """Who has an address that works, and has not said no: to everything, or to this."""
    bounced = func.coalesce(Contact.bounced_channels, "")
    works = and_(Contact.email.is_not(None), ~bounced.contains("email"))
    return works, Contact.opted_out_on.is_(None), ~Contact.wish_no_news


def was_told_on(session: Session, person_id: int, day: date) -> bool:
    query = select(News.id).where(News.person_id == person_id, News.on == day, News.status.in_(ARRIVED))
    return session.scalar(query.limit(1)) is not None


def digest_of(session: Session, email: str, day: date) -> Digest | None:
    """What went out to somebody of ours on a day."""
    query = select(Digest).where(Digest.email == email, Digest.on == day, Digest.status.in_(ARRIVED))
    return session.scalar(query)


def find_row(session: Session, table: type[Any], row_id: int) -> Any:
    return session.get_one(table, row_id, with_for_update=True)
