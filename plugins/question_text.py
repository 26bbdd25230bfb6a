"""The client's own words, as short or long as they like.

`length`: `long`, a box that grows; `short`, one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import (
    LINE,
    MOST_IN_A_LINE,
    OWN_WORDS,
    Analysis,
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    check_word,
    filled,
    hookimpl,
    line_texts,
    read_line,
    read_words,
    words_texts,
)


class Text:
    name = "text"
    html = f"{{% if texts.short %}}{LINE}{{% else %}}{OWN_WORDS}{{% endif %}}"
    own_words = True
    options: tuple[str, ...] = ("length",)
    analysis = Analysis("words", ("verbatims",))

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        return check_word("length", options.get("length", "long"), ("long", "short"))

    def low_up_to(self, question: Question) -> float | None:
        return None

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        if _is_short(question):
            return {"short": True, **line_texts(part="text", maxlength=MOST_IN_A_LINE)}
        return {"short": False, **words_texts("", _)}

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return filled(text=[given.text])

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        words = read_line(form, f"{field}.text") if _is_short(question) else read_words(form, field)
        return Given(text=words) if words else None

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return label


def _is_short(question: Question) -> bool:
    return bool(question.options.get("length") == "short")


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Text()]
