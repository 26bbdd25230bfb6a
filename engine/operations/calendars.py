"""An owner's open promises as a calendar that their own program subscribes to (RFC 5545), by a signed address."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from engine.data import promises as data
from engine.data.models import Promise
from engine.data.owners import is_switched_off
from engine.data.store import EVERYTHING
from engine.errors import LinkError
from engine.house import Engine
from engine.links import calendar_token, read_calendar_token
from engine.operations.company import read_company, read_link_secret
from engine.operations.promise_steps import OPEN, name


def find_calendar(engine: Engine, email: str) -> str:
    """The address that shows the promises of whoever this is. Whoever has it can read them: it is a key."""
    with engine.store.read(engine.scope) as session:
        return engine.config.link(f"/calendar/{calendar_token(read_link_secret(engine, session), email)}.ics")


def read_calendar(engine: Engine, token: str) -> bytes:
    """All-day entries, one for each open promise, on the day it is due. Raises LinkError, also once a login is off."""
    with engine.store.read(EVERYTHING) as session:
        email = read_calendar_token(read_link_secret(engine, session), token)
        if is_switched_off(session, email):
            raise LinkError("This link does not work.")
        company = read_company(engine, session).name
        found = data.list_promises(session, owner=email, statuses=OPEN)
    calendar = Calendar()
    for key, value in (
        ("prodid", "-//Heed//Promises//EN"),
        ("version", "2.0"),
        ("x-wr-calname", f"Promises, {company}"),
    ):
        calendar.add(key, value)
    for promise in found:
        if promise.due_on is not None:
            calendar.add_component(_event(engine, promise))
    return bytes(calendar.to_ical())


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
    event.add("dtstart", due)
    event.add("dtend", due + timedelta(days=1) if due else due)
    event.add("transp", "TRANSPARENT")  # a day on which something is due is not a day on which nobody has time
    return event
