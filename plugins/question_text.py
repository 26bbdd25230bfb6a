"""The client's own words, as short or long as they like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import OWN_WORDS, Form, Gettext, Given, Question, QuestionType, hookimpl, read_words, words_texts


class Text:
    name = "text"
    html = OWN_WORDS
    own_words = True
    options: tuple[str, ...] = ()

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        return ()

    def low_up_to(self, question: Question) -> float | None:
        return None

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        return words_texts("", _)

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        words = read_words(form, field)
        return None if words is None else Given(text=words)

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return label


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Text()]
