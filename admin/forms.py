"""What is typed into the desk's forms, read and checked; and where to go afterwards."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from flask import request

from engine.errors import InputError

LONGEST = 20_000


def text_field(name: str) -> str:
    """What was typed, without the space around it."""
    text = request.form.get(name, "").strip()
    if len(text) > LONGEST:
        raise InputError(f"Please use at most {LONGEST:,} characters.", about=name)
    return text


def day_field(name: str) -> date | None:
    """A day, as date inputs send it."""
    return read_day(request.form.get(name, "").strip())


def needed_day(name: str, question: str) -> date:
    """A day without which nothing is done; `question` says so."""
    found = day_field(name)
    if found is None:
        raise InputError(question, about=name)
    return found


def read_day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"“{text}” is no day; write it as 2026-11-24.") from None
    if found and not 1970 <= found.year < 2200:
        raise InputError(f"{text} is too far away.")
    return found


def page_number() -> int:
    return max(1, whole_number(request.args.get("page", "")) or 1)


def whole_number(text: str) -> int | None:
    """None: it is none, or one that no list is long enough for."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def back_to(otherwise: str) -> str:
    """The page of the desk that a form came from, never another site's."""
    back = request.form.get("back", "")
    here = back.startswith("/admin/") and not any(sign in back for sign in ("\\", "\n", "\r"))
    return back if here else otherwise


def came_from(otherwise: str) -> str:
    """The page of the desk with the form or link that led here, as far as it is known."""
    parts = urlsplit(request.referrer or "")
    ours = parts.netloc == request.host and parts.path.startswith("/admin/") and parts.path != request.path
    return back_to(f"{parts.path}?{parts.query}".rstrip("?") if ours else otherwise)
