"""Initiatives: one change that answers many voices and promises, and the news of it to every client who raised it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.access import here, needs
from admin.desk import desk
from admin.forms import back_to, day_field, page_number, text_field
from admin.sheets import as_sheet, wants_sheet
from admin.words import plural
from engine.errors import InputError
from engine.operations import initiatives, voices
from engine.operations.causes import read_causes
from engine.operations.initiatives import Standing, list_initiatives, name, open_initiative
from engine.operations.promise_steps import read_number
from engine.operations.relations import local_date

SHOWN = ("open", "published", "all")
MOST_CAUSES = 20
PAGE = 50
ORDERS: dict[str, Callable[[Standing], Any]] = {
    "title": lambda one: one.initiative.title.casefold(),
    "owner": lambda one: one.initiative.owner_email.casefold(),
    "the newest first": lambda one: -one.initiative.id,
    "how often it is named": lambda one: -one.weight.times,
}
"""Besides the weightiest first, in which order they come."""


@desk.get("/initiatives", endpoint="list_initiatives")
@needs("viewer")
def show_initiatives() -> ResponseReturnValue:
    causes, order = read_causes(here().engine), request.args.get("order", "")
    state, every = request.args.get("state", "open"), list_initiatives(here().engine, causes=causes)
    found = [one for one in every if state not in SHOWN[:2] or one.initiative.status == state]
    found.sort(key=ORDERS.get(order, lambda one: 0))
    if wants_sheet():
        return as_sheet("initiatives", SHEET, map(_row, found))
    first = (page_number() - 1) * PAGE
    taken = {one.initiative.cause for one in every}
    free = [cause for cause in causes.ranked if cause.cause not in taken][:MOST_CAUSES]
    return render_template("desk/initiatives.html", found=found[first : first + PAGE], causes=free, state=state,
                           more=len(found) > first + PAGE, page=page_number(), order=order, orders=ORDERS,
                           states=SHOWN, name=name, may=here().colleague.may("member"),
                           today=local_date(here().engine), counted_at=causes.counted_at)  # fmt: skip


SHEET = ("number", "title", "cause", "owner_email", "status", "people", "accounts", "times", "promises", "voices",
         "before", "after")  # fmt: skip


def _row(one: Standing) -> tuple[object, ...]:
    told, weight = one.initiative, one.weight
    named = (name(told), told.title, told.cause, told.owner_email, told.status)
    return (*named, weight.people, weight.accounts, weight.times, one.promises, one.voices, one.before, one.after)


@desk.post("/initiatives")
@needs("member")
def make_initiative() -> ResponseReturnValue:
    owner = text_field("owner_email") or here().colleague.email
    made = initiatives.make_initiative(here().engine, title=text_field("title"), cause=text_field("cause"),
                                       owner_email=owner, note=text_field("note") or None)  # fmt: skip
    added = initiatives.add_to_initiative(here().engine, made.id, by_cause=True)
    flash(f"{name(made)} is open" + (f", and answers {plural(added, 'voice or promise', 'voices and promises')}."
                                     if added else "."))  # fmt: skip
    return _back(made.id)


@desk.get("/initiatives/<int:initiative>")
@needs("viewer")
def show_initiative(initiative: int) -> ResponseReturnValue:
    found = open_initiative(here().engine, initiative)
    colleague = here().colleague
    return render_template("desk/initiative.html", found=found, one=found.standing.initiative, name=name,
                           may=colleague.may("member"), is_admin=colleague.is_admin,
                           today=local_date(here().engine))  # fmt: skip


@desk.post("/initiatives/<int:initiative>/add")
@needs("member")
def extend_initiative(initiative: int) -> ResponseReturnValue:
    promises, said = _members()
    added = initiatives.add_to_initiative(here().engine, initiative, promises=promises, voices=said,
                                          by_cause="by_cause" in request.form)  # fmt: skip
    flash(f"It answers {added} more." if added else "Nothing was added: it answers all of that already.")
    return _back(initiative)


@desk.post("/initiatives/<int:initiative>/remove")
@needs("member")
def narrow_initiative(initiative: int) -> ResponseReturnValue:
    promises, said = _members()
    initiatives.remove_from_initiative(here().engine, initiative, promises=promises, voices=said)
    flash("It is taken out, and stays as it was.")
    return _back(initiative)


@desk.post("/initiatives/<int:initiative>/publish")
@needs("admin")
def publish_initiative(initiative: int) -> ResponseReturnValue:
    told = initiatives.publish_initiative(here().engine, initiative, outcome=text_field("outcome"),
                                          changed_on=day_field("changed_on"))  # fmt: skip
    flash(f"Published. {plural(len(told), 'promise')} to clients done; each is asked whether it is so.")
    return _back(initiative)


def _members() -> tuple[list[int], list[int]]:
    """Promises and voices by what they are called: P-12, V-7."""
    called = re.split(r"[\s,;]+", text_field("members")) if text_field("members") else []
    if not called and "by_cause" not in request.form:
        raise InputError("Name promises or voices: P-12, V-7.")
    said = [voices.read_number(one) for one in called if one.upper().startswith("V")]
    return [read_number(one) for one in called if not one.upper().startswith("V")], said


def _back(initiative: int) -> ResponseReturnValue:
    return redirect(back_to(url_for("desk.show_initiative", initiative=initiative)), 303)
