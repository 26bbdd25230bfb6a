"""The house itself: strategies and how they do, and who changed what."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from admin.access import here, needs
from admin.desk import desk
from admin.forms import page_number
from admin.sheets import MOST, as_sheet, wants_sheet
from engine.operations.planning import read_health
from engine.operations.relations import local_date
from engine.operations.settings import set_settings
from engine.operations.weighing import Layer, list_plan
from engine.operations.worklists import list_audit
from engine.plugin import STRATEGY_HOOKS, Plugin

PARTS = {
    "ask_from": "when there is a reason to ask", "hold_until": "when not to ask", "limit": "how many at once",
    "worth": "who comes first", "question_worth": "which questions", "channel_worth": "which way",
    "send_at": "at what hour",
}  # fmt: skip
BRINGS = {
    "register_channels": "a way of asking", "register_question_types": "a kind of question",
    "promise_at_once": "what is promised at once", "suggest_promises": "drafts of promises",
    "register_blueprints": "pages",
}  # fmt: skip


@desk.get("/strategies", endpoint="list_strategies")
@needs("viewer")
def show_strategies() -> ResponseReturnValue:
    modes = _modes()
    every = [(plugin, _takes_part(plugin), modes.get(plugin.name, "")) for plugin in here().engine.plugins.all.values()]
    return render_template("desk/strategies.html", deciding=[one for one in every if one[0].is_strategy],
                           others=[one for one in every if not one[0].is_strategy],
                           health=read_health(here().engine), broken=here().engine.plugins.errors)  # fmt: skip


@desk.get("/strategies/<name>")
@needs("viewer")
def show_strategy(name: str) -> ResponseReturnValue:
    plugin = _plugin(name)
    specs = [spec for spec in here().engine.plugins.catalog.owned_by(name) if spec.key != "mode"]
    return render_template("desk/strategy.html", plugin=plugin, parts_of=_takes_part(plugin), specs=specs,
                           mode=_modes().get(name, ""), may=here().colleague.is_admin,
                           health=read_health(here().engine).get(name))  # fmt: skip


@desk.post("/strategies/<name>/mode")
@needs("admin")
def send_mode(name: str) -> ResponseReturnValue:
    changed = set_settings(here().engine, {f"{_plugin(name).name}.mode": request.form.get("mode", "")})
    flash("Nothing was changed." if changed.number is None else f"It is change {changed.number} of the plan.")
    for warning in changed.warnings:
        flash(warning, "error")
    return redirect(url_for("desk.show_strategy", name=name), 303)


def _plugin(name: str) -> Plugin:
    found = here().engine.plugins.all.get(name)
    if found is None:
        raise NotFound
    return found


def _takes_part(plugin: Plugin) -> list[str]:
    """What it decides; where it decides nothing, what it brings."""
    decides = [PARTS[hook] for hook in STRATEGY_HOOKS if hook in plugin.hooks]
    return decides or [said for hook, said in BRINGS.items() if hook in plugin.hooks]


def _modes() -> dict[str, str]:
    """Each strategy's mode in the house."""
    plan = list_plan(here().engine, Layer())
    every = (setting for owners in plan.values() for group in owners.values() for setting in group)
    return {one.spec.name.removesuffix(".mode"): one.value for one in every if one.spec.key == "mode"}


# Who changed what


@desk.get("/changes", endpoint="list_changes")
@needs("admin")
def show_changes() -> ResponseReturnValue:
    words = request.args.get("words", "").strip()[:200]
    if wants_sheet():
        found, _ = list_audit(here().engine, words=words, size=MOST)
        rows = ((one.at.isoformat(), one.author, one.action, one.subject, one.before, one.after) for one in found)
        return as_sheet("changes", ("at", "author", "action", "subject", "before", "after"), rows)
    found, more = list_audit(here().engine, words=words, page=page_number())
    return render_template("desk/changes.html", entries=found, more=more, page=page_number(), words=words,
                           today=local_date(here().engine))  # fmt: skip
