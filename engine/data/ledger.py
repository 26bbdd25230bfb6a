"""What the ledger is made of: every promise that was ever agreed, and when what happened to it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from engine.data.models import NO_WORD, REFUTED, Account, Ask, Promise, PromiseEvent, Team, TeamAccount, Touchpoint
from engine.data.scope import aside

SAID = aside(Promise.status).in_(("agreed", "done", "declined"))
"""Whether the client was ever told: a draft that came to nothing was no promise."""


@dataclass(frozen=True)
class Entry:
    """A promise, and the moment of each of its steps."""

    number: int
    account_id: int
    account: str
    account_name: str
    tier: str
    owner: str
    touchpoint: str
    title: str
    said_at: datetime | None
    due_on: date | None
    made_on: date
    done_on: date | None
    status: str
    verdict: str | None
    steps: tuple[tuple[str, datetime], ...] = ()

    def count(self, step: str) -> int:
        return sum(each == step for each, _at in self.steps)

    def first(self, *steps: str) -> datetime | None:
        return next((at for step, at in self.steps if step in steps), None)


def read_entries(session: Session, since: date) -> list[Entry]:
    """Promises made since a day that the client was told of at any time."""
    steps = _read_steps(session, since)
    rows = session.execute(_entries().where(SAID, Promise.made_on >= since).order_by(Promise.id))
    return [Entry(**row._mapping, steps=tuple(steps.get(row.number, ()))) for row in rows]


def list_differing(session: Session, since: date, most: int) -> list[Entry]:
    """What the client says is not done as it was promised. Without the steps."""
    query = _entries().where(REFUTED, Promise.made_on >= since, SAID)
    return [Entry(**row._mapping) for row in session.execute(query.order_by(Promise.id).limit(most))]


def list_unconfirmed(session: Session, since: date, most: int) -> list[Entry]:
    """What is done and the client has given no word on, the oldest first. Without the steps."""
    query = _entries().where(NO_WORD, Promise.made_on >= since)
    return [Entry(**row._mapping) for row in session.execute(query.order_by(Promise.done_on, Promise.id).limit(most))]


def _entries() -> Select[*tuple[Any, ...]]:
    columns = (
        Promise.id.label("number"), Promise.account_id, Account.key.label("account"),
        Account.name.label("account_name"), func.coalesce(Account.tier, "standard").label("tier"),
        Promise.owner_email.label("owner"), func.coalesce(Touchpoint.kind, "none").label("touchpoint"), Promise.title,
        Ask.answered_at.label("said_at"), Promise.due_on, Promise.made_on, Promise.done_on, Promise.status,
        Promise.verdict,
    )  # fmt: skip
    query = select(*columns).join(Account, Account.id == Promise.account_id)
    query = query.outerjoin(Touchpoint, Touchpoint.id == Promise.touchpoint_id)
    return query.outerjoin(Ask, Ask.id == Promise.ask_id)


def _read_steps(session: Session, since: date) -> dict[int, list[tuple[str, datetime]]]:
    query = select(PromiseEvent.promise_id, PromiseEvent.step, PromiseEvent.at)
    query = query.join(Promise, Promise.id == PromiseEvent.promise_id).where(Promise.made_on >= since)
    found: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for number, step, at in session.execute(query.order_by(PromiseEvent.id)):
        found[number].append((step, at))
    return found


def read_teams(session: Session) -> dict[int, list[str]]:
    """The names of the teams that look after each account."""
    query = select(TeamAccount.account_id, Team.name).join(Team, Team.id == TeamAccount.team_id).order_by(Team.name)
    found: dict[int, list[str]] = defaultdict(list)
    for account_id, name in session.execute(query):
        found[account_id].append(name)
    return found
