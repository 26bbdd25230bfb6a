"""Accounts whose people may want the same places: of an owner, of a day's calls, of a person known at several."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, select, true, union
from sqlalchemy.orm import aliased

from engine.data.columns import kept
from engine.data.models import Account, Contact
from engine.data.rows import ACCOUNTS
from engine.data.scope import among_listed, each_of, list_ids
from engine.data.store import Store
from engine.data.types import Day

MOST = 40
"""So many accounts are looked at for the sake of one contact without a second thought."""
OF_OWNERS = 100
"""So many that are connected through their owners."""
STILL_FEW = 2000
"""And so many where it takes them all to know who gets a place; of more it is said that they were not looked at."""


def find_rivals(
    store: Store, account_ids: Collection[int], due: date | None = None, *, of_owners: bool
) -> set[int] | None:
    """The accounts that are due by that day, or all of them: where there are no more than MOST, or without a day. Of
    more accounts, with `of_owners`, these ones and the others of their owners (of those that are due), with whoever is
    known there, and so on. None: they are too many to look at."""
    given = {"accounts": list_ids(account_ids), "most": STILL_FEW + 1, "near": OF_OWNERS + 1}
    given |= {"due": due, "few": MOST} if due else {}
    with store.snapshot() as snapshot:
        found = set(snapshot.frame(_few(due is not None), given)["id"])
        if len(found) > MOST and of_owners:  # an owner's may be many, even where few are due
            near = set(snapshot.frame(_of_owners(snapshot.dialect, due is not None), given)["id"])
            if len(near) <= OF_OWNERS:
                return near
    return found if len(found) <= STILL_FEW else None


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
    """From each account to the others of its owner, and to those of its people. A database may refuse a recursion that
    goes on from two places, so both are one step."""
    found = select(Account.id).where(among_listed(Account.id, ACCOUNTS, dialect)).cte("found", recursive=True)
    there, other, person, known = aliased(Account), aliased(Account), aliased(Contact), aliased(Contact)
    same_owner = func.lower(other.owner_email) == func.lower(there.owner_email)  # by its index
    of_owner = select(other.id).join(there, same_owner).where(there.id == found.c.id, there.owner_email != "")
    if is_due:
        of_owner = of_owner.where(other.plan_on <= bindparam("due", type_=Day()))
    of_people = select(known.account_id).join(person, person.person_id == known.person_id)
    of_people = of_people.where(person.account_id == found.c.id)
    near = each_of(union(of_owner.correlate(found), of_people.correlate(found)), dialect)
    found = found.union(select(near).select_from(found).join(near.table, true()))
    return select(found.c.id).limit(bindparam("near"))
