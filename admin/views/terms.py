"""A client's own terms: what is never kept of them; what that would remove is told before it is done."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.access import account as its_account
from admin.access import here, needs
from admin.desk import desk
from admin.forms import text_field
from engine.intake.kinds import KINDS
from engine.operations.terms import TermsKept, read_account_terms, set_terms, tell_removed
from engine.private import KEPT, read_terms

GROUPS = {
    "Of their people": "contacts", "Of the company": "accounts", "Of what they answer and say": "answers",
    "Of what happens": "touchpoints",
}  # fmt: skip
NAMES = {"value": "points and choices", "text": "their own words", "note": "notes of touchpoints",
         "email": "e-mail address", "timezone": "time zone", "locale": "language"}  # fmt: skip


def choices() -> dict[str, list[tuple[str, str]]]:
    """Every field that terms can name, once, with how it is called, by group."""
    seen: set[str] = set()
    found: dict[str, list[tuple[str, str]]] = {}
    for group, kind in GROUPS.items():
        fresh = [name for name in KINDS[kind].names if name not in KEPT[kind] and name not in seen]
        found[group] = [(name, NAMES.get(name, name.replace("_", " "))) for name in fresh]
        seen |= set(fresh)
    return found


@desk.get("/accounts/<int:account>/terms")
@needs("owner")
def show_terms(account: int) -> ResponseReturnValue:
    return _draw(read_account_terms(here().engine, its_account().key))


@desk.post("/accounts/<int:account>/terms")
@needs("owner")
def send_terms(account: int) -> ResponseReturnValue:
    """Say what would go, or let it go."""
    engine, key = here().engine, its_account().key
    names = sorted(read_terms([*request.form.getlist("field"), *read_terms(text_field("others")).names]).names)
    if request.form.get("action") != "save":
        return _draw(set_terms(engine, key, names, dry_run=True), tried=True)
    kept = set_terms(engine, key, names)
    gone = ", ".join(tell_removed(kept.removed))
    flash(f"Kept from now on: all but {', '.join(kept.fields)}." if kept.fields else "All of it is kept from now on.")
    flash(f"Removed: {gone}." if gone else "Nothing had to be removed.")
    return redirect(url_for("desk.show_terms", account=account), 303)


def _draw(kept: TermsKept, *, tried: bool = False) -> str:
    groups = choices()
    known = {name for fields in groups.values() for name, _ in fields}
    others = [name for name in kept.fields if name not in known]
    return render_template("desk/terms.html", account=its_account(), kept=kept, groups=groups, others=others,
                           tried=tried, gone=tell_removed(kept.removed))  # fmt: skip
