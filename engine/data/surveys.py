"""Surveys as they are kept: every version that asks were made from."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from sqlalchemy import Text, cast, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from engine.data.models import SurveyVersion
from engine.survey.bank import survey_as_dict, survey_from_dict
from engine.types import Survey


def current_surveys(session: Session) -> dict[str, tuple[int, Survey]]:
    """Each survey by name: the id of its newest version, and the survey."""
    other = aliased(SurveyVersion)
    newest = select(func.max(other.version)).where(other.survey == SurveyVersion.survey).scalar_subquery()
    columns = SurveyVersion.survey, SurveyVersion.id, cast(SurveyVersion.content, Text)
    query = select(*columns).where(SurveyVersion.version == newest).order_by(SurveyVersion.survey)
    return {name: (number, _read(content)) for name, number, content in session.execute(query)}


@lru_cache(maxsize=256)
def _read(content: str) -> Survey:
    """The same text is the same survey, and is read once."""
    return survey_from_dict(json.loads(content))


def list_versions(session: Session) -> list[Survey]:
    """Every survey as it stands or ever stood, the oldest first."""
    rows = session.scalars(select(SurveyVersion).order_by(SurveyVersion.version))
    return [survey_from_dict(row.content) for row in rows]


def keep_survey(session: Session, survey: Survey, now: datetime) -> bool:
    """Make this the newest version of the survey; False if it is already. A version that returns keeps its id."""
    content = survey_as_dict(survey)
    digest = sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
    versions = session.scalars(select(SurveyVersion).where(SurveyVersion.survey == survey.name)).all()
    newest = max((row.version for row in versions), default=0)
    same = next((row for row in versions if row.digest == digest), None)
    if same and same.version == newest:
        return False
    row = same or SurveyVersion(survey=survey.name, digest=digest, content=content, created_at=now)
    try:
        with session.begin_nested():
            row.version = newest + 1
            session.add(row)
    except IntegrityError:  # somebody else keeps the same files at the same moment
        return False
    return True
