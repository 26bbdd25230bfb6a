"""A client's survey: the form, what came of it, and kind words where a link leads nowhere.

Links carry a signed token and nothing else: no login, no cookie, no script. Opening a page changes nothing, because
mail scanners open every link; only a POST does.
"""

from __future__ import annotations

from collections.abc import Mapping
from gzip import compress
from secrets import token_urlsafe

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from engine.errors import HeedError, LinkError, StorageError
from engine.links import promises_token, wishes_token
from engine.operations.answers import AnswersError, submit_answers
from engine.operations.company import Company, read_company
from engine.operations.forms import Form, open_form
from engine.operations.letters import tell_form
from engine.types import Given
from engine.web.screens import Room, room

pages = Blueprint("pages", __name__)


@pages.get("/s/<token>")
def show_survey(token: str) -> ResponseReturnValue:
    form = open_form(room().engine, token)
    if "change" in request.args:
        return draw_survey(form, form.given)
    if form.status in ("answered", "declined"):
        return draw_form("thanks" if form.status == "answered" else "declined", form, token=token)
    if request.args.get("done") == "later" and form.paused_until:
        return draw_form("later", form, token=token)
    return draw_survey(form, form.given)


@pages.post("/s/<token>")
def send_survey(token: str) -> ResponseReturnValue:
    posted = request.form.to_dict(flat=False)
    submission_id = "".join(posted.pop("submission_id", []))
    action = "".join(posted.pop("action", ["send"]))
    try:
        submit_answers(room().engine, token, posted, submission_id, action)
    except AnswersError as error:
        form = open_form(room().engine, token)
        return draw_survey(form, {**form.given, **error.given}, error.errors), 422
    return redirect(url_for("pages.show_survey", token=token, done=action if action == "later" else None), 303)


@pages.get("/style/<accent>-<mark>.css")
def show_style(accent: str, mark: str) -> ResponseReturnValue:
    if len(accent) != 6 or set(accent) - set("0123456789abcdef"):
        raise LinkError("There is no such colour.")
    style = Response(room().screens.draw_style(accent), mimetype="text/css")
    # Pages themselves are sent as they are: one that is compressed tells by its length what it holds (BREACH).
    if request.accept_encodings["gzip"]:
        style.data = compress(style.data, mtime=0)
        style.headers["Content-Encoding"] = "gzip"
    style.vary.add("Accept-Encoding")
    style.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return style


def draw_survey(form: Form, given: Mapping[str, Given], errors: Mapping[str, str] | None = None) -> str:
    language = room().screens.speak(form.locales, form.company)
    told = {field: language.gettext(error) for field, error in (errors or {}).items()}
    elements = room().screens.elements(form, language, given, told)
    return draw_form("survey", form, elements=elements, errors=told, submission_id=token_urlsafe(16))


def draw_form(page: str, form: Form, **values: object) -> str:
    here = room()
    language = here.screens.speak(form.locales, form.company)
    return here.screens.draw(
        page,
        language,
        form.company,
        form.today,
        form=form,
        told=tell_form(form, language),
        **_links(here, form),
        **values,
    )


def _links(here: Room, form: Form) -> dict[str, str]:
    return {
        "wishes_url": f"/w/{wishes_token(here.secret, form.contact_id)}",
        "promises_url": f"/p/{promises_token(here.secret, form.contact_id)}",
    }


# When there is no such page


def show_error(error: Exception) -> ResponseReturnValue:
    """One page for whatever goes wrong: what happened, and a next step. It says nothing about who was asked."""
    status = _status(error)
    here = room()
    company = _company(here)
    language = here.screens.speak((), company)
    now = here.engine.clock()
    return here.screens.draw("error", language, company, now.date(), status=status), status


def _status(error: Exception) -> int:
    if isinstance(error, LinkError):
        return 410 if error.about == "expired" else 404
    if isinstance(error, HTTPException):
        return error.code or 500
    if isinstance(error, StorageError):
        return 503
    return 409 if isinstance(error, HeedError) else 500


def _company(here: Room) -> Company | None:
    """The letterhead; none where the database cannot be read either."""
    try:
        with here.engine.store.read(here.engine.scope) as session:
            return read_company(here.engine, session)
    except Exception:
        return None
