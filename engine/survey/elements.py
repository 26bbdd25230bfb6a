"""What question types are made of: HTML that works without script, for a page that renders it with autoescaping.

The sources are Jinja templates. `texts` are the words for them, already in the client's language; `typed` is what
stands in the fields. A scale of points is a question type as it stands; other types put these pieces together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.survey.options import Gettext, check_texts, check_whole, text_for
from engine.survey.reading import MOST_CHARACTERS, Form, filled, read_one
from engine.types import Analysis, Given, Question

CHOSEN = """{% if key in typed[""] %} checked{% endif %}{% if question.required %} required{% endif %}"""

SCALE = (
    """<fieldset class="scale scale-{{ texts.points|length }}" aria-describedby="{{ field }}-ends">
<legend>{{ label }}</legend>
<div class="points">
{%- for key, band in texts.points %}
<label><input type="radio" name="{{ field }}" value="{{ key }}"{% if band %} data-band="{{ band }}"{% endif %}"""
    + CHOSEN
    + """> <span>{{ key }}</span></label>
{%- endfor %}
</div>
<p class="ends" id="{{ field }}-ends"><span>{{ texts.low }}</span> <span>{{ texts.high }}</span></p>
</fieldset>
"""
)

# Words for what was not offered are asked for once “something else” is chosen (`:has()` over `:placeholder-shown`,
# hence the blank placeholder), and always where a browser cannot tell.
OTHER_WORDS = """{%- if texts.other and "text" not in withheld %}
<div class="other">
<label for="{{ field }}-text">{{ texts.other }}</label>
<input id="{{ field }}-text" name="{{ field }}.text" maxlength="{{ texts.most }}" placeholder=" "
 value="{{ typed["text"]|join }}">
</div>
{%- endif %}
"""

RADIOS = (
    """<fieldset class="choices">
<legend>{{ label }}</legend>
{%- for key, words in texts.choices %}
<label><input type="radio" name="{{ field }}" value="{{ key }}\""""
    + CHOSEN
    + """> <span>{{ words }}</span></label>
{%- endfor %}
%s</fieldset>
"""
)
RADIOS, RADIOS_AND_OTHER = (RADIOS.replace("%s", more) for more in ("", OTHER_WORDS))

# A browser drops the first line break inside a textarea, so one is given to it.
OWN_WORDS = """{% if "text" not in withheld %}
<div class="own-words">
<label for="{{ field }}-text">{{ texts.words_label or label }}</label>
<textarea id="{{ field }}-text" name="{{ field }}.text" rows="3" maxlength="{{ texts.most }}"
 aria-describedby="{{ field }}-hint"{% if question.required and not texts.words_label %} required{% endif %}>
{{ typed["text"]|join }}</textarea>
<p class="hint" id="{{ field }}-hint">{{ texts.hint }}</p>
</div>
{% endif %}
"""

LINE = """<div class="line">
<label for="{{ field }}-value">{{ label }}</label>
<p class="with-unit"><input id="{{ field }}-value" name="{{ field }}{{ texts.part }}"
{%- for name, value in texts.input.items() %} {{ name }}="{{ value }}"{% endfor %} value="{{ typed[texts.typed]|join }}"
{%- if texts.told_by %} aria-describedby="{% for name in texts.told_by %}{{ field }}-{{ name }} {% endfor %}"{% endif %}
{%- if question.required %} required{% endif %}>
{%- if texts.unit %} <span id="{{ field }}-unit">{{ texts.unit }}</span>{% endif %}</p>
{%- if texts.hint %}
<p class="hint" id="{{ field }}-hint">{{ texts.hint }}</p>
{%- endif %}
</div>
"""


POINTS = Analysis("ordinal", ("mean", "distribution"))


class Scale:
    """A question type: points in a row from `first` to `last`, with words at both ends.

    `low` and `high` are the usual words, a question may bring its own as `low_label` and `high_label`. With
    `resizable` a question may set its last point by `scale`. The point is the answer's value, its number the score.
    Scores in the lower half are low, unless `low_up_to` says otherwise.
    """

    html = SCALE
    own_words = False

    def __init__(
        self,
        name: str,
        first: int,
        last: int,
        *,
        low: str,
        high: str,
        analysis: Analysis = POINTS,
        resizable: bool = False,
        low_up_to: int | None = None,
    ) -> None:
        self.name, self.analysis = name, analysis
        self._low_up_to = low_up_to
        self.first, self.last, self.low, self.high = first, last, low, high
        self.options: tuple[str, ...] = ("low_label", "high_label", *(["scale"] if resizable else []))

    def points(self, options: Mapping[str, Any]) -> list[str]:
        return [str(point) for point in range(self.first, options.get("scale", self.last) + 1)]

    def low_up_to(self, question: Question) -> float | None:
        last = question.options.get("scale", self.last)
        return self._low_up_to if self._low_up_to is not None else lower_half(self.first, last)

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        yield from check_whole("scale", options.get("scale", self.last), 3, 11)
        for key in ("low_label", "high_label"):
            yield from check_texts(key, options.get(key, {"en": ""}))

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        low, high = (question.options.get(key) for key in ("low_label", "high_label"))
        return {
            "points": [(point, "") for point in self.points(question.options)],
            "low": text_for(low, locale) if low else _(self.low),
            "high": text_for(high, locale) if high else _(self.high),
        }

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return filled(value=[given.value])

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        value = read_one(form, field, self.points(question.options))
        return None if value is None else Given(value=value, score=float(value))

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        points = texts["points"]
        return f"{label}\n{points[0][0]} = {texts['low']} … {points[-1][0]} = {texts['high']}"


def lower_half(first: int, last: int) -> int:
    """The last point of the lower half of a scale; the middle one of an odd number belongs to neither half.

    >>> lower_half(1, 5), lower_half(1, 4), lower_half(1, 7)
    (2, 2, 3)
    """
    return first + (last - first + 1) // 2 - 1


def words_texts(label: str, _: Gettext) -> dict[str, Any]:
    """What OWN_WORDS needs. `label` empty: the question itself stands above the box."""
    return {"words_label": label, "hint": _("As short as you like."), "most": MOST_CHARACTERS}


def line_texts(*, unit: str = "", hint: str = "", part: str = "", **attributes: object) -> dict[str, Any]:
    """What LINE needs. `part`: the part of the field it posts; `attributes` of its input."""
    told_by = [name for name, text in (("unit", unit), ("hint", hint)) if text]
    described = {"unit": unit, "hint": hint, "told_by": told_by}
    return {**described, "part": part and f".{part}", "typed": part, "input": attributes}
