"""What a form speaks of besides its ask: what happened with the client since, and what they answered last time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from engine.data.clients import read_last_answers, read_touchpoints
from engine.house import Engine
from engine.operations.outcomes import local_day
from engine.operations.sources import load_journey
from engine.private import Terms
from engine.survey.journey import Journey
from engine.survey.logic import answer_fact, last_in
from engine.survey.reader import FileError
from engine.types import Given, Question, Survey

LONGEST_QUOTE = 160
"""Characters of what somebody said last time."""


@dataclass(frozen=True)
class Happened:
    """A touchpoint as its client sees it. `titles`: what it is called, by locale."""

    id: int
    titles: Mapping[str, str]
    on: date


@dataclass(frozen=True)
class Last:
    """What a client answered last time. `value`: as conditions see it."""

    value: Any
    words: str
    on: date


def read_happened(engine: Engine, session: Session, ask: Any, zone: ZoneInfo) -> dict[int, Happened]:
    """What the form's questions are repeated for, by id."""
    ids = [entry["touchpoint"] for entry in ask.form or [] if entry.get("touchpoint")]
    rows = read_touchpoints(session, ids)
    journey = _journey(engine) if rows else Journey()
    return {
        number: Happened(number, journey.titles_of(row.kind), local_day(row.happened_at, zone))
        for number, row in rows.items()
    }


def _journey(engine: Engine) -> Journey:
    """The journey; where its file has mistakes, kinds of touchpoint speak for themselves."""
    try:
        return load_journey(engine)
    except FileError:
        return Journey()


def read_last(
    session: Session, ask: Any, survey: Survey, questions: Sequence[Question], zone: ZoneInfo, terms: Terms
) -> dict[str, Last]:
    """What earlier answers these questions of a form look at. Most look at none, and then nothing is read."""
    names = {name for question in questions for name in last_in(question)}
    names -= {question.name for question in survey.questions if names and terms.forbid_answer(question)}
    if not names:
        return {}
    rows = read_last_answers(session, ask.contact_id, survey.name, names, ask.id)
    return {
        name: Last(
            answer_fact(Given(row.value, row.score, row.words, row.data or {})),
            shorten(row.words or ""),
            local_day(row.answered_at, zone),
        )
        for name, row in rows.items()
    }


def shorten(words: str) -> str:
    """A quotation for the middle of a sentence."""
    line = " ".join(words.split())
    return line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1].rstrip() + "…"
