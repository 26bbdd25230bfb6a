"""Calendars of our own people: read by calendar programs, by a signed address, and changed by nothing."""

from __future__ import annotations

from flask import Blueprint, Response

from engine.operations.calendars import read_ask_calendar, read_calendar
from engine.web.screens import room

calendars = Blueprint("calendars", __name__)


@calendars.get("/calendar/<token>.ics")
def show_calendar(token: str) -> Response:
    return Response(read_calendar(room().engine, token), mimetype="text/calendar")


@calendars.get("/agenda/<token>.ics")
def show_agenda(token: str) -> Response:
    return Response(read_ask_calendar(room().engine, token), mimetype="text/calendar")
