"""The installation itself: its tables, its secret, its first user."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from engine.data.house import keep_fact, keep_secret, read_fact, read_secret
from engine.data.models import AuditEntry, User
from engine.data.users import find_user
from engine.errors import InputError
from engine.house import Engine
from engine.operations.surveys import sync_surveys


@dataclass(frozen=True)
class Installed:
    """`secret`: configured, generated now, or kept. `admin`: the user that was asked for, and whether they are new."""

    new: bool
    secret: str
    admin: str | None = None
    admin_new: bool = False


def install_house(engine: Engine, *, admin: str | None = None) -> Installed:
    """Create the database or bring it up to date, with the surveys that ship and, unless configured, a secret."""
    email = _read_email(admin) if admin else None
    engine.store.upgrade()
    with engine.store.write(engine.scope) as session:
        new = read_fact(session, "installed_at") is None
        if new:
            keep_fact(session, "installed_at", engine.clock().isoformat())
        secret = _keep_secret(engine, session)
        admin_new = _keep_admin(engine, session, email) if email else False
    sync_surveys(engine)
    return Installed(new, secret, email, admin_new)


def _keep_secret(engine: Engine, session: Session) -> str:
    if engine.config.secret:
        return "configured"
    if read_secret(session):
        return "kept"
    keep_secret(session, secrets.token_urlsafe(32))
    return "generated"


def _keep_admin(engine: Engine, session: Session, email: str) -> bool:
    if find_user(session, email):
        return False
    now = engine.clock()
    session.add(User(email=email, created_at=now))
    session.add(AuditEntry(at=now, author=engine.author, action="add user", subject=email))
    return True


def _read_email(text: str) -> str:
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized.casefold()
    except EmailNotValidError as error:
        raise InputError(f"--admin “{text}” is no e-mail address: {error}", about=text) from None
