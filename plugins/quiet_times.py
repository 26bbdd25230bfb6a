"""Ask on working days only: not at weekends, on public holidays, or on days we keep free.

What it looks at: the account's country and region, and their public holidays, with the days that make up for a
holiday at a weekend. Holidays of a region count only where the account has a region.

Settings: `weekdays` on which we ask; `blackouts`, days and ranges of days on which we do not, both ends included.

Edges: countries are ISO codes such as GB, regions the codes of their parts such as SCT. An unknown country has no
holidays; an unknown region has those of its country.

Example: due on Christmas Day 2026, a Friday: a German client is asked on Monday the 28th, a British one on Tuesday
the 29th, because Britain makes up for the Boxing Day that fell on a Saturday.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

import holidays
import polars as pl

from engine.api import Book, Closed, Schema, SettingColumns, date_ranges, hookimpl, names, ranges

WEEK = {
    "mon": "a Monday",
    "tue": "a Tuesday",
    "wed": "a Wednesday",
    "thu": "a Thursday",
    "fri": "a Friday",
    "sat": "a Saturday",
    "sun": "a Sunday",
}


class Settings(Schema):
    weekdays = names(("mon", "tue", "wed", "thu", "fri"), "Ask on these days of the week.", tuple(WEEK), least=1)
    blackouts = ranges("", "Ask nothing on these days.")


@hookimpl
def hold_until(book: Book, settings: SettingColumns) -> Closed:
    place = (book["country"].fill_null(""), book["region"].fill_null(""))
    return Closed(
        calendar=pl.format("{}|{}|{}|{}", settings.weekdays.list.join(","), settings.blackouts, *place),
        shut=shut_days,
        because="we do not ask on {day}; it is {why}",
        unless="if we asked on any day, also at weekends and on holidays",
    )


def shut_days(calendar: str, first: date, last: date) -> dict[date, str]:
    """Name the shut days of `WEEKDAYS|BLACKOUTS|COUNTRY|REGION` from first to last. A region may hold a bar itself."""
    weekdays, blackouts, country, region = calendar.split("|", 3)
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    week = [None if word in weekdays.split(",") else name for word, name in WEEK.items()]
    shut = {day: name for day in days if (name := week[day.weekday()])}
    for year in range(first.year, last.year + 1):
        shut |= {day: name for day, name in _public_holidays(country, region, year).items() if first <= day <= last}
    for start, end in date_ranges(blackouts):
        shut |= {day: "a day we keep free" for day in days if start <= day <= end}
    return shut


@lru_cache(maxsize=4096)
def _public_holidays(country: str, region: str, year: int) -> Mapping[date, str]:
    """By year, because the package's own growing table is not safe to share between threads."""
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        return {}
    subdivision = region if region in known[country] else None
    return dict(holidays.country_holidays(country, subdiv=subdivision, years=year, language="en_US"))
