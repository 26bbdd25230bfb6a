"""Promises: each step from a draft to the client's verdict. Only the steps here change a promise, and each one leaves an event.

Operations with a `number` open their own transaction. `make_promise` and `record_verdict` work inside the transaction of
whoever calls them, because a promise and the answer it came from are kept together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import holidays
from sqlalchemy.orm import Session

from engine.data import promises as data
from engine.data.accounts import find_account, find_contact, mark_accounts, mark_person
from engine.data.audit import write_audit
from engine.data.models import Account, Contact, Promise, PromiseEvent
from engine.data.settings import read_settings
from engine.errors import InputError, StateError
from engine.house import Engine
from engine.types import Moment, clean_text

WORKING_DAYS = 10
"""How long we take for what nobody set a date for."""

STEPS = {
    "drafted": ("agree", "hand over", "decline"),
    "agreed": ("move", "do", "hand over", "decline"),
    "done": ("record the client's verdict",),
    "declined": ("agree",),
}
"""What can follow on each state. A dispute makes a done promise agreed again."""


def make_promise(
    engine: Engine,
    session: Session,
    *,
    account: Account,
    contact: Contact | None,
    title: str,
    owner_email: str | None = None,
    due_on: date | None = None,
    said: str | None = None,
    ask_id: int | None = None,
    origin: str = "team",
    agreed: bool = False,
    author: str,
    note: str | None = None,
    on: date | None = None,
) -> Promise:
    """Make a promise inside the caller's transaction; a draft, or agreed at once.

    Without an owner it is the account's. Without a date it is due in WORKING_DAYS of the owner's country. The same
    title to the same contact on the same day is the same promise while it is open.
    """
    raise NotImplementedError


def record_verdict(
    engine: Engine, session: Session, promise: Promise, *, kept: bool, words: str | None, author: str
) -> None:
    """Keep the client's word on a done promise. A dispute reopens it as agreed, with what the client said."""
    raise NotImplementedError


def working_days_after(day: date, n: int, country: str | None) -> date:
    """The n-th working day after `day`: weekends and public holidays of the country left out; unknown country: weekends."""
    return _calendar(country).get_nth_working_day(day, n)


def owner_country(session: Session, account: Account) -> str | None:
    """Where the people who keep our promises work: the house's country, else the account's."""
    raise NotImplementedError


@lru_cache(maxsize=300)
def _calendar(country: str | None) -> holidays.HolidayBase:
    try:
        return holidays.country_holidays((country or "").strip().upper())
    except NotImplementedError:
        return holidays.HolidayBase()


# Each of these opens its own transaction.


def add_promise(
    engine: Engine,
    *,
    account: str,
    contact: str | None,
    title: str,
    owner_email: str | None = None,
    due_on: date | None = None,
    said: str | None = None,
    agreed: bool = False,
    on: date | None = None,
) -> Promise:
    """Make a promise to a contact of an account, both named by key."""
    raise NotImplementedError


def agree_promise(engine: Engine, number: int, *, due_on: date | None = None, on: date | None = None) -> Promise:
    raise NotImplementedError


def move_promise(engine: Engine, number: int, *, due_on: date, reason: str, on: date | None = None) -> Promise:
    raise NotImplementedError


def do_promise(engine: Engine, number: int, *, what: str | None = None, on: date | None = None) -> Promise:
    raise NotImplementedError


def decline_promise(engine: Engine, number: int, *, reason: str, on: date | None = None) -> Promise:
    raise NotImplementedError


def hand_over_promise(
    engine: Engine, number: int, *, owner_email: str, reason: str | None = None, on: date | None = None
) -> Promise:
    raise NotImplementedError


def list_promises(engine: Engine, *, account: str | None = None) -> Sequence[Promise]:
    raise NotImplementedError


def read_number(text: str) -> int:
    """12 for “P-12”, “p-12” and “12”. Raises NotFoundError for anything else."""
    raise NotImplementedError
