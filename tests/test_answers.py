"""What a client sends: kept once and as a whole, promised where it asks for something, never lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.api import hookimpl
from engine.app import open_house
from engine.data.models import AnswerRow, Ask, Contact, Promise, Submission, Voice
from engine.errors import InputError, LinkError
from engine.house import Engine
from engine.links import ask_token, promises_token, wishes_token
from engine.operations.answers import AnswersError, submit_answers
from engine.operations.forms import open_form
from engine.operations.verdicts import give_verdict
from tests.factories import make_account, make_contact
from tests.letters import NOW, QUESTIONS, make_history, make_letter, make_survey

KNOWS, MISSING, RECOMMEND, CALL = "knows", "missing", "recommend", "call_me"


def letter(engine: Engine, *names: str, **values: Any) -> str:
    """A sent ask with these questions; its token."""
    with engine.store.write(engine.scope) as session:
        return ask_token(engine.config.secret, make_letter(session, *names, **values).id)


def submit(engine: Engine, token: str, form: Mapping[str, str], submission: str = "submission-1", **how: Any) -> None:
    submit_answers(engine, token, {name: [value] for name, value in form.items()}, submission, **how)


def rows(engine: Engine, table: Any) -> list[Any]:
    with engine.store.read(engine.scope) as session:
        return list(session.scalars(select(table).order_by(table.id)))


def only(engine: Engine, table: Any) -> Any:
    [row] = rows(engine, table)
    return row


def test_answers_are_kept_with_the_clients_own_words_as_a_voice(engine: Engine) -> None:
    token = letter(engine, KNOWS, MISSING)
    submit(engine, token, {"q1": "no", "q2.text": "Somebody who answers."})
    knows, missing = rows(engine, AnswerRow)
    assert (knows.question, knows.value, knows.score) == (KNOWS, "no", 0.0)
    assert (missing.question, missing.words, missing.answered_at) == (MISSING, "Somebody who answers.", NOW)
    assert (only(engine, Voice).words, only(engine, Voice).answer_id) == ("Somebody who answers.", missing.id)
    ask = only(engine, Ask)
    assert (ask.status, ask.opened_at, ask.answered_at) == ("answered", NOW, NOW)


def test_the_same_submission_again_changes_nothing(engine: Engine) -> None:
    token = letter(engine, MISSING)
    for _time in range(3):
        submit(engine, token, {"q1.text": "Once"})
    assert (len(rows(engine, AnswerRow)), len(rows(engine, Voice)), len(rows(engine, Submission))) == (1, 1, 1)


def test_the_same_submission_id_with_other_words_is_refused(engine: Engine) -> None:
    token = letter(engine, MISSING)
    submit(engine, token, {"q1.text": "Once"})
    with pytest.raises(InputError, match="sent before with other answers"):
        submit(engine, token, {"q1.text": "Twice"})
    assert only(engine, AnswerRow).words == "Once"


def test_a_second_submission_replaces_what_was_given_again_and_loses_nothing(engine: Engine) -> None:
    token = letter(engine, KNOWS, MISSING)
    submit(engine, token, {"q1": "no", "q2.text": "Somebody who answers."})
    submit(engine, token, {"q1": "yes"}, "submission-2")
    knows, missing = rows(engine, AnswerRow)
    assert (knows.value, missing.words) == ("yes", "Somebody who answers.")
    submit(engine, token, {"q2.text": "Tom."}, "submission-3")
    assert [voice.words for voice in rows(engine, Voice)] == ["Somebody who answers.", "Tom."]


def test_many_posts_at_once_are_one_answer(engine: Engine) -> None:
    token = letter(engine, MISSING)
    posts = [threading.Thread(target=submit, args=(engine, token, {"q1.text": "Once"})) for _ in range(12)]
    for post in posts:
        post.start()
    for post in posts:
        post.join()
    assert (len(rows(engine, AnswerRow)), len(rows(engine, Submission))) == (1, 1)


def test_one_wrong_answer_keeps_everything_out_and_is_named(engine: Engine) -> None:
    token = letter(engine, KNOWS, MISSING)
    with pytest.raises(AnswersError) as caught:
        submit(engine, token, {"q1": "perhaps", "q2.text": "Kept on the page"})
    assert list(caught.value.errors) == ["q1"]
    assert caught.value.given["q2"].text == "Kept on the page"
    assert (rows(engine, AnswerRow), rows(engine, Submission)) == ([], [])
    assert only(engine, Ask).status == "sent"


def test_a_required_question_has_to_be_answered_once(engine: Engine) -> None:
    token = letter(engine, KNOWS, MISSING)
    with pytest.raises(AnswersError, match="Please answer this question"):
        submit(engine, token, {"q2.text": "No yes, no no"})
    submit(engine, token, {"q1": "yes"})
    submit(engine, token, {"q2.text": "Only this"}, "submission-2")


def test_an_empty_form_says_so(engine: Engine) -> None:
    with pytest.raises(AnswersError, match="Nothing is answered yet"):
        submit(engine, letter(engine, MISSING), {"q1.text": "  "})


def test_text_is_cleaned_at_the_door(engine: Engine) -> None:
    submit(engine, letter(engine, MISSING), {"q1.text": "a\0b\ud800"})
    assert only(engine, AnswerRow).words == "a�b�"


def test_a_call_asked_for_is_promised_at_once_with_an_owner_and_a_day(engine: Engine) -> None:
    token = letter(engine, CALL, MISSING)
    submit(engine, token, {"q1": "yes", "q1.when": "after three", "q2.text": "It is urgent."})
    promise = only(engine, Promise)
    assert (promise.status, promise.owner_email) == ("agreed", "maria.keller@harbour.example")
    assert (promise.due_on, promise.said, promise.origin) == (date(2026, 11, 25), "It is urgent.", "call_me")
    assert open_form(engine, token).promised[0].number == promise.id


def test_changing_other_answers_does_not_promise_the_same_call_twice(engine: Engine) -> None:
    token = letter(engine, CALL, MISSING)
    submit(engine, token, {"q1": "yes"})
    submit(engine, token, {"q1": "yes", "q2.text": "One thing more"}, "submission-2")
    assert len(rows(engine, Promise)) == 1


def test_call_me_instead_promises_a_call_and_keeps_what_was_filled_in(engine: Engine) -> None:
    token = letter(engine, KNOWS, MISSING)
    submit(engine, token, {"q1": "perhaps", "q2.text": "Rather by voice."}, action="call")
    assert (only(engine, Promise).status, only(engine, Promise).said) == ("agreed", "Rather by voice.")
    assert only(engine, AnswerRow).words == "Rather by voice."
    assert only(engine, Ask).status == "answered"


def test_an_account_without_an_owner_loses_no_answer_and_no_call(engine: Engine) -> None:
    with engine.store.write(engine.scope) as session:
        account = make_account(session, owner_email=None, sponsor_email="the.board@harbour.example")
        token = ask_token(engine.config.secret, make_letter(session, CALL, contact=make_contact(session, account)).id)
    submit(engine, token, {"q1": "yes"})
    assert only(engine, Promise).owner_email == "the.board@harbour.example"


def test_ask_me_later_pauses_the_person_for_two_weeks_and_keeps_the_link(engine: Engine) -> None:
    token = letter(engine, MISSING)
    submit(engine, token, {"q1.text": "Half a thought"}, action="later")
    assert only(engine, Contact).paused_until == NOW.date() + timedelta(days=14)
    assert only(engine, Ask).status == "started"
    form = open_form(engine, token)
    assert form.given["q1"].text == "Half a thought"
    submit(engine, token, {"q1.text": "A whole one"}, "submission-2")
    assert (only(engine, Ask).status, only(engine, AnswerRow).words) == ("answered", "A whole one")


def test_asking_later_never_shortens_a_pause_that_was_there(engine: Engine) -> None:
    token = letter(engine, MISSING)
    with engine.store.write(engine.scope) as session:
        session.scalars(select(Contact)).one().paused_until = date(2027, 5, 1)
    submit(engine, token, {}, action="later")
    assert only(engine, Contact).paused_until == date(2027, 5, 1)


def test_not_for_me_ends_this_ask_and_nothing_else(engine: Engine) -> None:
    token = letter(engine, MISSING)
    submit(engine, token, {}, action="decline")
    contact = only(engine, Contact)
    assert only(engine, Ask).status == "declined"
    assert (contact.opted_out_on, contact.paused_until) == (None, None)


def test_what_is_answered_stays_answered_whatever_is_pressed_afterwards(engine: Engine) -> None:
    token = letter(engine, MISSING)
    submit(engine, token, {"q1.text": "Done"})
    for action in ("later", "decline"):
        submit(engine, token, {}, f"submission-{action}", action=action)
    assert only(engine, Ask).status == "answered"


def test_the_clients_word_on_a_promise_is_recorded(engine: Engine) -> None:
    token, promise_id = _asked_about_a_promise(engine)
    submit(engine, token, {"q1": "yes"})
    assert only(engine, Promise).verdict == "kept"
    assert only(engine, AnswerRow).promise_id == promise_id


def test_a_disputed_promise_is_open_again_with_the_clients_words(engine: Engine) -> None:
    token, _promise_id = _asked_about_a_promise(engine)
    submit(engine, token, {"q1": "no", "q2.text": "It came once and never again."})
    promise = only(engine, Promise)
    assert (promise.status, promise.verdict, promise.done_on) == ("agreed", "disputed", None)
    submit(engine, token, {"q1": "yes"}, "submission-2")
    assert only(engine, Promise).status == "agreed"


class Slow:
    """A question type that takes so long to read an answer that something happens meanwhile."""

    def __init__(self, kind: Any, happens: Callable[[], None]) -> None:
        self.kind, self.happens = kind, happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self.kind, name)

    def read(self, *given: Any) -> Any:
        self.happens()
        return self.kind.read(*given)


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_promise_that_is_judged_while_a_form_is_read_costs_no_answer(engine: Engine, answer: str) -> None:
    token, promise_id = _asked_about_a_promise(engine)
    link = promises_token(engine.config.secret, only(engine, Contact).id)
    types: Any = dict(engine.plugins.question_types)
    types["yes_no"] = Slow(types["yes_no"], lambda: give_verdict(engine, link, promise_id, kept=True, words=""))
    slow = replace(engine, plugins=replace(engine.plugins, question_types=types))
    submit(slow, token, {"q1": answer, "q2.text": "It came late."})
    assert (only(engine, Promise).verdict, len(rows(engine, AnswerRow))) == ("kept", 2)


def _asked_about_a_promise(engine: Engine) -> tuple[str, int]:
    kept = {"name": "kept", "type": "yes_no", "ask": {"en": "Kept?"}, "for_each": "promises.done_without_verdict"}
    with engine.store.write(engine.scope) as session:
        contact = make_contact(session)
        promise = make_history(
            session, contact, ("agreed", "2026-10-01", None), ("done", "2026-11-02", None), title="X"
        )
        form = [{"question": "kept", "promise": promise.id}, {"question": "missing", "promise": None}]
        survey = make_survey(session, (kept, QUESTIONS[7]))
        ask = make_letter(session, contact=contact, survey=survey, form=form)
        return ask_token(engine.config.secret, ask.id), promise.id


def test_answering_has_the_person_decided_anew_everywhere(engine: Engine) -> None:
    with engine.store.write(engine.scope) as session:
        here, there = (make_account(session, plan_on=date(2027, 6, 1)) for _ in range(2))
        contact = make_contact(session, here)
        make_contact(session, there, contact.person)
        token = ask_token(engine.config.secret, make_letter(session, MISSING, contact=contact).id)
        accounts = [here.id, there.id]
    submit(engine, token, {"q1.text": "Word"})
    with engine.store.read(engine.scope) as session:
        for account in accounts:
            plan_on = session.get_one(type(here), account).plan_on
            assert plan_on is not None
            assert plan_on < date(2026, 11, 25)


@pytest.mark.parametrize("status", ["planned", "approved", "cancelled"])
def test_a_link_of_an_ask_that_never_left_opens_nothing(engine: Engine, status: str) -> None:
    token = letter(engine, MISSING, status=status)
    with pytest.raises(LinkError):
        open_form(engine, token)
    with pytest.raises(LinkError):
        submit(engine, token, {"q1.text": "?"})


@pytest.mark.parametrize("status", ["sending", "in_doubt", "bounced", "opened", "declined"])
def test_whoever_has_the_link_can_answer(engine: Engine, status: str) -> None:
    token = letter(engine, MISSING, status=status)
    submit(engine, token, {"q1.text": "It did arrive."})
    assert only(engine, Ask).status == "answered"


def test_an_expired_link_is_told_from_a_wrong_one(engine: Engine) -> None:
    expired = letter(engine, MISSING, expires_at=NOW)
    with pytest.raises(LinkError) as caught:
        open_form(engine, expired)
    assert caught.value.about == "expired"


def test_a_token_is_good_for_one_purpose_with_one_secret_and_as_it_was_written(engine: Engine) -> None:
    token = letter(engine, MISSING)
    ask = only(engine, Ask)
    assert open_form(engine, f" {token[:30]}\r\n {token[30:]}. ").ask_id == ask.id
    others = (
        token.lower(), token[:-2], token + "x", "", "x", ask_token("another secret " * 3, ask.id),
        wishes_token(engine.config.secret, ask.id), ask_token(engine.config.secret, 999), "é" * 50, "a" * 100_000,
    )  # fmt: skip
    for other in others:
        with pytest.raises(LinkError):
            open_form(engine, other)


def test_an_unknown_action_and_a_form_without_an_id_are_refused(engine: Engine) -> None:
    token = letter(engine, MISSING)
    with pytest.raises(InputError):
        submit(engine, token, {}, action="delete")
    with pytest.raises(InputError):
        submit(engine, token, {"q1.text": "Word"}, "")


def test_a_plugin_that_fails_loses_its_own_suggestion_only(engine: Engine) -> None:
    class Broken:
        @hookimpl
        def suggest_promises(self, answers: Any) -> Any:
            raise SystemExit("no")

    house = open_house(engine.config, engine.clock, [Broken()])
    submit(house, letter(house, CALL), {"q1": "yes"})
    assert len(rows(house, Promise)) == 1
    house.store.close()


def test_every_question_of_every_type_comes_back_as_it_was_given(engine: Engine) -> None:
    token = letter(engine)
    form = {
        "q1": "4", "q1.text": "Slow", "q2": "5", "q3": "7", "q4": "2", "q5": "team", "q7": "no", "q8.text": "Words",
        "q9": "yes", "q9.number": "+44 20 7946 0018",
    }  # fmt: skip
    posted = {name: [value] for name, value in form.items()} | {"q1.low": ["reporting", "price"], "q6": ["costs"]}
    submit_answers(engine, token, posted, "submission-1")
    given = open_form(engine, token).given
    assert len(given) == 9
    assert (given["q1"].score, given["q1"].text) == (4.0, "Slow")
    with engine.store.read(engine.scope) as session:
        assert session.scalar(select(func.count()).select_from(AnswerRow)) == 9
