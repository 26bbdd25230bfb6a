"""The survey that is under way for somebody, handed over: its address, and a picture of it to scan."""

from __future__ import annotations

from io import BytesIO

import segno
from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from admin.access import here, needs
from admin.desk import desk
from engine.operations.asking import PRINTED, draw_code, find_link_of
from engine.operations.relations import local_date

KINDS = {"svg": "image/svg+xml", "png": "image/png"}


@desk.get("/asks/<int:ask>/link")
@needs("member")
def show_link(ask: int) -> ResponseReturnValue:
    found, address = find_link_of(here().engine, ask)
    picture = draw_code(address) if address else None
    if picture and request.args.get("format") in KINDS:
        return _as_file(picture, request.args["format"], found.contact.key)
    shown = picture.svg_data_uri(**PRINTED) if picture else ""
    return render_template("desk/link.html", ask=found, address=address, picture=shown,
                           today=local_date(here().engine, found.account))  # fmt: skip


def _as_file(picture: segno.QRCode, kind: str, name: str) -> Response:
    content = BytesIO()
    picture.save(content, kind=kind, **PRINTED)
    answer = Response(content.getvalue(), mimetype=KINDS[kind])
    plain = "".join(sign for sign in name if sign.isascii() and sign.isalnum()) or "survey"
    answer.headers["Content-Disposition"] = f'attachment; filename="{plain}.{kind}"'
    return answer
