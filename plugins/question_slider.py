"""A number between two ends, by moving a slider or by writing it.

`min` (0) and `max` (100) are the ends, `low_label` and `high_label` the words there; whole numbers only. Without script
it is a box for the number, which is the answer; with it a slider stands beside the box and moves it. Nothing is
answered before one of them is touched. The score is the number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import (
    Analysis,
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    check_span,
    check_texts,
    filled,
    hookimpl,
    read_within,
    tell_span,
    text_for,
)

ENDS: dict[str, Any] = {"min": 0, "max": 100}

HTML = """<div class="line slider" data-slider>
<label for="{{ field }}-value">{{ label }}</label>
<p class="with-unit"><input id="{{ field }}-value" name="{{ field }}" inputmode="numeric" maxlength="40"
 data-min="{{ texts.min }}" data-max="{{ texts.max }}" aria-describedby="{{ field }}-hint {{ field }}-ends"
 value="{{ typed[""]|join }}"{% if question.required %} required{% endif %}>
<span class="hint" id="{{ field }}-hint">{{ texts.hint }}</span></p>
<p class="ends" id="{{ field }}-ends"><span>{{ texts.low }}</span> <span>{{ texts.high }}</span></p>
</div>
"""


class Slider:
    name = "slider"
    html = HTML
    own_words = False
    options: tuple[str, ...] = ("min", "max", "low_label", "high_label")
    analysis = Analysis("interval", ("mean", "median", "quartiles"))

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        yield from check_span({**ENDS, **options})
        for key in ("min", "max"):
            if type(options.get(key, 0)) is not int:
                yield f"{key}: takes a whole number, not {options[key]!r}"
        for key in ("low_label", "high_label"):
            yield from check_texts(key, options.get(key, {"en": ""}))

    def low_up_to(self, question: Question) -> float | None:
        return None

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        ends = {**ENDS, **question.options}
        labels = {"low": ends.get("low_label"), "high": ends.get("high_label")}
        words = {name: text_for(texts, locale) for name, texts in labels.items() if texts}
        return {"min": ends["min"], "max": ends["max"], "low": "", "high": "", **words, "hint": tell_span(ends, _)}

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return filled(value=[given.value])

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        return read_within(form, field, {**ENDS, **question.options})

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        ends = [f"{texts['min']} {texts['low']}".strip(), f"{texts['max']} {texts['high']}".strip()]
        return f"{label}\n({' … '.join(ends)})"


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Slider()]
