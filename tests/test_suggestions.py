"""What is suggested after answers: by settings, once, of one kind at a time, and never in an answer's way."""

from __future__ import annotations

from datetime import date

import pytest

from engine.api import Draft, hookimpl
from engine.app import open_house
from engine.data.models import Account, AnswerRow, Ask, Promise
from engine.data.store import EVERYTHING
from engine.links import ask_token, promises_token
from engine.operations.answers import submit_answers
from engine.operations.promises import open_promise
from engine.operations.settings import set_settings
from engine.operations.suggestions import make_suggestions
from engine.operations.verdicts import give_verdict
from plugins import after_request
from tests.factories import make_account, make_contact, make_promise, make_touchpoint
from tests.letters import NOW, make_letter

TODAY = NOW.date()


def answered(engine, form, *questions, tier="standard", suggesting=True, **values):
    """A client answers; the drafts that follow, by kind."""
    with engine.store.write(EVERYTHING) as session:
        contact = values.pop("contact", None)
        if contact is None:
            account = make_account(session, name="Northwind", owner_email="maria@harbour.example", tier=tier)
            contact = make_contact(session, account, name="Nadia Bloom")
        token = ask_token(engine.config.secret, make_letter(session, *questions, contact=contact, **values).id)
    posted = {field: said if isinstance(said, list) else [said] for field, said in form.items()}
    submit_answers(engine, token, posted, f"submission {token}")
    return {promise.kind: promise for promise in make_suggestions(engine)} if suggesting else {}


def everything(engine):
    with engine.store.read(EVERYTHING) as session:
        return session.query(Promise).order_by(Promise.id).all()


@pytest.mark.parametrize(
    ("tier", "title", "due"),
    [
        ("strategic", "Call you about what went wrong, and agree what we change", date(2026, 11, 25)),
        ("light", "Write to you about what went wrong, and what we change", date(2026, 12, 1)),
    ],
)
def test_after_a_low_score_a_strategic_client_is_called_tomorrow_and_a_light_one_written_to(engine, tier, title, due):
    talk = answered(engine, {"q1": "3"}, "recommend", tier=tier)["talk"]
    assert (talk.title, talk.due_on, talk.status, talk.owner_email) == (title, due, "drafted", "maria@harbour.example")
    assert (talk.origin, talk.note) == ("after_low_score", "low score: 3 on “recommend”")


def test_a_middling_score_is_a_reason_to_ask_what_would_make_it_a_ten(engine):
    assert answered(engine, {"q1": "8"}, "recommend")["talk"].title == "Write to you and ask what would make it a ten"
    assert answered(engine, {"q1": "8"}, "recommend", tier="light") == {}


def test_a_high_score_is_a_reason_to_ask_what_we_must_keep(engine):
    talk = answered(engine, {"q1": "10"}, "recommend", tier="key")["talk"]
    assert talk.title == "Write to you to say thank you, and ask what we must keep"
    assert answered(engine, {"q1": "10"}, "recommend", tier="standard") == {}


def test_a_comment_that_asks_for_something_is_to_be_answered_with_its_words(engine):
    request = answered(engine, {"q1.text": "Could you send the pack two days earlier?"}, "missing")["request"]
    assert request.title == "Answer what you asked for: “Could you send the pack two days earlier?”"
    assert request.said == "Could you send the pack two days earlier?"


@pytest.mark.parametrize(
    ("words", "asks"),
    [("Please call", True), ("Pleased with you", False), ("Wann kommt der Bericht?", True), ("Why?", False)],
)
def test_asking_is_told_by_words(words, asks):
    assert after_request._asks(words, after_request.ASKING) is asks


def test_a_score_that_fell_is_asked_about_with_both_numbers(engine):
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, owner_email="maria@harbour.example"))
        before = make_letter(session, "recommend", contact=contact, status="answered", answered_at=date_time(30))
        session.add(
            AnswerRow(
                account_id=contact.account_id, contact_id=contact.id, ask_id=before.id, survey="relationship",
                question="recommend", answered_at=date_time(30), value="10", score=10.0,
            )
        )  # fmt: skip
    talk = answered(engine, {"q1": "8"}, "recommend", contact=contact)["talk"]
    assert talk.title == "Write to you and ask what has changed since last time"
    assert talk.note == "fell from 10 to 8 on “recommend”; middling score: 8 on “recommend”"


def date_time(days_ago):
    return NOW.replace(year=2026, month=10, day=24) if days_ago == 30 else NOW


