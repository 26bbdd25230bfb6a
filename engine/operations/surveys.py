"""Surveys of the house: read from their files, kept by version, and checked together with all that people write.

A survey follows its file until somebody saves it at the desk (operations/survey_changes.py): from then on it stands as
it was saved there, whatever the file says, until the desk lets it follow the file again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from importlib.metadata import version

from jinja2 import TemplateSyntaxError

from engine.data.house import keep_fact, read_fact
from engine.data.models import SurveyVersion
from engine.data.settings import read_settings
from engine.data.surveys import DESK, FILE, RETIRED, keep_survey, newest_versions
from engine.errors import InputError
from engine.house import Engine, once
from engine.language import SOURCE, Language, Languages
from engine.operations.plan_changes import list_contradictions
from engine.operations.rehearsal import rehearse
from engine.operations.sources import list_files, load_journey, read_text
from engine.survey.bank import read_survey, survey_as_dict, survey_from_dict
from engine.survey.journey import Journey
from engine.survey.reader import FileError, Finding
from engine.survey.spoken import texts_in
from engine.survey.writing import write_survey
from engine.templates import build_environment, template_folders
from engine.types import OCCASIONS, QuestionType, SettingValue, Survey

__all__ = [
    "Finding",
    "check_house",
    "list_missing_texts",
    "list_surveys",
    "load_journey",
    "load_shipped",
    "sync_surveys",
]

OF_DESK = "the desk’s survey"
"""Where a survey stands that is not what its file says."""
SYNCED = "surveys"
"""The fact that says which files were kept last."""


def load_shipped(engine: Engine) -> tuple[dict[str, Survey], Journey]:
    """The surveys and the journey as their files say now. Raises FileError naming every mistake of a file.

    What they said the last time is not read as YAML again: that takes longer than to forecast an account.
    """
    types = engine.plugins.question_types
    key = _digest(engine), *map(id, types.values())
    found = _READ.get(key)
    if found is None:
        journey, files = load_journey(engine), list_files(engine, "surveys/*.yaml")
        surveys = [read_survey(read_text(path), where, types, journey) for where, path in files]
        found = {survey.name: survey for survey in surveys}, journey, types
        _READ.clear()
        _READ[key] = found
    return dict(found[0]), found[1]


_READ: dict[Hashable, tuple[dict[str, Survey], Journey, Mapping[str, QuestionType]]] = {}
"""What the files said when they were last read, with the question types they were checked by."""


def sync_surveys(engine: Engine) -> list[str]:
    """Keep what the files say as new versions, where it is new; the names of those. Raises FileError.

    Files that say what they said the last time are not read as YAML again, which takes longer than planning a day.
    """
    digest = _digest(engine)
    with engine.store.read(engine.scope) as session:
        if read_fact(session, SYNCED) == digest:
            return []
    surveys, _ = load_shipped(engine)
    with engine.store.write(engine.scope) as session:
        keep_fact(session, SYNCED, digest)
        newest = newest_versions(session)
        following = [survey for name, survey in surveys.items() if follows_file(newest.get(name))]
        return [survey.name for survey in following if keep_survey(session, survey, engine.clock())]


def follows_file(newest: SurveyVersion | None) -> bool:
    """Whether a survey is what its file says, and not what was saved at the desk."""
    return newest is None or newest.standing == FILE


def _digest(engine: Engine) -> str:
    """Tells apart what the files say, and who reads them."""
    files = [*list_files(engine, "surveys/*.yaml"), *list_files(engine, "journey.yaml")]
    told = [version("heed-surveys"), *engine.plugins.question_types]
    told += [f"{where} {read_text(path)}" for where, path in files]
    return sha256("\n".join(told).encode()).hexdigest()


def list_surveys(engine: Engine) -> list[Survey]:
    """Every survey that asks are made from, by name. Raises FileError."""
    return once(engine, "surveys", lambda: _list_surveys(engine))


def _list_surveys(engine: Engine) -> list[Survey]:
    newest = _read_newest(engine)
    kept = {name: survey_from_dict(row.content) for name, row in newest.items() if row.standing != RETIRED}
    shipped = {name: each for name, each in load_shipped(engine)[0].items() if follows_file(newest.get(name))}
    return [survey for _, survey in sorted((kept | shipped).items())]


def _read_newest(engine: Engine) -> dict[str, SurveyVersion]:
    with engine.store.read(engine.scope) as session:
        return newest_versions(session)


def _sources(engine: Engine) -> Iterator[tuple[str, Callable[[], str]]]:
    """What is written of surveys, and where: files, and what was saved at the desk in their place."""
    yield from ((where, partial(read_text, path)) for where, path in list_files(engine, "surveys/*.yaml"))
    for name, row in _read_newest(engine).items():
        if row.standing == DESK:
            yield f"{OF_DESK} {name}, version {row.version}", partial(write_survey, row.content)


def check_house(engine: Engine) -> list[Finding]:
    """Every mistake in surveys, journey, pages and messages, stored settings and plugins, and where it stands."""
    return [
        *_check_surveys(engine),
        *_check_templates(engine),
        *_check_settings(engine),
        *rehearse(engine, _readable_surveys(engine)),
    ]


def list_missing_texts(engine: Engine) -> Iterator[Finding]:
    """What clients would be told in English, in each language of their pages: of catalogs, surveys and the journey."""
    languages = [each for each in Languages(template_folders(engine.config)) if each.locale != SOURCE]
    told = frozenset[str]().union(*(language.known for language in languages))
    for language in languages:
        for text in sorted(told - language.known):
            yield Finding(f"locales/{language.locale}/LC_MESSAGES/heed.po", f"there is no translation of “{text}”")
    journey = load_journey(engine)
    for where, read in _sources(engine):
        survey = read_survey(read(), where, engine.plugins.question_types, journey)
        yield from _lacking(where, languages, texts_in(survey_as_dict(survey)))
    [(where, _)] = list_files(engine, "journey.yaml")
    yield from _lacking(where, languages, texts_in([asdict(entry) for entry in journey.entries]))


def _lacking(
    where: str, languages: list[Language], texts: Iterable[tuple[str, Mapping[str, str]]]
) -> Iterator[Finding]:
    known = list(texts)
    for language in languages:
        lacking = [key for key, by_locale in known if not language.has(by_locale)]
        if lacking:
            yield Finding(where, f"there is no text in {language.locale} for {', '.join(lacking)}")


def _readable_surveys(engine: Engine) -> list[Survey]:
    try:
        return list_surveys(engine)
    except FileError:
        return []


def _check_surveys(engine: Engine) -> Iterator[Finding]:
    try:
        journey = load_journey(engine)
    except FileError as error:
        yield from error.findings
        return
    seen: dict[str, str] = {}
    occasions: set[str] = set()
    newest = _read_newest(engine)
    for where, read in _sources(engine):
        try:
            survey = read_survey(read(), where, engine.plugins.question_types, journey)
        except FileError as error:
            yield from error.findings
            continue
        of_desk = where.startswith(OF_DESK)
        if survey.name in seen and not of_desk:
            yield Finding(where, f"the survey “{survey.name}” stands in {seen[survey.name]}, too")
        seen[survey.name] = where
        if of_desk or follows_file(newest.get(survey.name)):
            occasions.update(survey.occasions)
    for occasion in OCCASIONS:
        if occasion not in occasions:
            yield Finding(
                "surveys", f"no survey without mistakes is for the occasion {occasion}, so nobody can be asked"
            )


def _check_templates(engine: Engine) -> Iterator[Finding]:
    environment = build_environment(engine.config)
    for name in environment.list_templates(extensions=["html", "txt"]):
        try:
            environment.get_template(name)
        except TemplateSyntaxError as error:
            yield Finding(f"{name}:{error.lineno}", f"this is no template: {error.message}")


def _check_settings(engine: Engine) -> Iterator[Finding]:
    """Each value by itself; then, of plugins whose values are all good, how they go together."""
    catalog, wrong = engine.plugins.catalog, set()
    with engine.store.read(engine.scope) as session:
        values = read_settings(session)
        for value in values:
            try:
                catalog.read(value.name, value.value)
            except InputError as error:
                wrong.add(_owner(value))
                layer = " ".join(filter(None, (value.layer, value.layer_key)))
                yield Finding(f"setting {value.name} ({layer})", str(error))
        for owner in sorted({_owner(value) for value in values} - wrong):
            for found in list_contradictions(engine, session, owner, values):
                yield Finding(f"setting {found.name}{found.where}", found.why)


def _owner(value: SettingValue) -> str:
    return value.name.partition(".")[0]
