"""Figures of a large house as they were counted last, and whether a house is large."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.data.models import Contact, Figures


def find_figures(session: Session, name: str) -> tuple[dict[str, Any], datetime] | None:
    """What was counted last, and when."""
    found = session.execute(select(Figures.value, Figures.counted_at).where(Figures.name == name)).one_or_none()
    return (found[0], found[1]) if found else None


def keep_figures(session: Session, found: Mapping[str, dict[str, Any]], now: datetime) -> None:
    """Keep these, and nothing that was kept before."""
    session.execute(delete(Figures))
    session.add_all(Figures(name=name, counted_at=now, value=value) for name, value in found.items())


def has_more_contacts(session: Session, than: int) -> bool:
    return session.scalar(select(Contact.id).order_by(Contact.id).offset(than).limit(1)) is not None
