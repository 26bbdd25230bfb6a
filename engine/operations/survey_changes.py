"""Surveys as they are changed at the desk: checked as files are, kept by version, put back, left to their files again.

Asks keep the version they were made from; whoever is planned next is asked by the newest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine.data.models import AuditEntry, SurveyVersion
from engine.data.surveys import DESK, FILE, RETIRED, keep_survey, newest_versions, versions_of
from engine.errors import InputError, NotFoundError, StateError, nearest
from engine.house import Engine
from engine.operations.surveys import list_surveys, load_journey, load_shipped
from engine.survey.bank import read_survey, survey_as_dict, survey_from_dict
from engine.survey.reader import FileError, Finding
from engine.survey.writing import Difference, compare_surveys, write_survey
from engine.types import OCCASIONS, Survey, clean_text

MOST_CHARACTERS = 60_000
"""Of a survey's YAML: eight times the longest that ships."""


@dataclass(frozen=True)
class Checked:
    """A survey as somebody writes it: the survey, or every mistake with its line."""

    survey: Survey | None
    findings: tuple[Finding, ...] = ()


def check_survey(engine: Engine, source: str, where: str) -> Checked:
    """What the same text would be as a file."""
    if len(source) > MOST_CHARACTERS:
        return Checked(None, (Finding(where, f"this is too long; there is room for {MOST_CHARACTERS:,} characters"),))
    try:
        return Checked(read_survey(source, where, engine.plugins.question_types, load_journey(engine)))
    except FileError as error:
        return Checked(None, error.findings)


def save_survey(engine: Engine, source: str, *, name: str, seen: int, comment: str = "") -> int | None:
    """Make it the survey's newest version; its number, None where nothing differs. `seen`: the version it began from.

    Raises FileError naming every mistake with its line, and StateError where somebody saved another one meanwhile.
    """
    checked = check_survey(engine, source, name)
    if checked.survey is None:
        raise FileError(checked.findings)
    if checked.survey.name != name:
        words = f"its name stays {name}, because answers are kept by it; make another survey for another name"
        raise FileError([Finding(f"{name}:1", words)])
    return _keep(engine, checked.survey, DESK, comment=comment, seen=seen)


def revert_survey(engine: Engine, name: str, version: int, *, comment: str = "") -> int | None:
    """Make what an earlier version says the newest one. Raises FileError where it cannot be asked any more."""
    found = next((row for row in list_survey_versions(engine, name) if row.version == version), None)
    if found is None:
        raise NotFoundError(f"The survey {name} has no version {version}.", about=str(version))
    survey = check_survey(engine, write_survey(found.content), f"{name}, version {version}")
    if survey.survey is None:
        raise FileError(survey.findings)
    return _keep(engine, survey.survey, DESK, comment=comment or f"as version {version}")


def follow_file(engine: Engine, name: str) -> int | None:
    """Let a survey be what its file says, now and later. Raises NotFoundError where there is no such file."""
    shipped, _ = load_shipped(engine)
    if name not in shipped:
        raise NotFoundError(f"There is no file of the survey {name}, so it stays as it is.", about=name)
    return _keep(engine, shipped[name], FILE, comment="as its file says")


def retire_survey(engine: Engine, name: str) -> int | None:
    """Make no more asks from it. Those there are keep it. Raises InputError where an occasion would be left without."""
    newest = list_survey_versions(engine, name)[0]
    return _keep(engine, survey_from_dict(newest.content), RETIRED, comment="retired")


def _keep(engine: Engine, survey: Survey, standing: str, *, comment: str, seen: int | None = None) -> int | None:
    _check_occasions(engine, survey, standing)
    comment = clean_text(comment).strip()
    said = {"standing": standing, "author": engine.author, "comment": comment}
    with engine.store.write(engine.scope) as session:
        before = newest_versions(session).get(survey.name)
        if seen is not None and seen != (before.version if before else 0):
            raise _meanwhile(before)
        version = keep_survey(session, survey, engine.clock(), **said)
        if version is not None:
            _note(engine, session, before, survey.name, {"version": version} | said)
        return version


