"""The desk as a whole: which rooms it has, what guards them, and what a failure looks like."""

from __future__ import annotations

import logging
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.utils import host_is_trusted

from admin import signing_in, views, words
from admin.access import check, rooms, visitor
from admin.desk import PREFIX, desk
from admin.forms import came_from
from admin.looks import add_looks, looks
from engine.config import Config
from engine.errors import (
    AmbiguousError,
    BusyError,
    HeedError,
    InputError,
    LinkError,
    NotFoundError,
    ScopeError,
    StateError,
    StorageError,
)
from engine.templates import Compiled
from engine.web.screens import room

__all__ = ["desk", "views"]

log = logging.getLogger(__name__)

UNSEEN = ("csrf_token", "back", "next", "password", "new_password", "new_password_confirm", "source")
LONG = 20
"""Letters that nobody wants to write twice."""
_COMPILED = Compiled()
MOST_BYTES = {"desk.send_imports": 200 * 1024 * 1024}
HERE = ("127.0.0.1", "localhost", "[::1]")
"""Hosts that lead to nobody else's site."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store, private",
    "X-Frame-Options": "DENY",
}
STATUSES = {
    NotFoundError: 404, LinkError: 404, AmbiguousError: 409, StateError: 409, BusyError: 409, InputError: 422,
    StorageError: 503, ScopeError: 500,
}  # fmt: skip


@desk.record_once
def _set_up(state: BlueprintSetupState) -> None:
    """What concerns the application around the blueprint: sessions, signing in, hosts."""
    app = state.app
    assert isinstance(app, Flask)
    signing_in.set_up(app, PREFIX)
    add_looks(app)
    app.jinja_env.globals |= words.GLOBALS | {
        "visitor": visitor,
        "rooms": rooms,
        "looks": looks,
        "other_page": other_page,
        "ASK_LISTS": tuple(views.asks.SHOWN),
        "why_ended": views.asks.tell_why,
    }
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.bytecode_cache = _COMPILED
    app.before_request(_check_host)
    app.after_request(_guard)


def other_page(number: int | None = None, **other: str) -> str:
    """This page's address with another page number, or other parts of the query."""
    query = request.args.to_dict() | ({"page": str(number)} if number else {}) | other
    return f"{request.path}?{urlencode(query)}"


def trusted_hosts(config: Config) -> list[str]:
    """Under which names the desk may be opened: what others call themselves leads to stolen links."""
    further = [name.strip() for name in config.trusted_hosts.split(",") if name.strip()]
    return [config.public_url.split("://", 1)[-1].split("/", 1)[0], *HERE, *further]


def _check_host() -> ResponseReturnValue | None:
    if not request.path.startswith(PREFIX):
        return None
    trusted = trusted_hosts(room().engine.config)
    if host_is_trusted(request.host, trusted) or host_is_trusted(request.host.rpartition(":")[0], trusted):
        return None
    return Response("The desk is not known by this name; see trusted_hosts in docs/settings.md.\n", 400)


def _guard(response: Response) -> Response:
    if request.path.startswith(PREFIX):
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


@desk.before_request
def _check() -> ResponseReturnValue | None:
    """A form of another site is refused before anything is looked at; then come the roles."""
    request.max_content_length = MOST_BYTES.get(request.endpoint or "", request.max_content_length)
    if current_app.config["WTF_CSRF_ENABLED"]:
        signing_in.csrf.protect()
    return check()


@desk.errorhandler(HeedError)
def _show_heed_error(error: HeedError) -> ResponseReturnValue:
    status = next((code for kind, code in STATUSES.items() if isinstance(error, kind)), 500)
    if status >= 500:
        log.error("a page of the desk failed", exc_info=error)
    return _draw_error(status, str(error))


@desk.errorhandler(HTTPException)
def _show_http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    return _draw_error(status, words.STATUSES.get(status, ""))


@desk.errorhandler(Exception)
def _show_failure(error: Exception) -> ResponseReturnValue:
    log.error("a page of the desk failed", exc_info=error)
    return _draw_error(500, words.STATUSES[500])


def _draw_error(status: int, said: str) -> ResponseReturnValue:
    """What went wrong, the way back, and what was written at length: it is in no page that the browser goes back to."""
    typed = [text for name, text in request.form.items() if name not in UNSEEN and len(text) >= LONG]
    if request.origin and urlsplit(request.origin).netloc != request.host:
        typed = []  # another site wrote it, to be read here
    return render_template("desk/error.html", status=status, said=said, typed=typed,
                           back=came_from("")), status  # fmt: skip
