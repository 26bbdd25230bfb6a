"""Asks under way, as queries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, exists, func, select, update
from sqlalchemy.orm import Session

from engine.data.models import OPEN, AnswerRow, Ask


def expire_asks(session: Session, now: datetime) -> None:
    """End Heed's asks whose link has run out: answered, where anything was saved; cancelled, where none was sent."""
    over = Ask.origin == "heed", Ask.expires_at <= now
    saved = exists().where(AnswerRow.ask_id == Ask.id)
    last = select(func.max(AnswerRow.answered_at)).where(AnswerRow.ask_id == Ask.id).scalar_subquery()
    ended = update(Ask).where(*over, Ask.status.in_((*OPEN, "in_doubt")))
    unsent = update(Ask).where(*over, Ask.status.in_(("planned", "approved")))
    session.execute(ended.values(status=case((saved, "answered"), else_="expired"), answered_at=last))
    session.execute(unsent.values(status="cancelled", why_status="its time ran out before it was sent"))
