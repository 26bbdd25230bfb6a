"""Who of us may answer for what: teams of an account, who is away, whose login is switched off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from engine.data.models import Absence, Promise, TeamAccount, TeamUser, Touchpoint, User
from engine.data.promises import WITH_PEOPLE


def list_team(session: Session, account_id: int) -> dict[str, str]:
    """Role by e-mail address of everyone in a team that looks after the account; logins that work."""
    query = select(User.email, TeamUser.role).join(TeamUser, TeamUser.user_id == User.id)
    query = query.join(TeamAccount, TeamAccount.team_id == TeamUser.team_id)
    query = query.where(TeamAccount.account_id == account_id, User.active).order_by(User.email)
    return {row.email: row.role for row in session.execute(query)}


def list_touchpoint_owners(session: Session, account_id: int) -> set[str]:
    query = select(Touchpoint.owner_email).where(Touchpoint.account_id == account_id).distinct()
    return {email for email in session.scalars(query) if email}


def is_switched_off(session: Session, email: str) -> bool:
    """Whether they have a login, and it no longer works."""
    return session.scalar(select(User.active).where(func.lower(User.email) == email.lower())) is False


def find_absence(session: Session, email: str, today: date) -> Absence | None:
    """Why they are away today; what was written down last counts."""
    query = select(Absence).where(func.lower(Absence.email) == email.lower(), Absence.from_on <= today)
    query = query.where(or_(Absence.until_on.is_(None), Absence.until_on >= today))
    return session.scalar(query.order_by(Absence.id.desc()).limit(1))


def list_absences(session: Session, today: date) -> Sequence[Absence]:
    """Those of today and later."""
    query = select(Absence).where(or_(Absence.until_on.is_(None), Absence.until_on >= today))
    return session.scalars(query.order_by(Absence.from_on, Absence.id)).all()


def list_uncertain_promises(session: Session, statuses: Collection[str]) -> Sequence[Promise]:
    """Promises whose owner has ever been away or has no working login, and those that somebody stands in for."""
    away = select(func.lower(Absence.email)).union(select(func.lower(User.email)).where(User.active.is_(False)))
    owner = func.lower(Promise.owner_email)
    query = select(Promise).where(Promise.status.in_(statuses), or_(Promise.covers_for.is_not(None), owner.in_(away)))
    return session.scalars(query.order_by(Promise.id).with_for_update(of=Promise).options(*WITH_PEOPLE)).all()


def find_touchpoint_behind(session: Session, account_id: int, contact_id: int, before: object) -> Touchpoint | None:
    """The latest touchpoint of a contact, or of the account as a whole, up to a moment."""
    theirs = or_(Touchpoint.contact_id == contact_id, Touchpoint.contact_id.is_(None))
    query = select(Touchpoint).where(Touchpoint.account_id == account_id, theirs, Touchpoint.happened_at <= before)
    return session.scalar(query.order_by(Touchpoint.happened_at.desc(), Touchpoint.id.desc()).limit(1))


def list_leads(session: Session) -> dict[int, list[str]]:
    """The leads of the teams that look after each account; logins that work."""
    query = select(TeamAccount.account_id, User.email).join(TeamUser, TeamUser.team_id == TeamAccount.team_id)
    query = query.join(User, User.id == TeamUser.user_id).where(TeamUser.role == "lead", User.active)
    found: dict[int, list[str]] = {}
    for account_id, email in session.execute(query.order_by(User.email)):
        found.setdefault(account_id, []).append(email)
    return found
