"""What waits for somebody of the account team today, and the lists behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from engine.data import house, relations
from engine.data import promises as promise_data
from engine.data import worklists as data
from engine.data.models import Account, Ask, AuditEntry, Contact, Promise, PromiseEvent
from engine.data.settings import read_settings
from engine.data.store import EVERYTHING, Scope
from engine.decide.plan import value_for
from engine.errors import NotFoundError
from engine.house import Engine
from engine.operations.company import Company, read_company
from engine.operations.outcomes import Outcome, read_outcomes
from engine.operations.owners import same_person
from engine.operations.relations import local_date
from engine.operations.users import Colleague

MOST = 30
"""Of each kind, on one page."""
PAGE = 50
MOST_MINE = 500
SOON = timedelta(days=3)
SILENT = timedelta(days=180)
TROUBLED = timedelta(days=14)


@dataclass(frozen=True)
class Today:
    """Everything that needs somebody, and what clients said since yesterday."""

    today: date
    overdue: Sequence[Promise]
    disputed: Sequence[Promise]
    due: Sequence[Promise]
    drafts: Sequence[Promise]
    offered: Sequence[Promise]
    """What others ask whoever looks at it to take over."""
    asks: Sequence[Ask]
    voices: Sequence[tuple[Any, Account, Contact | None]]
    silent: Sequence[tuple[Contact, Account, datetime | None]]
    troubles: Sequence[Ask]
    failing: Sequence[str]

    @property
    def waits(self) -> int:
        return sum(map(len, (self.overdue, self.disputed, self.due, self.drafts, self.offered, self.asks)))

    @property
    def is_empty(self) -> bool:
        return not (self.waits or self.voices or self.silent or self.troubles or self.failing)


def open_today(engine: Engine, scope: Scope) -> Today:
    """`scope`: whose accounts; promises of theirs are shown whoever owns them."""
    now, today = engine.clock(), local_date(engine)
    with engine.store.read(scope) as session:
        disputed = data.list_promises(session, state="disputed", most=MOST)
        agreed = data.list_promises(session, state="agreed", due_until=today + SOON, most=2 * MOST)
        soon = [promise for promise in agreed if promise.verdict != "disputed"]
        return Today(
            today=today,
            overdue=[promise for promise in soon if promise.due_on and promise.due_on < today],
            disputed=disputed,
            due=[promise for promise in soon if promise.due_on and promise.due_on >= today],
            drafts=data.list_promises(session, state="draft", most=MOST),
            offered=data.list_offered(session, engine.author, MOST),
            asks=data.list_asks(session, to_approve=True, most=MOST),
            voices=relations.list_voices(session, since=_yesterday(now), most=MOST),
            silent=data.list_silent(session, now - SILENT, 8),
            troubles=data.list_troubles(session, now - TROUBLED, 10),
            failing=[f"{plugin.name}: {plugin.health.last_error}" for plugin in engine.plugins.all.values()
                     if plugin.health.failures],
        )  # fmt: skip


def _yesterday(now: datetime) -> datetime:
    """The beginning of yesterday; of Friday, on a Monday."""
    days = {0: 3, 6: 2}.get(now.weekday(), 1)
    return (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)


def list_promises(
    engine: Engine, *, state: str = "", page: int = 1, size: int = PAGE, **wanted: Any
) -> tuple[list[Promise], bool]:
    """A page of promises in a state, and whether there are more. `state` overdue: agreed, and late.

    `wanted`: owner, words, order.
    """
    late = local_date(engine) if state == "overdue" else None
    with engine.store.read(engine.scope) as session:
        found = data.list_promises(
            session, state=state, overdue_on=late, skip=(page - 1) * size, most=size + 1, **wanted
        )
    return list(found[:size]), len(found) > size


def list_mine(engine: Engine, email: str) -> tuple[Sequence[Promise], Sequence[Promise]]:
    """What somebody answers for and is open, and what they are asked to take over: of every account, without a role."""
    with engine.store.read(EVERYTHING) as session:
        mine = data.list_promises(session, state="open", owner=email.lower(), most=MOST_MINE)
        return mine, data.list_offered(session, email.lower(), MOST_MINE)


def find_kept(engine: Engine, colleague: Colleague, number: int) -> int | None:
    """The account of a promise that a colleague answers for, or is asked to, where they have no role."""
    if not number:
        return None
    with engine.store.read(EVERYTHING) as session:
        promise = data.find_promise(session, number)
    if promise is None or colleague.may("member", promise.account_id):
        return None
    theirs = same_person(colleague.email, promise.owner_email) or same_person(colleague.email, promise.offered_to)
    return promise.account_id if theirs else None


@dataclass(frozen=True)
class PromisePage:
    """A promise, how it came there, and as its client sees it (None: it is not theirs to see, or nobody's)."""

    promise: Promise
    events: Sequence[PromiseEvent]
    outcome: Outcome | None
    company: Company
    today: date


def open_promise(engine: Engine, number: int) -> PromisePage:
    with engine.store.read(engine.scope) as session:
        promise = data.find_promise(session, number)
        if promise is None:
            raise NotFoundError(f"There is no promise P-{number}.", about=f"P-{number}")
        company = read_company(engine, session)
        zone = company.zone(promise.contact.timezone if promise.contact else None, promise.account.timezone)
        outcomes = read_outcomes(session, {promise.contact.id: zone})[promise.contact.id] if promise.contact else []
        outcome = next((one for one in outcomes if one.number == number), None)
        events = promise_data.list_events(session, number)
    return PromisePage(promise, events, outcome, company, engine.clock().astimezone(zone).date())


def list_asks(engine: Engine, *, page: int = 1, size: int = PAGE, **wanted: Any) -> tuple[list[Ask], bool]:
    """A page of asks, and whether there are more. `wanted`: as in data.list_asks."""
    with engine.store.read(engine.scope) as session:
        found = data.list_asks(session, skip=(page - 1) * size, most=size + 1, **wanted)
    return list(found[:size]), len(found) > size


def setting_of(engine: Engine, name: str, account: Account, contact: Contact | None = None) -> Any:
    """A setting's value for an account or one of its people."""
    with engine.store.read(engine.scope) as session:
        values = read_settings(session, [account.id])
    spec = engine.plugins.catalog.spec(name)
    value, _ = value_for(
        spec, values, tier=account.tier, account_id=account.id, contact_id=contact.id if contact else None
    )
    return value


def list_audit(engine: Engine, *, words: str = "", page: int = 1, size: int = PAGE) -> tuple[list[AuditEntry], bool]:
    """A page of who changed what, and whether there is more."""
    with engine.store.read(engine.scope) as session:
        found = house.list_audit(session, words=words, skip=(page - 1) * size, most=size + 1)
    return list(found[:size]), len(found) > size
