"""What a client decides about being asked, and about our promises. By signed links; GET changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import InputError, LinkError, StateError
from engine.language import Language
from engine.links import promises_token, wishes_token
from engine.operations.verdicts import PromisesPage, give_verdict, open_promises
from engine.operations.wishes import Person, Wishes, open_wishes, opt_out, save_wishes
from engine.types import OCCASIONS
from engine.web.pace import check_pace
from engine.web.screens import room
from engine.web.visits import Visit, arrive, welcome

wishes = Blueprint("wishes", __name__)


@wishes.get("/w/<token>")
def show_wishes(token: str) -> ResponseReturnValue:
    visit = arrive("w", token)
    person = open_wishes(room().engine, visit.token)
    page = _draw_wishes(person, visit, _as_typed(person.wishes), {}, saved="saved" in request.args)
    return welcome(visit, page, secure=room().secure)


@wishes.post("/w/<token>")
def send_wishes(token: str) -> ResponseReturnValue:
    visit, typed = arrive("w", token), _typed()
    check_pace(visit.token)
    try:
        save_wishes(room().engine, visit.token, _read(typed))
    except InputError as error:
        person = open_wishes(room().engine, visit.token)
        return _draw_wishes(person, visit, typed, {error.about: str(error)}), 422
    return redirect(url_for("wishes.show_wishes", token=visit.place, saved=1), 303)


@wishes.get("/u/<token>")
def show_unsubscribe(token: str) -> ResponseReturnValue:
    person = open_wishes(room().engine, token)
    return _draw("unsubscribe", person, opted_out=person.wishes.opted_out)


@wishes.post("/u/<token>")
def send_unsubscribe(token: str) -> ResponseReturnValue:
    """Mail programs post here without anybody seeing a page (RFC 8058): no form, no question, and no redirect."""
    opt_out(room().engine, token)
    return _draw("unsubscribe", open_wishes(room().engine, token), opted_out=True)


@wishes.get("/p/<token>")
def show_promises(token: str) -> ResponseReturnValue:
    visit = arrive("p", token)
    page = open_promises(room().engine, visit.token)
    saved = "saved" in request.args
    drawn = _draw("promises", page, here=visit.address, outcomes=page.outcomes, saved=saved, error="")
    return welcome(visit, drawn, secure=room().secure)


@wishes.post("/p/<token>")
def send_verdict(token: str) -> ResponseReturnValue:
    visit = arrive("p", token)
    check_pace(visit.token)
    number, verdict = request.form.get("promise", "", str), request.form.get("verdict", "", str)
    if not (number.isascii() and number.isdecimal() and len(number) < 19) or verdict not in ("kept", "disputed"):
        raise LinkError("There is no such promise.")
    try:
        give_verdict(
            room().engine, visit.token, int(number), kept=verdict == "kept", words=request.form.get("words", "")
        )
    except StateError as error:
        page = open_promises(room().engine, visit.token)
        values = {"here": visit.address, "outcomes": page.outcomes, "saved": False, "error": _told(page, error)}
        return _draw("promises", page, **values), 409
    return redirect(url_for("wishes.show_promises", token=visit.place, saved=1), 303)


# The wishes form


def _typed() -> dict[str, Any]:
    form = request.form
    return {
        "asked": form.get("asked", "yes"),
        "paused_until": form.get("paused_until", "").strip(),
        "rhythm": form.get("rhythm", "usual"),
        "days": form.get("days", "").strip(),
        "occasions": form.getlist("occasions"),
        "channel": form.get("channel", ""),
    }


def _as_typed(wishes: Wishes) -> dict[str, Any]:
    days = wishes.min_interval or wishes.every_days
    return {
        "asked": "no" if wishes.opted_out else "yes",
        "paused_until": wishes.paused_until.isoformat() if wishes.paused_until else "",
        "rhythm": "rarer" if wishes.min_interval else "oftener" if wishes.every_days else "usual",
        "days": str(days) if days else "",
        "occasions": [occasion for occasion in OCCASIONS if occasion not in wishes.occasions_off],
        "channel": wishes.channel,
    }


def _read(typed: Mapping[str, Any]) -> Wishes:
    days = _days(typed["days"]) if typed["rhythm"] in ("rarer", "oftener") else None
    return Wishes(
        opted_out=typed["asked"] == "no",
        paused_until=_day(typed["paused_until"]),
        min_interval=days if typed["rhythm"] == "rarer" else None,
        every_days=days if typed["rhythm"] == "oftener" else None,
        occasions_off=tuple(occasion for occasion in OCCASIONS if occasion not in typed["occasions"]),
        channel=typed["channel"] or None,
    )


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise InputError("Please give a whole number of days, from 1 to 3650.", about="days")
    return int(text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError("This is no day of the calendar.", about="paused_until") from None


# Drawing


def _draw_wishes(
    person: Person, visit: Visit, typed: Mapping[str, Any], errors: Mapping[str, str], saved: bool = False
) -> str:
    language = room().screens.speak(person.locales, person.company)
    told = {field: language.gettext(error) for field, error in errors.items()}
    channels, occasions = _channels(person, language), _occasions(language)
    values = {"typed": typed, "errors": told, "saved": saved, "channels": channels, "occasions": occasions}
    return _draw("wishes", person, here=visit.address, **values)


def _draw(page: str, whose: Person | PromisesPage, **values: Any) -> str:
    here = room()
    language = here.screens.speak(whose.locales, whose.company)
    links = {
        "wishes_url": f"/w/{wishes_token(here.secret, whose.contact_id)}",
        "promises_url": f"/p/{promises_token(here.secret, whose.contact_id)}",
    }
    return here.screens.draw(page, language, whose.company, whose.today, **links, **values)


def _channels(person: Person, language: Language) -> list[tuple[str, str]]:
    _ = language.gettext
    told = {"email": _("By e-mail"), "sms": _("By text message"), "phone": _("By a call")}
    named = room().engine.plugins.channels
    return [(name, told.get(name, named[name].label)) for name in person.channels]


def _occasions(language: Language) -> list[tuple[str, str]]:
    _ = language.gettext
    return [
        ("relationship", _("How things are going, every now and then")),
        ("touchpoint", _("After something has happened, such as a project or a request to our support")),
        ("renewal", _("Before a contract comes up for renewal")),
        ("promise", _("Whether we kept what we promised")),
    ]


def _told(whose: PromisesPage, error: Exception) -> str:
    return room().screens.speak(whose.locales, whose.company).gettext(str(error))
