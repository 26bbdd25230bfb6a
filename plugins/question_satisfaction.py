"""How satisfied somebody is, from 1 to 5, with a word for every point (CSAT).

The score is the point chosen; 4 and 5 count as satisfied, 1 and 2 as low.
"""

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
    lower_half,
    read_one,
)


class Satisfaction:
    name = "satisfaction"
    html = RADIOS
    own_words = False
    options: tuple[str, ...] = ()
    analysis = Analysis("ordinal", ("share of 4 and 5", "mean", "distribution"))

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        return ()

    def low_up_to(self, question: Question) -> float | None:
        return lower_half(1, 5)

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        words = (
            _("Very dissatisfied"),
            _("Dissatisfied"),
            _("Neither satisfied nor dissatisfied"),
            _("Satisfied"),
            _("Very satisfied"),
        )
        return {"choices": [(str(point), word) for point, word in enumerate(words, 1)]}

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return filled(value=[given.value])

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        value = read_one(form, field, ["1", "2", "3", "4", "5"])
        return None if value is None else Given(value=value, score=float(value))

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return listed(label, texts["choices"])


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Satisfaction()]
