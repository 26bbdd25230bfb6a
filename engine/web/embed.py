"""Inside the company's own product: the script that it puts on its pages, what that asks, and the frame it opens.

Only the origins that are configured are answered, and only they may frame the survey; every other page refuses frames.
The frame has no cookie: it goes by a token of its own, for this one ask and a day.
"""

from __future__ import annotations

from importlib.resources import files

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import LinkError
from engine.operations.embedding import Due, find_due, open_frame
from engine.operations.letters import tell_form
from engine.web.pace import is_guessing
from engine.web.pages import post_survey, view_survey
from engine.web.screens import room
from engine.web.visits import Visit

embed = Blueprint("embed", __name__)

MOST_CHARACTERS = 8192
FRAME = "/f/"
SCRIPT = files("engine.web") / "embed.js"


@embed.get("/embed.js")
def show_script() -> ResponseReturnValue:
    _check_on()
    answer = Response(SCRIPT.read_text(encoding="utf-8"), mimetype="text/javascript")
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@embed.post("/embed/ask")
def tell_due() -> ResponseReturnValue:
    """Whether a survey waits for whoever the token says is signed in. A text, so that browsers ask once."""
    _check_on()
    origin = request.headers.get("Origin", "")
    if origin not in origins():
        return jsonify(title="This origin is not among embed_origins.", status=403), 403
    try:
        due = find_due(room().engine, request.get_data(as_text=True)[:MOST_CHARACTERS])
        answer = jsonify(_tell(due) if due else {"due": False})
    except LinkError as error:
        answer = jsonify(title=str(error), status=429 if is_guessing() else 401)
        answer.status_code = answer.get_json()["status"]
    answer.headers["Access-Control-Allow-Origin"] = origin
    answer.vary.add("Origin")
    return answer


def _tell(due: Due) -> dict[str, object]:
    language = room().screens.speak(due.form.locales, due.form.company)
    said = {"title": tell_form(due.form, language)["title"], "close": language.gettext("Close")}
    frame = room().engine.config.link(FRAME + due.frame)
    return {"due": True, "mark": due.mark, "frame": frame, "lang": language.locale, "dir": language.direction, **said}


@embed.get("/f/<token>")
def show_frame(token: str) -> ResponseReturnValue:
    return view_survey(_arrive(token))


@embed.post("/f/<token>")
def send_frame(token: str) -> ResponseReturnValue:
    return post_survey(_arrive(token))


def _arrive(token: str) -> Visit:
    _check_on()
    return Visit("f", open_frame(room().engine, token), has_cookie=False, framed=token)


def _check_on() -> None:
    if not room().engine.config.embed_keys or not origins():
        raise LinkError("Nothing is embedded here.")


def origins() -> list[str]:
    return room().engine.config.embed_origins.split()
