"""A number: how many, how much, how often.

`min` and `max` are the least and the most that is taken, `decimals` how many places there may be behind the point (0:
whole numbers), `unit` what is counted, by language. A number may be written as people write it: with a comma or a
point, in groups of three, in the digits of their script, with its unit. The score is the number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import (
    LINE,
    Analysis,
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    check_span,
    check_texts,
    check_whole,
    filled,
    hookimpl,
    line_texts,
    read_within,
    tell_span,
    text_for,
)

MOST_DECIMALS = 6


class Number:
    name = "number"
    html = LINE
    own_words = False
    options: tuple[str, ...] = ("min", "max", "decimals", "unit")
    analysis = Analysis("ratio", ("median", "mean", "quartiles"))

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        yield from check_span(options)
        yield from check_whole("decimals", options.get("decimals", 0), 0, MOST_DECIMALS)
        yield from check_texts("unit", options.get("unit", {"en": ""}))

    def low_up_to(self, question: Question) -> float | None:
        return None

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        options = question.options
        mode = "decimal" if options.get("decimals") else "numeric"
        unit = text_for(options.get("unit", {}), locale)
        hint = tell_span(options, _)
        return line_texts(unit=unit, hint=hint, inputmode=mode, maxlength=40, autocomplete="off")

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return filled(value=[given.value])

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        return read_within(form, field, question.options)

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        told = " ".join(filter(None, (texts["unit"], texts["hint"])))
        return f"{label}\n({told})" if told else label


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Number()]
