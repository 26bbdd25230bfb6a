"""The site as a whole: which pages there are, what every answer says to browsers, what a failure looks like."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.utils import import_string

from engine.errors import HeedError, StorageError
from engine.house import Engine
from engine.operations.company import read_link_secret
from engine.web.calendars import calendars
from engine.web.embed import FRAME, embed, origins
from engine.web.mailcatcher import mailcatcher
from engine.web.pace import Pace
from engine.web.pages import pages, show_error
from engine.web.promised import promised
from engine.web.screens import Room, Screens
from engine.web.wishes import wishes

log = logging.getLogger(__name__)

MOST_BYTES = 2 * 1024 * 1024
"""Of a request."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # Not no-referrer: browsers would then say “null” for where a form comes from.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Nothing from elsewhere, no script but our own file, and no link in a Referer."""
ALWAYS = (*HEADERS.items(), ("Cache-Control", "no-store, private"))
"""Of every answer that does not say otherwise."""


def build_site(engine: Engine) -> Flask:
    """The Flask application. Reads the secret once, so that the database has to be there."""
    engine.store.check_current()
    with engine.store.read(engine.scope) as session:
        secret = read_link_secret(engine, session)
    site = Flask("heed", static_folder=None, template_folder=None)
    site.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, MAX_FORM_PARTS=1000)
    site.extensions["heed"] = Room(engine, Screens(engine.config, engine.plugins.question_types), secret)
    site.extensions["heed.pace"] = Pace()
    site.register_blueprint(pages)
    site.register_blueprint(wishes)
    site.register_blueprint(calendars)
    site.register_blueprint(promised)
    site.register_blueprint(embed)
    if engine.config.demo:
        site.register_blueprint(mailcatcher)
    site.register_error_handler(HeedError, show_error)
    site.register_error_handler(HTTPException, show_error)
    site.register_error_handler(StorageError, _show_failure)
    site.register_error_handler(Exception, _show_failure)
    site.after_request(_guard)
    _add_brought(site, engine)
    if engine.config.trusted_proxies:
        hops = engine.config.trusted_proxies
        site.wsgi_app = ProxyFix(site.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return site


def _add_brought(site: Flask, engine: Engine) -> None:
    """Pages of plugins. What these hang on every request is for their own: no client's page waits for it, or fails."""
    ours = frozenset(site.blueprints)
    kinds: tuple[Any, ...] = (site.before_request_funcs, site.after_request_funcs)
    known = [len(kind[None]) for kind in kinds]
    for blueprint in _brought(engine):
        site.register_blueprint(blueprint)
    aparts: tuple[Callable[..., Any], ...] = (_before, _after)
    for kind, first, apart in zip(kinds, known, aparts, strict=True):
        kind[None][first:] = [apart(kind[None][first:], ours)]


def _before(calls: Sequence[Callable[[], Any]], ours: Collection[str]) -> Callable[[], Any]:
    """All of these as one, but for requests of our own pages; the first that answers is the last."""

    def elsewhere() -> Any:
        if request.blueprint in ours:
            return None
        return next((answer for call in calls if (answer := call()) is not None), None)

    return elsewhere


def _after(calls: Sequence[Callable[[Response], Response]], ours: Collection[str]) -> Callable[[Response], Response]:
    """The same, of what is done with the response; as Flask has it, the last that was hung there comes first."""

    def elsewhere(response: Response) -> Response:
        if request.blueprint not in ours:
            for call in reversed(calls):
                response = call(response)
        return response

    return elsewhere


def _brought(engine: Engine) -> Iterator[Blueprint]:
    """Pages of plugins. One that cannot be brought is logged, and missing."""
    for called in engine.plugins.call("register_blueprints"):
        if called.error:
            log.error("%s", called.error)
        for found in called.value or ():
            yield import_string(found) if isinstance(found, str) else found


def _show_failure(error: Exception) -> ResponseReturnValue:
    """A mistake of ours, or the disk's: logged in full, told kindly. The address is left out: it is somebody's key."""
    log.error("a page failed", exc_info=error)
    return show_error(error)


def _guard(response: Response) -> Response:
    if request.path.startswith(FRAME):
        ours = " ".join(["frame-ancestors", *(origins() or ["'none'"])])
        framed = HEADERS["Content-Security-Policy"].replace("frame-ancestors 'none'", ours)
        response.headers.setdefault("Content-Security-Policy", framed)
    there = {name.lower() for name, _ in response.headers}
    response.headers.extend([(name, value) for name, value in ALWAYS if name.lower() not in there])
    return response
