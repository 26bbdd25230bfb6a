"""The logo of clients' pages and messages: of the house, of a tier, of an account."""

from __future__ import annotations

from base64 import b64encode

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.access import account as its_account
from admin.access import here, needs
from admin.desk import desk
from admin.views.plan import address_of, find_layer
from engine.errors import InputError
from engine.looks import MOST_BYTES, MOST_HIGH, MOST_WIDE, Looks
from engine.operations.looks import SETTING, logo_finder, set_logo
from engine.operations.settings import reset_settings
from engine.operations.weighing import Layer, find_setting


@desk.get("/plan/logo")
@needs("admin")
def show_house_logo() -> ResponseReturnValue:
    return _draw(find_layer(request.args.get("tier", "")))


@desk.post("/plan/logo")
@needs("admin")
def send_house_logo() -> ResponseReturnValue:
    return _take(find_layer(request.form.get("tier", "")))


@desk.get("/accounts/<int:account>/logo")
@needs("owner")
def show_logo(account: int) -> ResponseReturnValue:
    return _draw(Layer(its_account()))


@desk.post("/accounts/<int:account>/logo")
@needs("owner")
def send_logo(account: int) -> ResponseReturnValue:
    return _take(Layer(its_account()))


def _take(layer: Layer) -> ResponseReturnValue:
    """Keep the picture that was sent, or let the layer above count again."""
    sent = request.files.get("file")
    try:
        if request.form.get("action") == "reset":
            changed = reset_settings(here().engine, [SETTING], **layer.place)
        elif sent is None or not sent.filename:
            raise InputError("Choose a PNG file.")
        else:
            changed = set_logo(here().engine, sent.read(MOST_READ), **layer.place)
    except InputError as error:
        return _draw(layer, problem=str(error)), 422
    flash("It stands so already." if changed.number is None else f"It is change {changed.number} of the plan.")
    if layer.account:
        return redirect(url_for("desk.show_logo", account=layer.account.id), 303)
    return redirect(url_for("desk.show_house_logo", tier=layer.tier or None), 303)


MOST_READ = 2 * 1024 * 1024
"""What else travels with a picture is left out before it is measured."""


def _draw(layer: Layer, problem: str = "") -> str:
    setting = find_setting(here().engine, layer, SETTING)
    logo = logo_finder(here().engine)(str(setting.value or ""))
    picture = f"data:image/png;base64,{b64encode(logo.content).decode()}" if logo else ""
    size = Looks(logo=logo.name).size if logo else (0, 0)
    return render_template("desk/logo.html", layer=layer, setting=setting, picture=picture, problem=problem,
                           size=size, back=address_of(layer), bytes=MOST_BYTES,
                           wide=MOST_WIDE, high=MOST_HIGH)  # fmt: skip