def _meanwhile(before: SurveyVersion | None) -> StateError:
    who = (before.author if before else None) or "its file"
    number = before.version if before else 0
    return StateError(f"While you were at it, version {number} was saved, by {who}. Yours is kept nowhere yet: look at "
                      "what differs, and save once more to put yours on top.")  # fmt: skip


def _note(engine: Engine, session: Session, before: SurveyVersion | None, name: str, after: Mapping[str, Any]) -> None:
    was = {"version": before.version, "standing": before.standing} if before else None
    session.add(AuditEntry(at=engine.clock(), author=engine.author, action="change survey", subject=name, before=was,
                           after={key: value for key, value in after.items() if key != "author"}))  # fmt: skip


def _check_occasions(engine: Engine, survey: Survey, standing: str) -> None:
    """Somebody who has a reason to be asked needs a survey to be asked by."""
    there = list_surveys(engine)
    others = [each for each in there if each.name != survey.name]
    after = _occasions(others if standing == RETIRED else [*others, survey])
    for occasion in OCCASIONS:
        if occasion in _occasions(there) - after:
            words = f"No other survey is for the occasion “{occasion}”, so nobody could be asked for it any more."
            raise InputError(words, about=occasion)


def _occasions(surveys: Collection[Survey]) -> set[str]:
    return {occasion for survey in surveys for occasion in survey.occasions}


# Looking


@dataclass(frozen=True)
class Kept:
    """A survey of the list. `file_differs`: its file says something else; None: there is no such file."""

    name: str
    survey: Survey
    row: SurveyVersion | None
    file_differs: bool | None

    @property
    def retired(self) -> bool:
        return self.row is not None and self.row.standing == RETIRED

    @property
    def version(self) -> int:
        """0: it is in its file only; no plan was made with it yet."""
        return self.row.version if self.row else 0


def list_kept_surveys(engine: Engine) -> list[Kept]:
    """Every survey, those that are retired too, by name. Raises FileError."""
    shipped, _ = load_shipped(engine)
    with engine.store.read(engine.scope) as session:
        newest = newest_versions(session)
    found = []
    for name in sorted({*shipped, *newest}):
        row = newest.get(name)
        kept = survey_from_dict(row.content) if row and (row.standing != FILE or name not in shipped) else shipped[name]
        found.append(Kept(name, kept, row, kept != shipped[name] if name in shipped else None))
    return found


def find_survey(engine: Engine, name: str) -> Kept:
    """Raises NotFoundError."""
    found = {kept.name: kept for kept in list_kept_surveys(engine)}
    if name not in found:
        raise NotFoundError(f"There is no survey “{name}”.{nearest(name, found)}", about=name)
    return found[name]


def list_survey_versions(engine: Engine, name: str) -> Sequence[SurveyVersion]:
    """The newest first. Raises NotFoundError where none was kept."""
    with engine.store.read(engine.scope) as session:
        found = versions_of(session, name)
    if not found:
        raise NotFoundError(f"No version of a survey “{name}” was kept yet.", about=name)
    return found


def diff_survey(engine: Engine, name: str, since: int, until: int | None = None) -> list[Difference]:
    """What differs between two versions; `until` None: the newest. Raises NotFoundError."""
    versions = {row.version: row.content for row in list_survey_versions(engine, name)}
    until = max(versions) if until is None else until
    for number in (since, until):
        if number not in versions:
            raise NotFoundError(f"The survey {name} has no version {number}.", about=str(number))
    return compare_surveys(versions[since], versions[until])


def diff_file(engine: Engine, name: str) -> list[Difference]:
    """What the file of a survey would change of it."""
    shipped, _ = load_shipped(engine)
    kept = find_survey(engine, name).survey
    return compare_surveys(survey_as_dict(kept), survey_as_dict(shipped[name])) if name in shipped else []
