"""One of several answers.

`choices` lists them: names, or names with their texts by language. The answer's value is the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import (
    RADIOS,
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    check_named,
    hookimpl,
    listed,
    named_texts,
    read_one,
)


class Choice:
    name = "choice"
    html = RADIOS
    own_words = False
    options: tuple[str, ...] = ("choices",)

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        return check_named("choices", options.get("choices"))

    def low_up_to(self, question: Question) -> float | None:
        return None

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        return {"choices": named_texts(question.options["choices"], locale)}

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        value = read_one(form, field, list(question.options["choices"]))
        return None if value is None else Given(value=value)

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return listed(label, texts["choices"])


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Choice()]
