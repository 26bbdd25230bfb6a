"""Surveys as they are kept: every version that asks were made from, of files and of the desk; and how they are used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Text, cast, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from engine.data.models import AnswerRow, Ask, SurveyVersion
from engine.data.scope import among
from engine.survey.bank import survey_as_dict, survey_from_dict
from engine.types import Survey

FILE, DESK, RETIRED = "file", "desk", "retired"


_OTHER = aliased(SurveyVersion)
_NEWEST = (
    SurveyVersion.version
    == select(func.max(_OTHER.version)).where(_OTHER.survey == SurveyVersion.survey).scalar_subquery()
)


def newest_versions(session: Session) -> dict[str, SurveyVersion]:
    """The newest version of each survey by name, those that are retired too."""
    query = select(SurveyVersion).where(_NEWEST).order_by(SurveyVersion.survey)
    return {row.survey: row for row in session.scalars(query)}


def current_surveys(session: Session) -> dict[str, tuple[int, Survey]]:
    """Each survey that asks are made from, by name: the id of its newest version, and the survey."""
    columns = SurveyVersion.survey, SurveyVersion.id, cast(SurveyVersion.content, Text)
    query = select(*columns).where(_NEWEST, SurveyVersion.standing != RETIRED).order_by(SurveyVersion.survey)
    return {name: (number, _read(content)) for name, number, content in session.execute(query)}


@lru_cache(maxsize=256)
def _read(content: str) -> Survey:
    """The same text is the same survey, and is read once."""
    return survey_from_dict(json.loads(content))


def list_versions(session: Session) -> list[Survey]:
    """Every survey as it stands or ever stood, the oldest first."""
    rows = session.scalars(select(SurveyVersion).order_by(SurveyVersion.version))
    return [survey_from_dict(row.content) for row in rows]


def versions_of(session: Session, survey: str) -> Sequence[SurveyVersion]:
    """The newest first."""
    query = select(SurveyVersion).where(SurveyVersion.survey == survey).order_by(SurveyVersion.version.desc())
    return session.scalars(query).all()


def keep_survey(session: Session, survey: Survey, now: datetime, **said: Any) -> int | None:
    """Make this the newest version of the survey; its number, None if it is already.

    `said`: standing, author and comment, where it does not come from a file.
    """
    content, standing = survey_as_dict(survey), said.get("standing", FILE)
    newest = next(iter(versions_of(session, survey.name)), None)
    if newest and (newest.content, newest.standing) == (content, standing):
        return None
    version = newest.version + 1 if newest else 1
    row = SurveyVersion(survey=survey.name, version=version, digest=_digest(version, content), content=content,
                        created_at=now, **said)  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # somebody else keeps a version at the same moment
        return None
    return version


def _digest(version: int, content: Mapping[str, Any]) -> str:
    return sha256(json.dumps([version, content], ensure_ascii=False).encode()).hexdigest()


# How they are used


def list_answered_forms(session: Session, since: date, most: int) -> Sequence[Any]:
    """What was answered lately, the last first: id, survey, form (as an ask keeps it), opened_at, answered_at."""
    query = select(Ask.id, SurveyVersion.survey, Ask.form, Ask.opened_at, Ask.answered_at)
    query = query.join(SurveyVersion, SurveyVersion.id == Ask.survey_version_id)
    query = query.where(Ask.status == "answered", Ask.planned_on >= since)
    query = query.order_by(Ask.planned_on.desc(), Ask.id.desc()).limit(most)
    return session.execute(query).all()


def list_answered_questions(session: Session, ask_ids: Sequence[int]) -> Sequence[tuple[int, str]]:
    """Each ask with each question that was answered in it."""
    query = select(AnswerRow.ask_id, AnswerRow.question)
    query = query.where(among(AnswerRow.ask_id, ask_ids, session.get_bind().dialect.name))
    return [(ask_id, question) for ask_id, question in session.execute(query) if ask_id is not None]
