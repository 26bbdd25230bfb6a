"""The sample book: twelve clients, forty contacts, two years of history, on whatever day it is opened.

Days in the CSV files are told from the first day of the story: `{-96}` is 96 days before it, `{-96w}` the same or, at a
weekend, the Friday before; `{-96w 09:22}` a time on that day. So the same people are due on the first day, today or
in a year.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from engine.operations.due_days import working_days_after

FILES = Path(__file__).parent
KINDS = ("accounts", "contacts", "asks", "touchpoints", "promises", "answers")
"""In the order in which they can be imported: each file refers to those before it."""

HOUSE = {
    "company.name": "Quillbrook Analytics",
    "company.timezone": "Europe/London",
    "company.country": "GB",
    "company.locale": "en",
}
"""What is set for the house before the book is imported."""

_DAY = re.compile(r"\{([+-]?\d+)(w?)(?: (\d\d:\d\d))?\}")


def first_day(day: date) -> date:
    """The first day from `day` on that is a working day for everyone in the book."""
    return next(later for later in _days_from(day) if all(_is_working_day(later, country) for country in _countries()))


def write_book(today: date, folder: Path) -> list[Path]:
    """Write the files, as they stand on the first day `today`, and say where. The folder is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind in KINDS:
        source = (FILES / f"{kind}.csv").read_text(encoding="utf-8")
        paths.append(folder / f"{kind}.csv")
        paths[-1].write_text(_DAY.sub(lambda found: _resolve(found, today), source), encoding="utf-8")
    return paths


def _resolve(found: re.Match[str], today: date) -> str:
    number, weekday, time = found.groups()
    day = today + timedelta(int(number))
    if weekday:
        day -= timedelta(max(0, day.weekday() - 4))
    return f"{day}T{time}" if time else f"{day}"


def _days_from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += timedelta(1)


def _is_working_day(day: date, country: str) -> bool:
    return working_days_after(day - timedelta(1), 1, country) == day


@cache
def _countries() -> frozenset[str]:
    with (FILES / "accounts.csv").open(encoding="utf-8", newline="") as source:
        return frozenset(row["country"] for row in csv.DictReader(source))
