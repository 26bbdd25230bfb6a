"""A rating in points, usually from 1 to 5.

`scale` is the last point, `low_label` and `high_label` replace the words at the ends. `look`: `numbers`; `stars`, each
with its number; `faces`, which have a word each, on a scale of 3 or 5. The score is the point chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import (
    CHOSEN,
    Analysis,
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    Scale,
    check_word,
    hookimpl,
    listed,
    marked,
)

POINTS = Scale(
    "rating",
    1,
    5,
    low=marked("Poor"),
    high=marked("Excellent"),
    resizable=True,
    analysis=Analysis("ordinal", ("mean", "share of the two highest", "distribution")),
)
LOOKS = ("numbers", "stars", "faces")
FACES = {
    3: (marked("Poor"), marked("Fair"), marked("Good")),
    5: (marked("Very poor"), marked("Poor"), marked("Fair"), marked("Good"), marked("Very good")),
}
MOUTHS = {3: (1, 3, 5), 5: (1, 2, 3, 4, 5)}
"""How far up the corners of each mouth are: 3 is a straight line."""

# A star or a face only goes with the number or the word beside it, so that it is drawn and not read out.
STAR = """<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 2.5l2.9 6.2 6.6.8-4.9 4.6 1.3 6.7-5.9-3.3-5.9 3.3 \
1.3-6.7L2.5 9.5l6.6-.8z"/></svg>"""
FACE = """<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10"/><path d="M8.5 9v1M15.5 9v1M7.5 \
{{ 19 - mouth }}Q12 {{ 11.5 + mouth * 1.5 }} 16.5 {{ 19 - mouth }}"/></svg>"""

DRAWN = (
    """<fieldset class="drawn {{ texts.look }}"
{%- if texts.look == "stars" %} aria-describedby="{{ field }}-ends"{% endif %}>
<legend>{{ label }}</legend>
<div class="points">
{%- for key, words, mouth in texts.drawn %}
<label><input type="radio" name="{{ field }}" value="{{ key }}\""""
    + CHOSEN
    + f""">
<span>{{% if texts.look == "stars" %}}{STAR}{{% else %}}{FACE}{{% endif %}} {{{{ words }}}}</span></label>
{{%- endfor %}}
</div>
{{%- if texts.look == "stars" %}}
<p class="ends" id="{{{{ field }}}}-ends"><span>{{{{ texts.low }}}}</span> <span>{{{{ texts.high }}}}</span></p>
{{%- endif %}}
</fieldset>
"""
)


class Rating:
    name = "rating"
    html = f"{{% if texts.drawn %}}{DRAWN}{{% else %}}{POINTS.html}{{% endif %}}"
    own_words = False
    options: tuple[str, ...] = (*POINTS.options, "look")
    analysis = POINTS.analysis

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        yield from POINTS.check(options)
        look = options.get("look", "numbers")
        yield from check_word("look", look, LOOKS)
        if look == "faces" and options.get("scale", 5) not in FACES:
            yield "look: faces go with a scale of 3 or 5"

    def low_up_to(self, question: Question) -> float | None:
        return POINTS.low_up_to(question)

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        texts, look = POINTS.texts(question, locale, _), question.options.get("look", "numbers")
        points = POINTS.points(question.options)
        words = [_(word) for word in FACES[len(points)]] if look == "faces" else points
        mouths = MOUTHS.get(len(points), points)
        drawn = list(zip(points, words, mouths, strict=True)) if look != "numbers" else []
        return {**texts, "look": look, "drawn": drawn}

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return POINTS.fill(question, given)

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        return POINTS.read(question, form, field)

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        if texts["look"] == "faces":
            return listed(label, [(key, f"{key} = {words}") for key, words, _mouth in texts["drawn"]])
        return POINTS.as_text(label, texts)


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Rating()]
