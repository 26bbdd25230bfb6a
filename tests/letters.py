"""Asks that clients can open, for tests: a survey of every question type, an owner, promises, and the links."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from syrupy.extensions.amber import AmberSnapshotExtension
from syrupy.location import PyTestLocation

from engine.data.models import Ask, Contact, Promise, PromiseEvent, SurveyVersion
from engine.house import Engine
from engine.links import ask_token, promises_token, unsubscribe_token, wishes_token
from tests.factories import make_account, make_ask, make_contact, make_setting

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
_numbers = count(1000)
"""Beyond the versions of surveys that a house is installed with."""

QUESTIONS: tuple[dict[str, Any], ...] = (
    {
        "name": "recommend", "type": "nps_plus", "measures": "loyalty", "anchor": True, "seconds": 20,
        "ask": {"en": "How likely are you to recommend {{ company.name }} to a colleague?",
                "de": "Wie wahrscheinlich ist es, dass Sie {{ company.name }} weiterempfehlen?"},
        "reasons": {"low": ["reporting", "price"], "middle": ["reporting"], "high": ["people", "expertise"]},
    },
    {
        "name": "responsiveness", "type": "rating", "measures": "responsiveness", "about": "support", "seconds": 6,
        "ask": {"en": "When you need {{ account.owner.first_name }}'s team, how quickly do you get an answer?"},
    },
    {"name": "effort", "type": "effort", "ask": {"en": "You made it easy for us."}, "seconds": 6},
    {"name": "satisfied", "type": "satisfaction", "ask": {"en": "How satisfied are you with the report?"}},
    {
        "name": "reads", "type": "choice", "ask": {"en": "Who reads the report?"},
        "choices": {"board": {"en": "The board"}, "team": {"en": "Our team"}, "nobody": {"en": "Nobody"}},
    },
    {"name": "topics", "type": "choices", "ask": {"en": "What should we talk about?"}, "choices": ["costs", "roadmap"]},
    {"name": "knows", "type": "yes_no", "ask": {"en": "Do you know whom to turn to?"}, "required": True},
    {"name": "missing", "type": "text", "ask": {"en": "What is missing?"}, "seconds": 25},
    {"name": "call_me", "type": "call_me", "ask": {"en": "Would you rather talk?"}},
)  # fmt: skip


def make_survey(session: Session, questions: Sequence[dict[str, Any]] = QUESTIONS, **values: Any) -> SurveyVersion:
    content = {
        "survey": "relationship",
        "title": {"en": "How are we doing?", "de": "Wie machen wir das?"},
        "occasions": ["relationship"],
        "questions": list(questions),
    } | values  # fmt: skip
    digest = sha256(repr(content).encode()).hexdigest()
    kept = session.scalar(select(SurveyVersion).where(SurveyVersion.digest == digest))
    if kept is not None:
        return kept
    row = SurveyVersion(
        survey=content["survey"], version=next(_numbers), digest=digest, content=content, created_at=NOW
    )
    session.add(row)
    session.flush()
    return row


def make_letter(
    session: Session, *names: str, contact: Contact | None = None, survey: SurveyVersion | None = None, **values: Any
) -> Ask:
    """An ask that was sent yesterday, with these questions; all there are, if none is named."""
    contact = contact or make_contact(
        session,
        make_account(session, name="Northwind", owner_email="maria.keller@harbour.example"),
        name="Nadia Bloom",
        email="nadia@northwind.example",
    )
    survey = survey or make_survey(session)
    asked = names or [question["name"] for question in survey.content["questions"]]
    defaults = {
        "origin": "heed",
        "survey_version_id": survey.id,
        "status": "sent",
        "sent_at": NOW - timedelta(days=1),
        "expires_at": NOW + timedelta(days=29),
        "form": [{"question": name, "promise": None} for name in asked],
    }
    return make_ask(session, contact, **defaults | values)


def make_history(session: Session, contact: Contact, *steps: tuple[str, str, str | None], **values: Any) -> Promise:
    """A promise with its history: (step, day, reason), the last one being where it stands."""
    last = [step for step, _day, _reason in steps if step in ("drafted", "agreed", "done", "declined")][-1]
    done = [day for step, day, _reason in steps if step == "done"] if last == "done" else []
    defaults = {
        "account_id": contact.account_id, "contact_id": contact.id, "origin": "team", "status": last,
        "owner_email": "maria.keller@harbour.example", "made_on": date.fromisoformat(steps[0][1]),
        "due_on": date(2026, 12, 3), "done_on": date.fromisoformat(done[-1]) if done else None,
    }  # fmt: skip
    promise = Promise(**defaults | values)
    session.add(promise)
    session.flush()
    for step, day, reason in steps:
        at = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) + timedelta(hours=12)
        session.add(
            PromiseEvent(promise_id=promise.id, at=at, author="maria", step=step, due_on=promise.due_on, reason=reason)
        )
    session.flush()
    return promise


def make_promises(session: Session, contact: Contact) -> None:
    """Three of them: one done, one moved, one that we decided against."""
    steps = {
        "Month-end reports by the third day": (("agreed", "2026-10-01", None), ("done", "2026-11-12", "It runs.")),
        "A second person who knows you": (
            ("agreed", "2026-10-01", None), ("moved", "2026-11-20", "the scanners come a week late."),
        ),
        "Weekly invoices": (("agreed", "2026-10-01", None), ("declined", "2026-11-02", "nobody else needs them")),
    }  # fmt: skip
    for title, history in steps.items():
        make_history(session, contact, *history, title=title, said=f"About {title.lower()}")


def name_company(session: Session, name: str = "Harbour & Lane") -> None:
    make_setting(session, "company.name", name)


def survey_path(engine: Engine, ask: Ask) -> str:
    return f"/s/{ask_token(engine.config.secret, ask.id)}"


def wishes_path(engine: Engine, contact: Contact, kind: str = "w") -> str:
    token = unsubscribe_token if kind == "u" else wishes_token
    return f"/{kind}/{token(engine.config.secret, contact.id)}"


def promises_path(engine: Engine, contact: Contact) -> str:
    return f"/p/{promises_token(engine.config.secret, contact.id)}"


class SameOnBoth(AmberSnapshotExtension):
    """One snapshot for both databases: what clients see does not depend on where it is kept."""

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: int | str = 0) -> str:
        return test_location.methodname + (f"[{index}]" if index else "")
