"""Our own people as queries: users, teams, and whose accounts are whose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import func, literal, select, union_all, update
from sqlalchemy.orm import Session

from engine.data.models import (
    Absence,
    Account,
    AuditEntry,
    Guess,
    Initiative,
    PartOwner,
    Promise,
    Team,
    TeamAccount,
    TeamUser,
    Touchpoint,
    User,
)

CHANGED = "change address"
"""The action that audit entries of it name."""
NAMING = (
    Account.owner_email, Account.sponsor_email, Touchpoint.owner_email, PartOwner.owner_email, Promise.owner_email,
    Promise.offered_to, Promise.covers_for, Absence.email, Absence.deputy_email, Initiative.owner_email, Guess.author,
)  # fmt: skip
"""What names one of our people by their address. Histories stay as they were written."""


def find_user(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email))


def find_user_by_mark(session: Session, mark: str) -> User | None:
    """By what sessions and set-up links name a user by."""
    return session.scalar(select(User).where(User.fs_uniquifier == mark))


def move_address(session: Session, before: str, after: str) -> dict[str, int]:
    """Name them by another address everywhere. How many rows of which tables."""
    moved: dict[str, int] = {}
    for column in NAMING:
        named = update(column.class_).where(func.lower(column) == before).values({column.key: after})
        rows: int = session.execute(named.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
        if rows:
            table = column.class_.__tablename__
            moved[table] = moved.get(table, 0) + rows
    return moved


def count_given_up(session: Session, email: str) -> int:
    """How often one of our people has had this address and taken another."""
    changes = select(func.count()).where(AuditEntry.action == CHANGED, AuditEntry.author == email.casefold())
    return session.scalar(changes) or 0


def list_users(session: Session) -> Sequence[User]:
    return session.scalars(select(User).order_by(User.email)).all()


def read_roles(session: Session, user: User) -> Iterator[tuple[int, str]]:
    """Account and role: by each team the user is in, and as owner of those that name them so."""
    of_teams = select(TeamAccount.account_id, TeamUser.role)
    of_teams = of_teams.join(TeamUser, TeamUser.team_id == TeamAccount.team_id).where(TeamUser.user_id == user.id)
    owned = select(Account.id, literal("owner")).where(func.lower(Account.owner_email) == user.email)
    yield from session.execute(union_all(of_teams, owned))


def list_teams(session: Session) -> Sequence[Team]:
    return session.scalars(select(Team).order_by(Team.name)).all()


def find_team(session: Session, number: int) -> Team | None:
    return session.get(Team, number)


def list_members(session: Session) -> Sequence[tuple[TeamUser, User]]:
    """Everybody's place in every team."""
    query = select(TeamUser, User).join(User, User.id == TeamUser.user_id).order_by(User.email)
    return [(place, user) for place, user in session.execute(query)]


def find_member(session: Session, team_id: int, user_id: int) -> TeamUser | None:
    return session.scalar(select(TeamUser).where(TeamUser.team_id == team_id, TeamUser.user_id == user_id))


def list_team_accounts(session: Session) -> Sequence[tuple[int, Account]]:
    """Team and account, for every team."""
    query = select(TeamAccount.team_id, Account).join(Account, Account.id == TeamAccount.account_id)
    return [(team_id, account) for team_id, account in session.execute(query.order_by(Account.name))]


def find_team_account(session: Session, team_id: int, account_id: int) -> TeamAccount | None:
    mine = TeamAccount.team_id == team_id, TeamAccount.account_id == account_id
    return session.scalar(select(TeamAccount).where(*mine))
