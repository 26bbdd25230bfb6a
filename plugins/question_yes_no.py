"""Yes or no, for what is either so or not. The score is 1 or 0, and a no is low."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import (
    RADIOS,
    Analysis,
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    filled,
    hookimpl,
    listed,
    read_one,
)


class YesNo:
    name = "yes_no"
    html = RADIOS
    own_words = False
    options: tuple[str, ...] = ()
    analysis = Analysis("nominal", ("share of yes",))

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        return ()

    def low_up_to(self, question: Question) -> float | None:
        return 0

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        return {"choices": [("yes", _("Yes")), ("no", _("No"))]}

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return filled(value=[given.value])

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        value = read_one(form, field, ["yes", "no"])
        return None if value is None else Given(value=value, score=float(value == "yes"))

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return listed(label, texts["choices"])


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [YesNo()]
