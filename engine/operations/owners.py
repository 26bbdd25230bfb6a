"""The one person who answers for a promise: who it is by default, who may be, and who stands in while they are away."""

from __future__ import annotations

from datetime import date

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from engine.data import owners as data
from engine.data.models import Account, Promise, Touchpoint
from engine.errors import InputError, nearest
from engine.house import Engine
from engine.operations.promise_steps import taking_step


def choose_owner(session: Session, account: Account, named: str | None, touchpoint: Touchpoint | None = None) -> str:
    """Who answers for a new promise: whoever is named, else the touchpoint's owner, else the account's.

    Raises InputError where nobody is, and for somebody who cannot.
    """
    if named:
        return check_owner(session, account, named)
    owner = (touchpoint and touchpoint.owner_email) or account.owner_email
    if not owner:
        raise InputError(f"Nobody owns this promise: name an owner, or give {account.name} one.", about=account.key)
    return read_address(owner)


def check_owner(session: Session, account: Account, email: str) -> str:
    """The address, as it is kept. Raises InputError for one outside the account's teams, or who has left."""
    owner = read_address(email)
    if data.is_switched_off(session, owner):
        raise InputError(f"{owner} cannot own a promise: their login is switched off. Name somebody else.", about=owner)
    team = data.list_team(session, account.id)
    others = {account.owner_email, account.sponsor_email, *data.list_touchpoint_owners(session, account.id)}
    known = {each.casefold(): each for each in (*team, *filter(None, others))}
    if team and owner.casefold() not in known:
        raise InputError(
            f"{owner} is in no team that looks after {account.name}, so they cannot own a promise to it. "
            f"Those who can: {', '.join(sorted(known.values()))}.{nearest(owner, known.values())}",
            about=owner,
        )
    return known.get(owner.casefold(), owner)


def read_address(email: str) -> str:
    """Raises InputError for what is no address of one person."""
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise InputError(f"“{email}” cannot own a promise: {error}", about=email) from None


def same_person(one: str | None, other: str | None) -> bool:
    return bool(one and other) and str(one).casefold() == str(other).casefold()


# while somebody is away


def is_away(session: Session, email: str, today: date) -> bool:
    return data.is_switched_off(session, email) or data.find_absence(session, email, today) is not None


def find_stand_in(engine: Engine, session: Session, account: Account, owner: str, today: date) -> str:
    """Who keeps promises for somebody who is away: their deputy, else the account's owner, its sponsor, the house."""
    absence = data.find_absence(session, owner, today)
    for other in (absence and absence.deputy_email, account.owner_email, account.sponsor_email):
        if other and not same_person(other, owner) and not is_away(session, other, today):
            return other
    return engine.config.sender


def cover_promise(engine: Engine, session: Session, promise: Promise, today: date) -> bool:
    """Give a promise to whoever stands in for an owner who is away, or back to one who has returned. Whether it was."""
    owner = promise.covers_for or promise.owner_email
    if is_away(session, owner, today):
        keeper, why = find_stand_in(engine, session, promise.account, owner, today), f"{owner} is away"
        for_good = data.is_switched_off(session, owner)
    else:
        keeper, why, for_good = owner, f"{owner} is back", True
    covers_for = None if for_good else owner
    if same_person(keeper, promise.owner_email) and covers_for == promise.covers_for:
        return False
    with taking_step(engine, session, promise, "covered", author="Heed", actor="clock", note=why):
        promise.owner_email, promise.covers_for = keeper, covers_for
        if same_person(promise.offered_to, keeper):
            promise.offered_to = None
    return True
