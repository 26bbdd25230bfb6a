"""When promises are due: days that count where the people who keep them work."""

from __future__ import annotations

from datetime import date

import holidays
from sqlalchemy.orm import Session

from engine.data.clients import read_company
from engine.data.models import Account, Contact
from engine.data.settings import read_settings
from engine.decide.plan import value_for
from engine.errors import InputError
from engine.house import Engine
from engine.types import Draft

WORKING_DAYS = 10
"""How long we take for what nobody set a date for."""


def working_days_after(day: date, n: int, country: str | None) -> date:
    """The n-th working day after `day`: no weekend, no public holiday of the country. Unknown country: no holidays."""
    return _calendar((country or "").strip().upper()).get_nth_working_day(day, n)


def owner_country(session: Session, account: Account) -> str | None:
    """Where the people who keep our promises work: the house's country, else the account's."""
    return read_company(session).get("country") or account.country


def draft_due_on(
    engine: Engine, session: Session, draft: Draft, plugin: str, *, account: Account, contact: Contact, today: date
) -> date:
    """When a plugin's draft is due: in the plugin's setting `working_days`, where it has one, else in the draft's."""
    number, setting = draft.working_days, f"{plugin}.working_days"
    if setting in engine.plugins.catalog:
        spec, values = engine.plugins.catalog.spec(setting), read_settings(session)
        number, _ = value_for(spec, values, tier=account.tier, account_id=account.id, contact_id=contact.id)
    return working_days_after(today, number, owner_country(session, account))


def local_today(engine: Engine, session: Session, account: Account, contact: Contact | None, on: date | None) -> date:
    """Today where the client is, because it is the client who reads the dates."""
    zone = (contact and contact.timezone) or account.timezone or read_company(session).get("timezone", "UTC")
    return engine.moment(on).today(zone)


def check_day(due_on: date, today: date) -> None:
    """Raises InputError for a due date that has gone by."""
    if due_on < today:
        raise InputError(f"{due_on.day} {due_on:%b %Y} lies in the past; a promise is due from today on.")


def _calendar(country: str) -> holidays.HolidayBase:
    """Made anew each time: it fills itself as it is read, which no two threads may do at once."""
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        return holidays.HolidayBase()
