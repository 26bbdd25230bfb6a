"""A client's page of promises: every promise to them, and what they say to each. GET changes nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import InputError, LinkError, StateError
from engine.links import shared_token
from engine.operations.sharing import comment_promise, open_shared, share_promises
from engine.operations.verdicts import PromisesPage, give_verdict, open_promises
from engine.web.pace import check_pace
from engine.web.screens import own_links, room
from engine.web.visits import Visit, arrive, welcome

promised = Blueprint("promised", __name__)


@promised.get("/p/<token>")
def show_promises(token: str) -> ResponseReturnValue:
    visit = arrive("p", token)
    page = open_promises(room().engine, visit.token)
    return welcome(visit, _draw(page, visit, saved="saved" in request.args), secure=room().secure)


@promised.post("/p/<token>")
def send_word(token: str) -> ResponseReturnValue:
    """A verdict on a promise, a comment on it, or whether colleagues may see the page."""
    visit = arrive("p", token)
    check_pace(visit.token)
    try:
        _keep(visit)
    except (StateError, InputError) as error:
        page = open_promises(room().engine, visit.token)
        told = room().screens.speak(page.locales, page.company).gettext(str(error))
        return _draw(page, visit, error=told), 409 if isinstance(error, StateError) else 422
    return redirect(url_for("promised.show_promises", token=visit.place, saved=1), 303)


def _keep(visit: Visit) -> None:
    engine, form = room().engine, request.form
    if form.get("share") in ("yes", "no"):
        share_promises(engine, visit.token, share=form["share"] == "yes")
        return
    number, verdict, words = form.get("promise", ""), form.get("verdict", ""), form.get("words", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise LinkError("There is no such promise.")
    if verdict == "comment":
        comment_promise(engine, visit.token, int(number), words)
    elif verdict in ("kept", "disputed"):
        give_verdict(engine, visit.token, int(number), kept=verdict == "kept", words=words)
    else:
        raise LinkError("There is no such promise.")


@promised.get("/c/<token>")
def show_shared(token: str) -> ResponseReturnValue:
    """What somebody shows to colleagues: to be read, and nothing else."""
    page = open_shared(room().engine, token)
    language = room().screens.speak((), page.company)
    return room().screens.draw("shared", language, page.company, page.today, outcomes=page.outcomes, whose=page.whose)


def _draw(page: PromisesPage, visit: Visit, *, saved: bool = False, error: str = "") -> str:
    here = room()
    language = here.screens.speak(page.locales, page.company)
    share = here.engine.config.link(f"/c/{shared_token(here.secret, page.contact_id, page.link_round)}")
    values: dict[str, Any] = {"outcomes": page.outcomes, "shared": page.shared, "saved": saved, "error": error}
    values["keeps_words"] = page.keeps_words
    values["share_url"] = share if page.shares else ""
    return here.screens.draw(
        "promises", language, page.company, page.today, here=visit.address, **own_links(here, page), **values
    )
