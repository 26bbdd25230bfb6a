"""A person's own wishes: how often, about what, by which way, or not at all. They hold from the moment they are saved.

Wishes are the person's, so they are written to every contact who is that person; what waited to be sent is taken back
and decided anew, because no layer of settings overrules them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from engine.data.clients import cancel_waiting_asks, find_person
from engine.data.marks import mark_persons
from engine.data.models import Contact
from engine.decide.endings import BACK, OPTED_OUT, WISHES_CHANGED, keep
from engine.errors import InputError, LinkError
from engine.house import Engine
from engine.links import read_contact_token, wishes_token
from engine.operations.company import Company, client_of, read_company, read_link_secret
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
    locale: str | None = None
    no_news: bool = False


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose page it is. `channels`: the ways there are to reach them; `link_round`: of their present links."""

    contact_id: int
    link_round: int
    locales: tuple[str | None, ...]
    company: Company
    today: date
    wishes: Wishes
    channels: tuple[str, ...]


def open_wishes(engine: Engine, token: str) -> Person:
    """Read a person's wishes. Raises LinkError."""
    with engine.store.read(engine.scope) as session:
        return _person(engine, session, find_by_link(engine, session, token))


def open_unsubscribe(engine: Engine, token: str) -> Person:
    """The same by a link that only unsubscribes. Raises LinkError."""
    with engine.store.read(engine.scope) as session:
        return _person(engine, session, find_by_link(engine, session, token, "unsubscribe"))


def _person(engine: Engine, session: Session, contacts: Sequence[Contact]) -> Person:
    first = contacts[0]
    company = read_company(engine, session, client_of(first))
    return Person(
        contact_id=first.id,
        link_round=first.link_round,
        locales=(first.wish_locale, first.locale, first.account.locale),
        company=company,
        today=local_today(engine, company, first),
        wishes=_wishes(contacts),
        channels=tuple(name for name in engine.plugins.channels if name in _reachable(first)),
    )


def save_wishes(engine: Engine, token: str, wishes: Wishes) -> None:
    """Keep a person's wishes and take back what was planned against them. Raises LinkError, InputError."""
    _check(engine, wishes)
    with engine.store.write(engine.scope) as session:
        contacts = find_by_link(engine, session, token)
        company = read_company(engine, session)
        for contact in contacts:
            _write(contact, wishes, local_today(engine, company, contact))
        _decide_anew(session, contacts[0], WISHES_CHANGED)


def opt_out(engine: Engine, token: str, *, back: bool = False) -> None:
    """Ask this person nothing more, until they take it back (RFC 8058: one POST, no questions). Raises LinkError.

    `back`: they take it back.
    """
    with engine.store.write(engine.scope) as session:
        contacts = find_by_link(engine, session, token, "unsubscribe")
        company = read_company(engine, session)
        for contact in contacts:
            today = local_today(engine, company, contact)
            contact.opted_out_on = None if back else contact.opted_out_on or today
        _decide_anew(session, contacts[0], BACK if back else OPTED_OUT)


def renew_links(engine: Engine, token: str) -> str:
    """Let the links to this person's own pages that were sent so far open nothing any more. A new token for wishes.

    Links to surveys run out by themselves; those that unsubscribe do nothing else, and go on working.
    """
    with engine.store.write(engine.scope) as session:
        contacts = find_by_link(engine, session, token)
        for contact in contacts:
            contact.link_round += 1
        return wishes_token(read_link_secret(engine, session), contacts[0].id, contacts[0].link_round)


def find_by_link(engine: Engine, session: Session, token: str, purpose: str = "wishes") -> list[Contact]:
    """Every contact of the person behind a link, the one that it names first. Raises LinkError."""
    contact_id, round = read_contact_token(read_link_secret(engine, session), purpose, token)
    contacts = find_person(session, contact_id)
    revoked = purpose != "unsubscribe" and contacts and contacts[0].link_round != round
    if not contacts or revoked or contacts[0].erased_on:
        raise LinkError("This link does not work.")
    return contacts


def local_today(engine: Engine, company: Company, contact: Contact) -> date:
    """Where the contact is: a no that was given today holds from today on, also when Greenwich is a day ahead."""
    return local_day(engine.clock(), company.zone(contact.timezone, contact.account.timezone))


def _decide_anew(session: Session, contact: Contact, why: str) -> None:
    """Marks come first: they wait for a plan that is being written, and its asks are then there to be cancelled."""
    session.flush()
    mark_persons(session, [contact.person_id])
    cancel_waiting_asks(session, contact.person_id, keep(why))


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
        locale=first.wish_locale,
        no_news=any(contact.wish_no_news for contact in found),
    )


def _write(contact: Contact, wishes: Wishes, today: date) -> None:
    contact.opted_out_on = (contact.opted_out_on or today) if wishes.opted_out else None
    contact.paused_until = wishes.paused_until
    contact.wish_min_interval = wishes.min_interval
    contact.wish_every_days = wishes.every_days
    contact.wish_occasions_off = " ".join(wishes.occasions_off) or None
    contact.wish_channel = wishes.channel
    contact.wish_locale = wishes.locale
    contact.wish_no_news = wishes.no_news


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
