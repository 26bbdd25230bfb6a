"""Putting things in order.

`choices` lists them: names, or names with their texts by language. `max` is how many places there are, if not as many
as things: “your first three”. Without script each thing has a list of places; with it each can also be moved up and
down by its buttons, and dragged by its grip, with a mouse or a finger. A part may be ranked and the rest left. The
answer's value is the names in order, by comma; `data["ranking"]` is the same as a list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import (
    Analysis,
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    check_named,
    check_whole,
    hookimpl,
    listed,
    named_texts,
    read_one,
    refused,
)

HTML = """<fieldset class="ranking" data-up="{{ texts.up }}" data-down="{{ texts.down }}" data-moved="{{ texts.moved }}"
 aria-describedby="{{ field }}-hint">
<legend>{{ label }}</legend>
<p class="hint" id="{{ field }}-hint">{{ texts.hint }}</p>
<ol>
{%- for key, words in texts.choices %}
<li><label for="{{ field }}-{{ loop.index }}">{{ words }}</label>
<select id="{{ field }}-{{ loop.index }}" name="{{ field }}.{{ key }}"><option value="">–</option>
{%- for place in texts.places %}
<option{% if place in typed[key] %} selected{% endif %}>{{ place }}</option>
{%- endfor %}
</select></li>
{%- endfor %}
</ol>
</fieldset>
"""


class Ranking:
    name = "ranking"
    html = HTML
    own_words = False
    options: tuple[str, ...] = ("choices", "max")
    analysis = Analysis("ranks", ("mean place", "share of first places"))

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        choices = options.get("choices")
        yield from check_named("choices", choices)
        number = len(choices) if isinstance(choices, Mapping | list) else 0
        if number < 2:
            yield "choices: takes two things or more to put in order"
        elif "max" in options:
            yield from check_whole("max", options["max"], 1, number)

    def low_up_to(self, question: Question) -> float | None:
        return None

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        places = _places(question)
        if len(places) < len(question.options["choices"]):
            hint = _("Give the first %(most)s a place; 1 is first.") % {"most": len(places)}
        else:
            hint = _("Give each a place; 1 is first. What you leave out is not ranked.")
        return {
            "choices": named_texts(question.options["choices"], locale),
            "places": places,
            "hint": hint,
            "up": _("Move up"),
            "down": _("Move down"),
            "moved": _("Place %(place)s: %(words)s"),
        }

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        ranking = given.data.get("ranking", ())
        return {key: [str(place)] for place, key in enumerate(ranking, 1)}

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        places = _places(question)
        found = {key: read_one(form, f"{field}.{key}", places) for key in question.options["choices"]}
        given = {key: int(place) for key, place in found.items() if place}
        twice = min((place for place, number in Counter(given.values()).items() if number > 1), default=0)
        if twice:
            raise refused(field, "Place %(place)s was given more than once. Please give each its own.", place=twice)
        ranking = sorted(given, key=given.__getitem__)
        return Given(value=",".join(ranking), data={"ranking": ranking}) if ranking else None

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return listed(f"{label}\n({texts['hint']})", texts["choices"])


def _places(question: Question) -> list[str]:
    most = question.options.get("max", len(question.options["choices"]))
    return [str(place) for place in range(1, most + 1)]


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Ranking()]
