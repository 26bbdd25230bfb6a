"""A client's own page of promises: what we promised them, and their word on whether it was kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from engine.data.marks import mark_persons
from engine.data.models import Contact
from engine.data.promises import find_promise
from engine.errors import LinkError, StateError
from engine.house import Engine
from engine.operations.company import Company, client_of, read_company
from engine.operations.outcomes import Outcome, local_day, read_outcomes, read_shared
from engine.operations.promises import record_verdict
from engine.operations.suggestions import suggest_after_dispute
from engine.operations.wishes import find_by_link
from engine.private import read_terms
from engine.types import clean_text


@dataclass(frozen=True, kw_only=True)
class PromisesPage:
    """What a client's page of promises is drawn from."""

    contact_id: int
    link_round: int
    locales: tuple[str | None, ...]
    company: Company
    today: date
    outcomes: tuple[Outcome, ...]
    shared: tuple[Outcome, ...] = ()
    """Promises to the account as a whole, and those that colleagues share."""
    shares: bool = False
    keeps_words: bool = True
    """Whether the client's terms let us keep what they write."""
    whose: str = ""
    """Who shares the page, where it is a colleague's."""


def open_promises(engine: Engine, token: str) -> PromisesPage:
    """Read what was promised to a contact. Raises LinkError."""
    with engine.store.read(engine.scope) as session:
        contact = find_by_link(engine, session, token, "promises")[0]
        return read_page(engine, session, contact)


def read_page(engine: Engine, session: Session, contact: Contact) -> PromisesPage:
    company = read_company(engine, session, client_of(contact))
    zone = company.zone(contact.timezone, contact.account.timezone)
    return PromisesPage(
        contact_id=contact.id,
        link_round=contact.link_round,
        locales=(contact.wish_locale, contact.locale, contact.account.locale),
        company=company,
        today=local_day(engine.clock(), zone),
        outcomes=tuple(read_outcomes(session, {contact.id: zone})[contact.id]),
        shared=tuple(read_shared(session, contact, zone)),
        shares=contact.shares_promises,
        keeps_words=not read_terms(contact.account.private_fields).forbid_words,
        whose=contact.name or "",
    )


def give_verdict(engine: Engine, token: str, number: int, *, kept: bool, words: str) -> None:
    """Keep a client's word on a promise that was done. Said twice, it counts once.

    Raises LinkError where the promise is not to this contact, StateError where it is not for them to judge now.
    """
    with engine.store.write(engine.scope) as session:
        contact = find_by_link(engine, session, token, "promises")[0]
        promise = find_promise(session, number)
        if promise is None or promise.contact_id != contact.id:
            raise LinkError("This link does not work.")
        if promise.verdict == ("kept" if kept else "disputed"):
            return
        if promise.status != "done" or promise.verdict:
            raise StateError("This promise has changed since the page was opened. Please look at it again.")
        author = contact.name or contact.email or contact.key
        words = "" if read_terms(contact.account.private_fields).forbid_words else words
        said = clean_text(words).strip() or None
        record_verdict(engine, session, promise, kept=kept, words=said, author=author)
        mark_persons(session, [contact.person_id])
    if not kept:
        suggest_after_dispute(engine, number, said)
