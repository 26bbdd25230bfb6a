"""Our own people: who may sign in, which teams there are, and what somebody may do for which account.

Roles count upwards: a viewer reads; a member also keeps promises and writes notes; an owner also changes the account's
plan and approves asks; a lead also says who is in the team; an admin may do everything everywhere. Whoever is named as
an account's owner is its owner, without any team.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex

from argon2 import PasswordHasher
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from engine.data import users as data
from engine.data.accounts import find_account
from engine.data.models import Account, AuditEntry, Team, TeamAccount, TeamUser, User
from engine.data.store import EVERYTHING, Scope
from engine.errors import InputError, LinkError, NotFoundError
from engine.house import Engine
from engine.links import PATHS, read_welcome_token, welcome_token
from engine.operations.company import read_link_secret
from engine.operations.hand_overs import cover_absent_owners
from engine.operations.outcomes import name_from_email
from engine.types import clean_text

RANKS = ("viewer", "member", "owner", "lead", "admin")
TEAM_ROLES = RANKS[:-1]
SHORTEST = 10
"""Characters of a password (NIST SP 800-63B asks for eight at least)."""


@dataclass(frozen=True)
class Colleague:
    """One of our people, and their role for each account that is theirs to see."""

    id: int
    email: str
    name: str
    is_admin: bool
    roles: Mapping[int, str] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        return EVERYTHING if self.is_admin else Scope(frozenset(self.roles))

    @property
    def own(self) -> Scope:
        """Their own accounts; an admin without any looks after all."""
        return Scope(frozenset(self.roles)) if self.roles else self.scope

    def may(self, role: str, account_id: int | None = None) -> bool:
        """Whether they are at least this for the account; None: for any."""
        if self.is_admin:
            return True
        theirs = self.roles.values() if account_id is None else filter(None, [self.roles.get(account_id)])
        return any(RANKS.index(own) >= RANKS.index(role) for own in theirs)


def read_colleague(engine: Engine, email: str, user: User | None = None) -> Colleague:
    """`user`: theirs, if it was read just now. Raises NotFoundError."""
    with engine.store.read(EVERYTHING) as session:
        user = user or _find(session, email)
        roles: dict[int, str] = {}
        for account_id, role in data.read_roles(session, user):
            roles[account_id] = max(role, roles.get(account_id, role), key=RANKS.index)
        return Colleague(user.id, user.email, user.name or name_from_email(user.email), user.is_admin, roles)


def add_user(engine: Engine, email: str, *, name: str = "", is_admin: bool = False) -> tuple[User, bool]:
    """The user with this address, and whether they are new. Nobody loses anything by being added again."""
    email = read_email(email)
    with engine.store.write(EVERYTHING) as session:
        user = data.find_user(session, email)
        if user is not None:
            return user, False
        return new_user(engine, session, email, name=name, is_admin=is_admin), True


def new_user(engine: Engine, session: Session, email: str, *, name: str = "", is_admin: bool) -> User:
    """Inside the caller's transaction."""
    user = User(email=email, name=clean_text(name).strip() or None, is_admin=is_admin, created_at=engine.clock())
    session.add(user)
    session.flush()
    _note(engine, session, "add user", email, None, {"admin": is_admin})
    return user


def change_user(engine: Engine, email: str, *, active: bool, is_admin: bool) -> None:
    """Let somebody in or keep them out. Raises InputError for the last admin, who cannot shut everybody out."""
    with engine.store.write(EVERYTHING) as session:
        user = _find(session, email)
        before = {"active": user.active, "admin": user.is_admin}
        others = [one for one in data.list_users(session) if one.is_admin and one.active and one.id != user.id]
        if not others and not (active and is_admin):
            raise InputError(f"{email} is the only admin. Make somebody else one first.", about=email)
        user.active, user.is_admin = active, is_admin
        if not active:
            user.fs_uniquifier = token_hex(16)
        _note(engine, session, "change user", email, before, {"active": active, "admin": is_admin})
    cover_absent_owners(engine)  # what they had promised is somebody's at once


