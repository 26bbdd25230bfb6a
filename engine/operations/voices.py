"""Voices from elsewhere: what a client said in a call, a meeting, an e-mail or a review, and what our own people say.

Each is kept word for word, with where it comes from and who wrote it down. What a client said unasked starts the days
of quiet that spontaneous feedback does, and leads to promises as an answer does. What one of us says who serves the
client is marked as such, and stands beside the client's words, never in their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from engine.data import voices as data
from engine.data.accounts import find_account, find_contact
from engine.data.marks import mark_accounts, mark_persons
from engine.data.models import Account, AuditEntry, Contact, Promise, Touchpoint, Voice
from engine.errors import InputError, NotFoundError, StateError, nearest
from engine.house import Engine
from engine.intake.kinds import VOICE_SOURCES
from engine.operations.called import read_called
from engine.operations.company import read_company
from engine.operations.drafts import Source
from engine.operations.due_days import check_day, local_today, owner_country
from engine.operations.journeys import read_part_owners
from engine.operations.promise_steps import needed
from engine.operations.promises import make_promise
from engine.operations.suggestions import suggest
from engine.private import read_terms
from engine.types import Answer, Given, clean_text

SOURCES = VOICE_SOURCES
RECENT = timedelta(days=14)
"""What was said before is history when it comes in with a file."""
FEEDBACK = "feedback"
"""The kind of touchpoint that spontaneous_feedback looks at."""


def add_voice(
    engine: Engine,
    account: str,
    contact: str | None = None,
    *,
    source: str,
    words: str,
    said_on: date | None = None,
    link: str | None = None,
    cause: str | None = None,
) -> tuple[Voice, Sequence[Promise]]:
    """Keep what was said, and draft what should follow. Raises InputError for a source or day that cannot be."""
    if source not in SOURCES:
        raise InputError(
            f"A voice comes from {', '.join(SOURCES)}, not from “{source}”.{nearest(source, SOURCES)}", about=source
        )
    words = needed(words, "A voice needs words: what was said, as it was said.")
    if link and not link.startswith(("https://", "http://")):
        raise InputError(f"“{link}” is no link; it begins with https://.", about="link")
    with engine.store.write(engine.scope) as session:
        to = find_account(session, account)
        if read_terms(to.private_fields).forbid("voices", "text"):
            raise InputError(f"The terms of {to.name} do not let us keep what they say.", about=to.key)
        whom = find_contact(session, to, contact) if contact else None
        voice = Voice(
            account=to, contact=whom, source=source, said_at=_said_at(engine, session, to, whom, said_on), words=words,
            speaker="employee" if source == "employee" else "client", link=link, cause=_cause(cause),
            author=engine.author,
        )  # fmt: skip
        session.add(voice)
        session.flush()
        session.add(AuditEntry(at=engine.clock(), author=engine.author, action="voice added", subject=name(voice)))
        mark_accounts(session, [to.id])
        if whom is None or voice.speaker == "employee":
            return voice, ()
        _be_quiet(session, voice, whom)
        return voice, _suggest(engine, session, voice, to, whom)


def suggest_from_voices(engine: Engine) -> list[Promise]:
    """Draft what should follow from voices that came in with a file, if they are recent."""
    made: list[Promise] = []
    with engine.store.read(engine.scope) as session:
        found = data.list_unanswered(session, SOURCES, engine.clock() - RECENT)
    for number in found:
        with engine.store.write(engine.scope) as session:
            voice = find_voice(session, number)
            if voice.contact is not None and voice.promise_id is None:
                made += _suggest(engine, session, voice, voice.account, voice.contact)
    return made


def promise_from_voice(
    engine: Engine, number: int, *, title: str, owner_email: str | None = None, due_on: date | None = None
) -> Promise:
    """A draft that answers a voice. To the contact who said it, else to the account as a whole."""
    with engine.store.write(engine.scope) as session:
        voice = find_voice(session, number)
        if voice.promise_id is not None:
            raise StateError(f"{name(voice)} led to P-{voice.promise_id} already.", about=name(voice))
        if due_on is not None:
            today = local_today(engine, session, voice.account, voice.contact, None)
            check_day(due_on, today, owner_country(session, voice.account))
        promise = make_promise(
            engine, session, account=voice.account, contact=voice.contact, title=title, owner_email=owner_email,
            due_on=due_on, said=voice.words if voice.speaker == "client" else None, author=engine.author,
            note=None if voice.speaker == "client" else f"{name(voice)}, said by one of us: {voice.words}",
        )  # fmt: skip
        voice.promise_id = promise.id
        return promise


def list_voices(engine: Engine, *, account: str | None = None, most: int = 200) -> Sequence[Voice]:
    """What was said, the newest first: in surveys and elsewhere, by clients and by those who serve them."""
    with engine.store.read(engine.scope) as session:
        return data.list_voices(session, find_account(session, account).id if account else None, most)


def find_voice(session: Session, number: int) -> Voice:
    """Raises NotFoundError."""
    voice = data.find_voice(session, number)
    if voice is None:
        raise NotFoundError(f"There is no voice V-{number}. `heed voices` lists them.", about=f"V-{number}")
    return voice


def name(voice: Voice) -> str:
    """How a voice is called on every screen: V-7."""
    return f"V-{voice.id}"


read_number = partial(read_called, letter="V", what="a voice")
"""The number of what is called V-12, or 12. Raises NotFoundError."""


def _said_at(engine: Engine, session: Session, account: Account, contact: Contact | None, day: date | None) -> datetime:
    """Now, or noon of the day where the client is; of a day that was only named nobody knows the hour."""
    if day is None:
        return engine.clock()
    if day > local_today(engine, session, account, contact, None):
        raise InputError(f"{day} lies ahead; a voice is what was said.", about=day.isoformat())
    zone: ZoneInfo = read_company(engine, session).zone(contact.timezone if contact else None, account.timezone)
    return min(datetime.combine(day, time(12), zone).astimezone(UTC), engine.clock())


def _cause(cause: str | None) -> str | None:
    return "_".join(clean_text(cause).casefold().split()) or None if cause else None


def _be_quiet(session: Session, voice: Voice, contact: Contact) -> None:
    """As after any feedback that was given unasked; several voices of one moment are one."""
    if not data.has_feedback(session, contact.id, voice.said_at):
        session.add(
            Touchpoint(
                account_id=voice.account_id, contact_id=contact.id, kind=FEEDBACK, happened_at=voice.said_at,
                note=name(voice),
            )
        )  # fmt: skip
    mark_persons(session, [contact.person_id])


def _suggest(engine: Engine, session: Session, voice: Voice, account: Account, contact: Contact) -> list[Promise]:
    answer = Answer(
        ask_id=None, account_id=account.id, contact_id=contact.id, survey="", question=voice.source, type="text",
        given=Given(text=voice.words), answered_at=voice.said_at, about=voice.cause,
    )  # fmt: skip
    owners = read_part_owners(engine, session, account.id)
    source = Source(account, contact, local_today(engine, session, account, contact, None), owners=owners)
    made = suggest(engine, session, source, [answer])
    if made:
        voice.promise_id = made[0].id
    return made
