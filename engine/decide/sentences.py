"""Sentences: templates that name values in braces, filled for one contact, dates and numbers as people say them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from babel.core import Locale
from babel.dates import format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal

from engine.types import NEVER

NAME = re.compile(r"\{([\w.:]+)\}")
ENGLISH = Locale("en", "GB")
OCCASION_WORDS = {
    "promise": "promise check",
    "touchpoint": "follow-up",
    "renewal": "renewal run-up",
    "relationship": "relationship check-in",
}
CHANNEL_WORDS = {"email": "e-mail", "sms": "SMS", "phone": "phone"}


def named(template: str) -> list[str]:
    """The names in a template's braces.

    >>> named("at most {fatigue_limits.max_asks} asks, the last on {last_asked_on}")
    ['fatigue_limits.max_asks', 'last_asked_on']
    """
    return NAME.findall(template)


def fill(template: str, values: Mapping[str, Any], today: date, locale: Locale = ENGLISH) -> str:
    """Fill the braces. A value that is missing or null is said to be unknown; a template never raises."""
    return NAME.sub(lambda match: say(values.get(match[1]), today, locale), template)


def say(value: Any, today: date, locale: Locale = ENGLISH) -> str:
    """One value as people say it.

    >>> say(date(2026, 12, 7), date(2026, 11, 24)), say(1200000.0, date(2026, 11, 24)), say(None, date(2026, 11, 24))
    ('Mon 7 Dec', '1,200,000', 'unknown')
    """
    if value is None:
        return "unknown"
    if isinstance(value, date):
        return day(value, today, locale)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return format_decimal(value, "#,##0.##", locale=locale)
    if isinstance(value, list | tuple):
        return listed([say(item, today, locale) for item in value], locale)
    return OCCASION_WORDS.get(str(value), str(value))


def day(value: date, today: date, locale: Locale = ENGLISH) -> str:
    """`Mon 7 Dec`, with the year where it is not this one."""
    if value >= NEVER:
        return "taken back"
    return format_skeleton("MMMEd" if value.year == today.year else "yMMMEd", value, locale=locale).replace(",", "")


def listed(words: Iterable[str], locale: Locale = ENGLISH) -> str:
    """`a, b and c`; `none` for nothing."""
    return format_list(list(words), "standard", locale) or "none"
