"""Surveys as they are kept: every version that asks were made from, of files and of the desk; and how they are used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import BindParameter, Select, String, Text, bindparam, cast, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from engine.data.columns import Snapshot, kept
from engine.data.models import AnswerRow, Ask, SurveyVersion
from engine.data.scope import among, among_listed, list_ids
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


Current = dict[str, tuple[int, Survey]]
"""Each survey that asks are made from, by name: the id of its newest version, and the survey."""


def current_surveys(session: Session) -> Current:
    return surveys_in(Snapshot(session.connection()))


def expect_surveys(snapshot: Snapshot) -> None:
    """Have them asked for with what else is read of a few accounts."""
    snapshot.read_ahead([_current()], {})


def surveys_in(snapshot: Snapshot) -> Current:
    found = snapshot.frame(_current()).rows()
    if unread := [number for _, number, digest in found if digest not in _READ]:
        rows = snapshot.frame(_contents(snapshot.dialect), {"versions": list_ids(unread)})
        _READ.update((digest, survey_from_dict(json.loads(content))) for digest, content in rows.iter_rows())
    return {name: (number, _READ[digest]) for name, number, digest in found}


_READ: dict[str, Survey] = {}
"""Surveys by the digest of their version, which never changes: none is read twice."""


@kept
def _current() -> Select[*tuple[Any, ...]]:
    query = select(SurveyVersion.survey, SurveyVersion.id, SurveyVersion.digest)
    return query.where(_NEWEST, SurveyVersion.standing != RETIRED).order_by(SurveyVersion.survey)


@kept
def _contents(dialect: str) -> Select[*tuple[Any, ...]]:
    versions: BindParameter[str] = bindparam("versions", type_=String())
    query = select(SurveyVersion.digest, cast(SurveyVersion.content, Text).label("content"))
    return query.where(among_listed(SurveyVersion.id, versions, dialect))


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
