"""What is stored about a person: shown to them, given to them as a file, forgotten at their word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.data import personal
from engine.data.accounts import find_contacts
from engine.data.clients import cancel_waiting_asks, find_person
from engine.data.marks import mark_persons
from engine.data.models import Contact
from engine.data.search import forget_words
from engine.decide.endings import FORGOTTEN, keep, tell_kept
from engine.decide.sentences import Teller
from engine.errors import AmbiguousError, NotFoundError
from engine.house import Engine
from engine.operations.company import client_of, read_company
from engine.operations.readers import choose_language
from engine.operations.wishes import find_by_link, local_today

LEFT_OUT = "What our people noted for themselves about a promise, a call or what they expected is not in this file."


def collect_data(engine: Engine, token: str) -> dict[str, Any]:
    """All that is stored about the person behind a link, plainly, for JSON. Raises LinkError."""
    with engine.store.read(engine.scope) as session:
        contacts = find_by_link(engine, session, token)
        company = read_company(engine, session, client_of(contacts[0]))
        return {
            "company": company.name,
            "made_at": _plain(engine.clock()),
            "left_out": LEFT_OUT,
            "as_contact_of": [
                {
                    "account": contact.account.name,
                    "never_kept": list(contact.account.private_fields),
                    **_plain(_collect(engine, session, contact)),
                }
                for contact in contacts
            ],
        }


def _collect(engine: Engine, session: Session, contact: Contact) -> dict[str, Any]:
    found = personal.collect(session, contact)
    language = choose_language(engine, contact.wish_locale, contact.locale, contact.account.locale)
    tell = Teller(engine.clock().date(), language)
    found["asks"] = [ask | {"why": ask["why"] and tell_kept(ask["why"], tell)} for ask in found["asks"]]
    return found


def count_data(data: Mapping[str, Any]) -> dict[str, int]:
    """How many things of each kind there are in what `collect_data` found."""
    kinds = [kind for kind in personal.ROWS if kind != "decisions"]
    return {kind: sum(len(part[kind]) for part in data["as_contact_of"]) for kind in kinds}


def forget_by_link(engine: Engine, token: str) -> None:
    """Forget the person behind a link. Raises LinkError."""
    with engine.store.write(engine.scope) as session:
        _forget(engine, session, find_by_link(engine, session, token))


def forget_contact(engine: Engine, who: str) -> list[str]:
    """Forget the person behind a contact, named by e-mail, key or ACCOUNT/KEY. The contacts that they were.

    Raises NotFoundError, and AmbiguousError where several persons match.
    """
    with engine.store.write(engine.scope) as session:
        found = [contact for contact in find_contacts(session, who) if contact.erased_on is None]
        if not found:
            raise NotFoundError(f"There is no contact “{who}” to forget.", about=who)
        if len({contact.person_id for contact in found}) > 1:
            matches = [f"{contact.account.key}/{contact.key}" for contact in found]
            raise AmbiguousError(f"“{who}” is several people; which one?", about=who, matches=matches)
        contacts = find_person(session, found[0].id)
        _forget(engine, session, contacts)
        return [f"{contact.account.key}/{contact.key}" for contact in contacts]


def _forget(engine: Engine, session: Session, contacts: Sequence[Contact]) -> None:
    today = local_today(engine, read_company(engine, session), contacts[0])
    person = contacts[0].person_id
    cancel_waiting_asks(session, person, keep(FORGOTTEN))
    personal.forget(session, contacts, engine.clock(), today)
    forget_words(session)
    mark_persons(session, [person])


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
