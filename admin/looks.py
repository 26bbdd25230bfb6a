"""The desk's stylesheet and script: two files, read once, sent under names that change with what is in them."""

from __future__ import annotations

from gzip import compress
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, current_app, g, request, url_for
from flask.typing import ResponseReturnValue

from engine.colour import DARK, LIGHT, readable
from engine.operations.company import read_company
from engine.web.screens import room

FILES = {"desk.css": "text/css", "desk.js": "text/javascript"}
FOLDER = Path(__file__).parent / "static"


def add_looks(app: Flask) -> None:
    texts = {name: (FOLDER / name).read_bytes() for name in FILES}
    app.extensions["desk looks"] = {name: (sha256(text).hexdigest()[:8], text) for name, text in texts.items()}


def looks(name: str) -> str:
    """The address of a file, the stylesheet's with the house's colour."""
    mark, _ = current_app.extensions["desk looks"][name]
    if name == "desk.js":
        return url_for("desk.show_script", mark=mark)
    return url_for("desk.show_style", mark=mark, accent=_accent())


def _accent() -> str:
    engine = g.desk.engine if "desk" in g else room().engine
    with engine.store.read(engine.scope) as session:
        return read_company(engine, session).accent.lstrip("#").lower()


def answer_script() -> ResponseReturnValue:
    return _answer("desk.js", b"")


def answer_style(accent: str) -> ResponseReturnValue:
    colour = f"#{accent}"
    pair = f"light-dark({readable(colour, LIGHT)}, {readable(colour, DARK)})"
    return _answer("desk.css", f"@layer tokens {{ :root {{ --accent: {pair} }} }}\n".encode())


def _answer(name: str, more: bytes) -> Response:
    _, text = current_app.extensions["desk looks"][name]
    answer = Response(text + b"\n" + more, mimetype=FILES[name])
    if request.accept_encodings["gzip"]:
        answer.data = compress(answer.data, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
    answer.vary.add("Accept-Encoding")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
