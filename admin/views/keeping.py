"""How promises are kept: the ledger, and who is away and has somebody stand in."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from admin.access import here, needs
from admin.desk import desk
from admin.forms import day_field, needed_day, page_number, text_field
from admin.sheets import MOST, as_sheet, wants_sheet
from admin.words import person, plural
from engine.operations.hand_overs import add_absence, end_absence, list_absences
from engine.operations.ledger import BY, SPANS, Line, open_ledger
from engine.operations.owners import same_person
from engine.operations.relations import local_date


@desk.get("/ledger")
@needs("viewer")
def show_ledger() -> ResponseReturnValue:
    by, days = request.args.get("by", "owner"), request.args.get("days", "")
    by, span = by if by in BY else "owner", next((one for one in SPANS if str(one) == days), 365)
    if wants_sheet():
        ledger = open_ledger(here().engine, by=by, days=span, size=MOST)
        return as_sheet("ledger", SHEET, map(_row, (ledger.all, *ledger.lines)))
    ledger = open_ledger(here().engine, by=by, days=span, page=page_number())
    return render_template("desk/ledger.html", ledger=ledger, by=by, ways=BY, span=span, spans=sorted(SPANS),
                           page=page_number(), today=local_date(here().engine))  # fmt: skip


SHEET = ("of", "said", "done", "on_time", "confirmed", "unconfirmed", "disputed", "moved", "declined", "overdue",
         "days_to_reply", "days_to_done", "days_to_kept")  # fmt: skip


def _row(line: Line) -> tuple[object, ...]:
    return tuple(getattr(line, name) for name in SHEET)


@desk.get("/away", endpoint="list_absences")
@needs("viewer")
def show_absences() -> ResponseReturnValue:
    found = list_absences(here().engine)
    return render_template("desk/away.html", absences=found, lead=here().colleague.may("lead"),
                           today=local_date(here().engine))  # fmt: skip


@desk.post("/away")
@needs("viewer")
def send_absence() -> ResponseReturnValue:
    who = _who()
    moved = add_absence(here().engine, who, from_on=needed_day("from_on", "From which day on?"),
                        until_on=day_field("until_on"), deputy_email=text_field("deputy_email") or None)  # fmt: skip
    flash(f"It is written down that {person(who)} is away. {plural(len(moved), 'promise')} changed hands today.")
    return redirect(url_for("desk.list_absences"), 303)


@desk.post("/away/end")
@needs("viewer")
def send_return() -> ResponseReturnValue:
    who = _who()
    back = end_absence(here().engine, who, last_on=needed_day("last_on", "Which is the last day away?"))
    flash(f"{person(who)} is back after that day. {plural(len(back), 'promise')} went back to them today.")
    return redirect(url_for("desk.list_absences"), 303)


def _who() -> str:
    """Whoever acts; leads may say it of others."""
    colleague = here().colleague
    who = text_field("email") or colleague.email
    if not same_person(who, colleague.email) and not colleague.may("lead"):
        raise Forbidden
    return who