def test_a_cause_that_several_people_of_an_account_name_is_looked_into_once(engine):
    with engine.store.write(EVERYTHING) as session:
        account = make_account(session, name="Northwind", owner_email="maria@harbour.example")
        contacts = [make_contact(session, account) for _ in range(2)]
    form = {"q1": "3", "q1.low": ["reporting"]}
    assert "cause" not in answered(engine, form, "recommend", contact=contacts[0])
    cause = answered(engine, form, "recommend", contact=contacts[1])["cause"]
    assert cause.title == "Look into what several of you named, and tell you what we change: reporting"
    assert cause.note == "“reporting” was named by 2 people of Northwind in half a year"


def test_one_conversation_is_enough(engine):
    """Who asked to be called, and was promised it, is not called about their score as well."""
    drafts = answered(engine, {"q1": "2", "q1.text": "Nobody answers.", "q2": "yes"}, "recommend", "call_me")
    assert drafts == {}
    assert [promise.kind for promise in everything(engine)] == ["call_back"]


def test_a_dispute_on_the_clients_own_page_is_followed_by_a_call(engine):
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, owner_email="maria@harbour.example"))
        number = make_promise(session, contact, status="done", done_on=TODAY).id
    give_verdict(engine, promises_token(engine.config.secret, contact.id), number, kept=False, words="It is not there.")
    reopened, talk = everything(engine)
    assert (reopened.status, talk.status, talk.origin) == ("agreed", "drafted", "after_dispute")
    assert (talk.note, talk.said) == (f"disputed: P-{number}", "It is not there.")


def test_what_follows_something_that_happened_goes_to_whoever_owns_that(engine):
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, owner_email="maria@harbour.example"))
        touchpoint = make_touchpoint(session, contact, owner_email="support@harbour.example", happened_at=date_time(30))
    talk = answered(engine, {"q1": "1"}, "recommend", contact=contact, occasion="touchpoint")["talk"]
    assert (talk.owner_email, talk.touchpoint_id) == ("support@harbour.example", touchpoint.id)


def test_a_client_who_was_let_down_is_called_whatever_their_tier(engine):
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, owner_email="maria@harbour.example", tier="light"))
        make_promise(session, contact, due_on=date(2026, 11, 20))
    assert answered(engine, {"q1": "1"}, "recommend", contact=contact)["talk"].title.startswith("Call you")


def test_rules_and_wording_are_settings_of_each_account(engine):
    with engine.store.write(EVERYTHING) as session:
        account = make_account(session, key="halden", owner_email="maria@harbour.example")
        contact, other = make_contact(session, account), make_contact(session, account)
    wording = "Wir rufen Sie an und fragen, was schiefging"
    set_settings(engine, {"after_low_score.way": "call", "after_low_score.call": wording}, account="halden")
    assert answered(engine, {"q1": "1"}, "recommend", contact=contact)["talk"].title == wording
    set_settings(engine, {"after_low_score.way": "none"}, account="halden")
    assert answered(engine, {"q1": "1"}, "recommend", contact=other) == {}


def test_a_draft_must_be_answered_within_its_tiers_time(engine):
    assert answered(engine, {"q1": "1"}, "recommend", tier="strategic")["talk"].respond_by == date(2026, 11, 25)
    assert answered(engine, {"q1": "1"}, "recommend", tier="light")["talk"].respond_by == date(2026, 12, 1)


def test_nothing_is_suggested_twice_after_one_answer(engine):
    answered(engine, {"q1": "1"}, "recommend")
    assert make_suggestions(engine) == []
    with engine.store.write(EVERYTHING) as session:
        session.query(Ask).one().suggest = True
    assert make_suggestions(engine) == []
    assert len(everything(engine)) == 1


def test_an_answer_is_safe_whatever_becomes_of_suggestions(engine):
    """What fails is left for the next run, and the answer and the promised call are there all the same."""

    class Wild:
        @hookimpl
        def suggest_promises(self, answers, client):
            if client.tier == "standard":
                return [Draft(title="", working_days=-5, kind="wild")]
            raise RuntimeError("no")

    house = open_house(engine.config, engine.clock, [Wild()])
    assert set(answered(house, {"q1": "1", "q2": "yes"}, "recommend", "call_me", tier="key")) == set()
    assert len(everything(engine)) == 1
    with engine.store.read(EVERYTHING) as session:
        assert {ask.status for ask in session.query(Ask)} == {"answered"}
        assert session.query(Account).count() == 1
    house.store.close()


def test_a_draft_tells_in_its_history_that_nobody_of_ours_made_it(engine):
    talk = answered(engine, {"q1": "1"}, "recommend")["talk"]
    _promise, (event,) = open_promise(engine, talk.id)
    assert (event.step, event.author, event.actor) == ("drafted", "Heed", "clock")
