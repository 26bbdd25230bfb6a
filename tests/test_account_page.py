"""The account page: what was learned and how sure that is, who answers for which part, calls, the brief."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.data.models import Account, AuditEntry, Contact, PartOwner
from engine.decide.means import mean
from engine.errors import InputError, NotFoundError
from engine.house import Engine
from engine.links import ask_token
from engine.operations.answers import submit_answers
from engine.operations.calls import note_call
from engine.operations.journeys import list_parts, set_part_owner
from engine.operations.relations import open_account
from engine.operations.suggestions import make_suggestions
from tests.conftest import NOW
from tests.desk import Desks, address, furnish, sign_in
from tests.factories import make_account, make_answer, make_ask, make_contact
from tests.letters import make_letter, make_survey
from tests.test_desk import send

OLIVE, SAM = "olive@house.example", "sam@house.example"


@pytest.fixture
def desks(engine: Engine) -> Desks:
    return furnish(engine)


@pytest.fixture
def owner(site: Flask, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(site.test_client(), engine, address("owner"))


# What we learned


def test_an_interval_is_as_wide_as_few_people_make_it() -> None:
    few, more = mean([6, 8], 20, 0, 10), mean([6, 8] * 4, 20, 0, 10)
    assert (few.low, few.high) == (0, 10)
    assert more.low is not None
    assert 6 < more.low < 7 < more.high < 8


def test_who_are_all_heard_leave_nothing_to_guess() -> None:
    assert str(mean([6, 8], 2, 0, 10)) == "7.0 (2 of 2 people)"


def test_one_voice_says_nothing_of_the_others() -> None:
    told = mean([9], 5, 0, 10)
    assert (told.low, told.high, str(told)) == (None, None, "9.0 (1 of 5 people)")


def test_people_who_agree_are_still_not_everybody() -> None:
    told = mean([8, 8, 8], 10, 0, 10)
    assert told.low is not None
    assert told.low < 8 < (told.high or 0)


def test_of_each_person_the_last_word_within_a_year_counts(engine: Engine) -> None:
    with engine.store.write(engine.scope) as session:
        account = make_account(session)
        ada, ben, _ = (make_contact(session, account) for _ in range(3))
        for contact, days, score in ((ada, 200, 2.0), (ada, 20, 5.0), (ben, 30, 4.0), (ben, 400, 1.0)):
            make_answer(session, contact, question="responsiveness", value=f"{score:.0f}", score=score,
                        answered_at=NOW - timedelta(days=days))  # fmt: skip
        make_answer(session, ada, question="unknown", value="5", score=5.0)
    [learned] = open_account(engine, account).learned
    assert (learned.construct, learned.mean.value, learned.mean.n, learned.mean.of) == ("responsiveness", 4.5, 2, 3)
    assert (learned.first, learned.last, learned.on) == (1, 5, (NOW - timedelta(days=20)).date())


def test_the_page_tells_scores_as_numbers_beside_their_line(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        contact = session.get_one(Contact, desks.contact)
        make_answer(session, contact, question="responsiveness", value="4", score=4.0)
    for page in (f"/admin/accounts/{desks.account}", f"/admin/accounts/{desks.account}/brief"):
        text = owner.get(page).text
        assert "4.0 (1 of 1 people)" in text
        assert 'class="interval"' in text


# Who answers for what


def test_an_account_may_have_its_own_owner_of_a_part_who_gets_what_follows(engine: Engine) -> None:
    with engine.store.write(engine.scope) as session:
        account = make_account(session, owner_email=OLIVE)
        contact = make_contact(session, account, name="Nadia Bloom")
        ask = make_letter(session, "responsiveness", contact=contact, survey=make_survey(session)).id
    assert {part.owner for part in list_parts(engine, account, [])} == {OLIVE}
    set_part_owner(engine, account.id, "support", SAM)
    named = [(part.name, part.owner) for part in list_parts(engine, account, []) if part.own]
    assert named == [("support", SAM)]
    submit_answers(engine, ask_token(engine.config.secret, ask), {"q1": ["1"]}, "a submission")
    assert {draft.owner_email for draft in make_suggestions(engine)} == {SAM}


def test_taken_back_the_part_is_whoever_s_it_is_elsewhere(engine: Engine) -> None:
    with engine.store.write(engine.scope) as session:
        account = make_account(session, key="north", owner_email=OLIVE)
    for email in (SAM, ""):
        set_part_owner(engine, account.id, "support", email)
    with engine.store.read(engine.scope) as session:
        assert session.scalars(select(PartOwner)).all() == []
        audit = [(entry.subject, entry.before, entry.after) for entry in session.scalars(select(AuditEntry))]
    assert audit == [("support at north", None, SAM), ("support at north", SAM, None)]


def test_only_who_could_own_a_promise_there_answers_for_a_part(engine: Engine, desks: Desks) -> None:
    with pytest.raises(InputError, match="in no team"):
        set_part_owner(engine, desks.account, "support", SAM)
    with pytest.raises(NotFoundError, match="no part"):
        set_part_owner(engine, desks.account, "nothing", address("member"))


def test_a_part_s_owner_is_named_on_the_page(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    page = f"/admin/accounts/{desks.account}"
    text = send(owner, f"{page}/journey", page, part="support", owner_email=address("member")).text
    assert "Member answers for support." in text
    assert "Member, named for this account" in text
    assert "Last: A ticket was closed, 4 days ago." in text


# Calls, answers, the brief


def test_the_timeline_tells_what_was_asked_in_words(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        contact = session.get_one(Contact, desks.contact)
        ask = make_ask(session, contact, sent_at=NOW, answered_at=NOW, status="answered")
        for question, value in (("responsiveness", "2"), ("promise_kept", "no"), ("since_last_time", "better")):
            about = desks.promise if question == "promise_kept" else None
            make_answer(session, contact, ask, survey="relationship", question=question, value=value, answered_at=NOW,
                        promise_id=about)  # fmt: skip
        make_answer(session, contact, ask, survey="gone", question="first_steps", value="7", answered_at=NOW)
    text = " ".join(owner.get(f"/admin/accounts/{desks.account}").text.split())
    for told in (
        "When you need Olive&#39;s team, how quickly do you get an answer?</span> <strong>2</strong>",
        "We promised: “Reports for Northwind”. Did we keep it?</span> <strong>no</strong>",
        "On … you gave us … out of 10. How is it now?</span> <strong>better</strong>",
        "First steps</span> <strong>7</strong>",
    ):
        assert told in text, told


def test_a_call_is_in_the_timeline(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        contact = session.get_one(Contact, desks.contact)
        ask = make_letter(session, contact=make_contact(session, session.get_one(Account, desks.account), name="Ben"),
                          survey=make_survey(session), channel="phone").id  # fmt: skip
        assert contact
    note_call(engine.acting_as(address("owner"), engine.scope), ask, "not_reached", note="Voice mail")
    text = owner.get(f"/admin/accounts/{desks.account}").text
    assert "Owner called Ben" in text
    assert "Voice mail" in text


def test_a_brief_of_a_stranger_is_not_there(owner: FlaskClient, desks: Desks) -> None:
    assert owner.get(f"/admin/accounts/{desks.theirs['account']}/brief").status_code == 404
