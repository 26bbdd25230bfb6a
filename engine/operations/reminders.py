"""Reminding and escalating: one digest a day for each of our people, on working days, of what waits for them.

The owner hears of a promise before it is due and every day once it is late. The lead of the account's team hears on the
day it is due and then on Mondays, and of drafts that nobody has answered in time. The account's sponsor hears on the
first working day after it was due, and then on Mondays. Who has nothing to hear gets nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from secrets import token_hex
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from engine.data import owners
from engine.data import promises as data
from engine.data.models import Digest, Promise
from engine.data.news import digest_of
from engine.data.settings import read_settings
from engine.data.store import EVERYTHING
from engine.decide.plan import value_for
from engine.house import Engine
from engine.operations.calendars import link_calendar
from engine.operations.company import read_company
from engine.operations.dispatch import Posted, hand_over, open_line
from engine.operations.due_days import working_days_after
from engine.operations.hand_overs import cover_absent_owners
from engine.operations.promise_steps import OPEN, find_promise, name, taking_step
from engine.operations.suggestions import make_suggestions
from engine.operations.voices import suggest_from_voices
from engine.types import Message, Moment, Receipt

MONDAY = 0

HEADINGS = {
    "late": "Late",
    "today": "Due today",
    "soon": "Due soon",
    "offered": "Offered to you: accept or refuse",
    "draft": "Drafts to agree to, merge or dismiss",
    "team late": "Late in your team",
    "team today": "Due today in your team",
    "team draft": "Drafts that nobody has answered in time",
    "sponsor": "Late, at an account that you sponsor",
}
"""What needs somebody first stands first."""
ESCALATED = ("team late", "team draft", "sponsor")


@dataclass
class Waiting:
    """What waits for one person: promises under each heading, with the day that each is measured by."""

    email: str
    under: dict[str, list[tuple[Promise, date]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def sorted(self) -> list[tuple[str, list[tuple[Promise, date]]]]:
        return [(HEADINGS[key], self.under[key]) for key in HEADINGS if key in self.under]


def list_waiting(engine: Engine, on: date | None = None) -> list[Waiting]:
    """What waits for each of our people today, by their address."""
    with engine.store.read(EVERYTHING) as session:
        found: dict[str, Waiting] = {}
        house = _House(engine, session, engine.moment(on))
        for promise in data.list_promises(session, statuses=OPEN):
            for email, heading, day in house.hear_of(promise):
                key = email.casefold()
                found.setdefault(key, Waiting(email)).under[heading].append((promise, day))
        return [found[key] for key in sorted(found)]


def send_reminders(engine: Engine, on: date | None = None) -> Posted:
    """Draft what is still to be suggested, see to those who are away, and send everybody their digest of the day.

    Raises HeedError where no mail server answers.
    """
    make_suggestions(engine)
    suggest_from_voices(engine)
    cover_absent_owners(engine, on)
    counts, today = Posted(), engine.moment(on).today("UTC")
    with engine.store.read(EVERYTHING) as session:
        country = read_company(engine, session).country
    if working_days_after(_day_before(today), 1, country) != today:
        return counts
    waiting = [each for each in list_waiting(engine, on) if not _has_heard(engine, each.email, today)]
    if waiting:
        with open_line(engine) as line:
            for each in waiting:
                row = Digest(email=each.email.casefold(), on=today)
                hand_over(engine, line, row, write_digest(engine, each, today), counts, _noting(engine, each))
    return counts


def _noting(engine: Engine, waiting: Waiting) -> Callable[[Session, Receipt], None]:
    """Once for each person and due date the history says who was told that a promise is late, or a draft unanswered."""
    numbers = {promise.id for key in ESCALATED for promise, _day in waiting.under.get(key, ())}

    def note(session: Session, receipt: Receipt) -> None:
        for number in sorted(numbers) if receipt.outcome == "sent" else ():
            promise, said = find_promise(session, number), f"{waiting.email} was told"
            told = {(event.note, event.due_on) for event in promise.events if event.step == "escalated"}
            if (said, promise.due_on) not in told:
                with taking_step(engine, session, promise, "escalated", author="Heed", actor="clock", note=said):
                    pass

    return note


def write_digest(engine: Engine, waiting: Waiting, today: date) -> Message:
    """In plain text: a line for each promise, what needs somebody first."""
    with engine.store.read(EVERYTHING) as session:
        company, calendar = read_company(engine, session), link_calendar(engine, session, waiting.email)
    lines = []
    for heading, promises in waiting.sorted:
        lines += [heading, *(f"  {_tell(promise, day, today)}" for promise, day in promises), ""]
    number = len({promise.id for _heading, promises in waiting.sorted for promise, _day in promises})
    lines += ["All your promises in your calendar (subscribe to this address, and keep it to yourself):", calendar]
    host = urlsplit(engine.config.public_url).hostname
    return Message(
        to=waiting.email,
        to_name="",
        sender=engine.config.sender,
        sender_name=company.name,
        subject=f"{number} promise{'' if number == 1 else 's'} wait{'s' if number == 1 else ''} for you",
        text="\n".join(lines) + "\n",
        message_id=f"<digest-{today.isoformat()}.{token_hex(8)}@{host}>",
    )


class _House:
    """What holds for all promises of a run, read once: settings, leads, the company, and days that were counted."""

    def __init__(self, engine: Engine, session: Session, moment: Moment) -> None:
        self._moment, self._values = moment, read_settings(session)
        self._remind = engine.plugins.catalog.spec("promises.remind_days")
        self._company, self._leads = read_company(engine, session), owners.list_leads(session)
        self._after = cache(working_days_after)

    def hear_of(self, promise: Promise) -> Iterator[tuple[str, str, date]]:
        """Who hears of a promise today, under which heading, and the day it is measured by."""
        account, contact = promise.account, promise.contact
        zone = self._company.zone(contact.timezone if contact else None, account.timezone)
        today, leads = self._moment.today(zone.key), self._leads.get(account.id, [])
        if promise.offered_to:
            yield promise.offered_to, "offered", promise.due_on or today
        if promise.status == "drafted":
            yield promise.owner_email, "draft", promise.respond_by or today
            if promise.respond_by and self._is_time(promise, promise.respond_by, today):
                yield from ((lead, "team draft", promise.respond_by) for lead in leads)
        elif promise.due_on is not None:
            yield from self._hear_of_due(promise, promise.due_on, today, leads)

    def _hear_of_due(
        self, promise: Promise, due: date, today: date, leads: Sequence[str]
    ) -> Iterator[tuple[str, str, date]]:
        if due < today:
            yield promise.owner_email, "late", due
            if self._is_time(promise, due, today):
                yield from ((lead, "team late", due) for lead in leads)
                if promise.account.sponsor_email:
                    yield promise.account.sponsor_email, "sponsor", due
        elif due == today:
            yield promise.owner_email, "today", due
            yield from ((lead, "team today", due) for lead in leads)
        elif self._is_soon(promise, due, today):
            yield promise.owner_email, "soon", due

    def _is_soon(self, promise: Promise, due: date, today: date) -> bool:
        account, contact_id = promise.account, promise.contact_id
        whose = {"account_id": account.id, "contact_id": contact_id}
        number = value_for(self._remind, self._values, tier=account.tier, **whose)[0]
        return number > 0 and due <= self._after(today, number, self._country(promise))

    def _is_time(self, promise: Promise, day: date, today: date) -> bool:
        """Whether to escalate today what a day has gone by for: on the next working day, and on Mondays."""
        first = self._after(day, 1, self._country(promise))
        return today == first or (today > first and today.weekday() == MONDAY)

    def _country(self, promise: Promise) -> str | None:
        return self._company.country or promise.account.country


def _has_heard(engine: Engine, email: str, today: date) -> bool:
    with engine.store.read(EVERYTHING) as session:
        return digest_of(session, email.casefold(), today) is not None


def _tell(promise: Promise, day: date, today: date) -> str:
    days = (today - day).days
    when = {0: "today", 1: "yesterday", -1: "tomorrow"}.get(days) or (
        f"{days} days ago" if days > 0 else f"in {-days} days"
    )
    whom = promise.contact.name or promise.contact.key if promise.contact else "everyone"
    return f"{name(promise)}  {promise.title} ({whom}, {promise.account.name}; {promise.owner_email}): {when}"


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
