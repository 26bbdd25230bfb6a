"""What a desk has to show beside asks and answers: voices, how promises went, guesses, initiatives, a history."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.books import PER_ACCOUNT
from benchmarks.database import CAUSES, DAY, NOW
from engine.data import models
from engine.data.columns import Snapshot
from engine.data.store import EVERYTHING, Store
from engine.house import Engine

ADMIN, LEAD, OWNER = "admin@house.example", "lead@house.example", "owner7@house.example"
"""Who see everything, the accounts of a large team, and the few accounts that are their own."""
OF_TEAM = 100
"""Every so many-th account belongs to the lead's team."""
SENTENCES = (
    "The monthly report {} came late, and nobody told us why.", "Ticket {} was solved within the hour: thank you!",
    "We would like to see the prices of contract {} explained.", "Since the move to release {} the exports are slow.",
    "Your people on project {} know our business; keep them.", "Invoice {} was wrong again and we wrote three times.",
)  # fmt: skip
HISTORY = 200_000
_NOW = int(NOW.timestamp())


def furnish(engine: Engine, contacts: int) -> None:
    """The same for as many contacts, in a house as benchmarks.database makes it."""
    with engine.store.write(EVERYTHING) as session:
        _add_people(engine.store, session, contacts)
        engine.store.insert_many(session, models.Voice, _voices(contacts))
        _add_steps(engine.store, session)
        _add_guesses(engine.store, session)
        _add_initiatives(engine.store, session)
        engine.store.insert_many(session, models.AuditEntry, _changes(min(contacts, HISTORY)))


def _add_people(store: Store, session: Session, contacts: int) -> None:
    people = [models.User(email=email, is_admin=email == ADMIN, created_at=NOW) for email in (ADMIN, LEAD, OWNER)]
    team = models.Team(name="North")
    session.add_all([*people, team])
    session.flush()
    session.add(models.TeamUser(team_id=team.id, user_id=people[1].id, role="lead"))
    accounts = np.arange(1, contacts // PER_ACCOUNT + 1, OF_TEAM)
    store.insert_many(session, models.TeamAccount, pl.DataFrame({"account_id": accounts}).with_columns(team_id=team.id))


def _voices(contacts: int) -> pl.DataFrame:
    """In their own words: every other contact, one in ten of them about a cause that somebody found."""
    said = pl.DataFrame({"contact_id": np.arange(1, contacts + 1, 2)})
    words = pl.Series(SENTENCES).gather(said["contact_id"] % len(SENTENCES))
    cause = pl.Series(CAUSES).gather(said["contact_id"] % len(CAUSES))
    return said.with_columns(
        account_id=(pl.col("contact_id") - 1) // PER_ACCOUNT + 1,
        source=pl.lit("call_note"),
        said_at=_NOW - pl.col("contact_id") % 500 * DAY,
        text=pl.lit(words).str.replace("{}", pl.col("contact_id").cast(pl.String), literal=True),
        cause=pl.when(pl.col("contact_id") % 20 == 1).then(cause),
    )


def _add_steps(store: Store, session: Session) -> None:
    """Every promise was agreed, one in five moved; most that are done have a word of the client."""
    made = _rows(session, select(models.Promise.id, models.Promise.made_on, models.Promise.done_on))
    at = pl.col("made_on") * DAY + 36_000
    parts = {
        "agreed": made.with_columns(at=at),
        "moved": made.filter(pl.col("id") % 5 == 0).with_columns(at=at + 5 * DAY),
        "done": made.drop_nulls("done_on").with_columns(at=pl.col("done_on") * DAY + 40_000),
        "kept": made.drop_nulls("done_on").filter(pl.col("id") % 4 > 0).with_columns(
            at=pl.col("done_on") * DAY + 50_000
        ),
    }  # fmt: skip
    for step, rows in parts.items():
        steps = rows.select("at", promise_id="id", step=pl.lit(step), author=pl.lit("owner7@house.example"),
                            actor=pl.lit("client" if step == "kept" else "team"))  # fmt: skip
        store.insert_many(session, models.PromiseEvent, steps)
    done = models.Promise.done_on.is_not(None), models.Promise.id % 4 > 0
    session.query(models.Promise).where(*done).update({"verdict": "kept"}, synchronize_session=False)


def _add_guesses(store: Store, session: Session) -> None:
    """Somebody expected an answer: to one in a hundred asks that were answered."""
    answered = select(models.Ask.id.label("ask_id"), models.Ask.account_id, models.Ask.contact_id).where(
        models.Ask.status == "answered", models.Ask.id % 25 == 0
    )
    guesses = _rows(session, answered).with_columns(
        question=pl.lit("recommend"), author=pl.lit(OWNER), value=pl.lit("9"), score=9.0, at=_NOW - 300 * DAY
    )
    store.insert_many(session, models.Guess, guesses)


def _add_initiatives(store: Store, session: Session) -> None:
    for number, cause in enumerate(CAUSES, 1):
        made = NOW.date().replace(month=number + 3, day=1)
        session.add(models.Initiative(title=f"Better {cause}", cause=cause, owner_email=OWNER, status="open",
                                      made_on=made, changed_on=made, author=OWNER))  # fmt: skip
        session.flush()
        about = select(models.Voice.id.label("voice_id"), models.Voice.account_id)
        linked = _rows(session, about.where(models.Voice.cause == cause).order_by(models.Voice.id).limit(300))
        store.insert_many(session, models.InitiativeLink, linked.with_columns(initiative_id=number))


def _changes(count: int) -> pl.DataFrame:
    return pl.DataFrame({"number": np.arange(count)}).select(
        at=_NOW - (count - pl.col("number")) * 300,
        author=pl.format("owner{}@house.example", pl.col("number") % 4000),
        action=pl.lit("account changed"),
        subject=pl.format("A{}", pl.col("number") % 100_000),
        after=pl.lit('{"tier": "key"}'),
    )


def _rows(session: Session, statement: Any) -> pl.DataFrame:
    """As they are stored, and as this transaction sees them."""
    session.flush()
    return Snapshot(session.connection()).frame(statement)
