"""How likely somebody is to recommend us, the reasons behind it and their own words, in one element.

`reasons` names them for each band of the score: `low` (0 to 6), `middle` (7 and 8), `high` (9 and 10); each a list of
names of constructs, or names with their texts by language. A page shows the reasons of the band that was chosen, and
all of them where a browser cannot tell (`:has()` over `data-band`). What was ticked is kept by band, next to the band
of the score; what was ticked before the score was changed, and no longer shows, is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import (
    OWN_WORDS,
    Analysis,
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    Scale,
    check_named,
    filled,
    hookimpl,
    marked,
    named_texts,
    nearest,
    read_many,
    read_words,
    words_texts,
)

BANDS = ("low", "middle", "high")

ANALYSIS = Analysis("ordinal", ("share of 9 and 10 less share of 0 to 6", "count of each reason by band", "verbatims"))
NPS = Scale(
    "nps",
    0,
    10,
    low=marked("Not at all likely"),
    high=marked("Extremely likely"),
    low_up_to=6,
    analysis=ANALYSIS,
)

REASONS = """{%- for band, why, reasons in texts.reasons %}
<fieldset class="choices reasons reasons-{{ band }}">
<legend>{{ why }}</legend>
{%- for key, words in reasons %}
<label><input type="checkbox" name="{{ field }}.{{ band }}" value="{{ key }}"
{%- if key in typed[band] %} checked{% endif %}>
<span>{{ words }}</span></label>
{%- endfor %}
</fieldset>
{%- endfor %}
"""


class NpsPlus:
    name = "nps_plus"
    html = f'<div class="nps-plus">\n{NPS.html}{REASONS}{OWN_WORDS}</div>\n'
    own_words = True
    options: tuple[str, ...] = (*NPS.options, "reasons")
    analysis = ANALYSIS

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        yield from NPS.check(options)
        reasons = options.get("reasons", {})
        if not isinstance(reasons, Mapping):
            yield "reasons: takes low, middle and high, each with the reasons to choose from"
            return
        for band in reasons:
            if band not in BANDS:
                yield f"reasons: there is no band “{band}”, only low, middle and high.{nearest(str(band), BANDS)}"
            else:
                yield from check_named(f"reasons: {band}", reasons[band])

    def low_up_to(self, question: Question) -> float | None:
        return NPS.low_up_to(question)

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        why = {"low": _("What disappointed you?"), "middle": _("What holds you back?"), "high": _("What do you value?")}
        reasons = question.options.get("reasons", {})
        return {
            **NPS.texts(question, locale, _),
            **words_texts(_("Why? In your own words"), _),
            "points": [(point, band_of(int(point))) for point in NPS.points({})],
            "reasons": [(band, why[band], named_texts(reasons[band], locale)) for band in BANDS if band in reasons],
        }

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return filled(value=[given.value], text=[given.text], **given.data.get("reasons", {}))

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        score = NPS.read(question, form, field)
        offered = question.options.get("reasons", {})
        reasons = {band: read_many(form, f"{field}.{band}", list(offered[band])) for band in BANDS if band in offered}
        reasons = {band: chosen for band, chosen in reasons.items() if chosen}
        words = read_words(form, field)
        if score is None:
            return Given(text=words, data={"reasons": reasons}) if words or reasons else None
        band = band_of(int(score.value or 0))
        reasons = {band: reasons[band]} if band in reasons else {}
        return Given(value=score.value, score=score.score, text=words, data={"band": band, "reasons": reasons})

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return f"{NPS.as_text(label, texts)}\n{texts['words_label']}"


def band_of(score: int) -> str:
    """Promoters give 9 or 10, passives 7 or 8 (Reichheld, 2003)."""
    return "low" if score < 7 else "middle" if score < 9 else "high"


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [NpsPlus()]
