"""The account team's own calls: whom to call, what to say, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from secrets import token_urlsafe
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.access import here, needs
from admin.desk import desk
from admin.forms import day_field, page_number, text_field
from admin.sheets import MOST, as_sheet, wants_sheet
from engine.errors import InputError
from engine.operations.answers import AnswersError
from engine.operations.call_sheets import tell_opening, tell_questions, tell_when
from engine.operations.calls import Line, list_calls, note_call, open_call, take_call
from engine.operations.letters import tell_state
from engine.operations.readers import find_language
from engine.operations.relations import local_date
from engine.types import Given
from engine.web.screens import room

OWN_FIELDS = ("csrf_token", "submission_id", "action", "consent", "note", "again_on")
ALREADY_TALKING = "call_me"
"""The type of question that nobody asks on the phone: whether they would rather talk."""
TOLD = {
    "answered": "Their answers are kept, as given by phone to you. What follows from them is drafted.",
    "later": "They are left alone for two weeks; nothing they said is lost.",
    "declined": "It is noted that they do not want to, and this ask has ended.",
    "not_reached": "Noted. The call stays on the list.",
    "call_back": "Noted. The call comes back on that day.",
}


@desk.get("/calls", endpoint="list_calls")
@needs("viewer")
def show_calls() -> ResponseReturnValue:
    engine, whose = here().engine, request.args.get("whose", "")
    owner = here().colleague.email if whose == "mine" else ""
    if wants_sheet():
        found, _ = list_calls(engine, owner=owner, size=MOST)
        return as_sheet("calls", SHEET, map(_row, found))
    found, more = list_calls(engine, owner=owner, page=page_number())
    today = local_date(engine)
    now = [one for one in found if one.is_out and (one.due_on is None or one.due_on <= today)]
    return render_template("desk/calls.html", now=now, later=[one for one in found if one not in now], more=more,
                           page=page_number(), whose=whose, today=today)  # fmt: skip


SHEET = ("account_key", "contact_key", "phone", "due_on", "status", "tries", "last_outcome", "last_note")


def _row(line: Line) -> tuple[object, ...]:
    ask, last = line.ask, line.last
    said = (last.outcome, last.note) if last else (None, None)
    return (ask.account.key, ask.contact.key, ask.contact.phone, line.due_on, ask.status, line.tries, *said)


@desk.get("/asks/<int:ask>/call")
@needs("viewer")
def show_call(ask: int) -> ResponseReturnValue:
    return _draw(ask, {}, {})


@desk.post("/asks/<int:ask>/call")
@needs("member")
def send_call(ask: int) -> ResponseReturnValue:
    engine, action = here().engine, request.form.get("action", "")
    try:
        if action in ("not_reached", "call_back"):
            call = note_call(engine, ask, action, again_on=day_field("again_on"), note=text_field("note"))
        else:
            call = take_call(engine, ask, _posted(), request.form.get("submission_id", ""), action=action,
                             consented="consent" in request.form, note=text_field("note"))  # fmt: skip
    except AnswersError as error:
        return _draw(ask, error.given, error.errors), 422
    flash(TOLD[call.outcome])
    return redirect(url_for("desk.show_call" if call.outcome == "answered" else "desk.list_calls", ask=ask), 303)


def _posted() -> dict[str, list[str]]:
    """What the client's own page would have posted."""
    return {name: values for name, values in request.form.to_dict(flat=False).items() if name not in OWN_FIELDS}


def _draw(ask: int, given: Mapping[str, Given], errors: Mapping[str, InputError]) -> str:
    """The sheet, in the client's own language where it is to be spoken; `given` and `errors` by field."""
    sheet, screens = open_call(here().engine, ask), room().screens
    form = sheet.form
    spoken = screens.languages.choose([*form.locales, form.company.locale])
    told = {field: spoken.gettext(error.message, **error.values) for field, error in errors.items()}
    spoken_form = replace(form, items=tuple(item for item in form.items if item.question.type != ALREADY_TALKING))
    values: dict[str, Any] = {
        "opening": tell_opening(form, spoken),
        "when": tell_when(form, find_language(here().engine)),
        "outcomes": [(one, tell_state(one, spoken, form.today)) for one in form.came_of_it[:3]],
        "questions": list(tell_questions(room().engine.plugins, spoken_form, spoken)),
        "elements": screens.elements(spoken_form, spoken, {**form.given, **given}, told),
    }
    return render_template("desk/call.html", sheet=sheet, form=form, spoken=spoken, errors=told, today=form.today,
                           submission_id=token_urlsafe(16), may=here().colleague.may("member", sheet.ask.account_id),
                           note=request.form.get("note", ""), **values)  # fmt: skip
