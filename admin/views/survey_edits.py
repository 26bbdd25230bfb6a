"""Surveys as they are written: in a form or as text, with each mistake in its place, and the client's page beside."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.access import here, needs
from admin.desk import desk
from admin.forms import text_field, whole_number
from admin.framed import frame_findings, frame_form
from admin.survey_forms import Content, Told, languages_of, read_typed, rearrange, rows_of, tell_findings
from admin.views.surveys import kept as show_kept
from engine.errors import HeedError, InputError, NotFoundError
from engine.operations.previews import list_people, preview_survey
from engine.operations.survey_changes import MOST_CHARACTERS, Kept, check_survey, list_kept_surveys, save_survey
from engine.operations.surveys import load_journey
from engine.survey.bank import FOR_EACH, survey_as_dict
from engine.survey.reader import FileError, Finding
from engine.survey.wording import KNOWN_FACTS
from engine.survey.writing import read_content, write_survey
from engine.types import OCCASIONS


@dataclass
class Draft:
    """A survey that somebody is writing. `seen`: the version it began from; `open`: the question that is worked on."""

    name: str
    source: str
    seen: int
    as_text: bool = False
    comment: str = ""
    languages: str = ""
    open: int | None = None
    told: list[Told] = field(default_factory=list)
    problem: str = ""

    @property
    def content(self) -> Content:
        return read_content(self.source, self.name)


@desk.get("/start-survey")
@needs("admin")
def start_survey() -> ResponseReturnValue:
    name, of = request.args.get("name", "").strip(), request.args.get("of", "")
    if not (name.isascii() and name.replace("_", "").isalnum() and name == name.lower() and len(name) <= 60):
        raise InputError("A survey’s name is of small letters, digits and _, such as after_a_workshop.")
    if any(kept.name == name for kept in list_kept_surveys(here().engine)):
        raise InputError(f"There is a survey {name} already.")
    return redirect(url_for("desk.edit_survey", survey=name, of=of))


@desk.get("/surveys/<survey>/edit")
@needs("admin")
def edit_survey(survey: str) -> ResponseReturnValue:
    known = {kept.name: kept for kept in list_kept_surveys(here().engine)}
    first = known.get(survey) or known.get(request.args.get("of", ""))
    if first is None:
        raise NotFoundError(f"There is no survey “{survey}”.")
    content = survey_as_dict(first.survey) | {"survey": survey}
    return _draw(Draft(survey, write_survey(content), known[survey].version if survey in known else 0))


@desk.post("/surveys/<survey>/edit")
@needs("admin")
def send_survey(survey: str) -> ResponseReturnValue:
    draft = _read_draft(survey)
    step, _, place = request.form.get("do", "look").partition(" ")
    if step == "save":
        return _save(draft)
    if step == "text":
        draft.as_text = True
    elif step in ("add", "copy", "remove", "up", "down"):
        content = draft.content
        draft.open = rearrange(content, step, whole_number(place) or 0)
        draft.source = write_survey(content)
    return _look(draft, leave_text=step == "form")


@desk.post("/surveys/<survey>/draft")
@needs("admin")
def show_survey_draft(survey: str) -> ResponseReturnValue:
    """The client's page of what is being written."""
    checked = check_survey(here().engine, _read_draft(survey).source, survey)
    if checked.survey is None:
        return frame_findings(checked.findings)
    whole = request.form.get("which") != "picked"
    try:
        return frame_form(
            preview_survey(here().engine, checked.survey, request.form.get("as", "").strip(), whole=whole), whole=whole
        )
    except HeedError as error:
        return frame_findings((Finding("", str(error)),))


def _read_draft(survey: str) -> Draft:
    form, as_text = request.form, "source" in request.form
    if len(form.get("source", "")) > 2 * MOST_CHARACTERS:
        raise InputError("That is too long for a survey.")
    source = form["source"].replace("\r\n", "\n") if as_text else write_survey(read_typed(survey, form))
    return Draft(survey, source, whole_number(form.get("seen", "")) or 0, as_text, text_field("comment"),
                 form.get("languages", ""))  # fmt: skip


def _look(draft: Draft, *, leave_text: bool = False) -> ResponseReturnValue:
    """Draw it again with what is wrong. Text with mistakes stays text, so that nothing of it is lost."""
    checked = check_survey(here().engine, draft.source, draft.name)
    draft.told = _told(draft, checked.findings)
    draft.as_text = draft.as_text and not (leave_text and checked.survey)
    return _draw(draft)


def _save(draft: Draft) -> ResponseReturnValue:
    try:
        version = save_survey(here().engine, draft.source, name=draft.name, seen=draft.seen,
                                      comment=draft.comment)  # fmt: skip
    except FileError as error:
        draft.told = _told(draft, error.findings)
    except HeedError as error:
        draft.problem = str(error)
        draft.seen = max(draft.seen, _newest(draft.name))
    else:
        return show_kept(draft.name, version)
    return _draw(draft), 422


def _newest(survey: str) -> int:
    return next((kept.version for kept in list_kept_surveys(here().engine) if kept.name == survey), 0)


def _told(draft: Draft, findings: tuple[Finding, ...]) -> list[Told]:
    try:
        return tell_findings(draft.source, findings)
    except FileError:  # no YAML at all: its lines are all that is known
        return [Told(None, "", one.where.rpartition(":")[2], one.message) for one in findings]


def _draw(draft: Draft) -> str:
    engine = here().engine
    content: Content = {} if draft.as_text else draft.content
    kept = list_kept_surveys(engine)
    measures = sorted({each.measures for one in kept for each in one.survey.questions if each.measures})
    journey = load_journey(engine)
    return render_template(
        "desk/survey_edit.html", draft=draft, content=content, languages=languages_of(content, draft.languages),
        rows_of=rows_of, types=engine.plugins.question_types, occasions=OCCASIONS, journey=journey, for_each=FOR_EACH,
        facts=KNOWN_FACTS, measures=measures, people=list_people(engine), is_new=not _newest_of(kept, draft.name),
    )  # fmt: skip


def _newest_of(kept: list[Kept], name: str) -> bool:
    return any(one.name == name for one in kept)
