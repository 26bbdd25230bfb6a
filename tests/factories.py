"""Rows for tests: name what the test is about, the rest is believable. Each is flushed, so that it has an id."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from engine.data.models import Account, AnswerRow, Ask, Contact, Person, Promise, PromiseEvent, SettingRow, Touchpoint
from engine.decide.endings import tell_kept
from engine.decide.sentences import Teller
from engine.language import ENGLISH, Language

IMPORTED = datetime(2025, 1, 6, 8, tzinfo=UTC)
_numbers = count(1)


def make_account(session: Session, **values: Any) -> Account:
    number = next(_numbers)
    defaults = {"key": f"A-{number}", "name": f"Northwind {number}", "tier": "standard", "imported_at": IMPORTED}
    return _keep(session, Account(**defaults | values))


def make_contact(
    session: Session, account: Account | None = None, person: Person | None = None, **values: Any
) -> Contact:
    """At a new account, and a new person, where none is given."""
    number = next(_numbers)
    email = values.get("email", f"contact{number}@client.example")
    defaults = {
        "key": f"C-{number}",
        "name": f"Ada Client {number}",
        "email": email,
        "email_key": email.strip().casefold() if email else None,
        "created_on": date(2025, 1, 6),
        "imported_at": IMPORTED,
    }
    account = account or make_account(session)
    person = person or _keep(session, Person())
    return _keep(session, Contact(account_id=account.id, person_id=person.id, **defaults | values))


def make_ask(session: Session, contact: Contact, **values: Any) -> Ask:
    """Sent and answered, by default; one that waits or is open has another status."""
    defaults = {
        "origin": "import",
        "occasion": "relationship",
        "survey": "relationship",
        "channel": "email",
        "status": "answered" if values.get("answered_at") else "sent",
    }
    ids = {"account_id": contact.account_id, "contact_id": contact.id, "person_id": contact.person_id}
    return _keep(session, Ask(**ids | defaults | values))


def make_answer(session: Session, contact: Contact, ask: Ask | None = None, **values: Any) -> AnswerRow:
    """To a question of the check-in that measures by itself, by default."""
    defaults = {
        "survey": "relationship",
        "question": "responsiveness",
        "answered_at": datetime(2026, 11, 2, 12, tzinfo=UTC),
    }
    ids = {"account_id": contact.account_id, "contact_id": contact.id, "ask_id": ask.id if ask else None}
    return _keep(session, AnswerRow(**ids | defaults | values))


def make_touchpoint(session: Session, subject: Contact | Account, **values: Any) -> Touchpoint:
    """At a contact, or at an account as a whole."""
    defaults = {"kind": "ticket_closed", "happened_at": datetime(2026, 11, 20, 12, tzinfo=UTC)}
    if isinstance(subject, Contact):
        ids = {"account_id": subject.account_id, "contact_id": subject.id}
    else:
        ids = {"account_id": subject.id, "contact_id": None}
    return _keep(session, Touchpoint(**ids | defaults | values))


def make_promise(session: Session, subject: Contact | Account, **values: Any) -> Promise:
    """To a contact, or to an account as a whole. Agreed, by default, with the one event that made it so."""
    defaults = {
        "origin": "team",
        "title": f"Send the report {next(_numbers)}",
        "owner_email": "olive@house.example",
        "made_on": date(2026, 11, 2),
        "due_on": date(2026, 12, 1),
        "status": "agreed",
    }
    if isinstance(subject, Contact):
        ids = {"account_id": subject.account_id, "contact_id": subject.id}
    else:
        ids = {"account_id": subject.id, "contact_id": None}
    promise = _keep(session, Promise(**ids | defaults | values))
    _keep(session, PromiseEvent(promise_id=promise.id, at=IMPORTED, author="tests", step=promise.status))
    return promise


def make_setting(
    session: Session, name: str, value: Any, *, layer: str = "house", layer_key: object = ""
) -> SettingRow:
    row = SettingRow(name=name, value=value, layer=layer, layer_key=str(layer_key), author="tests", set_at=IMPORTED)
    return _keep(session, row)


def _keep(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def why_ended(ask: Ask, language: Language = ENGLISH) -> str:
    """Why it ended or came back, as a reader of the language is told today."""
    return tell_kept(ask.why or {"words": ""}, Teller(date(2026, 11, 24), language))