# Signing in


def welcome_link(engine: Engine, email: str) -> str:
    """Where they choose a password: once, and within WELCOME_DAYS."""
    with engine.store.read(EVERYTHING) as session:
        token = welcome_token(read_link_secret(engine, session), _find(session, email).fs_uniquifier)
    return engine.config.link(PATHS["welcome"] + token)


def send_welcome(engine: Engine, email: str) -> str:
    """The same for somebody else, which is written down: whoever has the link can sign in as them."""
    link = welcome_link(engine, email)
    with engine.store.write(EVERYTHING) as session:
        _note(engine, session, "make link to choose a password", email)
    return link


def open_welcome(engine: Engine, token: str) -> str:
    """Whose link it is. Raises LinkError."""
    with engine.store.read(EVERYTHING) as session:
        return _find_welcomed(engine, session, token).email


def choose_password(engine: Engine, token: str, password: str) -> str:
    """Keep it, and end every session and link there was. The user's address. Raises LinkError and InputError."""
    if len(password) < SHORTEST:
        raise InputError(f"Please choose at least {SHORTEST} characters; a few words in a row do well.")
    kept = PasswordHasher().hash(password)
    with engine.store.write(EVERYTHING) as session:
        user = _find_welcomed(engine, session, token)
        user.password, user.fs_uniquifier = kept, token_hex(16)
        _note(engine, session, "choose password", user.email)
        return user.email


def _find_welcomed(engine: Engine, session: Session, token: str) -> User:
    user = data.find_user_by_mark(session, read_welcome_token(read_link_secret(engine, session), token))
    if user is None or not user.active:
        raise LinkError("This link does not work any more.")
    return user


def find_login(
    engine: Engine, *, email: str | None = None, fs_uniquifier: str | None = None, **_: object
) -> User | None:
    """A user by address or by what a session names them by."""
    with engine.store.read(EVERYTHING) as session:
        if email is not None:
            return data.find_user(session, email.strip().casefold())
        return data.find_user_by_mark(session, fs_uniquifier) if fs_uniquifier else None


@dataclass(frozen=True)
class Login:
    """What signing in keeps of a user: the password, what sessions name them by, and their second factor."""

    password: str | None
    mark: str
    factor: str | None = None
    recovery_codes: Sequence[str] = ()


def keep_login(engine: Engine, email: str, login: Login) -> None:
    """Keep what signing in has changed, and who did what."""
    with engine.store.write(EVERYTHING) as session:
        user, own = _find(session, email), engine.acting_as(email, engine.scope)
        if user.password != login.password:
            _note(own, session, "choose password", email)
        if user.factor_secret != login.factor:
            _note(own, session, "set up second factor" if login.factor else "give up second factor", email)
            user.factor_counter = None
        before, after = set(user.recovery_codes or ()), set(login.recovery_codes)
        if login.factor and before != after:
            _note(own, session, "use recovery code" if after < before else "make recovery codes", email)
        user.password, user.fs_uniquifier = login.password, login.mark
        user.factor_secret, user.recovery_codes = login.factor, list(login.recovery_codes) or None


def take_code(engine: Engine, email: str, counter: int) -> None:
    """The code of this half minute is used up."""
    with engine.store.write(EVERYTHING) as session:
        _find(session, email).factor_counter = counter


def reset_factor(engine: Engine, email: str) -> None:
    """For somebody who has lost their phone and their recovery codes: a password is enough until they set one up."""
    with engine.store.write(EVERYTHING) as session:
        user = _find(session, email)
        user.factor_secret = user.factor_counter = user.recovery_codes = None
        user.fs_uniquifier = token_hex(16)
        _note(engine, session, "take away second factor", email)


def needs_factor(engine: Engine, email: str) -> bool:
    """Whether one of their roles signs in with a second factor. Raises InputError where the setting names no role."""
    wanted = {role.strip() for role in engine.config.second_factor.split(",") if role.strip()}
    if unknown := wanted - set(RANKS):
        raise InputError(f"second_factor names no role with “{unknown.pop()}”; there are {', '.join(RANKS)}.")
    if not wanted:
        return False
    colleague = read_colleague(engine, email)
    return bool(wanted & {*colleague.roles.values(), *(["admin"] if colleague.is_admin else [])})


