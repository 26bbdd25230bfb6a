"""Any number of several answers.

`choices` lists them: names, or names with their texts by language. The answer's value is the names chosen, by comma, in
the order they were offered; `data["choices"]` is the same as a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import (
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    check_named,
    hookimpl,
    listed,
    named_texts,
    read_many,
)

HTML = """<fieldset class="choices" aria-describedby="{{ field }}-hint">
<legend>{{ label }}</legend>
<p class="hint" id="{{ field }}-hint">{{ texts.hint }}</p>
{%- for key, words in texts.choices %}
<label><input type="checkbox" name="{{ field }}" value="{{ key }}"
{%- if given and key in (given.value or "").split(",") %} checked{% endif %}> <span>{{ words }}</span></label>
{%- endfor %}
</fieldset>
"""


class Choices:
    name = "choices"
    html = HTML
    own_words = False
    options: tuple[str, ...] = ("choices",)

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        return check_named("choices", options.get("choices"))

    def low_up_to(self, question: Question) -> float | None:
        return None

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        return {"choices": named_texts(question.options["choices"], locale), "hint": _("Choose any that apply.")}

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        chosen = read_many(form, field, list(question.options["choices"]))
        return Given(value=",".join(chosen), data={"choices": chosen}) if chosen else None

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return listed(f"{label} ({texts['hint']})", texts["choices"])


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Choices()]
