"""Voices as queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from engine.data.models import Touchpoint, Voice


def find_voice(session: Session, number: int) -> Voice | None:
    """The voice with its account and contact, kept from other writers until the transaction ends."""
    query = select(Voice).where(Voice.id == number).with_for_update(of=Voice)
    return session.scalar(query.options(joinedload(Voice.account), joinedload(Voice.contact)))


def list_voices(session: Session, account_id: int | None, most: int) -> Sequence[Voice]:
    query = select(Voice).order_by(Voice.said_at.desc(), Voice.id.desc()).limit(most)
    if account_id is not None:
        query = query.where(Voice.account_id == account_id)
    return session.scalars(query.options(joinedload(Voice.account), joinedload(Voice.contact))).all()


def list_unanswered(session: Session, sources: Collection[str], since: datetime) -> Sequence[int]:
    """Voices of clients from elsewhere that nothing has followed from yet."""
    query = select(Voice.id).where(Voice.source.in_(sources), Voice.speaker == "client", Voice.said_at >= since)
    return session.scalars(query.where(Voice.contact_id.is_not(None), Voice.promise_id.is_(None))).all()


def has_feedback(session: Session, contact_id: int, at: datetime) -> bool:
    query = select(Touchpoint.id).where(Touchpoint.contact_id == contact_id, Touchpoint.kind == "feedback")
    return session.scalar(query.where(Touchpoint.happened_at == at).limit(1)) is not None
