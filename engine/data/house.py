"""What the installation knows of itself: its secret, when it was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.data.models import AuditEntry, HouseFact
from engine.data.prepared import write
from engine.data.search import holds

_SECRET = "secret"  # noqa: S105  (the name of the fact, not the secret)


def read_fact(session: Session, name: str) -> str | None:
    return session.scalar(select(HouseFact.value).where(HouseFact.name == name))


def keep_fact(session: Session, name: str, value: str) -> None:
    """Note it, in place of what was noted before."""
    put = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    noted = put(HouseFact).values(name=name, value=value)
    session.execute(noted.on_conflict_do_update(index_elements=[HouseFact.name], set_={"value": value}))


def add_entry(session: Session, **row: Any) -> None:
    """A line of the audit, past the ORM: a client who judges a promise waits for it."""
    write(session, _NEW_ENTRY, [row])


def list_audit(session: Session, *, words: str = "", skip: int = 0, most: int) -> Sequence[AuditEntry]:
    """Who changed what, the newest first."""
    query = select(AuditEntry)
    if words:
        query = query.where(holds(AuditEntry, words, session.get_bind().dialect.name))
    return session.scalars(query.order_by(AuditEntry.id.desc()).offset(skip).limit(most)).all()


def read_secret(session: Session) -> str | None:
    """What signs clients' links, where `heed init` made it."""
    return read_fact(session, _SECRET)


def keep_secret(session: Session, secret: str) -> None:
    """Keep the first secret for good: another one would break every link that is out."""
    if read_secret(session) is None:
        keep_fact(session, _SECRET, secret)


_NEW_ENTRY = insert(AuditEntry).inline()
