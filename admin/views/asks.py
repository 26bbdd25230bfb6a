"""Asks: those to come by day, those that went out; approved one by one or many at once."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.access import here, needs
from admin.desk import desk
from admin.forms import back_to, needed_day, page_number, text_field
from admin.sheets import MOST, as_sheet, wants_sheet
from admin.words import plural
from engine.data.models import ASKED, WAITING, Ask
from engine.decide.endings import tell_kept
from engine.decide.sentences import Teller
from engine.operations.approvals import approve_asks, move_ask, note_ask, skip_ask
from engine.operations.calls import list_calling
from engine.operations.readers import find_language
from engine.operations.relations import local_date
from engine.operations.worklists import list_asks

SHOWN = {
    "coming": {"statuses": WAITING},
    "to approve": {"to_approve": True},
    "out": {"statuses": ("sent", "opened", "started", "in_doubt")},
    "answered": {"statuses": ("answered",)},
    "unanswered": {"statuses": ("expired", "declined")},
    "troubled": {"statuses": ("bounced", "in_doubt", "cancelled")},
    "all": {"statuses": (*WAITING, *ASKED, "bounced", "cancelled")},
}
ORDERS = ("account", "person")
MOST_AT_ONCE = 500


@desk.get("/asks", endpoint="list_asks")
@needs("viewer")
def show_asks() -> ResponseReturnValue:
    shown, wanted = request.args.get("show", "coming"), _wanted()
    engine, kind = here().engine, SHOWN.get(shown, SHOWN["coming"])
    if wants_sheet():
        found, _ = list_asks(engine, size=MOST, **kind, **wanted)
        return as_sheet("asks", SHEET, map(_row, found))
    found, more = list_asks(engine, page=page_number(), **kind, **wanted)
    weeks = [("", found)] if wanted["order"] else [(day, list(asks)) for day, asks in groupby(found, key=_week)]
    return render_template(
        "desk/asks.html", weeks=weeks, more=more, page=page_number(), shown=shown, wanted=wanted,
        channels=engine.plugins.channels, whose=request.args.get("whose", ""), today=local_date(engine),
        calling=list_calling(engine),
    )  # fmt: skip


def tell_why(ask: Ask) -> str:
    """Why it ended or came back, in the reader's language."""
    engine = here().engine
    return tell_kept(ask.why or {"words": ""}, Teller(local_date(engine), find_language(engine)))


def _wanted() -> dict[str, str]:
    """What the list is narrowed to."""
    wanted = {name: request.args.get(name, "").strip()[:200] for name in ("words", "channel", "occasion", "order")}
    wanted["order"] = wanted["order"] if wanted["order"] in ORDERS else ""
    return wanted | {"owner": here().colleague.email if request.args.get("whose") == "mine" else ""}


SHEET = (
    "account_key",
    "contact_key",
    "occasion",
    "survey",
    "channel",
    "planned_on",
    "sent_at",
    "answered_at",
    "status",
)


def _row(ask: Ask) -> tuple[object, ...]:
    named = (ask.account.key, ask.contact.key, ask.occasion, ask.survey, ask.channel)
    return (*named, ask.planned_on, ask.sent_at, ask.answered_at, ask.status)


def _week(ask: Ask) -> object:
    """The Monday of its week."""
    day = ask.planned_on or (ask.sent_at.date() if ask.sent_at else None)
    return day - timedelta(days=day.weekday()) if day else None


@desk.post("/asks/approve")
@needs("owner")
def approve_many() -> ResponseReturnValue:
    numbers = [int(text) for text in request.form.getlist("ask") if text.isascii() and text.isdecimal()][:MOST_AT_ONCE]
    colleague = here().colleague
    # What somebody only looks after as a member is not theirs to approve, however it came into the list.
    own = None if colleague.is_admin else {key for key in colleague.roles if colleague.may("owner", key)}
    approved = approve_asks(here().engine, numbers, accounts=own)
    flash(f"{plural(len(approved), 'ask')} approved." if approved else "Nothing was ticked that still waits.")
    return redirect(back_to(url_for("desk.list_asks", show="to approve")), 303)


@desk.post("/asks/<int:ask>/approve")
@needs("owner")
def approve_one(ask: int) -> ResponseReturnValue:
    approve_asks(here().engine, [ask], note=text_field("note") or None)
    flash("Approved. It leaves when it is due.")
    return redirect(back_to(url_for("desk.list_asks")), 303)


@desk.post("/asks/<int:ask>/note")
@needs("member")
def send_note(ask: int) -> ResponseReturnValue:
    note_ask(here().engine, ask, text_field("note"))
    flash("The note is kept; it stands above the message.")
    return redirect(back_to(url_for("desk.list_asks")), 303)


@desk.post("/asks/<int:ask>/move")
@needs("owner")
def send_move(ask: int) -> ResponseReturnValue:
    move_ask(here().engine, ask, needed_day("day", "On which day should it leave?"))
    flash("It leaves on that day, if nothing speaks against it then.")
    return redirect(back_to(url_for("desk.list_asks")), 303)


@desk.post("/asks/<int:ask>/skip")
@needs("owner")
def send_skip(ask: int) -> ResponseReturnValue:
    until = needed_day("until", "Until when should they be left alone?")
    skip_ask(here().engine, ask, until=until, reason=text_field("reason"))
    flash("It is taken back, and they are asked nothing until that day.")
    return redirect(back_to(url_for("desk.list_asks")), 303)
