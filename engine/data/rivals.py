"""Accounts whose people may want the same places: of an owner, of a day's calls, of a person known at several."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, func, or_, select, union
from sqlalchemy.orm import aliased

from engine.data.columns import kept
from engine.data.models import Account, Contact
from engine.data.rows import ACCOUNTS
from engine.data.scope import among_listed, list_ids
from engine.data.store import Store
from engine.data.types import Day

MOST = 40
"""So many accounts are looked at for the sake of one contact without a second thought."""
OF_OWNERS = 100
"""So many that are connected through their owners."""
STILL_FEW = 2000
"""And so many where it takes them all to know who gets a place; of more it is said that they were not looked at."""


def find_few(store: Store, due: date | None = None) -> set[int]:
    """The accounts that are due by that day, or all of them: where there are no more than MOST, or without a day. Of
    more than STILL_FEW some are left out, so that there is one more than that."""
    with store.snapshot() as snapshot:
        given = {"most": STILL_FEW + 1} | ({"due": due, "few": MOST} if due else {})
        return set(snapshot.frame(_few(due is not None), given)["id"])


def reach_owners(store: Store, account_ids: Collection[int], due: date | None = None) -> set[int] | None:
    """These accounts and the others of their owners (of those that are due by that day), with whoever is known there,
    and so on; None where they are more than OF_OWNERS."""
    with store.snapshot() as snapshot:
        given = {"accounts": list_ids(account_ids), "most": OF_OWNERS + 1} | ({"due": due} if due else {})
        found = set(snapshot.frame(_of_owners(snapshot.dialect, due is not None), given)["id"])
    return found if len(found) <= OF_OWNERS else None


@kept
def _few(is_due: bool) -> Select[*tuple[Any, ...]]:
    query = select(Account.id).limit(bindparam("most"))
    if not is_due:
        return query
    due = query.where(Account.plan_on <= bindparam("due", type_=Day())).subquery()
    few = bindparam("few", type_=Integer())
    first = select(Account.id).limit(few + 1).subquery()
    is_small = select(func.count()).select_from(first).scalar_subquery() <= few
    return select(union(select(due.c.id), select(first.c.id).where(is_small)).subquery())


@kept
def _of_owners(dialect: str, is_due: bool) -> Select[*tuple[Any, ...]]:
    """From each account to those of its people, and from these to the others of their owners. A database may refuse a
    recursion that goes on from two places, so both are one step."""
    found = select(Account.id).where(among_listed(Account.id, ACCOUNTS, dialect)).cte("found", recursive=True)
    person, known, there, other = aliased(Contact), aliased(Contact), aliased(Account), aliased(Account)
    theirs = [func.lower(other.owner_email) == func.lower(there.owner_email), there.owner_email != ""]  # by its index
    if is_due:
        theirs.append(other.plan_on <= bindparam("due", type_=Day()))
    step = select(other.id).select_from(found).join(person, person.account_id == found.c.id)
    step = step.join(known, known.person_id == person.person_id).join(there, there.id == known.account_id)
    found = found.union(step.join(other, or_(other.id == there.id, and_(*theirs))))
    return select(found.c.id).limit(bindparam("most"))
