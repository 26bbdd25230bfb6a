"""Calendars that our people's own programs subscribe to (RFC 5545), by signed addresses: what they owe, whom we ask."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from engine.data import promises as data
from engine.data.models import Promise
from engine.data.owners import is_switched_off
from engine.data.store import EVERYTHING
from engine.data.users import count_given_up
from engine.errors import LinkError, NotFoundError
from engine.house import Engine
from engine.links import CALENDARS, calendar_token, read_calendar_token
from engine.operations.agenda import Entry, read_agenda
from engine.operations.company import read_company, read_link_secret
from engine.operations.promise_steps import OPEN, name
from engine.operations.users import read_colleague


def find_calendar(engine: Engine, email: str, kind: str = "promises") -> str:
    """The address of somebody's calendar: promises or asks. Whoever has it can read them: it is a key."""
    with engine.store.read(engine.scope) as session:
        return link_calendar(engine, session, email, kind)


def link_calendar(engine: Engine, session: Session, email: str, kind: str = "promises") -> str:
    token = calendar_token(read_link_secret(engine, session), email, kind, count_given_up(session, email))
    return engine.config.link(f"/{CALENDARS[kind]}/{token}.ics")


MOST_ASKS = 1000
"""Of one calendar."""


def read_calendar(engine: Engine, token: str) -> bytes:
    """All-day entries, one for each open promise, on the day it is due. Raises LinkError, also once a login is off."""
    with engine.store.read(EVERYTHING) as session:
        email = _open(engine, session, token, "promises")
        company = read_company(engine, session).name
        found = data.list_promises(session, owner=email, statuses=OPEN)
    events = (_event(engine, promise) for promise in found if promise.due_on is not None)
    return _calendar(f"Promises, {company}", events)


def read_ask_calendar(engine: Engine, token: str) -> bytes:
    """All-day entries, one for each ask of the weeks ahead, of their own accounts. Raises LinkError."""
    with engine.store.read(EVERYTHING) as session:
        email = _open(engine, session, token, "asks")
        company = read_company(engine, session).name
    try:
        colleague = read_colleague(engine, email)
    except NotFoundError:
        raise LinkError("This link does not work.") from None
    agenda = read_agenda(engine.acting_as(colleague.email, colleague.own), size=MOST_ASKS)
    events = [_ask_event(engine, entry) for entry in agenda.entries]
    if agenda.more:
        events.append(_more_event(engine, agenda.entries[-1].on))
    return _calendar(f"Asks, {company}", events)


def _open(engine: Engine, session: Session, token: str, kind: str) -> str:
    email, left = read_calendar_token(read_link_secret(engine, session), token, kind)
    if is_switched_off(session, email) or left != count_given_up(session, email):
        raise LinkError("This link does not work.")
    return email


def _calendar(name: str, events: Iterable[Event]) -> bytes:
    calendar = Calendar()
    for key, value in (
        ("prodid", f"-//Heed//{name.partition(',')[0]}//EN"),
        ("version", "2.0"),
        ("x-wr-calname", name),
    ):
        calendar.add(key, value)
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _ask_event(engine: Engine, entry: Entry) -> Event:
    event = Event()
    whom = f"{entry.contact.name or entry.contact.key} ({entry.account.name})"
    kind = "Call again" if entry.again else "Ask" if entry.ask else "Expected"
    number = f"ask-{entry.ask.id}" if entry.ask else f"expected-{entry.contact.id}-{entry.on}"
    event.add("uid", f"{number}{'-again' if entry.again else ''}@{urlsplit(engine.config.public_url).hostname}")
    event.add("dtstamp", engine.clock())
    event.add("summary", f"{kind}: {whom}, {entry.occasion}" + (f", by {entry.channel}" if entry.channel else ""))
    return _all_day(event, entry.on)


def _more_event(engine: Engine, last: date) -> Event:
    """Says that the calendar ends there, and where the rest is."""
    event = Event()
    event.add("uid", f"more-asks@{urlsplit(engine.config.public_url).hostname}")
    event.add("dtstamp", engine.clock())
    event.add("summary", f"More asks than the {MOST_ASKS:,} of this calendar")
    event.add("description", f"All of them: {engine.config.link('/admin/calendar')}")
    return _all_day(event, last)


def _all_day(event: Event, day: date) -> Event:
    """A day on which something is due is not a day on which nobody has time."""
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    return event


def _event(engine: Engine, promise: Promise) -> Event:
    event, due = Event(), promise.due_on
    whom = promise.contact.name or promise.contact.key if promise.contact else "everyone"
    draft = "Draft: " if promise.status == "drafted" else ""
    event.add("uid", f"promise-{promise.id}@{urlsplit(engine.config.public_url).hostname}")
    event.add("dtstamp", engine.clock())
    event.add("sequence", promise.version)
    event.add("summary", f"{draft}{name(promise)} {promise.title} ({promise.account.name})")
    event.add(
        "description", "\n".join(filter(None, [f"To {whom}, {promise.account.name}", promise.said, promise.note]))
    )
    return _all_day(event, due) if due else event
