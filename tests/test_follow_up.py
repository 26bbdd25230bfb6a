"""Questions that follow up what somebody said, and those that the record answers."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.api import Question
from engine.survey.bank import survey_as_dict, survey_from_dict
from engine.types import Survey
from plugins import follow_up, not_again
from tests.books import TODAY, make_grid, says, values
from tests.test_bank import TYPES
from tests.test_questioning import BANKS, OWN_WORDS, books, choose, choose_from, names, question, survey, why

both = pytest.mark.parametrize("columns", [False, True], ids=["literal", "column"])


def low(question: str = "score", **values: Any) -> dict[str, Any]:
    """The person of the first ask scored this low a month ago."""
    return {"person_id": 1, "question": question, "ago": 30} | values


# the strategy by itself


def worths(strategy: Any, *rows: dict[str, Any], ask: Question, **settings: Any) -> list[float] | None:
    grid = make_grid(*rows, question=ask)
    said = says(strategy, "question_worth", grid, **settings)
    return values(grid, said[0], pl.Float64) if said else None


@both
def test_what_may_be_behind_a_low_score_or_a_promise_is_worth_more(columns: bool) -> None:
    rows = [{}, {"low_on": TODAY}, {"promised_on": date(2020, 2, 29)}, {"low_on": TODAY, "promised_on": TODAY}]
    assert worths(follow_up, *rows, ask=question("speed"), columns=columns) == [1, 2, 2, 2]
    assert worths(follow_up, *rows, ask=question("speed"), columns=columns, worth=5.5) == [1, 5.5, 5.5, 5.5]
    assert worths(follow_up, *rows, ask=question("speed", anchor=True), columns=columns) is None


@both
def test_what_the_record_knows_is_not_asked_whenever_it_was_answered(columns: bool) -> None:
    rows = [
        {"known": known, "answered_on": day} for known in (None, "finance") for day in (None, date(2020, 2, 29), TODAY)
    ]
    assert worths(not_again, *rows, ask=question("role"), columns=columns) == [1, 1, 0, 0, 0, 0]


# what counts as low


@pytest.mark.parametrize(
    ("kind", "options", "most"),
    [
        ("nps", {}, 6),
        ("nps_plus", {}, 6),
        ("rating", {}, 2),
        ("rating", {"scale": 3}, 1),
        ("rating", {"scale": 4}, 2),
        ("rating", {"scale": 10}, 5),
        ("rating", {"scale": 11}, 5),
        ("effort", {}, 3),
        ("satisfaction", {}, 2),
        ("yes_no", {}, 0),
        ("text", {}, None),
        ("choice", {"choices": ["a", "b"]}, None),
        ("choices", {"choices": ["a", "b"]}, None),
        ("call_me", {}, None),
    ],
)
def test_low_is_the_lower_half_of_a_scale_a_detractor_or_a_no(kind: str, options: Any, most: int | None) -> None:
    assert TYPES[kind].low_up_to(Question("score", kind, {}, options=options)) == most


# in forms


def drivers(*extra: Question) -> Survey:
    return survey(question("speed", about="support"), question("ease", about="support"), question("value"), *extra)


def test_reasons_that_were_ticked_are_followed_up_before_what_was_never_heard() -> None:
    forms = choose({}, surveys=[drivers()], behind=[low(reasons=["value", "nothing"])], form_budget__most=3)
    assert names(forms) == ["score", "words", "value"]
    assert why(forms, "value") == "it may be behind the low score that they gave 30 days ago"


def test_without_a_reason_whatever_is_of_the_same_construct_or_part_of_the_journey_is_followed_up() -> None:
    forms = choose({}, surveys=[drivers()], behind=[low("ease", reasons=[])])
    assert "low score" in why(forms, "speed")
    assert "low score" in why(forms, "ease")
    assert why(forms, "value") == "nobody at this company has told us about it yet"


def test_a_reason_can_name_a_part_of_the_journey() -> None:
    forms = choose({}, surveys=[drivers()], behind=[low(reasons=["support"])])
    assert [name for name in names(forms) if "low score" in why(forms, name)] == ["speed", "ease"]


def test_a_low_score_in_another_survey_is_followed_up_too() -> None:
    other = survey(question("pace", measures="speed"), name="other")
    forms = choose({}, surveys=[drivers(), other], behind=[low("pace", survey="other")])
    assert [name for name in names(forms) if "low score" in why(forms, name)] == ["speed"]


def test_what_is_behind_a_promise_is_followed_up() -> None:
    forms = choose({}, surveys=[drivers()], behind=[low("value", promised=True, ago=1)])
    assert why(forms, "value") == "it may be behind what we promised them yesterday"
    both = [low("value", promised=True, ago=1), low("value", ago=2)]
    assert why(choose({}, surveys=[drivers()], behind=both), "value").startswith("it may be behind the low score")


def test_a_low_score_of_somebody_else_or_seen_from_elsewhere_changes_nothing() -> None:
    for other in ({"person_id": 2}, {"timezone": "Asia/Kolkata"}, {"survey": "gone"}, {"question": "gone"}):
        forms = choose({}, surveys=[drivers()], behind=[low("value") | other])
        assert why(forms, "value") == "nobody at this company has told us about it yet"


def test_what_was_answered_lately_rests_also_where_it_was_low() -> None:
    heard = [{"person_id": 1, "question": "value", "ago": 30}]
    forms = choose({}, surveys=[drivers()], heard=heard, behind=[low("value")])
    assert why(forms, "value") == "answered 30 days ago"


@pytest.mark.parametrize(
    ("fact", "column", "known"),
    [
        ("contact.role", "role", "finance"),
        ("contact.influence", "influence", "champion"),
        ("contact.preferred_channel", "preferred_channel", "sms"),
        ("account.segment", "segment", "retail"),
        ("account.country", "country", "DE"),
        ("account.region", "region", "BY"),
        ("account.renewal_on", "renewal_on", date(2027, 1, 31)),
    ],
)
def test_a_question_is_not_asked_where_the_record_has_the_fact(fact: str, column: str, known: Any) -> None:
    bank = drivers(question("tell", knows=fact))
    forms = choose({column: known}, {"account_id": 2}, surveys=[bank])
    assert "tell" not in names(forms, 0)
    assert why(forms, "tell", 0) == "we know it already"
    assert "tell" in names(forms, 1)
    assert "tell" in names(choose({column: known}, surveys=[bank], not_again__mode="off"))
    assert survey_from_dict(survey_as_dict(bank)) == bank


def test_a_question_that_the_record_may_answer_is_no_room_for_own_words() -> None:
    open_ones = question("role", "text", knows="contact.role", seconds=5), question("why", "text", seconds=60)
    bank = Survey("checkin", {}, ("relationship",), (question("score", "nps", anchor=True), *open_ones))
    assert names(choose({"role": "finance"}, surveys=[bank], form_budget__seconds=20)) == ["score", "why"]


def test_room_for_own_words_is_taken_by_what_fits() -> None:
    open_ones = question("long", "text", seconds=100), question("short", "text", seconds=30)
    bank = Survey("checkin", {}, ("relationship",), (question("score", "nps", anchor=True), *open_ones))
    assert names(choose({}, surveys=[bank], form_budget__seconds=60)) == ["score", "short"]
    heard = [{"person_id": 1, "question": "short", "ago": 3}]  # who answered it lately is rather asked the long one
    assert names(choose({}, surveys=[bank], heard=heard, form_budget__seconds=60)) == ["score", "long"]


# for any book

SCORES = [
    (name, one.name) for name, bank in BANKS.items() for one in bank.values() if one.type in ("nps_plus", "rating")
]


@st.composite
def unhappy_books(draw: st.DrawFn) -> dict[str, Any]:
    book = draw(books())
    persons = st.integers(1, len(book["asks"]))
    words = st.lists(st.sampled_from(["responsiveness", "reporting", "support", "delivery", "price"]), max_size=3)
    lows = draw(st.lists(st.tuples(persons, st.sampled_from(SCORES), words, st.booleans()), max_size=6))
    behind = [
        {"person_id": person, "survey": survey, "question": name, "reasons": reasons, "promised": promised, "ago": 40}
        for person, (survey, name), reasons, promised in lows
    ]
    return book | {"behind": behind}


@settings(max_examples=60, deadline=None)
@given(unhappy_books())
def test_follow_ups_break_no_rule_of_forms(book: dict[str, Any]) -> None:
    calm, forms = choose_from(book | {"behind": []}), choose_from(book)
    for row, ask in enumerate(book["asks"]):
        bank, picked = BANKS[ask["survey"]], names(forms, row)
        assert [name for name in names(calm, row) if bank[name].anchor] == [n for n in picked if bank[n].anchor]
        assert any(bank[name].type in OWN_WORDS for name in picked)
        anchors = [name for name in picked if bank[name].anchor]
        assert len(picked) <= max(book["limits"]["form_budget__most"], len(anchors))
        for name in picked:
            if "low score" in why(forms, name, row) or "promised them" in why(forms, name, row):
                assert any(each["person_id"] == row + 1 for each in book["behind"])
