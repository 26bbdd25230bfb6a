"""The calendar of the weeks ahead: whom we ask, whom to call again, and whom we expect to ask."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

from flask import render_template, request
from flask.typing import ResponseReturnValue

from admin.access import here, needs
from admin.desk import desk
from admin.forms import page_number, read_day
from admin.sheets import MOST, as_sheet, wants_sheet
from engine.errors import InputError
from engine.operations.agenda import Agenda, Entry, read_agenda
from engine.operations.calendars import find_calendar

WEEKS = (4, 8, 13)


@desk.get("/calendar")
@needs("viewer")
def show_calendar() -> ResponseReturnValue:
    whose, weeks = request.args.get("whose", ""), request.args.get("weeks", "")
    wanted = {"owner": here().colleague.email if whose == "mine" else "",
              "weeks": next((one for one in WEEKS if str(one) == weeks), 8), "since": _since()}  # fmt: skip
    if wants_sheet():
        return as_sheet("calendar", SHEET, map(_row, read_agenda(here().engine, size=MOST, **wanted).entries))
    agenda = read_agenda(here().engine, page=page_number(), **wanted)
    days = [(day, list(entries)) for day, entries in groupby(agenda.entries, key=lambda entry: entry.on)]
    return render_template("desk/calendar.html", agenda=agenda, days=days, months=_weeks(agenda), whose=whose,
                           spans=WEEKS, weeks=weeks or "8", today=agenda.today, page=page_number(),
                           address=find_calendar(here().engine, here().colleague.email, "asks"))  # fmt: skip


def _since() -> date | None:
    try:
        return read_day(request.args.get("since", ""))
    except InputError:
        return None


SHEET = ("on", "account_key", "contact_key", "occasion", "channel", "state")


def state(entry: Entry) -> str:
    """In a word: expected, call again, or where the ask stands."""
    return "call again" if entry.again else entry.ask.status if entry.ask else "expected"


def _row(entry: Entry) -> tuple[object, ...]:
    return (entry.on, entry.account.key, entry.contact.key, entry.occasion, entry.channel, state(entry))


def _weeks(agenda: Agenda) -> list[list[tuple[date, int]]]:
    """Weeks from Monday to Sunday, with how many asks each day has."""
    first = agenda.today - timedelta(days=agenda.today.weekday())
    days = [first + timedelta(days=number) for number in range((agenda.until - first).days + 1)]
    found = [[(day, agenda.counts.get(day, 0)) for day in days[start : start + 7]] for start in range(0, len(days), 7)]
    return [week for week in found if len(week) == 7]
