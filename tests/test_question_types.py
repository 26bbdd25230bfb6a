"""Question types: elements that work by keyboard and without script, and strict reading of what comes back."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined

from engine.errors import InputError
from engine.registry import build_plugins
from engine.survey.reading import TYPED, parts_of, typed_of
from engine.types import Given, Question

TYPES = build_plugins().question_types
PAGE = Environment(autoescape=True, undefined=StrictUndefined)
WEEKLY = {"weekly": {"en": "Every week", "de": "Jede Woche"}, "yearly": {"en": "Every year"}, "never": {"en": "Never"}}
REASONS = {"low": {"price": {"en": "The price", "de": "Der Preis"}}, "high": ["people", "on_time"]}
OPTIONS: dict[str, dict[str, Any]] = {
    "choice": {"choices": WEEKLY, "other": True},
    "choices": {"choices": WEEKLY, "exclusive": ["never"], "other": True},
    "nps_plus": {"reasons": REASONS},
    "number": {"min": 0, "unit": {"en": "hours", "de": "Stunden"}},
    "ranking": {"choices": {"price": {"en": "The price"}, "speed": {"en": "Speed"}, "items": {"en": "Items"}}},
    "matrix": {"rows": {"speed": {"en": "Speed"}, "quality": {"en": "Quality"}}, "scale": 5},
}
ALL = sorted(
    {
        "nps", "nps_plus", "rating", "satisfaction", "effort", "choice", "choices", "text", "yes_no", "number", "date",
        "slider", "ranking", "matrix", "call_me",
    }
)  # fmt: skip


def make_question(kind: str, **options: Any) -> Question:
    return Question(name="q", type=kind, ask={"en": "How?"}, options=OPTIONS.get(kind, {}) | options)


def translate(text: str) -> str:
    return f"⟨{text}⟩"


def texts_of(question: Question, locale: str = "en") -> dict[str, Any]:
    return TYPES[question.type].texts(question, locale, translate)


def show(question: Question, given: Given | None = None, label: str = "How?") -> str:
    template = PAGE.from_string(TYPES[question.type].html)
    typed = typed_of(TYPES[question.type], question, given)
    values = {"question": question, "field": "q1", "label": label, "texts": texts_of(question), "typed": typed}
    return template.render(**values, withheld=frozenset(), _=str)


def read(question: Question, **posted: str | list[str]) -> Given | None:
    form = {name.replace("__", "."): [value] if isinstance(value, str) else value for name, value in posted.items()}
    return TYPES[question.type].read(question, form, "q1")


class Elements(HTMLParser):
    """Every tag with its attributes, and those that are open around it."""

    VOID = ("input", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), tuple(self.open)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, *tags: str) -> list[tuple[dict[str, str | None], tuple[str, ...]]]:
        return [(attributes, around) for tag, attributes, around in self.found if tag in tags]


def test_all_types_are_there_from_the_start() -> None:
    assert set(ALL) <= set(TYPES)


@pytest.mark.parametrize("kind", ALL)
def test_every_input_has_a_label_and_every_group_a_legend(kind: str) -> None:
    page = Elements(show(make_question(kind)))
    assert page.open == []
    labelled = {attributes.get("for") for attributes, _ in page.all("label")}
    for attributes, around in page.all("input", "textarea"):
        assert "label" in around or attributes["id"] in labelled
        assert str(attributes["name"]).split(".")[0] == "q1"
        if attributes.get("type") in ("radio", "checkbox"):
            assert "fieldset" in around
    assert len(page.all("legend")) == len(page.all("fieldset"))


@pytest.mark.parametrize("kind", ALL)
def test_ids_are_unique_and_what_describes_an_element_is_there(kind: str) -> None:
    attributes = [found for _, found, _ in Elements(show(make_question(kind))).found]
    ids = [found["id"] for found in attributes if "id" in found]
    assert len(ids) == len(set(ids))
    told_by = [name for found in attributes for name in str(found.get("aria-describedby", "")).split()]
    assert set(told_by) <= set(ids)


@pytest.mark.parametrize("kind", ALL)
def test_no_element_brings_script_or_style(kind: str) -> None:
    for tag, attributes, _ in Elements(show(make_question(kind))).found:
        assert tag not in ("script", "style", "link", "img", "iframe")
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("kind", ALL)
def test_what_people_wrote_is_escaped(kind: str) -> None:
    nasty = '"><script>alert(1)</script></textarea>'
    given = Given(value=nasty, text=nasty, data={"when": nasty, "number": nasty})
    assert "<script" not in show(make_question(kind), given, label=nasty)


@pytest.mark.parametrize("kind", ALL)
def test_a_question_that_was_skipped_has_no_answer(kind: str) -> None:
    assert read(make_question(kind)) is None
    assert read(make_question(kind), q1="", q1__text=" \r\n ") is None


@pytest.mark.parametrize(
    ("kind", "posted", "answer"),
    [
        ("nps", {"q1": "0"}, Given(value="0", score=0)),
        ("nps", {"q1": "10"}, Given(value="10", score=10)),
        ("rating", {"q1": "5"}, Given(value="5", score=5)),
        ("satisfaction", {"q1": "2"}, Given(value="2", score=2)),
        ("effort", {"q1": "7"}, Given(value="7", score=7)),
        ("yes_no", {"q1": "yes"}, Given(value="yes", score=1)),
        ("yes_no", {"q1": "no"}, Given(value="no", score=0)),
        ("choice", {"q1": "weekly"}, Given(value="weekly")),
        ("choice", {"q1": "other", "q1__text": " At  once "}, Given(value="other", text="At once")),
        ("choice", {"q1__text": "At once"}, Given(value="other", text="At once")),
        ("choices", {"q1": ["yearly", "weekly"]}, Given(value="weekly,yearly", data={"choices": ["weekly", "yearly"]})),
        ("choices", {"q1": "never"}, Given(value="never", data={"choices": ["never"]})),
        (
            "choices",
            {"q1": "weekly", "q1__text": "Daily"},
            Given(value="weekly,other", text="Daily", data={"choices": ["weekly", "other"]}),
        ),
        ("number", {"q1": "1,234 Hours"}, Given(value="1234", score=1234)),
        ("number", {"q1": "٤٢"}, Given(value="42", score=42)),
        ("date", {"q1": "2026-12-07"}, Given(value="2026-12-07")),
        ("date", {"q1": "7.12.2026"}, Given(value="2026-12-07")),
        ("slider", {"q1": "0"}, Given(value="0", score=0)),
        (
            "ranking",
            {"q1__speed": "1", "q1__items": "3"},
            Given(value="speed,items", data={"ranking": ["speed", "items"]}),
        ),
        (
            "matrix",
            {"q1__speed": "2", "q1__quality": "5"},
            Given(
                value="speed=2,quality=5",
                score=3.5,
                data={"rows": {"speed": "2", "quality": "5"}, "reasons": {"low": ["speed"]}},
            ),
        ),
        ("call_me", {"q1__when": "Friday"}, Given(value="yes", data={"when": "Friday"})),
        ("text", {"q1__text": " Two\r\nlines. "}, Given(text="Two\nlines.")),
        ("nps_plus", {"q1": "9"}, Given(value="9", score=9, data={"band": "high", "reasons": {}})),
        (
            "nps_plus",
            {"q1": "3", "q1__low": "price", "q1__text": "Too dear."},
            Given(value="3", score=3, text="Too dear.", data={"band": "low", "reasons": {"low": ["price"]}}),
        ),
        ("nps_plus", {"q1": "9", "q1__low": "price"}, Given(value="9", score=9, data={"band": "high", "reasons": {}})),
        ("nps_plus", {"q1__text": "No number."}, Given(text="No number.", data={"reasons": {}})),
    ],
)
def test_an_answer_is_read_as_it_was_given(kind: str, posted: dict[str, Any], answer: Given) -> None:
    assert read(make_question(kind), **posted) == answer


@pytest.mark.parametrize(
    ("kind", "posted"),
    [
        ("nps", {"q1": "11"}),
        ("nps", {"q1": "-1"}),
        ("nps", {"q1": "07"}),
        ("nps", {"q1": "７"}),
        ("nps", {"q1": "7.0"}),
        ("nps", {"q1": ["7", "8"]}),
        ("rating", {"q1": "0"}),
        ("rating", {"q1": "6"}),
        ("satisfaction", {"q1": "6"}),
        ("effort", {"q1": "8"}),
        ("yes_no", {"q1": "maybe"}),
        ("choice", {"q1": "monthly"}),
        ("choices", {"q1": ["weekly", "monthly"]}),
        ("choices", {"q1": ["weekly", "never"]}),
        ("choices", {"q1": "never", "q1__text": "But daily"}),
        ("choice", {"q1__text": "x" * 201}),
        ("number", {"q1": "many"}),
        ("number", {"q1": "2.5"}),
        ("number", {"q1": "-1"}),
        ("number", {"q1": "1,23,4"}),
        ("number", {"q1": "9" * 30}),
        ("number", {"q1": "NaN"}),
        ("date", {"q1": "7/12/2026"}),
        ("date", {"q1": "2026-02-30"}),
        ("slider", {"q1": "101"}),
        ("ranking", {"q1__speed": "4"}),
        ("ranking", {"q1__speed": "1", "q1__items": "1"}),
        ("matrix", {"q1__speed": "6"}),
        ("matrix", {"q1__speed": ["1", "2"]}),
        ("call_me", {"q1__number": "soon"}),
        ("nps_plus", {"q1": "3", "q1__low": "people"}),
        ("text", {"q1__text": "x" * 20_001}),
    ],
)
def test_what_was_not_offered_is_refused_with_the_field_it_came_in(kind: str, posted: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        read(make_question(kind), **posted)
    assert caught.value.about.startswith("q1")


PARTS = ("q1", "q1.", "q1.text", "q1.low", "q1.when", "q1.number", "q1.speed", "q1.items", "q1.quality", "q12", "")
GARBAGE = st.dictionaries(
    st.sampled_from(PARTS) | st.text(),
    st.lists(st.text() | st.sampled_from(["1", "2", "10", "weekly", "never", "other", "price", "yes", "2026-12-07"])),
)


@settings(max_examples=300)
@given(st.sampled_from(ALL), GARBAGE)
def test_whatever_is_posted_is_an_answer_or_none_or_refused_and_can_be_shown_again(
    kind: str, form: dict[str, list[str]]
) -> None:
    question = make_question(kind)
    try:
        answer = TYPES[kind].read(question, form, "q1")
    except InputError:
        answer = Given(data={TYPED: parts_of(form, "q1")})
    else:
        assert answer is None or answer != Given()
    assert Elements(show(question, answer)).open == []


@settings(max_examples=300)
@given(st.sampled_from(ALL), GARBAGE)
def test_what_fills_the_fields_again_gives_the_same_answer(kind: str, form: dict[str, list[str]]) -> None:
    question = make_question(kind)
    try:
        answer = TYPES[kind].read(question, form, "q1")
    except InputError:
        return
    if answer is not None:
        parts = TYPES[kind].fill(question, answer)
        again = {f"q1.{part}" if part else "q1": values for part, values in parts.items()}
        assert TYPES[kind].read(question, again, "q1") == answer


@pytest.mark.parametrize(
    ("kind", "posted"),
    [
        ("nps", {"q1": "7"}),
        ("yes_no", {"q1": "no"}),
        ("choice", {"q1": "weekly"}),
        ("choices", {"q1": ["weekly", "yearly"]}),
        ("matrix", {"q1__speed": "2", "q1__quality": "4"}),
        ("satisfaction", {"q1": "4"}),
        ("text", {"q1__text": "\nFirst & last"}),
        ("nps_plus", {"q1": "10", "q1__high": ["people", "on_time"], "q1__text": "All of you"}),
    ],
)
def test_an_answer_is_filled_in_again(kind: str, posted: dict[str, Any]) -> None:
    question = make_question(kind)
    answer = read(question, **posted)
    page = Elements(show(question, answer))
    checked = [attributes["value"] for attributes, _ in page.all("input") if "checked" in attributes]
    expected = [value for name, value in posted.items() if name != "q1__text"]
    assert checked == [value for values in expected for value in ([values] if isinstance(values, str) else values)]
    if answer and answer.text:
        assert answer.text.replace("&", "&amp;") in show(question, answer)


def test_a_scale_has_its_points_in_order_and_words_at_both_ends() -> None:
    question = make_question("rating", scale=7, low_label={"en": "Poor", "de": "Schlecht"})
    page = Elements(show(question))
    assert [attributes["value"] for attributes, _ in page.all("input")] == list("1234567")
    assert (texts_of(question, "de-CH")["low"], texts_of(question)["high"]) == ("Schlecht", "⟨Excellent⟩")


def test_each_band_of_a_score_brings_its_own_reasons() -> None:
    question = make_question("nps_plus")
    bands = [(band, reasons) for band, _why, reasons in texts_of(question, "de")["reasons"]]
    assert bands == [("low", [("price", "Der Preis")]), ("high", [("people", "People"), ("on_time", "On time")])]
    points = [attributes for attributes, _ in Elements(show(question)).all("input") if attributes["type"] == "radio"]
    assert [point["data-band"] for point in points] == ["low"] * 7 + ["middle"] * 2 + ["high"] * 2


def test_a_required_question_says_so_to_the_browser() -> None:
    for kind in ("nps", "choice", "text"):
        question = Question(name="q", type=kind, ask={"en": "How?"}, required=True, options=OPTIONS.get(kind, {}))
        assert " required" in show(question)


@pytest.mark.parametrize("kind", ALL)
def test_a_question_can_be_asked_in_plain_text(kind: str) -> None:
    text = TYPES[kind].as_text("How is it?", texts_of(make_question(kind)))
    assert text.startswith("How is it?")
    assert "<" not in text


def test_the_types_that_invite_own_words_say_so() -> None:
    assert {name for name in ALL if TYPES[name].own_words} == {"nps_plus", "text"}


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("rating", {"scale": "five"}),
        ("rating", {"low_label": "Poor"}),
        ("choice", {}),
        ("choice", {"choices": []}),
        ("choice", {"choices": ["a", "a"]}),
        ("choice", {"choices": ["a,b"]}),
        ("choice", {"choices": {"a": {"de": "A"}}}),
        ("choices", {"choices": "a"}),
        ("nps_plus", {"reasons": ["price"]}),
        ("nps_plus", {"reasons": {"worst": ["price"]}}),
        ("nps_plus", {"reasons": {"low": []}}),
        ("rating", {"look": "hearts"}),
        ("rating", {"look": "faces", "scale": 7}),
        ("choice", {"choices": ["a", "other"], "other": True}),
        ("choice", {"choices": ["a"], "other": "yes"}),
        ("choices", {"choices": ["a", "b"], "min": 3}),
        ("choices", {"choices": ["a", "b"], "min": 2, "max": 1}),
        ("choices", {"choices": ["a", "b"], "exclusive": ["c"]}),
        ("text", {"length": "middling"}),
        ("number", {"min": "none"}),
        ("number", {"min": 3, "max": 3}),
        ("number", {"decimals": 7}),
        ("number", {"unit": "hours"}),
        ("date", {"from": "tomorrow"}),
        ("date", {"from": "2026-12-07", "until": "2026-12-06"}),
        ("slider", {"min": 100}),
        ("slider", {"max": 0.5}),
        ("ranking", {"choices": ["a"]}),
        ("ranking", {"choices": ["a", "b"], "max": 3}),
        ("matrix", {"rows": ["a"]}),
        ("matrix", {"rows": ["a"], "scale": 5, "columns": ["b"]}),
        ("matrix", {"rows": [str(row) for row in range(13)], "scale": 5}),
    ],
)
def test_wrong_options_are_named(kind: str, options: dict[str, Any]) -> None:
    faults = list(TYPES[kind].check(options))
    assert faults
    assert all(fault.partition(":")[0] in TYPES[kind].options for fault in faults)
