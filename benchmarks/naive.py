"""The usual way to write it: ORM objects, six plugin calls for each contact, session.add. No limits but two an account.

python -m benchmarks.naive DATABASE CONTACTS
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from benchmarks.books import TODAY
from benchmarks.database import NOW, open_bench
from benchmarks.measures import timed
from benchmarks.peers import build_hook
from engine.data.models import Ask, Contact, DecisionRecord, PlanRun, Promise, Touchpoint
from engine.data.store import EVERYTHING

CHUNK = 1000
PER_ACCOUNT = 2
SETTINGS = {"settle": 30, "gap": 30, "most": 4, "window": 365, "quiet": 2, "grace": 0, "valid": 30}
EVERY = {"strategic": 90, "key": 120, "standard": 180, "light": 365}
_TODAY = TODAY.toordinal()


def plan(session: Session, contacts: int) -> int:
    """Plan the first so many contacts; how many are asked."""
    run = PlanRun(on=TODAY, seed=0, started_at=NOW)
    session.add(run)
    session.flush()
    run_id, objection = run.id, build_hook()
    asked: set[int] = set()
    places: Counter[int] = Counter()
    for contact, facts in _contacts(session, contacts):
        objections = objection(contact=facts)
        if objections or contact.person_id in asked or places[contact.account_id] >= PER_ACCOUNT:
            continue
        asked.add(contact.person_id)
        places[contact.account_id] += 1
        session.add_all(_make(contact, run_id))
    return len(asked)


def _contacts(session: Session, contacts: int) -> Iterator[tuple[Contact, dict[str, Any]]]:
    for first in range(1, contacts + 1, CHUNK):
        here = (
            select(Contact).where(Contact.id.between(first, first + CHUNK - 1)).options(selectinload(Contact.account))
        )
        asks, promises, touchpoints = (_by_contact(session, table, first) for table in (Ask, Promise, Touchpoint))
        for contact in session.scalars(here):
            yield contact, _facts(contact, asks[contact.id], promises[contact.id], touchpoints[contact.id])
        session.flush()
        session.expunge_all()


def _by_contact(session: Session, table: Any, first: int) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in session.scalars(select(table).where(table.contact_id.between(first, first + CHUNK - 1))):
        found[row.contact_id].append(row)
    return found


def _facts(contact: Contact, asks: list[Ask], promises: list[Promise], touchpoints: list[Touchpoint]) -> dict[str, Any]:
    history = sorted((ask.sent_at.toordinal() for ask in asks), reverse=True)
    owed = [promise.due_on for promise in promises if promise.status == "agreed" and promise.due_on]
    return SETTINGS | {
        "today": _TODAY,
        "created": contact.created_on.toordinal() if contact.created_on else _TODAY,
        "every": EVERY.get(contact.account.tier or "standard", 180),
        "related": _latest(ask.sent_at for ask in asks if ask.occasion == "relationship"),
        "opted_out": contact.opted_out_on,
        "paused": contact.paused_until,
        "asked": history[0] if history else None,
        "history": history,
        "feedback": _latest(each.happened_at for each in touchpoints if each.kind == "feedback"),
        "owed": min(owed).toordinal() if owed else None,
        "open": _latest(ask.sent_at for ask in asks if ask.status == "sent"),
    }


def _latest(moments: Iterable[Any]) -> int | None:
    return max((moment.toordinal() for moment in moments), default=None)


def _make(contact: Contact, run_id: int) -> tuple[Ask, DecisionRecord]:
    record = DecisionRecord(
        run_id=run_id, contact_id=contact.id, on=TODAY, decision="ask", occasion="relationship", next_ask_on=TODAY
    )
    ask = Ask(
        account_id=contact.account_id,
        contact_id=contact.id,
        person_id=contact.person_id,
        origin="heed",
        occasion="relationship",
        survey="relationship",
        channel="email",
        status="planned",
        planned_on=TODAY,
        send_at=NOW,
        form=[],
    )
    return ask, record


def main(database: str, contacts: str) -> None:
    store = open_bench(database).store

    def work() -> int:
        with store.write(EVERYTHING) as session:
            return plan(session, int(contacts))

    seconds, asked = timed(work)
    print(json.dumps({"seconds": seconds, "asked": asked}))


if __name__ == "__main__":
    main(*sys.argv[1:])
