"""The programme itself: five minutes of questions, and a short plan of what to do next."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.access import here, needs
from admin.desk import desk
from admin.sheets import as_sheet, wants_sheet
from engine.operations import assessments
from engine.operations.assessments import LEVELS, TOPICS, compare, keep_assessment, plan_steps, read_facts
from engine.operations.relations import local_date

PLACES = {
    "accounts": ("list_accounts", {}), "calendar": ("show_calendar", {}), "today": ("show_today", {}),
    "unanswered": ("list_asks", {"show": "unanswered"}), "drafts": ("list_promises", {"state": "draft"}),
    "overdue": ("list_promises", {"state": "overdue"}), "ledger": ("show_ledger", {}),
    "promises": ("list_promises", {}), "initiatives": ("list_initiatives", {}), "voices": ("list_voices", {}),
    "sides": ("list_sides", {}),
}  # fmt: skip


@desk.get("/programme")
@needs("lead")
def show_programme() -> ResponseReturnValue:
    found = assessments.list_assessments(here().engine)
    if wants_sheet():
        rows = ((one.at.date(), one.author, *(one.levels.get(topic.name) for topic in TOPICS)) for one in found)
        return as_sheet("programme", ("on", "author", *(topic.name for topic in TOPICS)), rows)
    standings, (facts, counted_at) = compare(found), read_facts(here().engine)
    return render_template(
        "desk/programme.html", topics=TOPICS, levels=LEVELS, facts=facts, counted_at=counted_at, earlier=found,
        standings=standings, steps=plan_steps(standings), place=_place, today=local_date(here().engine),
    )  # fmt: skip


def _place(name: str) -> str:
    endpoint, query = PLACES[name]
    return url_for(f"desk.{endpoint}", **query)


@desk.post("/programme")
@needs("lead")
def send_programme() -> ResponseReturnValue:
    keep_assessment(here().engine, request.form.to_dict())
    flash("It is kept with its day; below is what to do next.")
    return redirect(url_for("desk.show_programme"), 303)
