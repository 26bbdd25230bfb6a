"""The weeks ahead of the account team: asks that are planned, calls to make again, and asks to be expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from engine.data import agenda as data
from engine.data.models import Account, Ask, Contact
from engine.decide.forecast import Coming
from engine.house import Engine
from engine.operations.calls import list_calling
from engine.operations.futures import forecast_asks
from engine.operations.readers import find_language
from engine.operations.relations import local_date

WEEKS = 8
SAME = timedelta(days=7)
"""An ask that is foreseen so near a planned one to the same person is that one."""
MOST_FORESEEN = 40
"""Accounts whose asks are foreseen, those that bring most; of others only what is planned is shown."""


@dataclass(frozen=True)
class Entry:
    """One ask of a day. `ask`: None where it is only to be expected; `because`: why, where it is told."""

    on: date
    account: Account
    contact: Contact
    occasion: str
    channel: str | None
    ask: Ask | None = None
    because: str = ""
    again: bool = False
    """Whether it is a call to be made again."""


@dataclass(frozen=True)
class Agenda:
    """`left_out`: accounts of which only what is planned is shown."""

    today: date
    until: date
    entries: Sequence[Entry]
    left_out: int


def read_agenda(engine: Engine, *, owner: str = "", weeks: int = WEEKS) -> Agenda:
    """Every ask of the weeks ahead, by day, of the accounts that may be seen; `owner`: of those somebody owns."""
    today = local_date(engine)
    until = date.fromordinal(today.toordinal() + weeks * 7)
    with engine.store.read(engine.scope) as session:
        accounts, left_out = data.list_accounts(session, owner, MOST_FORESEEN)
        people = data.list_people(session, [account.id for account in accounts])
        planned = data.list_planned(session, owner, until)
        again = data.list_calls_again(session, list_calling(engine), owner, today, until)
    keys = {account.id: account.key for account in accounts}
    coming = forecast_asks(engine, keys, weeks * 7, find_language(engine)) if keys else []
    entries = [*_planned(planned, today), *_again(again), *_expected(coming, planned, people)]
    return Agenda(today, until, sorted(entries, key=lambda one: (one.on, one.account.name)), left_out)


def _planned(asks: Sequence[Ask], today: date) -> Iterator[Entry]:
    for ask in asks:
        yield Entry(ask.planned_on or today, ask.account, ask.contact, ask.occasion, ask.channel, ask)


def _again(lines: Sequence[tuple[Ask, date]]) -> Iterator[Entry]:
    for ask, on in lines:
        yield Entry(on, ask.account, ask.contact, ask.occasion, ask.channel, ask, again=True)


def _expected(coming: Sequence[Coming], planned: Sequence[Ask], people: Sequence[Contact]) -> Iterator[Entry]:
    """What is foreseen, but for what is planned already."""
    by_key = {(contact.account.key, contact.key): contact for contact in people}
    days = {ask.contact_id: ask.planned_on for ask in planned}
    for one in coming:
        contact = by_key.get((one.account, one.contact))
        day = days.get(contact.id) if contact else None
        if contact and (day is None or abs(one.on - day) > SAME):
            yield Entry(one.on, contact.account, contact, one.occasion, one.channel, because=str(one.because))
