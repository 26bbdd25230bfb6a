"""Surveys: how each is used and wears off, tried as anybody, and every version there was."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.access import here, needs
from admin.desk import desk
from admin.forms import whole_number
from admin.framed import frame_form
from engine.operations import survey_changes as changes
from engine.operations.previews import list_people, preview_survey
from engine.operations.relations import local_date
from engine.operations.survey_changes import find_survey, list_kept_surveys
from engine.operations.survey_usage import read_question_usage, read_usage
from engine.operations.surveys import load_journey


@desk.get("/surveys", endpoint="list_surveys")
@needs("viewer")
def show_surveys() -> ResponseReturnValue:
    engine = here().engine
    return render_template("desk/surveys.html", found=list_kept_surveys(engine), usage=read_usage(engine),
                           today=local_date(engine), may=here().colleague.is_admin)  # fmt: skip


@desk.get("/surveys/<survey>")
@needs("viewer")
def show_survey(survey: str) -> ResponseReturnValue:
    engine, found = here().engine, find_survey(here().engine, survey)
    return render_template(
        "desk/survey.html", found=found, usage=read_usage(engine).get(survey), today=local_date(engine),
        questions=read_question_usage(engine, found.survey), may=here().colleague.is_admin,
        people=list_people(engine), journey=load_journey(engine),
    )  # fmt: skip


@desk.get("/surveys/<survey>/page")
@needs("viewer")
def show_survey_page(survey: str) -> ResponseReturnValue:
    """The client's page, as anybody whom the account team may see."""
    whole = request.args.get("which") == "every"
    found, who = find_survey(here().engine, survey).survey, request.args.get("as", "").strip()
    return frame_form(preview_survey(here().engine, found, who, whole=whole), whole=whole)


# Versions


@desk.get("/surveys/<survey>/versions")
@needs("viewer")
def show_survey_versions(survey: str) -> ResponseReturnValue:
    engine = here().engine
    versions = changes.list_survey_versions(engine, survey)
    since, until = (whole_number(request.args.get(name, "")) for name in ("since", "until"))
    found = changes.diff_survey(engine, survey, since, until) if since else None
    if request.args.get("since") == "file":
        found = changes.diff_file(engine, survey)
    return render_template("desk/survey_versions.html", survey=survey, versions=versions, since=since, until=until,
                           differences=found, today=local_date(engine), may=here().colleague.is_admin)  # fmt: skip


@desk.post("/surveys/<survey>/versions/<int:number>/revert")
@needs("admin")
def revert_survey(survey: str, number: int) -> ResponseReturnValue:
    return kept(survey, changes.revert_survey(here().engine, survey, number))


@desk.post("/surveys/<survey>/follow-file")
@needs("admin")
def follow_survey_file(survey: str) -> ResponseReturnValue:
    return kept(survey, changes.follow_file(here().engine, survey))


@desk.post("/surveys/<survey>/retire")
@needs("admin")
def retire_survey(survey: str) -> ResponseReturnValue:
    return kept(survey, changes.retire_survey(here().engine, survey))


def kept(survey: str, version: int | None) -> ResponseReturnValue:
    flash(f"It is version {version} of {survey}. Asks that were made before keep theirs." if version
          else "Nothing was changed: it stands so already.")  # fmt: skip
    return redirect(url_for("desk.show_survey", survey=survey), 303)
