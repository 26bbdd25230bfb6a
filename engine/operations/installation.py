"""The installation itself: its tables, its secret, its first user."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from engine.data.backup import copy_database
from engine.data.house import keep_fact, keep_secret, read_fact, read_secret
from engine.data.users import find_user
from engine.house import Engine
from engine.operations.surveys import sync_surveys
from engine.operations.users import new_user, read_email, welcome_link


@dataclass(frozen=True)
class Installed:
    """`secret`: configured, generated now, or kept. `admin`: the user that was asked for, whether they are new, and
    where they choose a password, unless they have one."""

    new: bool
    secret: str
    admin: str | None = None
    admin_new: bool = False
    admin_link: str | None = None


def install_house(engine: Engine, *, admin: str | None = None) -> Installed:
    """Create the database or bring it up to date, with the surveys that ship and, unless configured, a secret."""
    email = read_email(admin) if admin else None
    engine.store.upgrade()
    with engine.store.write(engine.scope) as session:
        new = read_fact(session, "installed_at") is None
        if new:
            keep_fact(session, "installed_at", engine.clock().isoformat())
        secret = _keep_secret(engine, session)
        admin_new, chosen = _keep_admin(engine, session, email) if email else (False, True)
    sync_surveys(engine)
    link = welcome_link(engine, email) if email and not chosen else None
    return Installed(new, secret, email, admin_new, link)


def back_up_house(engine: Engine, file: Path) -> int:
    """Copy the whole database to a new file while all goes on running; the file's size. See copy_database."""
    return copy_database(engine.store, file)


def _keep_secret(engine: Engine, session: Session) -> str:
    if engine.config.secret:
        return "configured"
    if read_secret(session):
        return "kept"
    keep_secret(session, secrets.token_urlsafe(32))
    return "generated"


def _keep_admin(engine: Engine, session: Session, email: str) -> tuple[bool, bool]:
    """Whether they are new, and whether they have a password. Whoever runs `heed init` may make anybody an admin."""
    user = find_user(session, email)
    if user is None:
        new_user(engine, session, email, is_admin=True)
        return True, False
    user.is_admin = True
    return False, user.password is not None
