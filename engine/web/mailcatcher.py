"""The demo's mail catcher: every message that was sent, to be read in a browser. It is there in the demo only.

Messages are files, `0001.eml` and on, written by the demo's mail server. What they say in HTML is shown in a frame that
may run nothing and fetch nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from jinja2 import Environment

from engine.web.screens import room

MAIL = "mail"
"""The folder of messages in the demo's folder."""

mailcatcher = Blueprint("mailcatcher", __name__, url_prefix="/demo/mail")


@dataclass(frozen=True)
class Caught:
    """A message as it came over the wire."""

    number: int
    message: EmailMessage

    @property
    def to(self) -> str:
        return parseaddr(str(self.message["to"]))[1]

    @property
    def subject(self) -> str:
        return str(self.message["subject"])

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part else ""


def list_mail(folder: Path) -> list[Caught]:
    """Every message in the demo's folder, the newest first."""
    return [_read(file) for file in sorted((folder / MAIL).glob("[0-9]*.eml"), reverse=True)]


def _read(file: Path) -> Caught:
    return Caught(int(file.stem), message_from_bytes(file.read_bytes(), policy=policy.default))


@mailcatcher.get("/")
def show_mail() -> ResponseReturnValue:
    return _answer(LIST.render(caught=list_mail(Path(room().engine.config.demo))), FRAME_ONLY)


@mailcatcher.get("/<int:number>")
def show_message(number: int) -> ResponseReturnValue:
    return _answer(MESSAGE.render(one=_find(number)), FRAME_ONLY)


@mailcatcher.get("/<int:number>/html")
def show_html(number: int) -> ResponseReturnValue:
    """The message's own HTML. Its links open outside of the frame."""
    return _answer('<base target="_blank">' + _find(number).html, NOTHING)


def _find(number: int) -> Caught:
    file = Path(room().engine.config.demo) / MAIL / f"{number:04}.eml"
    if not file.is_file():
        abort(404)
    return _read(file)


FRAME_ONLY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'"
NOTHING = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; frame-ancestors 'self'"
)


def _answer(html: str, security: str) -> Response:
    return Response(html, headers={"Content-Security-Policy": security})


BASE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>The demo’s mail</title><style>
body { font: 17px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: start; padding: .4rem 1rem .4rem 0; border-bottom: 1px solid #8884 }
th, td { vertical-align: top; overflow-wrap: anywhere }
th { white-space: nowrap }
iframe { width: 100%; height: 40rem; border: 1px solid #8884; border-radius: 6px; background: #fff }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 15px }
</style></head><body><main>"""

_pages = Environment(autoescape=True)

LIST = _pages.from_string(
    BASE
    + """<h1>The demo’s mail</h1>
<p>Everything that was sent, caught by a mail server of the demo. Nothing of it left this computer.</p>
{% if caught %}<table><tr><th scope="col">To</th><th scope="col">Subject</th></tr>
{% for one in caught %}<tr><td>{{ one.to }}</td><td><a href="{{ one.number }}">{{ one.subject }}</a></td></tr>
{% endfor %}</table>{% else %}<p>Nothing was sent yet.</p>{% endif %}</main></body></html>"""
)

MESSAGE = _pages.from_string(
    BASE
    + """<p><a href="./">All mail</a></p><h1>{{ one.subject }}</h1>
<table>{% for name in ("From", "To", "Reply-To", "Date", "List-Unsubscribe") if one.message[name] %}
<tr><th scope="row">{{ name }}</th><td>{{ one.message[name] }}</td></tr>{% endfor %}</table>
{% if one.html %}<h2>As HTML</h2>
<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="The message" src="{{ one.number }}/html"></iframe>
{% endif %}<h2>As plain text</h2><pre>{{ one.text }}</pre></main></body></html>"""
)
