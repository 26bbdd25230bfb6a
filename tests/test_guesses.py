"""Both sides: guesses before an answer, the gap after it, and how near our guesses are."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.data.models import Ask, Guess
from engine.errors import InputError, NotFoundError, StateError
from engine.house import Engine
from engine.links import ask_token
from engine.operations.answers import submit_answers
from engine.operations.guesses import keep_guesses, list_gaps, measure_guesses, older_than, open_sides
from engine.operations.personal import collect_data
from tests.conftest import NOW
from tests.desk import Desks, address, furnish, sign_in
from tests.factories import make_account, make_contact
from tests.letters import make_letter, make_survey, wishes_path
from tests.test_desk import send

OLIVE, TOM = "olive@house.example", "tom@house.example"


def make_open_ask(engine: Engine, *names: str, **values: object) -> int:
    with engine.store.write(engine.scope) as session:
        contact = make_contact(session, make_account(session, name="Northwind"), name="Nadia Bloom")
        return make_letter(session, *names, contact=contact, survey=make_survey(session), **values).id


def answer(engine: Engine, ask: int, **points: str) -> None:
    submit_answers(engine, ask_token(engine.config.secret, ask), {name: [one] for name, one in points.items()},
                   f"submission {ask}")  # fmt: skip


def test_the_gap_is_seen_once_they_have_answered(engine: Engine) -> None:
    ask = make_open_ask(engine, "recommend", "responsiveness", "missing")
    olive = engine.acting_as(OLIVE, engine.scope)
    assert [one.item.field for one in open_sides(engine, ask).questions] == ["q1", "q2"]
    assert keep_guesses(olive, ask, {"q1": "8", "q2": "", "q3": "words", "else": "1"}) == 1
    assert list_gaps(engine) == ([], False)
    answer(engine, ask, q1="5", q2="4")
    [gap], _ = list_gaps(engine)
    assert (gap.guess.author, gap.guess.value, gap.answer.value, gap.off) == (OLIVE, "8", "5", 3)
    assert [(dict(one.guesses), one.said) for one in open_sides(engine, ask).questions] == [
        ({OLIVE: "8"}, "5"),
        ({}, "4"),
    ]


def test_a_draft_of_the_client_is_not_shown_beside_a_guess(engine: Engine) -> None:
    ask = make_open_ask(engine, "recommend")
    keep_guesses(engine, ask, {"q1": "8"})
    with engine.store.write(engine.scope) as session:
        session.get_one(Ask, ask).status = "started"
    assert open_sides(engine, ask).questions[0].said is None
    assert list_gaps(engine) == ([], False)


def test_a_guess_is_changed_or_taken_back_until_the_answer_and_then_stays(engine: Engine) -> None:
    ask = make_open_ask(engine, "recommend", "effort")
    for given in ({"q1": "8", "q2": "3"}, {"q1": "6", "q2": ""}):
        keep_guesses(engine, ask, given)
    answer(engine, ask, q1="5")
    with pytest.raises(StateError, match="stays as it is"):
        keep_guesses(engine, ask, {"q1": "5"})
    with engine.store.read(engine.scope) as session:
        assert [(one.question, one.value) for one in session.scalars(select(Guess))] == [("recommend", "6")]


def test_each_colleague_guesses_for_themself(engine: Engine) -> None:
    ask = make_open_ask(engine, "satisfied")
    for who, point in ((OLIVE, "4"), (TOM, "2")):
        keep_guesses(engine.acting_as(who, engine.scope), ask, {"q1": point})
    assert open_sides(engine, ask).questions[0].guesses == {OLIVE: "4", TOM: "2"}


@pytest.mark.parametrize("point", ["11", "-1", "many"])
def test_a_point_that_the_question_does_not_have_is_no_guess(engine: Engine, point: str) -> None:
    with pytest.raises(InputError, match="no point of this question"):
        keep_guesses(engine, make_open_ask(engine, "recommend"), {"q1": point})


def test_an_ask_that_was_imported_has_nothing_to_guess(engine: Engine) -> None:
    ask = make_open_ask(engine, "recommend", origin="import", survey_version_id=None)
    with pytest.raises(NotFoundError):
        open_sides(engine, ask)


def test_how_near_our_guesses_are_is_told_with_how_many_and_how_sure(engine: Engine) -> None:
    for guess, said in (("8", "5"), ("8", "8"), ("7", "8"), ("10", "6")):
        ask = make_open_ask(engine, "recommend")
        keep_guesses(engine, ask, {"q1": guess})
        answer(engine, ask, q1=said)
    found = measure_guesses(engine)
    house, accounts = found.all, found.accounts
    assert (house.n, str(house.near), house.high.of, house.low.of) == (4, "50 % (2 of 4; 15–85)", 2, 1)
    assert [one.n for one in accounts] == [1, 1, 1, 1]


def test_guesses_are_found_by_the_beginnings_of_words_and_the_list_says_where_it_ends(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for guess in ("8", "9"):
        ask = make_open_ask(engine, "recommend")
        keep_guesses(engine, ask, {"q1": guess})
        answer(engine, ask, q1="5")
    assert [len(list_gaps(engine, words=words)[0]) for words in ("north", "NADIA bl", "orth", "bloom south")] == [
        2,
        2,
        0,
        0,
    ]
    assert older_than(engine) is None
    monkeypatch.setattr("engine.data.guesses.LATER", 1)
    assert older_than(engine) == 1
    assert [gap.guess.value for gap in list_gaps(engine)[0]] == ["9"]


def test_no_client_sees_a_guess(engine: Engine) -> None:
    ask = make_open_ask(engine, "recommend")
    keep_guesses(engine.acting_as(OLIVE, engine.scope), ask, {"q1": "7"})
    with engine.store.read(engine.scope) as session:
        token = wishes_path(engine, session.get_one(Ask, ask).contact).rpartition("/")[2]
    told = collect_data(engine, token)
    assert OLIVE not in str(told)
    assert "what they expected is not in this file" in told["left_out"]


# On the desk


@pytest.fixture
def desks(engine: Engine) -> Desks:
    return furnish(engine)


@pytest.fixture
def member(site: Flask, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(site.test_client(), engine, address("member"))


def test_a_guess_is_written_down_and_the_gap_told_kindly(member: FlaskClient, engine: Engine, desks: Desks) -> None:
    page = f"/admin/asks/{desks.ask}/guess"
    assert "What do you expect Nadia Bloom to say?" in member.get(page).text
    assert "What do you expect?" in member.get(f"/admin/accounts/{desks.account}").text
    assert "1 guess written down" in send(member, page, page, q1="8").text
    with engine.store.write(engine.scope) as session:
        ask = session.get_one(Ask, desks.ask)
        ask.status, ask.sent_at = "sent", NOW
    answer(engine, desks.ask, q1="5")
    assert "You expected 8, Nadia Bloom said" in " ".join(member.get(page).text.split())
    for place in ("/admin/sides", f"/admin/accounts/{desks.account}"):
        text = member.get(place).text
        assert "</a> You expected 8, Nadia Bloom (Northwind) said <strong>5</strong>" in text
        assert "How likely are you to recommend" in text
        assert "worth a conversation" in text
    assert "0 % (0 of 1; 0–79)" in member.get("/admin/sides").text
    assert "nadia,recommend,member@house.example,8," in member.get("/admin/sides?format=csv").text
    assert send(member, page, q1="5").status_code == 409
