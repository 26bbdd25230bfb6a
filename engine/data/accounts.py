"""Accounts, their contacts and the persons behind them, as queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import Session, joinedload

from engine.data.models import Account, Contact
from engine.data.scope import among
from engine.errors import NotFoundError, nearest
from engine.types import TIERS


def find_account(session: Session, key: str) -> Account:
    """Raises NotFoundError with the nearest key."""
    found = session.scalar(select(Account).where(Account.key == key))
    if found is None:
        hint = _nearest(session, key, select(Account.key).where(Account.key.startswith(key[:1], autoescape=True)))
        raise NotFoundError(f"There is no account “{key}”.{hint}", about=key)
    return found


def list_accounts(session: Session, account_ids: Collection[int]) -> Sequence[Account]:
    dialect = session.get_bind().dialect.name
    return session.scalars(select(Account).where(among(Account.id, account_ids, dialect)).order_by(Account.id)).all()


def find_contact(session: Session, account: Account, key: str) -> Contact:
    """The account's contact with this key. Raises NotFoundError with the nearest key."""
    found = session.scalar(select(Contact).where(Contact.account_id == account.id, Contact.key == key))
    if found is None:
        hint = _nearest(session, key, select(Contact.key).where(Contact.account_id == account.id))
        raise NotFoundError(f"{account.name} has no contact “{key}”.{hint}", about=f"{account.key}/{key}")
    return found


def find_contacts(session: Session, who: str) -> Sequence[Contact]:
    """Contacts with this e-mail address, this key, or this ACCOUNT/KEY; each with its account, by their keys."""
    who = who.strip()
    cuts = [index for index, letter in enumerate(who) if letter == "/"]
    matches = union(  # a union uses the indexes, where OR over two tables reads every contact
        select(Contact.id).where(Contact.email_key == who.casefold()),
        select(Contact.id).where(Contact.key == who),
        *(
            select(Contact.id).join(Contact.account).where(Account.key == who[:cut], Contact.key == who[cut + 1 :])
            for cut in cuts
        ),
    )
    query = select(Contact).join(Contact.account).where(Contact.id.in_(matches)).order_by(Account.key, Contact.key)
    return session.scalars(query.options(joinedload(Contact.account))).all()


def find_first_contact(session: Session) -> int | None:
    """Whoever comes first of those who are not forgotten."""
    return session.scalar(select(Contact.id).where(Contact.erased_on.is_(None)).order_by(Contact.id).limit(1))


def list_people_to_try(session: Session, most: int) -> Sequence[Contact]:
    """Some people of the accounts that may be seen, each with its account, for a list to choose one from."""
    query = select(Contact).where(Contact.erased_on.is_(None)).options(joinedload(Contact.account))
    return session.scalars(query.order_by(Contact.id).limit(most)).all()


def list_tier_accounts(session: Session, tier: str) -> Sequence[int]:
    """The accounts that settings of a tier are for: an unknown tier counts as standard."""
    counts = Account.tier == tier
    if tier == "standard":
        counts = or_(counts, Account.tier.is_(None), Account.tier.not_in(TIERS))
    return session.scalars(select(Account.id).where(counts)).all()


def sample_accounts(
    session: Session, account_ids: Collection[int] | None, most: int
) -> tuple[Collection[int] | None, int]:
    """Every n-th of these accounts (None: of all), so that about `most` contacts are theirs at most; and n."""
    contacts, accounts = select(func.count(Contact.id)), select(Account.id).order_by(Account.id)
    if account_ids is not None:
        dialect = session.get_bind().dialect.name
        contacts = contacts.where(among(Contact.account_id, account_ids, dialect))
        accounts = accounts.where(among(Account.id, account_ids, dialect))
    every = -(-(session.scalar(contacts) or 0) // most)
    if every <= 1:
        return account_ids, 1
    return session.scalars(accounts).all()[::every], every


def _nearest(session: Session, key: str, keys: Select[str]) -> str:
    return nearest(key, session.scalars(keys.limit(2000)))
