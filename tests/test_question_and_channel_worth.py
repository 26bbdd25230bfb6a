"""What is worth asking, and when: strategies.md, "Questions" and "Channels and time", edge by edge."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from engine.types import Question
from plugins import form_budget, not_again, role_match, rotation, usual_hour
from tests.books import TODAY, make_book, make_grid, says, settings_of, values

pytestmark = pytest.mark.parametrize("columns", [False, True], ids=["literal", "column"])


def ago(days: int):
    return TODAY - timedelta(days)


def make_question(**words):
    return Question(**({"name": "value", "type": "rating", "ask": {"en": "Is it worth it?"}} | words))


def question_worths(strategy, *rows, question=None, **settings):
    grid = make_grid(*rows, question=question or make_question())
    said = says_one(strategy, "question_worth", grid, **settings)
    return None if said is None else values(grid, said, pl.Float64)


def says_one(strategy, hook, book, **settings):
    said = says(strategy, hook, book, **settings)
    return said[0] if said else None


def test_what_was_not_heard_for_longest_is_worth_most(columns):
    rows = [{"heard_on": day} for day in (TODAY, ago(1), ago(30), ago(365), ago(9999), None)]
    found = question_worths(rotation, *rows, columns=columns)
    assert found == sorted(set(found))
    assert found[0] > 0


def test_a_colleagues_turn_rests_a_question(columns):
    rows = [{"colleague_on": day} for day in (None, ago(60), ago(59), TODAY)]
    assert [bool(worth) for worth in question_worths(rotation, *rows, columns=columns)] == [True, True, False, False]


def test_an_answer_is_good_for_as_long_as_the_question_says(columns):
    rows = [{"answered_on": day} for day in (None, ago(30), ago(29), TODAY)]
    question = make_question(every_days=30)
    assert question_worths(not_again, *rows, question=question, columns=columns) == [1, 1, 0, 0]


@pytest.mark.parametrize("strategy", [rotation, not_again])
def test_anchors_neither_rotate_nor_rest(columns, strategy):
    row = {"answered_on": TODAY, "heard_on": TODAY, "colleague_on": TODAY}
    assert question_worths(strategy, row, question=make_question(anchor=True), columns=columns) is None


def test_questions_go_to_the_roles_they_name(columns):
    rows = [{"role": role} for role in ("finance", "IT", None)]
    fits, excluded, unknown = question_worths(
        role_match, *rows, question=make_question(roles=("finance", "legal")), columns=columns
    )
    assert fits > 1
    assert excluded == unknown == 0
    assert question_worths(role_match, *rows, columns=columns) is None


def test_a_role_is_the_very_word_and_no_list_of_roles_is_for_everyone(columns):
    rows = [{"role": role} for role in ("Finance", "finance ", "", "fin")]
    assert question_worths(role_match, *rows, question=make_question(roles=("finance",)), columns=columns) == [0] * 4


@pytest.mark.parametrize("strategy", [rotation, not_again, role_match])
def test_where_nothing_is_known_a_question_that_is_for_everyone_may_be_asked(columns, strategy):
    (worth,) = question_worths(strategy, {}, columns=columns) or (1,)
    assert worth > 0


@pytest.mark.parametrize(
    ("answered", "today", "rests"),
    [
        (date(2024, 2, 29), date(2025, 2, 27), True),
        (date(2024, 2, 29), date(2025, 2, 28), False),
        (date(2024, 2, 28), date(2025, 2, 26), True),
        (date(2024, 2, 28), date(2025, 2, 27), False),  # a leap year has a day more
        (date(2026, 11, 24), date(2026, 11, 23), True),  # later than today, where clocks differ
        (date(1970, 1, 1), date(2026, 11, 23), False),
    ],
)
def test_days_are_counted_over_leap_days_and_back_to_the_beginning(columns, answered, today, rests):
    row = {"today": today, "answered_on": answered, "colleague_on": answered, "heard_on": answered}
    question = make_question(every_days=365)
    assert (question_worths(not_again, row, question=question, columns=columns) == [0]) is rests
    assert (question_worths(rotation, row, columns=columns, rest_days=365) == [0]) is rests


def test_a_rest_of_no_days_is_none(columns):
    row = {"answered_on": TODAY, "colleague_on": TODAY}
    assert question_worths(not_again, row, question=make_question(every_days=0), columns=columns) == [1]
    assert question_worths(rotation, row, columns=columns, rest_days=0) != [0]


def test_important_clients_get_longer_forms(columns):
    book = make_book(*({"tier": tier} for tier in ("strategic", "key", "standard", "light")))
    budget = settings_of(form_budget, columns=columns)
    assert values(book, budget.seconds, pl.Int32) == ([180, 120, 120, 90] if columns else [120] * 4)
    assert values(book, budget.most, pl.Int32) == [7] * 4


def test_asks_are_spread_evenly_over_the_morning(columns):
    book = make_book(*({"contact_id": number} for number in range(1000, 1240)))
    minutes = values(book, says_one(usual_hour, "send_at", book, columns=columns), pl.Int32)
    assert (min(minutes), max(minutes)) == (9 * 60, 11 * 60 - 1)
    assert max(minutes.count(minute) for minute in minutes) == 2


def test_a_morning_of_no_length_is_its_first_minute(columns):
    book = make_book({}, {"contact_id": 12345})
    for to in (9, 3):
        assert values(book, says_one(usual_hour, "send_at", book, to=to, columns=columns)) == [540, 540]


def test_who_usually_answers_at_an_hour_is_asked_then(columns):
    book = make_book(*({"contact_id": 60, "usual_answer_minute": minute} for minute in (None, 0, 970, 1439)))
    assert values(book, says_one(usual_hour, "send_at", book, columns=columns), pl.Int32) == [600, 0, 970, 1439]
