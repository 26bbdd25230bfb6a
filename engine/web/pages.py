"""A client's survey: the form, what came of it, and kind words where a link leads nowhere.

Links carry a signed token and nothing else: no login. Opening a page changes nothing, because mail scanners open every
link, and some run scripts; only a POST does.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from gzip import compress
from secrets import token_urlsafe

from flask import Blueprint, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from engine.errors import HeedError, InputError, LinkError, StorageError
from engine.looks import read_looks
from engine.operations.answers import AnswersError, save_answers, submit_answers
from engine.operations.company import Company, read_company
from engine.operations.forms import Form, open_form
from engine.operations.keeping import Posted
from engine.operations.letters import tell_form
from engine.operations.looks import read_logo
from engine.operations.outcomes import local_day
from engine.types import Given
from engine.web.pace import check_pace, is_guessing
from engine.web.screens import Room, own_links, room
from engine.web.visits import Visit, arrive, welcome

pages = Blueprint("pages", __name__)

RETRY_SECONDS = 60
"""When to come back after what may pass by itself."""


@pages.get("/s/<token>")
def show_survey(token: str) -> ResponseReturnValue:
    return view_survey(arrive("s", token))


def view_survey(visit: Visit) -> ResponseReturnValue:
    """The survey of a visit, also in a frame."""
    form = open_form(room().engine, visit.token, brief="change" not in request.args)
    return welcome(visit, _draw_state(form, visit), secure=room().secure)


def _draw_state(form: Form, visit: Visit) -> str:
    """The page that fits where the form stands, and what was just done."""
    if "change" in request.args:
        return draw_survey(form, visit, form.given)
    done = request.args.get("done")
    if form.status == "answered":
        return draw_form("thanks", form, visit)
    if form.status == "declined":
        return draw_form("declined", form, visit, hinted=done == "hint", submission_id=token_urlsafe(16))
    if done == "later" and form.paused_until:
        return draw_form("later", form, visit)
    if done == "save" and form.given:
        until = form.expires_at and local_day(form.expires_at, form.zone)
        return draw_form("saved", form, visit, until=until)
    picked = _picked(form)
    return draw_survey(form, visit, {**picked, **form.given}, picked=next(iter(picked), ""))


def _picked(form: Form) -> dict[str, Given]:
    """A button in the message has chosen an answer: it is filled in, and counts when the client sends it."""
    item, points = form.picked, request.args.getlist("pick")[:1]
    if item is None or not points:
        return {}
    kind = room().engine.plugins.question_types[item.question.type]
    with suppress(InputError):
        found = kind.read(item.question, {item.field: points}, item.field)
        return {item.field: found} if found else {}
    return {}


@pages.post("/s/<token>")
def send_survey(token: str) -> ResponseReturnValue:
    return post_survey(arrive("s", token))


def post_survey(visit: Visit) -> ResponseReturnValue:
    """What was filled in, and what is to be done with it."""
    check_pace(visit.token)
    posted = request.form.to_dict(flat=False)
    submission_id = "".join(posted.pop("submission_id", []))
    action = "".join(posted.pop("action", ["send"]))
    if action == "save":
        return _save(visit, posted)
    try:
        submit_answers(room().engine, visit.token, posted, submission_id, action)
    except AnswersError as error:
        form = open_form(room().engine, visit.token)
        return draw_survey(form, visit, {**form.given, **error.given}, error.errors), 422
    done = action if action in ("later", "hint") else None
    return redirect(visit.back(done=done), 303)


def _save(visit: Visit, posted: Posted) -> ResponseReturnValue:
    """Answer by answer for the script, which gets to know what cannot be used; else all at once, to go on later."""
    saved = save_answers(room().engine, visit.token, posted)
    if request.accept_mimetypes.best == "application/json":
        told = _tell(saved.errors, open_form(room().engine, visit.token)) if saved.errors else {}
        return jsonify(answered=len(saved.answered), errors=told)
    if saved.errors:
        form = open_form(room().engine, visit.token)
        return draw_survey(form, visit, {**form.given, **saved.given}, saved.errors), 422
    return redirect(visit.back(done="save"), 303)


@pages.get("/style/<code>/<mark>.css")
def show_style(code: str, mark: str) -> ResponseReturnValue:
    try:
        looks = read_looks(code)
    except InputError:
        raise LinkError("There are no such looks.") from None
    with room().engine.store.read(room().engine.scope) as session:
        logo = read_logo(session, looks.logo)
    return _lasting(room().screens.draw_style(looks, logo), "text/css")


@pages.get("/script/<mark>.js")
def show_script(mark: str) -> ResponseReturnValue:
    return _lasting(room().screens.script.text, "text/javascript")


def _lasting(text: str, mimetype: str) -> Response:
    """A file whose address changes with what it says."""
    response = Response(text, mimetype=mimetype)
    # Pages themselves are sent as they are: one that is compressed tells by its length what it holds (BREACH).
    if request.accept_encodings["gzip"]:
        response.data = _pack(text)
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@lru_cache(maxsize=32)
def _pack(text: str) -> bytes:
    return compress(text.encode(), mtime=0)


def draw_survey(
    form: Form,
    visit: Visit,
    given: Mapping[str, Given],
    errors: Mapping[str, InputError] | None = None,
    picked: str = "",
) -> str:
    language = room().screens.speak(form.locales, form.company)
    told = _tell(errors or {}, form)
    elements = room().screens.elements(form, language, given, told)
    filled = [element.field for element in elements if element.field in given and element.field != picked]
    values = {"told": tell_form(form, language), "elements": elements, "submission_id": token_urlsafe(16)}
    picked_value = picked and given[picked].value
    return draw_form("survey", form, visit, errors=told, filled=filled, picked=picked_value, **values)


def _tell(errors: Mapping[str, InputError], form: Form) -> dict[str, str]:
    language = room().screens.speak(form.locales, form.company)
    return {field: language.gettext(error.message, **error.values) for field, error in errors.items()}


def draw_form(page: str, form: Form, visit: Visit, **values: object) -> str:
    here = room()
    language = here.screens.speak(form.locales, form.company)
    return here.screens.draw(
        page,
        language,
        form.company,
        form.today,
        here=visit.address,
        form=form,
        **own_links(here, form),
        **values,
    )


# When there is no such page


def show_error(error: Exception) -> ResponseReturnValue:
    """One page for whatever goes wrong: what happened, and a next step. It says nothing about who was asked."""
    status = _status(error)
    if status == 404 and isinstance(error, LinkError) and is_guessing():
        status = 429
    headers = {"Retry-After": str(RETRY_SECONDS)} if status in (429, 503) else {}
    if request.accept_mimetypes.best == "application/json":  # the page's script has its own words, and tries again
        return jsonify(status=status), status, headers
    here = room()
    company = _company(here)
    language = here.screens.speak((), company)
    now = here.engine.clock()
    about = error.about if isinstance(error, LinkError) else ""
    return here.screens.draw("error", language, company, now.date(), status=status, about=about), status, headers


def _status(error: Exception) -> int:
    if isinstance(error, LinkError):
        return {"expired": 410, "pace": 429}.get(error.about, 404)
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
