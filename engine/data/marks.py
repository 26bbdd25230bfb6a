"""When each account is decided for next: set by a plan, and marked by whatever happens in between.

A mark is a day of its own, so that one set while a plan is being made is still there when the plan is written: the plan
takes the marks that are there before it reads, and afterwards leaves those alone that have come since. Marks reach
beyond the accounts that a user may see, because what is done to a person counts at all of their accounts.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache
from typing import Any

import polars as pl
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    String,
    Update,
    bindparam,
    func,
    or_,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

from engine.data.columns import Snapshot
from engine.data.localtime import day_number
from engine.data.models import Account, Contact
from engine.data.prepared import write
from engine.data.scope import among, among_listed, list_ids
from engine.data.stage import Stage
from engine.data.store import Store
from engine.data.types import Day

MARKED = date(1970, 1, 1)
"""Due whichever day a plan is made for, also when an old one is played again."""
TAKEN = date(1970, 1, 2)
"""Marked, and read by a plan that is not written yet: due all the same, should that plan never be."""


def mark_accounts(session: Session, account_ids: Collection[int] | None) -> None:
    """Have them decided for by the next plan. None: every account."""
    _mark(session, "everyone" if account_ids is None else "accounts", account_ids or ())


def mark_persons(session: Session, person_ids: Collection[int]) -> None:
    """Have every account of these persons decided for by the next plan: what was asked at one counts at all."""
    _mark(session, "persons", person_ids)


def mark_persons_behind(session: Session, contact_ids: Collection[int]) -> None:
    """The same, for the persons who are these contacts."""
    _mark(session, "persons behind", contact_ids)


def mark_elsewhere(session: Session, contact_ids: Collection[int]) -> None:
    """Mark the accounts where the persons behind these contacts are known as others."""
    _mark(session, "elsewhere", contact_ids)


def take_marks(session: Session) -> None:
    """Before a plan reads: what is marked from now on is news to it."""
    _update(session, update(Account).where(Account.plan_on == MARKED).values(plan_on=TAKEN))


def lock_accounts(session: Session, account_ids: Collection[int]) -> pl.DataFrame:
    """account_id, marked (since the marks were taken), outcomes; from here on nobody marks them before we are done."""
    outcomes = func.coalesce(Account.outcomes, "").label("outcomes")
    query = select(Account.id.label("account_id"), Account.plan_on, outcomes)
    chosen = _in_order(query.where(among(Account.id, account_ids, _dialect(session))))
    found = Snapshot(session.connection()).frame(chosen)
    return found.select("account_id", "outcomes", marked=pl.col("plan_on").eq_missing(day_number(MARKED)))


def plan_again(store: Store, session: Session, standing: pl.DataFrame) -> None:
    """Keep what was decided for accounts: account_id, outcomes, expected, plan_on (null: once something happens)."""
    with Stage(store, session, standing) as stage:
        new = {"plan_on": type_coerce(stage.c.plan_on, Day), "outcomes": stage.c.outcomes,
               "expected": stage.c.expected}  # fmt: skip
        _update(session, update(Account).where(Account.id == stage.c.account_id).values(new))


def _mark(session: Session, whose: str, ids: Collection[int]) -> None:
    given = {} if whose == "everyone" else {"ids": list_ids(ids)}
    write(session, _marking(whose, _dialect(session)), [given])


@cache
def _marking(whose: str, dialect: str) -> Update:
    """Built once: every answer, promise and wish marks somebody."""
    given: BindParameter[str] = bindparam("ids", type_=String())
    contacts = among_listed(Contact.id, given, dialect)
    behind = Contact.person_id.in_(select(Contact.person_id).where(contacts))
    of = {
        "everyone": true(),
        "accounts": among_listed(Account.id, given, dialect),
        "persons": _at(among_listed(Contact.person_id, given, dialect)),
        "persons behind": _at(behind),
        "elsewhere": _at(behind, ~contacts),
    }
    later = or_(Account.plan_on.is_(None), Account.plan_on > MARKED)
    chosen = _in_order(select(Account.id).where(of[whose], later))
    return update(Account).where(Account.id.in_(chosen)).values(plan_on=MARKED)


def _at(*contacts: ColumnElement[bool]) -> ColumnElement[bool]:
    return Account.id.in_(select(Contact.account_id).where(*contacts))


def _in_order(accounts: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Kept from other writers, by id: two that want some of the same accounts would else wait for each other."""
    return accounts.order_by(Account.id).with_for_update(key_share=True)


def _update(session: Session, statement: Update) -> None:
    session.flush()
    session.connection().execute(statement)


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