def end_sessions(engine: Engine, email: str) -> None:
    """Sign somebody out everywhere."""
    with engine.store.write(EVERYTHING) as session:
        _find(session, email).fs_uniquifier = token_hex(16)
        _note(engine, session, "end sessions", email)


# Teams


def add_team(engine: Engine, name: str) -> int:
    with engine.store.write(EVERYTHING) as session:
        name = clean_text(name).strip()
        if not name:
            raise InputError("A team needs a name.")
        if any(team.name == name for team in data.list_teams(session)):
            raise InputError(f"There is a team “{name}” already.")
        team = Team(name=name)
        session.add(team)
        session.flush()
        _note(engine, session, "add team", name)
        return team.id


def put_in_team(engine: Engine, number: int, email: str, role: str | None) -> None:
    """Give somebody a role in a team, in place of the one they have; None: they leave it."""
    if role is not None and role not in TEAM_ROLES:
        raise InputError(f"There is no role “{role}”; there are {', '.join(TEAM_ROLES)}.", about=role)
    with engine.store.write(EVERYTHING) as session:
        team, user = _find_team(session, number), _find(session, email)
        place = data.find_member(session, team.id, user.id)
        before = place.role if place else None
        if role is None and place:
            session.delete(place)
        elif place:
            place.role = role or place.role
        elif role:
            session.add(TeamUser(team_id=team.id, user_id=user.id, role=role))
        _note(engine, session, "put in team", f"{email} in {team.name}", before, role)


def give_account(engine: Engine, number: int, key: str, *, taken: bool = False) -> None:
    """Make an account a team's, too; with `taken`, no longer."""
    with engine.store.write(EVERYTHING) as session:
        team, account = _find_team(session, number), find_account(session, key)
        place = data.find_team_account(session, team.id, account.id)
        if taken and place:
            session.delete(place)
        elif not taken and not place:
            session.add(TeamAccount(team_id=team.id, account_id=account.id))
        _note(engine, session, "take account" if taken else "give account", f"{account.key} to {team.name}")


@dataclass(frozen=True)
class TeamView:
    """A team with its people and its accounts."""

    id: int
    name: str
    members: Sequence[tuple[str, str]]
    """Address and role."""
    accounts: Sequence[Account]

    def is_led_by(self, email: str) -> bool:
        return (email, "lead") in self.members


def list_everyone(engine: Engine) -> tuple[Sequence[User], list[TeamView]]:
    """Every user, and every team with who is in it and whose accounts are its."""
    with engine.store.read(EVERYTHING) as session:
        members, accounts = data.list_members(session), data.list_team_accounts(session)
        teams = [
            TeamView(
                id=team.id,
                name=team.name,
                members=[(user.email, place.role) for place, user in members if place.team_id == team.id],
                accounts=[account for team_id, account in accounts if team_id == team.id],
            )
            for team in data.list_teams(session)
        ]
        return data.list_users(session), teams


# What these share


def read_email(text: str) -> str:
    """Raises InputError."""
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized.casefold()
    except EmailNotValidError as error:
        raise InputError(f"“{text}” is no e-mail address: {error}", about=text) from None


def _find(session: Session, email: str) -> User:
    user = data.find_user(session, email)
    if user is None:
        raise NotFoundError(f"There is no user “{email}”.", about=email)
    return user


def _find_team(session: Session, number: int) -> Team:
    team = data.find_team(session, number)
    if team is None:
        raise NotFoundError(f"There is no team {number}.", about=str(number))
    return team


def _note(
    engine: Engine, session: Session, action: str, subject: str, before: object = None, after: object = None
) -> None:
    session.add(
        AuditEntry(at=engine.clock(), author=engine.author, action=action, subject=subject, before=before, after=after)
    )
