"""Any number of several answers.

`choices` lists them: names, or names with their texts by language; `other` adds one in the client's own words, as for
`choice`. `exclusive` names those that go with no other, such as “nothing of this”. `min` and `max` say how many are
taken, of those who answer at all. The answer's value is the names chosen, by comma, in the order they were offered;
`data["choices"]` is the same as a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import (
    OTHER,
    OTHER_WORDS,
    Analysis,
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    check_choices,
    check_whole,
    choice_texts,
    filled,
    hookimpl,
    listed,
    nearest,
    offered,
    read_line,
    read_many,
    refused,
)

HTML = (
    """<fieldset class="choices" aria-describedby="{{ field }}-hint">
<legend>{{ label }}</legend>
<p class="hint" id="{{ field }}-hint">{{ texts.hint }}</p>
{%- for key, words in texts.choices %}
<label><input type="checkbox" name="{{ field }}" value="{{ key }}"
{%- if key in texts.exclusive %} data-exclusive{% endif %}
{%- if key in typed[""] %} checked{% endif %}> <span>{{ words }}</span></label>
{%- endfor %}
"""
    + OTHER_WORDS
    + """</fieldset>
"""
)


class Choices:
    name = "choices"
    html = HTML
    own_words = False
    options: tuple[str, ...] = ("choices", "other", "exclusive", "min", "max")
    analysis = Analysis("nominal", ("share of people who chose each",))

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        yield from check_choices(options)
        choices = options.get("choices")
        names = list(choices) if isinstance(choices, Mapping | list) else []
        number = max(len(names) + bool(options.get("other")), 1)
        for key in {"min", "max"} & options.keys():
            yield from check_whole(key, options[key], 1, number)
        least, most = options.get("min", 1), options.get("max", number)
        if type(least) is type(most) is int and least > most:
            yield "min: is more than max"
        exclusive = options.get("exclusive", [])
        if not isinstance(exclusive, list):
            yield "exclusive: takes a list of names that stand in choices"
            return
        for name in exclusive:
            if name not in names:
                yield f"exclusive: there is no “{name}” in choices.{nearest(str(name), map(str, names))}"

    def low_up_to(self, question: Question) -> float | None:
        return None

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        exclusive = question.options.get("exclusive", [])
        hint = _how_many(question.options.get("min", 1), question.options.get("max"), _)
        return {**choice_texts(question, locale, _), "exclusive": exclusive, "hint": hint}

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return filled(value=(given.value or "").split(","), text=[given.text])

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        chosen = read_many(form, field, offered(question))
        other = read_line(form, f"{field}.text") if question.options.get("other") else ""
        if other and OTHER not in chosen:
            chosen.append(OTHER)
        if not chosen:
            return None
        _check_number(question.options, chosen, field)
        return Given(value=",".join(chosen), text=other or None, data={"choices": chosen})

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return listed(f"{label} ({texts['hint']})", texts["choices"])


def _how_many(least: int, most: int | None, _: Gettext) -> str:
    if least > 1 and most:
        told = _("Choose %(least)s to %(most)s.") if least < most else _("Choose %(least)s.")
        return told % {"least": least, "most": most}
    if least > 1:
        return _("Choose at least %(least)s.") % {"least": least}
    return _("Choose up to %(most)s.") % {"most": most} if most else _("Choose any that apply.")


def _check_number(options: Mapping[str, Any], chosen: Sequence[str], field: str) -> None:
    if len(chosen) > 1 and set(options.get("exclusive", ())) & set(chosen):
        raise refused(field, "One of these goes with no other answer. Please keep either that one or the others.")
    if len(chosen) < options.get("min", 1):
        raise refused(field, "Please choose at least %(least)s of these, or none.", least=options["min"])
    if len(chosen) > options.get("max", len(chosen)):
        raise refused(field, "Please choose %(most)s of these at most.", most=options["max"])


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Choices()]
