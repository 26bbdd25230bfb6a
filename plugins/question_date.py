"""A day.

`from` and `until` are the first and the last day that is taken, as 2026-12-07. The answer's value is the day, written
so, too. Where a browser has no calendar of its own, a day may be written as 7.12.2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from engine.api import (
    LINE,
    Analysis,
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    filled,
    hookimpl,
    line_texts,
    read_line,
    refused,
)

FORMS = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII),
    re.compile(r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})", re.ASCII),
)
"""Forms that everybody reads alike: which of 7/12 is the month depends on where one is."""


class Day:
    name = "date"
    html = LINE
    own_words = False
    options: tuple[str, ...] = ("from", "until")
    analysis = Analysis("date", ("count by month", "earliest and latest"))

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        for key in {"from", "until"} & options.keys():
            if _parse(str(options[key])) is None:
                yield f"{key}: takes a day such as 2026-12-07, not {options[key]!r}"
                return
        first, last = _span(options)
        if first and last and first > last:
            yield "from: is after until"

    def low_up_to(self, question: Question) -> float | None:
        return None

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        first, last = _span(question.options)
        limits = {name: day.isoformat() for name, day in (("min", first), ("max", last)) if day}
        return line_texts(type="date", autocomplete="off", **limits)

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return filled(value=[given.value])

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        line = read_line(form, field)
        if not line:
            return None
        day = _parse(line)
        if day is None:
            raise refused(
                field, "“%(answer)s” is no day. Please write it as year-month-day: 2026-12-07.", answer=line[:40]
            )
        first, last = _span(question.options)
        if first and day < first:
            raise refused(field, "Please choose a day from %(day)s on.", day=first.isoformat())
        if last and day > last:
            raise refused(field, "Please choose a day up to %(day)s.", day=last.isoformat())
        return Given(value=day.isoformat())

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return label


def _parse(text: str) -> date | None:
    found = next(filter(None, (form.fullmatch(text) for form in FORMS)), None)
    try:
        return date(**{name: int(value) for name, value in found.groupdict().items()}) if found else None
    except ValueError:
        return None


def _span(options: Mapping[str, Any]) -> tuple[date | None, date | None]:
    return _parse(str(options.get("from", ""))), _parse(str(options.get("until", "")))


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Day()]
