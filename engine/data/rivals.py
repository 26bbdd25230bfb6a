"""Accounts whose people may want the same places: of an owner, of a day's calls, of a person known at several."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from engine.data.book import linked_to
from engine.data.columns import kept
from engine.data.models import Account
from engine.data.rows import ACCOUNTS
from engine.data.scope import among_listed, list_ids
from engine.data.store import Store
from engine.data.types import Day

MOST = 40
"""So many accounts are looked at for the sake of one contact without a second thought."""
STILL_FEW = 2000
"""And so many where it takes them all to know who gets a place; of more it is said that they were not looked at."""


def find_few(store: Store, most: int, due: date | None = None) -> set[int] | None:
    """Every account, or every one that is due by that day; None where they are more than that."""
    with store.snapshot() as snapshot:
        found = set(snapshot.frame(_first(due is not None), {"most": most + 1, "due": due})["id"])
    return found if len(found) <= most else None


def reach_owners(store: Store, account_ids: Collection[int], due: date | None = None) -> set[int] | None:
    """These accounts and the others of their owners (of those that are due by that day), with whoever is known there,
    and so on; None where they are more than MOST."""
    found: set[int] = set()
    newer = set(account_ids)
    while newer and len(found | newer) <= MOST:
        found |= newer
        given = {"accounts": list_ids(found), "most": MOST + 1, "due": due}
        with store.snapshot() as snapshot:
            others = snapshot.frame(_of_owners(snapshot.dialect, due is not None), given)["id"]
        newer = linked_to(store, set(others) - found) - found
    return None if newer else found


@kept
def _first(is_due: bool) -> Select[*tuple[Any, ...]]:
    query = select(Account.id).limit(bindparam("most"))
    return query.where(Account.plan_on <= bindparam("due", type_=Day())) if is_due else query


@kept
def _of_owners(dialect: str, is_due: bool) -> Select[*tuple[Any, ...]]:
    owner = func.lower(Account.owner_email)  # as ix_accounts_owner has it
    owners = select(owner).where(among_listed(Account.id, ACCOUNTS, dialect), Account.owner_email != "")
    query = select(Account.id).where(owner.in_(owners)).limit(bindparam("most"))
    return query.where(Account.plan_on <= bindparam("due", type_=Day())) if is_due else query
