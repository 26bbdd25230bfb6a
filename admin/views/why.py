"""Why somebody is asked, or is not, on any day; and what they would get now. Nothing here writes anything."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue

from admin.access import account, here, needs
from admin.access import contact as their_contact
from admin.desk import desk
from admin.forms import read_day
from admin.framed import frame, frame_form
from engine.decide.page import headline, list_parts
from engine.operations.decisions import explain_known
from engine.operations.previews import Preview, preview_contact
from engine.operations.readers import find_language
from engine.operations.relations import local_date


@desk.get("/people/<int:contact>/why")
@needs("viewer")
def show_why(contact: int) -> ResponseReturnValue:
    engine, person = here().engine, their_contact()
    on = read_day(request.args.get("on", ""))
    today = local_date(engine, account())
    told = explain_known(engine, person.id, on, find_language(engine))
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
    return frame_form(_preview().form)


@desk.get("/people/<int:contact>/preview/message")
@needs("viewer")
def show_preview_message(contact: int) -> ResponseReturnValue:
    return frame(_preview().message.html or "")


def _preview() -> Preview:
    return preview_contact(here().engine, their_contact().id, request.args.get("occasion", ""))
