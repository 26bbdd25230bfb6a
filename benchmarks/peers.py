"""The six rules of P1 as others would have them: one row a contact, settings beside the facts.

May this contact be asked how we are doing? There must be a reason, and then nobody who opted out or paused, nobody
asked too recently or too often, nobody who just gave feedback, nobody we owe something, nobody with an open ask.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pluggy
import polars as pl
import zen

from engine.decide.plan import Plan

BUILTINS = (
    "plugins.relationship_tier",
    "plugins.consent",
    "plugins.fatigue_limits",
    "plugins.spontaneous_feedback",
    "plugins.promise_brake",
    "plugins.live_ask",
)
"""What says the same in Heed."""
A_CALL = 1000
"""Contacts given to zen-engine at once: more gained nothing."""

Row = dict[str, Any]


def read_rows(plan: Plan) -> list[Row]:
    """Facts and settings as plain values. Days are numbers. Making them is not counted."""
    settings = plan.columns
    days = {
        "created": "created_on", "related": "relationship_asked_on", "opted_out": "opted_out_on",
        "paused": "paused_until", "asked": "last_asked_on", "feedback": "last_feedback_on",
        "owed": "promise_due_on", "open": "open_asked_on", "today": "today",
    }  # fmt: skip
    numbers = {
        "every": "relationship_tier.every_days", "settle": "relationship_tier.settle_days",
        "gap": "fatigue_limits.min_gap_days", "most": "fatigue_limits.max_asks",
        "window": "fatigue_limits.window_days", "quiet": "spontaneous_feedback.quiet_days",
        "grace": "promise_brake.grace_days", "valid": "live_ask.valid_days",
    }  # fmt: skip
    facts = [pl.col(column).cast(pl.Int32).alias(name) for name, column in days.items()]
    history = pl.col("asked_on").cast(pl.List(pl.Int32)).alias("history")
    return plan.frame.select(*facts, history, *(settings[of].alias(name) for name, of in numbers.items())).to_dicts()


# zen-engine: a decision table, the first line that is true decides

_REFUSALS = {
    "no reason yet": "(related != null ? related + every : created + settle) > today",
    "opted out": "opted_out != null or (paused != null and paused > today)",
    "asked recently": "asked != null and asked + gap > today",
    "asked often": "len(filter(history, # > today - window)) >= most",
    "gave feedback": "feedback != null and feedback + quiet > today",
    "owed something": "owed != null and today - owed > grace",
    "open ask": "open != null and open + valid > today",
}


def decide_with_zen(rows: Sequence[Row]) -> list[bool]:
    """Whether each may be asked. One evaluation for A_CALL contacts: one by one it takes twenty times as long."""
    table = zen.ZenEngine().create_decision(json.dumps(_GRAPH))
    said: list[Row] = []
    for start in range(0, len(rows), A_CALL):
        said += table.evaluate({"contacts": rows[start : start + A_CALL]})["result"]["said"]
    return [each["says"] == "ask" for each in said]


_TABLE = {
    "hitPolicy": "first",
    "inputs": [{"id": name, "name": name} for name in _REFUSALS],
    "outputs": [{"id": "says", "name": "says", "field": "says"}],
    "rules": [
        *({"_id": name, name: true, "says": json.dumps(name)} for name, true in _REFUSALS.items()),
        {"_id": "ask", "says": '"ask"'},
    ],
    "executionMode": "loop",
    "inputField": "contacts",
    "outputPath": "said",
    "passThrough": False,
}
_GRAPH = {
    "nodes": [
        {"id": "in", "name": "in", "type": "inputNode", "content": {}},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": _TABLE},
        {"id": "out", "name": "out", "type": "outputNode", "content": {}},
    ],
    "edges": [
        {"id": "1", "type": "edge", "sourceId": "in", "targetId": "table"},
        {"id": "2", "type": "edge", "sourceId": "table", "targetId": "out"},
    ],
}


# pluggy: one plugin a rule, one call for each contact and rule

_spec, _hook = pluggy.HookspecMarker("peers"), pluggy.HookimplMarker("peers")


class _Rules:
    @_spec
    def objection(self, contact: Row) -> str | None:
        """Why the contact may not be asked today."""


def _plugin(objects: Callable[[Row], str | None]) -> object:
    def objection(contact: Row) -> str | None:
        return objects(contact)

    return type(objects.__name__, (), {"objection": staticmethod(_hook(objection))})


def too_early(contact: Row) -> str | None:
    related = contact["related"]
    due = contact["created"] + contact["settle"] if related is None else related + contact["every"]
    return "no reason yet" if due > contact["today"] else None


def opted_out(contact: Row) -> str | None:
    paused = contact["paused"]
    stays_away = contact["opted_out"] is not None or (paused is not None and paused > contact["today"])
    return "opted out" if stays_away else None


def asked(contact: Row) -> str | None:
    last, today = contact["asked"], contact["today"]
    if last is not None and last + contact["gap"] > today:
        return "asked recently"
    since = today - contact["window"]
    return "asked often" if sum(day > since for day in contact["history"]) >= contact["most"] else None


def gave_feedback(contact: Row) -> str | None:
    last = contact["feedback"]
    return "gave feedback" if last is not None and last + contact["quiet"] > contact["today"] else None


def owed_something(contact: Row) -> str | None:
    due = contact["owed"]
    return "owed something" if due is not None and contact["today"] - due > contact["grace"] else None


def open_ask(contact: Row) -> str | None:
    sent = contact["open"]
    return "open ask" if sent is not None and sent + contact["valid"] > contact["today"] else None


RULES = (too_early, opted_out, asked, gave_feedback, owed_something, open_ask)


def build_hook() -> Callable[..., list[str]]:
    """A hook that asks every rule about one contact; what has no objection says nothing."""
    manager = pluggy.PluginManager("peers")
    manager.add_hookspecs(_Rules)
    for rule in RULES:
        manager.register(_plugin(rule), rule.__name__)
    found: Callable[..., list[str]] = manager.hook.objection
    return found


def decide_with_pluggy(rows: Sequence[Row]) -> list[bool]:
    objection = build_hook()
    return [not objection(contact=row) for row in rows]
