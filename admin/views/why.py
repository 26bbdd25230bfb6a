"""Why somebody is asked, or is not, on any day; and what they would get now. Nothing here writes anything."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from admin.access import account, here, needs
from admin.access import contact as their_contact
from admin.desk import desk
from admin.forms import read_day
from engine.decide.page import headline, list_parts
from engine.operations.decisions import explain_contact
from engine.operations.letters import tell_form
from engine.operations.previews import Preview, preview_contact
from engine.operations.readers import find_language
from engine.operations.relations import local_date
from engine.web.screens import room

FRAMED = (
    "sandbox; default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
"""For what clients see: it runs nothing, sends nothing, and stands only in our own frame."""


@desk.get("/people/<int:contact>/why")
@needs("viewer")
def show_why(contact: int) -> ResponseReturnValue:
    engine, person = here().engine, their_contact()
    on = read_day(request.args.get("on", ""))
    today = local_date(engine, account())
    told = explain_contact(engine, f"{account().key}/{person.key}", on, find_language(engine))
    return render_template("desk/why.html", told=told, headline=headline(told), parts_of=list(list_parts(told)),
                           person=person, account=account(), today=today, before=told.on - timedelta(days=1),
                           after=told.on + timedelta(days=1), settings=_with_settings())  # fmt: skip


def _with_settings() -> set[str]:
    """Strategies that have settings to look at."""
    return {spec.name.partition(".")[0] for spec in here().engine.plugins.catalog}


@desk.get("/people/<int:contact>/preview")
@needs("viewer")
def show_preview(contact: int) -> ResponseReturnValue:
    preview = _preview()
    return render_template("desk/preview.html", preview=preview, person=their_contact(), account=account(),
                           today=local_date(here().engine, account()))  # fmt: skip


@desk.get("/people/<int:contact>/preview/survey")
@needs("viewer")
def show_preview_survey(contact: int) -> ResponseReturnValue:
    form, screens = _preview().form, room().screens
    language = screens.languages.choose([*form.locales, form.company.locale])
    elements = screens.elements(form, language, {}, {})
    nowhere = {"wishes_url": "#", "promises_url": "#", "here": "#", "submission_id": "", "filled": (), "picked": ""}
    told = tell_form(form, language)
    return _frame(screens.draw("survey", language, form.company, form.today, form=form, told=told, elements=elements,
                               errors={}, **nowhere))  # fmt: skip


@desk.get("/people/<int:contact>/preview/message")
@needs("viewer")
def show_preview_message(contact: int) -> ResponseReturnValue:
    return _frame(_preview().message.html or "")


def _preview() -> Preview:
    return preview_contact(here().engine, their_contact().id, request.args.get("occasion", ""))


def _frame(html: str) -> Response:
    headers = {"Content-Security-Policy": FRAMED, "X-Frame-Options": "SAMEORIGIN"}
    return Response(html, headers=headers)
