"""Questions that wait for an answer: what conditions may say, when a question opens, with a server alone."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from engine.data.clients import read_answers
from engine.data.models import Ask
from engine.errors import InputError
from engine.house import Engine
from engine.survey.logic import answer_fact, condition_for_script, opened_by
from engine.survey.wording import holds
from engine.types import Given, Question
from tests.letters import make_letter, make_survey, survey_path
from tests.test_bank import mistakes, read

BANK = """\
survey: checkin
title: {en: How are we doing?}
occasions: [relationship]
questions:
  - {name: recommend, type: nps_plus, ask: {en: How likely?}, anchor: true}
  - {name: solved, type: choice, ask: {en: Is it solved?}, choices: [solved, partly, open]}
  - name: left
    type: text
    ask: {en: "You say {{ answers.solved|default('nothing') }}. What is left?"}
    show_if: CONDITION
"""

QUESTIONS = (
    {"name": "solved", "type": "choice", "ask": {"en": "Is it solved?"}, "choices": ["solved", "partly", "open"]},
    {
        "name": "left", "type": "text", "ask": {"en": "It is {{ answers.solved }}. What is left?"},
        "show_if": "answers.solved in 'partly open'", "require_if": "answers.solved == 'open'",
    },
)  # fmt: skip


@pytest.mark.parametrize(
    "condition",
    [
        "answers.recommend < 7",
        "answers.solved != 'solved' and answers.recommend",
        "account.tier == 'key' and answers.solved == 'open'",
        "not answers.solved",
    ],
)
def test_a_question_can_wait_for_an_answer_above_it(condition: str) -> None:
    assert read(BANK.replace("CONDITION", condition)).questions[2].show_if == condition


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("answers.solvd == 'open'", "There is no fact “answers.solvd”. Did you mean answers.solved?"),
        ("answers.left == 'open'", "There is no fact “answers.left”."),
        ("answers.recommend == 'seven'", "answers.recommend is a number and is compared with the text 'seven'"),
        ("answers.solved > 3", "answers.solved is a text and is compared with the number 3"),
        ("answers.solved == 'opne'", "answers.solved is never 'opne'; it is one of solved, partly, open"),
        ("account.tier == 'gold'", "account.tier is never 'gold'; it is one of strategic, key, standard, light"),
        ("answers.recommend > 10", "“answers.recommend > 10” is never true, whatever is answered"),
        (
            "answers.solved == 'open' and not answers.solved",
            "“answers.solved == 'open' and not answers.solved” is never",
        ),
        ("ask.occasion == 'renewal'", "ask.occasion is never 'renewal'; it is one of relationship"),
        ("answers.solved ==", "The text cannot be read"),
    ],
)
def test_a_condition_that_cannot_be_is_named_with_its_line(condition: str, said: str) -> None:
    [found] = mistakes(BANK.replace("CONDITION", f'"{condition}"'))
    assert found.startswith(f"checkin.yaml:10: show_if: {said}"), found


def test_no_question_waits_for_itself_or_for_one_below() -> None:
    [found] = mistakes(BANK.replace("CONDITION", "answers.left"))
    assert "A condition looks at questions that stand above it, so that none waits for itself." in found
    above = BANK.replace("anchor: true}", "anchor: true, require_if: answers.solved}").replace(
        "CONDITION", "answers.solved"
    )
    assert "checkin.yaml:5: require_if: There is no fact “answers.solved”" in mistakes(above)[0]


def test_a_question_that_waits_is_no_anchor() -> None:
    [found] = mistakes(BANK.replace("CONDITION", "answers.solved\n    anchor: true"))
    assert "neither an anchor nor repeated" in found


def test_a_condition_sees_numbers_names_and_lists() -> None:
    assert answer_fact(Given("7", 7.0)) == 7
    assert answer_fact(Given("no", 0.0)) == "no"
    assert answer_fact(Given("a,b", data={"choices": ["a", "b"]})) == ["a", "b"]
    assert answer_fact(None) is None
    assert opened_by(Question("q", "text", {}, show_if="account.tier == 'key'")) == []
    assert holds("'a' in answers.topics", {"answers": {"topics": ["a", "b"]}})


def test_a_script_gets_a_condition_with_the_facts_filled_in() -> None:
    tree = condition_for_script("account.tier == 'key' and answers.q < 7", {"account": {"tier": "key"}}, {"q": "q3"})
    assert tree == ["and", ["eq", ["is", "key"], ["is", "key"]], ["lt", ["answer", "q3"], ["is", 7]]]
    assert condition_for_script("answers.q|length > 3", {}, {"q": "q3"}) is None


def letter(engine: Engine) -> tuple[str, int]:
    with engine.store.write(engine.scope) as session:
        ask: Ask = make_letter(session, "solved", survey=make_survey(session, QUESTIONS, survey="logic"))
        return survey_path(engine, ask), ask.id


def answers(engine: Engine, ask: int) -> dict[str, Any]:
    with engine.store.read(engine.scope) as session:
        return {row.question: row.value or row.words for row in read_answers(session, ask)}


def send(client: FlaskClient, path: str, number: int, **posted: str) -> Any:
    data = {name.replace("__", "."): value for name, value in posted.items()}
    return client.post(path, data={**data, "submission_id": f"submission-{number}"})


def test_an_answer_opens_a_question_by_a_turn_to_the_server(engine: Engine, client: FlaskClient) -> None:
    path, ask = letter(engine)
    page = client.get(path).text
    assert "One question," in page
    assert '<fieldset role="none" class="waits" hidden disabled' in page
    page = send(client, path, 1, q1="partly")
    assert page.status_code == 422
    assert "One more question follows from your answer." in page.text
    assert "It is partly. What is left?" in page.text
    assert "hidden disabled" not in page.text
    assert 'value="partly" checked' in page.text
    assert answers(engine, ask) == {}
    assert send(client, path, 2, q1="partly", shown="q2").status_code == 303
    assert answers(engine, ask) == {"solved": "partly"}


def test_a_question_is_necessary_where_its_condition_says_so(engine: Engine, client: FlaskClient) -> None:
    path, ask = letter(engine)
    page = send(client, path, 1, q1="open", shown="q2")
    assert page.status_code == 422
    assert "Please answer this question." in page.text
    assert send(client, path, 2, q1="open", shown="q2", q2__text="The month-end report").status_code == 303
    assert answers(engine, ask) == {"solved": "open", "left": "The month-end report"}


def test_what_is_said_to_a_question_that_is_not_open_is_left_out(engine: Engine, client: FlaskClient) -> None:
    path, ask = letter(engine)
    assert send(client, path, 1, q1="solved", q2__text="x" * 30_000).status_code == 303
    assert answers(engine, ask) == {"solved": "solved"}


def test_a_condition_that_cannot_be_read_waits_for_nothing() -> None:
    with pytest.raises(InputError):
        holds("9**9", {})
    assert opened_by(Question("q", "text", {}, show_if="answers.")) == []
