"""What a client decides about being asked, and about what is stored of them. By signed links; GET changes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import InputError
from engine.language import Language
from engine.operations.personal import collect_data, count_data, forget_by_link
from engine.operations.wishes import (
    Person,
    Wishes,
    open_unsubscribe,
    open_wishes,
    opt_out,
    renew_links,
    save_wishes,
)
from engine.types import OCCASIONS
from engine.web.pace import check_pace
from engine.web.screens import own_links, room
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
    person = open_unsubscribe(room().engine, token)
    return _draw("unsubscribe", person, opted_out=person.wishes.opted_out)


@wishes.post("/u/<token>")
def send_unsubscribe(token: str) -> ResponseReturnValue:
    """Mail programs post here without anybody seeing a page (RFC 8058): no form, no question, and no redirect."""
    back = request.form.get("action") == "back"
    opt_out(room().engine, token, back=back)
    return _draw("unsubscribe", open_unsubscribe(room().engine, token), opted_out=not back)


# What is stored


@wishes.get("/w/<token>/data")
def show_data(token: str) -> ResponseReturnValue:
    visit = arrive("w", token)
    person, data = open_wishes(room().engine, visit.token), collect_data(room().engine, visit.token)
    values = {"back": f"/w/{visit.place}", "data": data, "counts": count_data(data), "unsure": "unsure" in request.args}
    drawn = _draw("data", person, **values)
    return welcome(visit, drawn, secure=room().secure)


@wishes.get("/w/<token>/data.json")
def download_data(token: str) -> ResponseReturnValue:
    visit = arrive("w", token)
    text = json.dumps(collect_data(room().engine, visit.token), ensure_ascii=False, indent=2)
    disposition = {"Content-Disposition": 'attachment; filename="what-is-stored-about-me.json"'}
    return Response(text, mimetype="application/json", headers=disposition)


@wishes.post("/w/<token>/links")
def send_new_links(token: str) -> ResponseReturnValue:
    visit = arrive("w", token)
    check_pace(visit.token)
    return redirect(url_for("wishes.show_wishes", token=renew_links(room().engine, visit.token), saved=1), 303)


@wishes.post("/w/<token>/forget")
def send_forget(token: str) -> ResponseReturnValue:
    """Forgetting takes two steps: the box says that it is meant, and cannot be taken back."""
    visit = arrive("w", token)
    person = open_wishes(room().engine, visit.token)
    if request.form.get("sure") != "yes":
        return redirect(url_for("wishes.show_data", token=visit.place, unsure=1, _anchor="forget"), 303)
    forget_by_link(room().engine, visit.token)
    return _draw("forgotten", person)


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
        "locale": form.get("locale", ""),
        "news": form.get("news", ""),
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
        "locale": wishes.locale or "",
        "news": "" if wishes.no_news else "yes",
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
        locale=_locale(typed["locale"]),
        no_news=not typed["news"],
    )


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise InputError("Please give a whole number of days, from 1 to 3650.", about="days")
    return int(text)


def _locale(text: str) -> str | None:
    if text and text not in [language.locale for language in room().screens.languages]:
        raise InputError("This page is out of date. Please open it again.", about="locale")
    return text or None


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
    offered = {"channels": channels, "occasions": occasions, "languages": _languages()}
    values = {"typed": typed, "errors": told, "saved": saved, "mine": f"/w/{visit.place}", **offered}
    return _draw("wishes", person, here=visit.address, **values)


def _draw(page: str, whose: Person, **values: Any) -> str:
    here = room()
    language = here.screens.speak(whose.locales, whose.company)
    links = own_links(here, whose) if page == "wishes" else {}
    return here.screens.draw(page, language, whose.company, whose.today, **links, **values)


def _channels(person: Person, language: Language) -> list[tuple[str, str]]:
    _ = language.gettext
    told = {
        "email": _("By e-mail"),
        "sms": _("By text message"),
        "phone": _("By a call"),
        "in_app": _("Where I work with your product"),
    }
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


def _languages() -> list[tuple[str, str]]:
    """Each under its own name."""
    spoken = room().screens.languages
    return [(language.locale, (language.region.language_name or language.locale).capitalize()) for language in spoken]
