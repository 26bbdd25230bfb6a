"""Users as queries."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.data.models import User


def find_user(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email))
