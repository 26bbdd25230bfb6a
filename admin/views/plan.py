"""The plan: settings as sentences with controls in them, what they lead to before they are saved, and their history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate
from werkzeug.exceptions import NotFound

from admin.access import account as its_account
from admin.access import here, needs
from admin.desk import desk
from admin.words import plural
from engine.errors import InputError
from engine.operations.looks import SETTING as LOGO
from engine.operations.plan_changes import Changed, diff_changes, list_changes, revert_change
from engine.operations.relations import local_date
from engine.operations.settings import reset_settings, set_settings
from engine.operations.weighing import Layer, Setting, foresee, list_plan, weigh_plan
from engine.settings import Names, as_text
from engine.types import TIERS

Typed = dict[str, Any]


@desk.get("/accounts/<int:account>/plan")
@needs("viewer")
def show_plan(account: int) -> ResponseReturnValue:
    return _draw(Layer(its_account()), {})


@desk.post("/accounts/<int:account>/plan")
@needs("owner")
def send_plan(account: int) -> ResponseReturnValue:
    return _take(Layer(its_account()))


@desk.post("/accounts/<int:account>/plan/forecast")
@needs("owner")
def show_forecast(account: int) -> ResponseReturnValue:
    layer = Layer(its_account())
    try:
        return render_template("desk/forecast.html", **_weigh(layer, find_typed(layer)))
    except InputError as error:
        return render_template("desk/forecast.html", weighed=None, problem=str(error), today=None)


@desk.get("/plan")
@needs("admin")
def show_house_plan() -> ResponseReturnValue:
    return _draw(Layer(), {})


@desk.post("/plan")
@needs("admin")
def send_house_plan() -> ResponseReturnValue:
    return _take(Layer())


@desk.get("/plan/<tier>")
@needs("admin")
def show_tier_plan(tier: str) -> ResponseReturnValue:
    return _draw(_tier(tier), {})


@desk.post("/plan/<tier>")
@needs("admin")
def send_tier_plan(tier: str) -> ResponseReturnValue:
    return _take(_tier(tier))


def find_layer(tier: str) -> Layer:
    """A tier's, or the house's where none is named."""
    return _tier(tier) if tier else Layer()


def _tier(name: str) -> Layer:
    if name not in TIERS:
        raise NotFound
    return Layer(tier=name)


# Taking what was typed


def _take(layer: Layer) -> ResponseReturnValue:
    """Reset one setting, save what is changed, or show what it would lead to."""
    if name := request.form.get("reset", ""):
        changed = reset_settings(here().engine, [name], comment=request.form.get("comment", ""), **layer.place)
        return _saved(layer, changed)
    typed = find_typed(layer)
    try:
        if request.form.get("action") == "save":
            return _saved(layer, set_settings(here().engine, typed, comment=_comment(), **layer.place))
        return _draw(layer, typed)
    except InputError as error:
        return _draw(layer, typed, problem=str(error)), 422


def _saved(layer: Layer, changed: Changed) -> ResponseReturnValue:
    if changed.number is None:
        flash("Nothing was changed: it stands so already.")
    else:
        flash(f"{plural(len(changed.steps), 'setting')} changed. It is change {changed.number} of the plan.")
    for warning in changed.warnings:
        flash(warning, "error")
    return redirect(address_of(layer), 303)


def _comment() -> str:
    return request.form.get("comment", "").strip()[:2000]


def address_of(layer: Layer) -> str:
    if layer.account:
        return url_for("desk.show_plan", account=layer.account.id)
    return url_for("desk.show_tier_plan", tier=layer.tier) if layer.tier else url_for("desk.show_house_plan")


def find_typed(layer: Layer) -> Typed:
    """What differs from what holds here, as it was typed."""
    plan = list_plan(here().engine, layer)
    settings = [setting for owners in plan.values() for group in owners.values() for setting in group]
    typed = {setting.spec.name: _typed(setting) for setting in settings if setting.spec.name in request.form}
    return {setting.spec.name: typed[setting.spec.name] for setting in settings
            if setting.spec.name in typed and typed[setting.spec.name] != as_text(setting.value)}  # fmt: skip


def _typed(setting: Setting) -> str:
    """The text of a control; of several boxes, those that are ticked. A hidden one says that boxes were shown."""
    given = [text.strip() for text in request.form.getlist(setting.spec.name)]
    return ",".join(filter(None, given)) if isinstance(setting.spec.field, Names) else given[0]


# Drawing


def _draw(layer: Layer, typed: Typed, problem: str = "") -> str:
    engine = here().engine
    colleague = here().colleague
    account = layer.account
    may = colleague.may("owner", account.id) if account else colleague.is_admin
    weighed: Mapping[str, Any] = {"weighed": None, "today": local_date(engine, account)}
    warnings: list[str] = []
    if account and not problem:
        weighed = _weigh(layer, typed)
    elif typed and not problem:
        warnings = list(foresee(engine, layer, typed))
    return render_template("desk/plan.html", layer=layer, account=account, plan=list_plan(engine, layer), typed=typed,
                           may=may, problem=problem, warnings=warnings, tiers=TIERS, control=control,
                           about=_about, shown_open=_shown_open(),
                           comment=_comment(), **weighed)  # fmt: skip


ALWAYS_OPEN = ("relationship_tier", "fatigue_limits")


def _shown_open() -> set[str]:
    """What is looked for most, and what the address names."""
    return {*ALWAYS_OPEN, request.args.get("show", "")}


def _about(owner: str) -> str:
    """What a plugin is for: the first sentence of its manual page."""
    plugin = here().engine.plugins.all.get(owner)
    if plugin is None:
        return OWN_WORDS.get(owner, owner)
    return plugin.manual.partition("\n\n")[0].replace("\n", " ").rstrip(".")


OWN_WORDS = {"company": "Who we are", "promises": "How we keep what we promise",
             "simulation": "What forecasts assume about answers"}  # fmt: skip


def _weigh(layer: Layer, typed: Typed) -> dict[str, Any]:
    if layer.account is None:
        raise NotFound
    engine = here().engine
    return {"weighed": weigh_plan(engine, layer.account, typed), "today": local_date(engine, layer.account)}


def control(setting: Setting) -> dict[str, Any]:
    """How a setting is typed: kind, bounds, and the sentence around the control."""
    field, help = setting.spec.field, setting.spec.help
    before, found, after = help.partition("so many")
    kind = _kind(setting)
    if not found or kind not in ("whole", "number"):
        before, after = help.rstrip(".:") + ":", ""
    bounds = next((check for check in field.validators if isinstance(check, validate.Range)), None)
    return {"kind": kind, "before": before.strip(), "after": after.strip(), "least": bounds.min if bounds else None,
            "most": bounds.max if bounds else None}  # fmt: skip


def _kind(setting: Setting) -> str:
    field = setting.spec.field
    if setting.spec.name == LOGO:
        return "logo"
    if isinstance(field, fields.Integer):
        return "whole"
    if isinstance(field, fields.Float):
        return "number"
    if isinstance(field, Names):
        return "several" if setting.choices else "words"
    return "one" if setting.choices else "text"


# History


@desk.get("/accounts/<int:account>/plan/history")
@needs("viewer")
def show_plan_history(account: int) -> ResponseReturnValue:
    engine, found = here().engine, its_account()
    changes = list_changes(engine, found.key)
    return render_template("desk/history.html", changes=changes, account=found, today=local_date(engine, found),
                           differences=_differences(found.key), may=here().colleague.may("owner", account))  # fmt: skip


def _differences(account: str) -> list[Any] | None:
    """What differs between two versions, where the address names them."""
    since, until = request.args.get("since", ""), request.args.get("until", "")
    if not (since.isascii() and since.isdecimal() and len(since) < 10):
        return None
    to = int(until) if until.isascii() and until.isdecimal() and len(until) < 10 else None
    return list(diff_changes(here().engine, int(since), to, account))


@desk.post("/accounts/<int:account>/plan/changes/<int:number>/revert")
@needs("owner")
def revert_plan(account: int, number: int) -> ResponseReturnValue:
    engine, found = here().engine, its_account()
    own = {told.change.number for told in list_changes(engine, found.key)
           if told.change.where[0] in ("account", "contact")}  # fmt: skip
    if number not in own:
        raise NotFound
    return _saved(Layer(found), revert_change(engine, number, comment=_comment()))
