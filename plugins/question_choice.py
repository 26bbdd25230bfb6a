"""One of several answers.

`choices` lists them: names, or names with their texts by language. With `other: true` one more says “Something else”,
in the client's own words; `other: {en: …, de: …}` words it differently. The answer's value is the name, or `other`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import (
    OTHER,
    RADIOS_AND_OTHER,
    Analysis,
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    check_choices,
    choice_texts,
    filled,
    hookimpl,
    listed,
    offered,
    read_line,
    read_one,
)


class Choice:
    name = "choice"
    html = RADIOS_AND_OTHER
    own_words = False
    options: tuple[str, ...] = ("choices", "other")
    analysis = Analysis("nominal", ("share of each",))

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        return check_choices(options)

    def low_up_to(self, question: Question) -> float | None:
        return None

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        return choice_texts(question, locale, _)

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return filled(value=[given.value], text=[given.text])

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        value = read_one(form, field, offered(question))
        other = read_line(form, f"{field}.text") if question.options.get("other") else ""
        if value is None and not other:
            return None
        return Given(value=value or OTHER, text=other or None)

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return listed(label, texts["choices"])


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Choice()]
