"""What a client saves before sending it: kept as it is given, a draft until it is sent, or until the link runs out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.data.models import AnswerRow, Ask, Promise, Submission, Voice
from engine.errors import LinkError
from engine.house import Engine
from engine.links import ask_token
from engine.operations.answers import AnswersError, Saved, end_expired, save_answers, submit_answers
from engine.operations.forms import open_form
from engine.operations.keeping import look_ahead, take_up
from engine.operations.planning import plan_asks
from tests.factories import why_ended
from tests.letters import NOW, make_letter


def letter(engine: Engine, *names: str, **values: Any) -> str:
    with engine.store.write(engine.scope) as session:
        return ask_token(engine.config.secret, make_letter(session, *names, **values).id)


def save(engine: Engine, token: str, form: Mapping[str, str]) -> Saved:
    return save_answers(engine, token, {name: [value] for name, value in form.items()})


def send(engine: Engine, token: str, form: Mapping[str, str], submission: str = "submission-1", **how: Any) -> None:
    submit_answers(engine, token, {name: [value] for name, value in form.items()}, submission, **how)


def rows(engine: Engine, table: Any) -> list[Any]:
    with engine.store.read(engine.scope) as session:
        return list(session.scalars(select(table).order_by(table.id)))


def only(engine: Engine, table: Any) -> Any:
    [row] = rows(engine, table)
    return row


def test_each_answer_is_saved_as_it_is_given_and_nothing_counts_yet(engine: Engine) -> None:
    token = letter(engine, "knows", "missing", "call_me")
    assert save(engine, token, {"q3": "yes"}).answered == ("q3",)
    assert save(engine, token, {"q2.text": "Somebody who answers."}).answered == ("q2", "q3")
    assert [row.question for row in rows(engine, AnswerRow)] == ["call_me", "missing"]
    ask = only(engine, Ask)
    assert (ask.status, ask.opened_at, ask.answered_at) == ("started", NOW, None)
    assert rows(engine, Promise) + rows(engine, Voice) + rows(engine, Submission) == []


def test_what_was_saved_is_filled_in_on_any_device(engine: Engine) -> None:
    token = letter(engine, "knows", "missing")
    save(engine, token, {"q2.text": "Half a sen"})
    assert open_form(engine, token).given["q2"].text == "Half a sen"


def test_sending_counts_all_that_was_saved_once(engine: Engine) -> None:
    token = letter(engine, "knows", "missing", "call_me")
    save(engine, token, {"q2.text": "Somebody who answers.", "q3": "yes"})
    for _time in range(2):
        send(engine, token, {"q1": "yes"})
    assert [voice.words for voice in rows(engine, Voice)] == ["Somebody who answers."]
    assert only(engine, Promise).said == "Somebody who answers."
    assert only(engine, Ask).status == "answered"


def test_what_changes_before_the_turn_to_write_comes_is_read_anew(engine: Engine) -> None:
    token = letter(engine, "knows", "missing")
    for before, among in (({"q1": "yes"}, {"q1"}), ({"q2.text": "Somebody."}, {"q1", "q2"}), ({}, {"q1", "q2"})):
        seen = look_ahead(engine, token, {"q1": ["no"]})
        if before:
            save(engine, token, before)
        with engine.store.read(engine.scope) as session:
            coming = take_up(seen, session)
        assert coming.form.given.keys() == among
        assert (coming.form is seen.form) == (not before)


def test_a_link_that_ends_before_the_turn_to_write_comes_keeps_nothing(engine: Engine) -> None:
    token = letter(engine, "knows")
    seen = look_ahead(engine, token, {"q1": ["yes"]})
    with engine.store.write(engine.scope) as session:
        session.scalars(select(Ask)).one().status = "cancelled"
    with engine.store.read(engine.scope) as session, pytest.raises(LinkError):
        take_up(seen, session)


def test_what_is_taken_out_again_is_forgotten(engine: Engine) -> None:
    token = letter(engine, "knows", "missing")
    save(engine, token, {"q1": "yes", "q2.text": "I should not say this"})
    saved = save_answers(engine, token, {"q2.text": [""], "filled": ["q1", "q2"], "q1": ["yes"]})
    assert saved.answered == ("q1",)
    send(engine, token, {"q1": "yes"})
    assert [row.question for row in rows(engine, AnswerRow)] == ["knows"]
    assert rows(engine, Voice) == []


def test_a_second_tab_that_never_showed_an_answer_does_not_take_it_out(engine: Engine) -> None:
    token = letter(engine, "knows", "missing")
    save(engine, token, {"q2.text": "From the first tab"})
    send(engine, token, {"q1": "yes", "q2.text": ""})
    assert [voice.words for voice in rows(engine, Voice)] == ["From the first tab"]


def test_what_cannot_be_used_is_named_and_the_rest_is_saved(engine: Engine) -> None:
    token = letter(engine, "knows", "missing")
    saved = save(engine, token, {"q1": "perhaps", "q2.text": "This can"})
    assert (list(saved.errors), saved.answered) == (["q1"], ("q2",))


def test_a_required_question_may_wait_until_the_form_is_sent(engine: Engine) -> None:
    token = letter(engine, "knows", "missing")
    assert save(engine, token, {"q2.text": "First this"}).errors == {}
    with pytest.raises(AnswersError, match="Please answer this question"):
        send(engine, token, {})


def test_nothing_is_saved_beside_what_was_sent(engine: Engine) -> None:
    token = letter(engine, "missing")
    send(engine, token, {"q1.text": "Sent"})
    save(engine, token, {"q1.text": "Only typed"})
    assert only(engine, AnswerRow).words == "Sent"


def test_nothing_is_saved_once_the_link_has_run_out(engine: Engine) -> None:
    token = letter(engine, "missing", expires_at=NOW)
    with pytest.raises(LinkError):
        save(engine, token, {"q1.text": "Too late"})


def test_what_was_saved_and_never_sent_counts_when_the_link_runs_out(engine: Engine) -> None:
    token = letter(engine, "missing", "call_me")
    save(engine, token, {"q1.text": "The scanners are late", "q2": "yes"})
    with engine.store.write(engine.scope) as session:
        end_expired(engine, session, NOW + timedelta(days=40))
    ask = only(engine, Ask)
    assert (ask.status, ask.answered_at) == ("answered", NOW)
    assert only(engine, Voice).words == "The scanners are late"
    assert only(engine, Promise).origin == "call_me"


def test_a_saved_form_that_cannot_be_read_keeps_no_plan_back(engine: Engine) -> None:
    token = letter(engine, "missing")
    save(engine, token, {"q1.text": "Lost"})
    with engine.store.write(engine.scope) as session:
        ask = session.scalars(select(Ask)).one()
        ask.form, ask.expires_at = [{"bad": "form"}], NOW - timedelta(hours=1)
    plan_asks(engine)
    assert only(engine, Ask).status == "answered"


def test_who_is_not_the_one_to_ask_may_say_who_is_and_nobody_is_written_to(engine: Engine) -> None:
    token = letter(engine, "missing")
    send(engine, token, {}, action="decline")
    send(
        engine,
        token,
        {"instead": "Tom Reed,  tom@northwind.example", "irrelevant": "yes"},
        "submission-2",
        action="hint",
    )
    voice, ask = only(engine, Voice), only(engine, Ask)
    assert (voice.source, voice.words) == ("ask_instead", "Tom Reed, tom@northwind.example")
    assert (ask.status, why_ended(ask)) == ("declined", "the client says that it does not concern them")
    assert len(rows(engine, Ask)) == 1
