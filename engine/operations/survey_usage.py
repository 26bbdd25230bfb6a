"""How surveys are used: each question with how often it was asked, answered and skipped, and when it last changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from engine.data.models import SurveyVersion
from engine.data.surveys import list_answered_forms, list_answered_questions, versions_of
from engine.decide.shares import Share, share
from engine.house import Engine
from engine.survey.logic import opened_by
from engine.types import Survey

YEAR = timedelta(days=365)
MOST_FORMS = 5_000
"""Answered forms that are looked at, the last first: the weariness of today is what counts."""


@dataclass(frozen=True)
class Usage:
    """Of one survey: how many forms were answered, when the last one was, and how long people had them open."""

    forms: int
    last: datetime | None
    seconds: float | None
    """The middle time between opening and sending; None: nobody's is known."""
    asked: Mapping[str, int]
    answered: Mapping[str, int]


@dataclass(frozen=True)
class QuestionUsage:
    """`skipped`: of those who sent the form it stood on; None: it waits for another answer, so nobody knows."""

    asked: int
    answered: int
    skipped: Share | None
    changed_at: datetime | None


def read_usage(engine: Engine) -> dict[str, Usage]:
    """By survey, of the accounts that whoever asks may see, within a year."""
    with engine.store.read(engine.scope) as session:
        forms = list_answered_forms(session, engine.clock().date() - YEAR, MOST_FORMS)
        answers = set(list_answered_questions(session, [form.id for form in forms]))
    by_survey: dict[str, list[Any]] = {}
    for form in forms:
        by_survey.setdefault(form.survey, []).append(form)
    return {survey: _count(found, answers) for survey, found in by_survey.items()}


def _count(forms: Sequence[Any], answers: set[tuple[int, str]]) -> Usage:
    asked: Counter[str] = Counter()
    for form in forms:
        asked.update({entry["question"] for entry in form.form or ()})
    ids = {form.id for form in forms}
    times = [
        (form.answered_at - form.opened_at).total_seconds() for form in forms if form.opened_at and form.answered_at
    ]
    answered = Counter(question for ask_id, question in answers if ask_id in ids)
    last = max((form.answered_at for form in forms if form.answered_at), default=None)
    return Usage(len(forms), last, median(times) if times else None, asked, answered)


def read_question_usage(engine: Engine, survey: Survey) -> dict[str, QuestionUsage]:
    """Each question of a survey by name."""
    usage = read_usage(engine).get(survey.name)
    with engine.store.read(engine.scope) as session:
        changed = _last_changes(versions_of(session, survey.name))
    found = {}
    for question in survey.questions:
        name = question.name
        asked, answered = (usage.asked[name], usage.answered[name]) if usage else (0, 0)
        skipped = None if opened_by(question) else share(max(asked - answered, 0), asked)
        found[name] = QuestionUsage(asked, answered, skipped, changed.get(name))
    return found


def _last_changes(versions: Sequence[SurveyVersion]) -> dict[str, datetime]:
    """When each question came to be as it is: the oldest of its versions in a row, from the newest back."""
    found: dict[str, datetime] = {}
    settled: set[str] = set()
    newest = _questions(versions[0]) if versions else {}
    for row in versions:
        questions = _questions(row)
        settled |= {name for name in newest if questions.get(name) != newest[name]}
        found |= {name: row.created_at for name in newest if name not in settled}
    return found


def _questions(row: SurveyVersion) -> dict[str, Any]:
    return {question["name"]: question for question in row.content["questions"]}
