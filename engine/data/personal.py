"""All that is kept of a person, and how it is forgotten: what counts stays, what tells who it was goes.

Rows stay, so that numbers of the past stay true: how many were asked, how many answered, which points were given.
Names, addresses, own words and notes are taken out of them, also out of the histories that otherwise never change.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, delete, exists, literal, or_, select, update
from sqlalchemy.orm import Session

from engine.data.migrations import FORGOTTEN
from engine.data.models import (
    ASKED,
    AnswerRow,
    Ask,
    AuditEntry,
    Call,
    Contact,
    DecisionRecord,
    Delivery,
    ImportedRow,
    InitiativeLink,
    News,
    Promise,
    PromiseEvent,
    Touchpoint,
    Voice,
)
from engine.data.traces import forget_traces

ROWS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "asks": (
        Ask, (Ask.occasion, Ask.survey, Ask.channel, Ask.status, Ask.planned_on, Ask.sent_at, Ask.opened_at,
              Ask.answered_at, Ask.why),
    ),
    "answers": (
        AnswerRow, (AnswerRow.survey, AnswerRow.question, AnswerRow.answered_at, AnswerRow.value, AnswerRow.words,
                    AnswerRow.data),
    ),
    "calls": (Call, (Call.at, Call.outcome, Call.again_on, Call.consented)),
    "own_words": (Voice, (Voice.said_at, Voice.source, Voice.words)),
    "promises": (
        Promise, (Promise.title, Promise.said, Promise.owner_email, Promise.made_on, Promise.due_on, Promise.status,
                  Promise.done_on, Promise.verdict),
    ),
    "touchpoints": (Touchpoint, (Touchpoint.kind, Touchpoint.happened_at, Touchpoint.note)),
    "decisions": (
        DecisionRecord, (DecisionRecord.on, DecisionRecord.decision, DecisionRecord.occasion,
                         DecisionRecord.next_ask_on),
    ),
}  # fmt: skip
"""What belongs to a contact, beside the contact itself."""

PROFILE = (
    *("key", "name", "email", "phone", "role", "influence", "locale", "timezone", "channels", "preferred_channel"),
    *("created_on", "opted_out_on", "paused_until", "bounced_channels", "wish_min_interval", "wish_every_days"),
    *("wish_occasions_off", "wish_channel", "wish_locale", "wish_no_news", "shares_promises", "attributes"),
)
FORGETS = (
    *("name", "email", "email_key", "phone", "mobile_key", "role", "influence", "locale", "timezone", "channels"),
    *("preferred_channel", "paused_until", "bounced_channels", "wish_min_interval", "wish_every_days"),
    *("wish_occasions_off", "wish_channel", "wish_locale"),
)


def collect(session: Session, contact: Contact) -> dict[str, Any]:
    """Everything of one contact, by kind: columns by name."""
    found: dict[str, Any] = {"profile": {name: getattr(contact, name) for name in PROFILE}}
    for kind, (table, columns) in ROWS.items():
        rows = session.execute(select(*columns).where(table.contact_id == contact.id).order_by(table.id))
        names = [column.key for column in columns]
        found[kind] = [dict(zip(names, row, strict=True)) for row in rows]
    theirs = ImportedRow.account_id == contact.account_id, ImportedRow.contact_id == contact.id
    steps = session.scalars(select(ImportedRow.steps).where(*theirs, ImportedRow.steps.is_not(None)))
    found["changed_by_imports"] = list(steps)
    return found


def forget(session: Session, contacts: Collection[Contact], now: datetime, today: date) -> None:
    """Take out of everything what tells who these contacts were, and what they said in their own words."""
    ids = [contact.id for contact in contacts]
    names = {name for contact in contacts for name in (contact.name, contact.email, contact.key) if name}
    for contact in contacts:
        for name in FORGETS:
            setattr(contact, name, None)
        contact.attributes, contact.shares_promises, contact.wish_no_news = {}, False, True
        contact.opted_out_on, contact.erased_on = contact.opted_out_on or today, today
        contact.link_round += 1
    session.flush()
    forget_traces(session, {contact.account_id for contact in contacts}, ids)
    _forget_asks(session, ids, now)
    _forget_answers(session, ids)
    _forget_promises(session, ids, names)


def _forget_asks(session: Session, ids: Collection[int], now: datetime) -> None:
    """Links run out, also to what was answered, where one could say more; what mail servers said of an address goes."""
    theirs = Ask.contact_id.in_(ids)
    _run(session, update(Ask).where(theirs, Ask.status.in_((*ASKED, "bounced"))).values(expires_at=now))
    _run(session, update(Ask).where(theirs).values(why=None, personal_note=None))
    _run(session, update(Call).where(Call.contact_id.in_(ids)).values(note=None))
    sent = select(Ask.id).where(theirs)
    _run(session, update(Delivery).where(Delivery.ask_id.in_(sent)).values(detail=None))
    _run(session, update(News).where(News.contact_id.in_(ids)).values(detail=None))
    _run(session, update(Touchpoint).where(Touchpoint.contact_id.in_(ids)).values(note=None))


def _forget_answers(session: Session, ids: Collection[int]) -> None:
    """Points and choices stay, nobody's any more; verbatims go, but for the place of one that an initiative counts."""
    _run(session, update(AnswerRow).where(AnswerRow.contact_id.in_(ids)).values(words=None, data={}))
    theirs, counted = Voice.contact_id.in_(ids), exists().where(InitiativeLink.voice_id == Voice.id)
    _run(session, delete(Voice).where(theirs, ~counted))
    _run(session, update(Voice).where(theirs).values(words="…", link=None, author=None))


def _forget_promises(session: Session, ids: Collection[int], names: Collection[str]) -> None:
    theirs: ColumnElement[bool] = Promise.contact_id.in_(ids)
    forget_calls(session, theirs)
    _run(session, update(Promise).where(theirs).values(said=None, note=None))
    events = PromiseEvent.promise_id.in_(select(Promise.id).where(theirs))
    _run(session, update(PromiseEvent).where(events, PromiseEvent.author.in_(names)).values(reason=None))
    _run(session, update(PromiseEvent).where(events).values(note=None))
    forget_authors(session, theirs, names)


def forget_calls(session: Session, theirs: ColumnElement[bool]) -> None:
    """The title of a call holds the number and the hour, as they were given."""
    called = literal("Call back (P-") + cast(Promise.id, String) + ")"
    is_call = theirs, or_(Promise.kind == "call_back", Promise.origin == "call_me")
    calls = [f"P-{number}" for number in session.scalars(select(Promise.id).where(*is_call))]
    _run(session, update(Promise).where(*is_call).values(title=called))
    _run(session, update(AuditEntry).where(AuditEntry.subject.in_(calls)).values(before=None, after=None))


def forget_authors(session: Session, theirs: ColumnElement[bool], names: Collection[str]) -> None:
    """In the histories of these promises nobody goes by these names any more."""
    numbers = session.scalars(select(Promise.id).where(theirs)).all()
    by_them = PromiseEvent.promise_id.in_(numbers), PromiseEvent.author.in_(names)
    _run(session, update(PromiseEvent).where(*by_them).values(author=FORGOTTEN))
    audited = AuditEntry.subject.in_([f"P-{number}" for number in numbers]), AuditEntry.author.in_(names)
    _run(session, update(AuditEntry).where(*audited).values(author=FORGOTTEN))


def _run(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
