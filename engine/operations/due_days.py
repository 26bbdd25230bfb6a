"""When promises are due: days that count where the people who keep them work, and the terms that say how many."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import holidays
from sqlalchemy.orm import Session

from engine.data.clients import read_company
from engine.data.models import Account, Contact
from engine.data.settings import read_settings
from engine.decide.plan import value_for
from engine.errors import InputError
from engine.house import Engine
from engine.types import Draft


def load_calendars() -> None:
    """Read the holidays of every country now, and not when the first client waits for them."""
    _calendar("GB")


@lru_cache(maxsize=4096)
def working_days_after(day: date, n: int, country: str | None) -> date:
    """The n-th working day after `day`: no weekend, no public holiday of the country. Unknown country: no holidays."""
    return _calendar(country).get_nth_working_day(day, n)


def owner_country(session: Session, account: Account) -> str | None:
    """Where the people who keep our promises work: the house's country, else the account's."""
    return read_company(session).get("country") or account.country


def read_term(engine: Engine, session: Session, name: str, account: Account, contact: Contact | None = None) -> Any:
    """The value of a setting that is in force for an account, or for one of its contacts."""
    spec, contact_id = engine.plugins.catalog.spec(name), contact.id if contact else None
    values = read_settings(session, [account.id])
    return value_for(spec, values, tier=account.tier, account_id=account.id, contact_id=contact_id)[0]


def due_in(engine: Engine, session: Session, term: str, account: Account, contact: Contact | None, today: date) -> date:
    """The day that a term, such as `promises.due_days`, leads to from today."""
    number = read_term(engine, session, term, account, contact)
    return working_days_after(today, number, owner_country(session, account))


def draft_due_on(
    engine: Engine, session: Session, draft: Draft, plugin: str, *, account: Account, contact: Contact, today: date
) -> date:
    """When a plugin's draft is due: in the plugin's setting `working_days`, where it has one, else in the draft's."""
    setting = f"{plugin}.working_days"
    if setting in engine.plugins.catalog:
        return due_in(engine, session, setting, account, contact, today)
    return working_days_after(today, draft.working_days, owner_country(session, account))


def local_today(engine: Engine, session: Session, account: Account, contact: Contact | None, on: date | None) -> date:
    """Today where the client is, because it is the client who reads the dates."""
    zone = (contact and contact.timezone) or account.timezone or read_company(session).get("timezone", "UTC")
    return engine.moment(on).today(zone)


def check_day(due_on: date, today: date, country: str | None = None) -> None:
    """Raises InputError, with the next day that would do, for a due date that has gone by or on which nobody works."""
    calendar = _calendar(country)
    if due_on < today:
        why, free = "lies in the past", working_days_after(today - timedelta(days=1), 1, country)
    elif calendar.is_working_day(due_on):
        return
    else:
        why, free = f"is {_told(calendar, due_on)}", working_days_after(due_on, 1, country)
    raise InputError(f"{_in_full(due_on)} {why}; the next working day is {_in_full(free)}.", about=due_on.isoformat())


def _told(calendar: holidays.HolidayBase, day: date) -> str:
    return calendar.get(day) or f"a {day:%A}"


def _in_full(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _calendar(country: str | None) -> holidays.HolidayBase:
    """Made anew each time: it fills itself as it is read, which no two threads may do at once."""
    try:
        return holidays.country_holidays((country or "").strip().upper())
    except NotImplementedError:
        return holidays.HolidayBase()
