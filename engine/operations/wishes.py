"""A person's own wishes: how often, about what, by which way, or not at all. They hold from the moment they are saved.

Wishes are the person's, so they are written to every contact who is that person; what waited to be sent is taken back
and decided anew, because no layer of settings overrules them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from engine.data.clients import cancel_waiting_asks, find_person
from engine.data.marks import mark_persons
from engine.data.models import Contact
from engine.errors import InputError, LinkError
from engine.house import Engine
from engine.links import read_wishes_token
from engine.operations.company import Company, read_company, read_link_secret
from engine.operations.outcomes import local_day
from engine.types import OCCASIONS

MOST_DAYS = 3650


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a person wishes. `min_interval`: at least so many days between two asks; `every_days`: rather more often."""

    opted_out: bool = False
    paused_until: date | None = None
    min_interval: int | None = None
    every_days: int | None = None
    occasions_off: tuple[str, ...] = ()
    channel: str | None = None


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose page it is. `channels`: the ways there are to reach them."""

    contact_id: int
    locales: tuple[str | None, ...]
    company: Company
    today: date
    wishes: Wishes
    channels: tuple[str, ...]


def open_wishes(engine: Engine, token: str) -> Person:
    """Read a person's wishes. Raises LinkError."""
    with engine.store.read(engine.scope) as session:
        contacts = _person(engine, session, token)
        company, first = read_company(engine, session), contacts[0]
        return Person(
            contact_id=first.id,
            locales=(first.locale, first.account.locale),
            company=company,
            today=_today(engine, company, first),
            wishes=_wishes(contacts),
            channels=tuple(name for name in engine.plugins.channels if name in _reachable(first)),
        )


def save_wishes(engine: Engine, token: str, wishes: Wishes) -> None:
    """Keep a person's wishes and take back what was planned against them. Raises LinkError, InputError."""
    _check(engine, wishes)
    with engine.store.write(engine.scope) as session:
        contacts = _person(engine, session, token)
        company = read_company(engine, session)
        for contact in contacts:
            _write(contact, wishes, _today(engine, company, contact))
        _decide_anew(session, contacts[0], "the person changed their wishes")


def opt_out(engine: Engine, token: str) -> None:
    """Ask this person nothing more, until they take it back (RFC 8058: one POST, no questions). Raises LinkError."""
    with engine.store.write(engine.scope) as session:
        contacts = _person(engine, session, token)
        company = read_company(engine, session)
        for contact in contacts:
            contact.opted_out_on = contact.opted_out_on or _today(engine, company, contact)
        _decide_anew(session, contacts[0], "the person opted out")


def _person(engine: Engine, session: Session, token: str) -> list[Contact]:
    contacts = find_person(session, read_wishes_token(read_link_secret(engine, session), token))
    if not contacts:
        raise LinkError("This link does not work.")
    return contacts


def _today(engine: Engine, company: Company, contact: Contact) -> date:
    """Where the contact is: a no that was given today holds from today on, also when Greenwich is a day ahead."""
    return local_day(engine.clock(), company.zone(contact.timezone, contact.account.timezone))


def _decide_anew(session: Session, contact: Contact, why: str) -> None:
    """Marks come first: they wait for a plan that is being written, and its asks are then there to be cancelled."""
    session.flush()
    mark_persons(session, [contact.person_id])
    cancel_waiting_asks(session, contact.person_id, why)


def _wishes(contacts: Iterable[Contact]) -> Wishes:
    """What holds for the person: the strictest of what stands at any contact, as strategies read it."""
    found = list(contacts)
    first = found[0]
    pauses = [contact.paused_until for contact in found if contact.paused_until]
    return Wishes(
        opted_out=any(contact.opted_out_on for contact in found),
        paused_until=max(pauses, default=None),
        min_interval=first.wish_min_interval,
        every_days=first.wish_every_days,
        occasions_off=tuple((first.wish_occasions_off or "").split()),
        channel=first.wish_channel,
    )


def _write(contact: Contact, wishes: Wishes, today: date) -> None:
    contact.opted_out_on = (contact.opted_out_on or today) if wishes.opted_out else None
    contact.paused_until = wishes.paused_until
    contact.wish_min_interval = wishes.min_interval
    contact.wish_every_days = wishes.every_days
    contact.wish_occasions_off = " ".join(wishes.occasions_off) or None
    contact.wish_channel = wishes.channel


def _check(engine: Engine, wishes: Wishes) -> None:
    for days in (wishes.min_interval, wishes.every_days):
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise InputError("Please give a whole number of days, from 1 to 3650.", about="days")
    if set(wishes.occasions_off) - set(OCCASIONS) or (wishes.channel and wishes.channel not in engine.plugins.channels):
        raise InputError("This page is out of date. Please open it again.", about="occasions")


def _reachable(contact: Contact) -> set[str]:
    """Ways that this contact has an address for, or that were named for them."""
    named = set((contact.channels or "").split())
    return named | ({"email"} if contact.email else set()) | ({"sms"} if contact.mobile_key else set())
