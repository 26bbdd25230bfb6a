"""What the installation knows of itself: its secret, when it was made."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.data.models import HouseFact

_SECRET = "secret"  # noqa: S105  (the name of the fact, not the secret)


def read_fact(session: Session, name: str) -> str | None:
    return session.scalar(select(HouseFact.value).where(HouseFact.name == name))


def keep_fact(session: Session, name: str, value: str) -> None:
    """Note it, in place of what was noted before."""
    fact = session.scalar(select(HouseFact).where(HouseFact.name == name))
    if fact is None:
        session.add(HouseFact(name=name, value=value))
    else:
        fact.value = value
    session.flush()


def read_secret(session: Session) -> str | None:
    """What signs clients' links, where `heed init` made it."""
    return read_fact(session, _SECRET)


def keep_secret(session: Session, secret: str) -> None:
    """Keep the first secret for good: another one would break every link that is out."""
    if read_secret(session) is None:
        keep_fact(session, _SECRET, secret)
