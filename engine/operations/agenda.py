"""The weeks ahead of the account team: asks that are planned, calls to make again, and asks to be expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from engine.data import agenda as data
from engine.data.models import Account, Ask, Contact
from engine.house import Engine
from engine.operations.calls import list_calling
from engine.operations.relations import local_date

WEEKS = 8
MOST_FORESEEN = 500
"""Accounts whose asks are foreseen, those that bring most; of others only what is planned is shown."""
PAGE = 100


@dataclass(frozen=True)
class Entry:
    """One ask of a day. `ask`: None where it is only to be expected."""

    on: date
    account: Account
    contact: Contact
    occasion: str
    channel: str | None
    ask: Ask | None = None
    again: bool = False
    """Whether it is a call to be made again."""


@dataclass(frozen=True)
class Agenda:
    """A page of the weeks ahead. `counts`: asks of each day, of every page; `left_out`: accounts of which only what is
    planned is shown."""

    today: date
    until: date
    entries: Sequence[Entry]
    more: bool
    counts: Mapping[date, int]
    left_out: int


def read_agenda(
    engine: Engine, *, owner: str = "", weeks: int = WEEKS, since: date | None = None, page: int = 1, size: int = PAGE
) -> Agenda:
    """Asks of the weeks ahead, by day, of the accounts that may be seen; `owner`: of those somebody owns.

    What is expected was decided by the last plan; nothing is decided here, or it would be for everybody at every look.
    """
    today = local_date(engine)
    until = date.fromordinal(today.toordinal() + weeks * 7)
    first, last = (page - 1) * size, page * size
    with engine.store.read(engine.scope) as session:
        expected, left_out = data.list_expected(session, owner, today, until, MOST_FORESEEN)
        calling = list_calling(engine)
        again = data.list_calls_again(session, calling, owner, max(since or today, today), until, last + 1)
        planned = data.list_planned(session, owner, since, until, last + 1)
        counts = Counter(data.count_planned(session, owner, until))
        counts.update(on for on, *_ in expected)
        counts.update(data.count_calls_again(session, calling, owner, today, until))
        waiting: list[Waiting] = [(ask.planned_on or today, ask.id, ask) for ask in planned]
        waiting += [(on, ask.id, (ask, on)) for ask, on in again]
        waiting += [(on, contact_id, occasion) for on, contact_id, occasion in expected]
        listed = sorted((one for one in waiting if since is None or one[0] >= since), key=lambda one: one[:2])
        entries = list(_meet(session, listed[first:last]))
    entries.sort(key=lambda one: (one.on, one.account.name))
    return Agenda(today, until, entries, len(listed) > last, {day or today: of for day, of in counts.items()}, left_out)


Waiting = tuple[date, int, Ask | tuple[Ask, date] | str]
"""A day, an id, and an ask; an ask that is a call to be made again; or the occasion of one that is to be expected."""


def _meet(session: Session, listed: Sequence[Waiting]) -> Iterator[Entry]:
    """With the people whom they are about."""
    ids = [number for _, number, what in listed if isinstance(what, str)]
    people = {contact.id: contact for contact in data.list_people(session, ids)}
    for on, number, what in listed:
        if isinstance(what, Ask):
            yield Entry(on, what.account, what.contact, what.occasion, what.channel, what)
        elif isinstance(what, tuple):
            ask = what[0]
            yield Entry(on, ask.account, ask.contact, ask.occasion, ask.channel, ask, again=True)
        elif contact := people.get(number):
            yield Entry(on, contact.account, contact, what, None)
