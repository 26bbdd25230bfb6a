"""What the account team sees of its accounts: the relationship as one timeline, its people, what stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from engine.data import relations as data
from engine.data import settings as setting_data
from engine.data.models import Account, AnswerRow, Ask, Contact, Promise, PromiseEvent, Touchpoint, Voice
from engine.decide.sentences import TOUCHPOINT_WORDS
from engine.errors import NotFoundError
from engine.house import Engine
from engine.language import ENGLISH
from engine.operations.company import read_company
from engine.operations.journeys import Part, list_parts
from engine.operations.learned import Learned, learn
from engine.operations.wordings import Wordings, read_wordings

WHAT = {"account": "account", "contact": "person", "promise": "promise", "ask": "ask", "voice": "voice"}
PAGE = 50
INFLUENCE = {"decision_maker": 4, "champion": 3, "influencer": 2}
"""How much a person's word weighs in a decision; anybody else's 1."""
RECENT = timedelta(days=180)


def find_account_behind(engine: Engine, **about: int) -> tuple[Account, Contact | None]:
    """The account, and the contact if one is meant, behind ids of an address: account, contact, promise or ask.

    Raises NotFoundError for what is not there, is another team's, or does not belong together.
    """
    with engine.store.read(engine.scope) as session:
        account, contact = None, None
        for kind, number in about.items():
            found = data.find_behind(session, kind, number)
            if found is None or account not in (None, found[0]):
                raise NotFoundError(f"There is no such {WHAT[kind]}.", about=str(number))
            account, contact = found[0], found[1] or contact
        if account is None:
            raise NotFoundError("There is no such account.")
        return account, contact


def local_date(engine: Engine, account: Account | None = None) -> date:
    """Today, where the house is or where an account is."""
    with engine.store.read(engine.scope) as session:
        zone = read_company(engine, session).zone(account.timezone if account else None)
    return engine.clock().astimezone(zone).date()


@dataclass(frozen=True)
class Line:
    """An account in a list."""

    account: Account
    open: int
    late: int
    heard_at: datetime | None


def list_accounts(engine: Engine, *, page: int = 1, size: int = PAGE, **wanted: str) -> tuple[list[Line], bool]:
    """A page of accounts, and whether there are more. `wanted`: words, tier, owner, order."""
    with engine.store.read(engine.scope) as session:
        found = data.list_accounts(session, skip=(page - 1) * size, most=size, **wanted)
        ids = [account.id for account in found[:size]]
        counts = data.count_by_account(session, ids, engine.clock().date())
        heard = data.last_heard(session, ids)
    lines = [
        Line(one, counts[one.id].open if one.id in counts else 0, counts[one.id].late if one.id in counts else 0,
             heard.get(one.id))
        for one in found[:size]
    ]  # fmt: skip
    return lines, len(found) > size


@dataclass(frozen=True)
class Event:
    """A line of the timeline. `kind`: touchpoint, ask, answer, call, voice, promise or plan; `what`: its row."""

    at: datetime
    kind: str
    what: Any
    more: Any = None


@dataclass(frozen=True)
class Person:
    """A contact, and how often they were asked in the last year, when last, and when they last answered."""

    contact: Contact
    asks: int
    asked_at: datetime | None
    heard_at: datetime | None
    coming: Ask | None = None


@dataclass(frozen=True)
class Said:
    words: str
    at: datetime
    contact: Contact | None


@dataclass(frozen=True)
class Relation:
    account: Account
    today: date
    timeline: Sequence[Event]
    people: Sequence[Person]
    promises: Sequence[Promise]
    heard: int
    """How many people answered in the last 180 days."""
    weight: float
    """The share of influence they carry."""
    named: Mapping[int, Contact] = field(default_factory=dict)
    wordings: Wordings | None = None
    learned: Sequence[Learned] = ()
    parts: Sequence[Part] = ()
    """The journey: who answers for which part of it."""

    def asked(self, answer: AnswerRow) -> str:
        """The question that was answered, in words."""
        if self.wordings is None:
            return answer.question
        about: dict[str, dict[str, str]] = {}
        if promise := next((one for one in self.promises if one.id == answer.promise_id), None):
            about["promise"] = {"title": promise.title}
        if touchpoint := self.touchpoints.get(answer.touchpoint_id or 0):
            kind, on = touchpoint.kind, touchpoint.happened_at.date()
            title = TOUCHPOINT_WORDS.get(kind, kind.replace("_", " "))
            about["touchpoint"] = {"title": title, "day": ENGLISH.day(on, self.today)}
        return self.wordings.tell(answer, self.account, **about)

    @cached_property
    def touchpoints(self) -> dict[int, Touchpoint]:
        return {event.what.id: event.what for event in self.timeline if event.kind == "touchpoint"}

    @property
    def words(self) -> list[Said]:
        """What people there said in their own words, the newest first; surveys, imports and notes alike."""
        found = []
        for event in self.timeline:
            if event.kind == "voice" and event.what.speaker == "client":
                found.append(Said(event.what.words, event.at, self.named.get(event.what.contact_id)))
            elif event.kind == "answer":
                found += [Said(answer.words, event.at, self.named.get(answer.contact_id)) for answer in event.more
                          if answer.words and answer.ask_id is None]  # fmt: skip
        return found

    @property
    def done(self) -> list[Promise]:
        """What we did, the latest first."""
        found = [promise for promise in self.promises if promise.status == "done" and promise.done_on]
        return sorted(found, key=lambda promise: promise.done_on or promise.made_on, reverse=True)

    @property
    def silent(self) -> list[Person]:
        since = self.today - RECENT
        return [one for one in self.people if one.heard_at is None or one.heard_at.date() < since]

    @property
    def months(self) -> list[date]:
        """The first days of this month and the eleven before it."""
        number = self.today.year * 12 + self.today.month - 1
        return [date(at // 12, at % 12 + 1, 1) for at in range(number - 11, number + 1)]

    def coverage(self, contact_id: int) -> list[str]:
        """For each month: heard, asked, or nothing."""
        found: dict[date, str] = {}
        for event in reversed(self.timeline):
            if event.kind in ("ask", "answer") and event.what.contact_id == contact_id:
                month = event.at.date().replace(day=1)
                found[month] = "heard" if event.kind == "answer" or found.get(month) == "heard" else "asked"
        return [found.get(month, "") for month in self.months]


def open_account(engine: Engine, account: Account) -> Relation:
    """Everything that its page shows."""
    now, today = engine.clock(), local_date(engine, account)
    with engine.store.read(engine.scope) as session:
        rows = data.list_people(session, account.id, now - timedelta(days=365))
        asks = data.list_account_asks(session, account.id)
        promises, steps = data.list_promises(session, account.id)
        changes = setting_data.list_changes(session, account=account)
        scores = data.list_scores(session, account.id)
        touchpoints = data.list_account_touchpoints(session, account.id)
        timeline = [
            *_ask_events(asks, scores),
            *(Event(call.at, "call", call) for call in data.list_account_calls(session, account.id)),
            *(Event(voice.said_at, "voice", voice) for voice in data.list_account_voices(session, account.id)),
            *(Event(one.happened_at, "touchpoint", one) for one in touchpoints),
            *_promise_events(promises, steps),
            *(Event(change.at, "plan", change) for change in changes if change.where[0] in ("account", "contact")),
        ]
    waiting = {ask.contact_id: ask for ask in asks if ask.status in ("planned", "approved")}
    people = [Person(row[0], row[1], row[2], row[3], waiting.get(row[0].id)) for row in rows]
    recent = [one for one in people if one.heard_at and now - one.heard_at <= RECENT]
    total = sum(INFLUENCE.get(one.contact.influence or "", 1) for one in people)
    carried = sum(INFLUENCE.get(one.contact.influence or "", 1) for one in recent)
    return Relation(
        account=account,
        today=today,
        timeline=sorted(timeline, key=lambda event: event.at, reverse=True),
        people=people,
        promises=promises,
        heard=len(recent),
        weight=carried / total if total else 0,
        named={one.contact.id: one.contact for one in people},
        wordings=read_wordings(engine),
        learned=learn(engine, scores, len(people), now),
        parts=list_parts(engine, account, touchpoints),
    )


def _promise_events(promises: Sequence[Promise], events: Sequence[PromiseEvent]) -> Iterator[Event]:
    by_id = {promise.id: promise for promise in promises}
    for event in events:
        if event.promise_id in by_id:
            yield Event(event.at, "promise", event, by_id[event.promise_id])


def _ask_events(asks: Sequence[Ask], scores: Sequence[AnswerRow]) -> list[Event]:
    """One line for each ask that left: of the day of the answer, with what was answered, where there is one."""
    given: dict[tuple[int, date], list[AnswerRow]] = {}
    for score in scores:
        given.setdefault((score.contact_id, score.answered_at.date()), []).append(score)
    answered = [ask for ask in asks if ask.answered_at]
    return [
        *(Event(ask.sent_at, "ask", ask) for ask in asks if ask.sent_at and not ask.answered_at),
        *(Event(at, "answer", ask, given.get((ask.contact_id, at.date()), [])) for ask in answered
          if (at := ask.answered_at)),
    ]  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What a search came to."""

    accounts: Sequence[Account]
    contacts: Sequence[Contact]
    promises: Sequence[Promise]
    voices: Sequence[tuple[Voice, Account, Contact | None]]

    def __bool__(self) -> bool:
        return any((self.accounts, self.contacts, self.promises, self.voices))


def search(engine: Engine, words: str, most: int = 10) -> Found:
    """Accounts, people, promises and what clients said that have these words, within what may be seen."""
    with engine.store.read(engine.scope) as session:
        return Found(
            data.search_accounts(session, words, most),
            data.search_contacts(session, words, most),
            data.search_promises(session, words, most),
            data.list_voices(session, words=words, most=most),
        )


def list_voices(engine: Engine, *, words: str = "", page: int = 1, size: int = PAGE) -> tuple[list[Any], bool]:
    """A page of what clients said, and whether there is more."""
    with engine.store.read(engine.scope) as session:
        found = data.list_voices(session, words=words, skip=(page - 1) * size, most=size + 1)
    return list(found[:size]), len(found) > size
