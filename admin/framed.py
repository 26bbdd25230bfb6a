"""What clients see, in a frame of its own on the desk: it runs nothing, sends nothing, and nothing of it is kept."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, render_template

from engine.operations.forms import Form
from engine.operations.letters import tell_form
from engine.survey.reader import Finding
from engine.web.screens import room

FRAMED = (
    "sandbox; default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
"""For what clients see: it runs nothing, sends nothing, and stands only in our own frame."""


def frame(html: str) -> Response:
    return Response(html, headers={"Content-Security-Policy": FRAMED, "X-Frame-Options": "SAMEORIGIN"})


def frame_form(form: Form, *, whole: bool = False) -> Response:
    """The very page of a client; with `whole`, questions that wait for an answer are shown, too."""
    screens = room().screens
    language = screens.languages.choose([*form.locales, form.company.locale])
    elements = screens.elements(form, language, {}, {})
    if whole:
        elements = [replace(one, waits=False, opened=one.waits or one.opened) for one in elements]
    nowhere = {"wishes_url": "#", "promises_url": "#", "here": "#", "submission_id": "", "filled": (), "picked": ""}
    return frame(screens.draw("survey", language, form.company, form.today, form=form, told=tell_form(form, language),
                              elements=elements, errors={}, **nowhere))  # fmt: skip


def frame_findings(findings: tuple[Finding, ...]) -> Response:
    """In place of a page that cannot be drawn yet."""
    return frame(render_template("desk/not_yet.html", findings=findings))
