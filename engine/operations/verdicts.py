"""A client's own page of promises: what we promised them, and their word on whether it was kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from engine.data.clients import find_person
from engine.data.marks import mark_persons
from engine.data.models import Contact
from engine.data.promises import find_promise
from engine.errors import LinkError, StateError
from engine.house import Engine
from engine.links import read_promises_token
from engine.operations.company import Company, read_company, read_link_secret
from engine.operations.outcomes import Outcome, local_day, read_outcomes
from engine.operations.promises import record_verdict
from engine.operations.suggestions import suggest_after_dispute
from engine.types import clean_text


@dataclass(frozen=True, kw_only=True)
class PromisesPage:
    """What a client's page of promises is drawn from."""

    contact_id: int
    locales: tuple[str | None, ...]
    company: Company
    today: date
    outcomes: tuple[Outcome, ...]


def open_promises(engine: Engine, token: str) -> PromisesPage:
    """Read what was promised to a contact. Raises LinkError."""
    with engine.store.read(engine.scope) as session:
        contact = _contact(engine, session, token)
        company = read_company(engine, session)
        zone = company.zone(contact.timezone, contact.account.timezone)
        return PromisesPage(
            contact_id=contact.id,
            locales=(contact.locale, contact.account.locale),
            company=company,
            today=local_day(engine.clock(), zone),
            outcomes=tuple(read_outcomes(session, {contact.id: zone})[contact.id]),
        )


def give_verdict(engine: Engine, token: str, number: int, *, kept: bool, words: str) -> None:
    """Keep a client's word on a promise that was done. Said twice, it counts once.

    Raises LinkError where the promise is not to this contact, StateError where it is not for them to judge now.
    """
    with engine.store.write(engine.scope) as session:
        contact = _contact(engine, session, token)
        promise = find_promise(session, number)
        if promise is None or promise.contact_id != contact.id:
            raise LinkError("This link does not work.")
        if promise.verdict == ("kept" if kept else "disputed"):
            return
        if promise.status != "done" or promise.verdict:
            raise StateError("This promise has changed since the page was opened. Please look at it again.")
        author = contact.name or contact.email or contact.key
        said = clean_text(words).strip() or None
        record_verdict(engine, session, promise, kept=kept, words=said, author=author)
        mark_persons(session, [contact.person_id])
    if not kept:
        suggest_after_dispute(engine, number, said)


def _contact(engine: Engine, session: Session, token: str) -> Contact:
    contacts = find_person(session, read_promises_token(read_link_secret(engine, session), token))
    if not contacts:
        raise LinkError("This link does not work.")
    return contacts[0]
