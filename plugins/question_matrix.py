"""The same question about several things, a line for each.

`rows` lists the things, best named after the constructs they measure; `columns` the answers: names, or names with their
texts by language. Instead of columns `scale` makes points from 1 to it, with `low_label` and `high_label` at the ends.
On a phone each line is a card of its own. Lines may be left out. `data["rows"]` is what was chosen for each; on a scale
the score is the mean, and what has a point of the lower half is kept as a reason of it.
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
    check_named,
    check_texts,
    check_whole,
    hookimpl,
    listed,
    lower_half,
    marked,
    named_texts,
    read_one,
    text_for,
)

MOST_ROWS = 12
MOST_COLUMNS = 7
ENDS = {"low_label": marked("Poor"), "high_label": marked("Excellent")}

HTML = """<fieldset class="matrix{% if texts.low %} numbered{% endif %}"
{%- if texts.low %} aria-describedby="{{ field }}-ends"{% endif %}>
<legend>{{ label }}</legend>
{%- if texts.low %}
<p class="ends" id="{{ field }}-ends"><span>1 = {{ texts.low }}</span>
<span>{{ texts.columns|length }} = {{ texts.high }}</span></p>
{%- endif %}
<div class="columns" aria-hidden="true"><span></span>
{%- for _key, words in texts.columns %}<span>{{ words }}</span>{% endfor %}</div>
{%- for row, about in texts.rows %}
<fieldset class="row">
<legend>{{ about }}</legend>
{%- for key, words in texts.columns %}
<label><input type="radio" name="{{ field }}.{{ row }}" value="{{ key }}"
{%- if key in typed[row] %} checked{% endif %}> <span>{{ words }}</span></label>
{%- endfor %}
</fieldset>
{%- endfor %}
</fieldset>
"""


class Matrix:
    name = "matrix"
    html = HTML
    own_words = False
    options: tuple[str, ...] = ("rows", "columns", "scale", "low_label", "high_label")
    analysis = Analysis("ordinal", ("distribution of each row", "mean of each row, on a scale"))

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        yield from check_named("rows", options.get("rows"))
        rows = options.get("rows")
        if isinstance(rows, Mapping | list) and len(rows) > MOST_ROWS:
            yield f"rows: takes {MOST_ROWS} lines at most; nobody fills in more"
        if ("columns" in options) == ("scale" in options):
            yield "columns: takes the answers of each line; or leave it out and set scale"
        elif "columns" in options:
            yield from check_named("columns", options["columns"])
            if isinstance(options["columns"], Mapping | list) and len(options["columns"]) > MOST_COLUMNS:
                yield f"columns: takes {MOST_COLUMNS} answers at most; a phone has no room for more"
        else:
            yield from check_whole("scale", options["scale"], 3, MOST_COLUMNS)
        for key in ENDS:
            yield from check_texts(key, options.get(key, {"en": ""}))

    def low_up_to(self, question: Question) -> float | None:
        scale = question.options.get("scale")
        return None if scale is None else lower_half(1, scale)

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        options = question.options
        texts = {"rows": named_texts(options["rows"], locale), "low": "", "high": ""}
        if "columns" in options:
            return {**texts, "columns": named_texts(options["columns"], locale)}
        low, high = (text_for(options[key], locale) if key in options else _(usual) for key, usual in ENDS.items())
        return {**texts, "columns": [(key, key) for key in _columns(question)], "low": low, "high": high}

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return {row: [column] for row, column in given.data.get("rows", {}).items()}

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        columns = _columns(question)
        found = {row: read_one(form, f"{field}.{row}", columns) for row in question.options["rows"]}
        rows = {row: column for row, column in found.items() if column}
        if not rows:
            return None
        value = ",".join(f"{row}={column}" for row, column in rows.items())
        if "scale" not in question.options:
            return Given(value=value, data={"rows": rows})
        points = {row: int(column) for row, column in rows.items()}
        low = [row for row, point in points.items() if point <= lower_half(1, question.options["scale"])]
        mean = sum(points.values()) / len(points)
        return Given(value=value, score=round(mean, 2), data={"rows": rows, "reasons": {"low": low} if low else {}})

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        columns = ", ".join(words for _key, words in texts["columns"])
        ends = f" ({texts['low']} … {texts['high']})" if texts["low"] else ""
        return listed(f"{label}\n({columns}{ends})", texts["rows"])


def _columns(question: Question) -> list[str]:
    if "columns" in question.options:
        return list(question.options["columns"])
    return [str(point) for point in range(1, question.options["scale"] + 1)]


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Matrix()]
