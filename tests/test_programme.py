"""The whole at the desk: a year simulated, a rule on trial, and twelve questions on the programme itself."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from admin.views.programme import PLACES
from engine.data.models import Account, Contact, Promise, SelfAssessment, SettingRow
from engine.errors import InputError
from engine.house import Engine
from engine.operations.assessments import TOPICS, compare, keep_assessment, list_assessments, plan_steps, read_facts
from engine.operations.settings import set_settings
from tests.conftest import NOW
from tests.desk import ADMIN, Desks, address, furnish, sign_in
from tests.factories import make_ask, make_promise
from tests.test_desk import send


@pytest.fixture
def desks(engine: Engine) -> Desks:
    return furnish(engine)


@pytest.fixture
def admin(site: Flask, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(site.test_client(), engine, ADMIN)


@pytest.fixture
def lead(site: Flask, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(site.test_client(), engine, address("lead"))


# A year simulated


def test_a_year_is_simulated_and_says_how_far_it_is_and_sets_nothing(admin: FlaskClient, engine: Engine) -> None:
    page = send(admin, "/admin/plan/simulate", "/admin/plan/key", tier="key", **{"relationship_tier.every_days": "30"})
    text = page.text
    assert page.status_code == 200
    assert [int(days) for days in re.findall(r"<li>(\d+) of 365 days</li>", text)] == list(range(30, 361, 30))
    assert text.index("360 of 365 days") < text.index("Over 365 days") < text.index("</html>")
    for told in ("People heard", "Accounts never heard", "tier", "relationship_tier.every_days"):
        assert told in text
    with engine.store.read(engine.scope) as session:
        assert session.scalars(select(SettingRow)).all() == []


def test_what_cannot_be_set_is_not_simulated_either(admin: FlaskClient) -> None:
    page = send(admin, "/admin/plan/simulate", "/admin/plan", **{"relationship_tier.every_days": "often"})
    assert (page.status_code, "is no whole number" in page.text) == (422, True)


def test_a_simulation_of_nothing_changed_shows_where_things_lead(admin: FlaskClient) -> None:
    text = send(admin, "/admin/plan/simulate", "/admin/plan").text
    assert "this is where today’s settings lead" in text
    assert '<th scope="col" class="number">Changed</th>' not in text


def test_a_simulation_that_fails_says_so_on_its_page(
    admin: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("admin.views.simulation.simulate_book", fail)
    text = send(admin, "/admin/plan/simulate", "/admin/plan").text
    assert "It could not be worked out" in text
    assert "the disk is full" not in text
    assert text.rstrip().endswith("</html>")


def test_a_rule_on_trial_shows_what_it_would_do(lead: FlaskClient, engine: Engine, desks: Desks) -> None:
    set_settings(engine, {"promise_brake.mode": "shadow"}, account="northwind")
    page = lead.get(f"/admin/accounts/{desks.account}/plan").text
    link = f"/admin/accounts/{desks.account}/plan/trial/promise_brake"
    assert link in page
    text = lead.get(link).text
    assert "Had “promise brake” been on" in text
    assert "What it would do" in text
    assert lead.get(f"/admin/accounts/{desks.account}/plan/trial/nothing").status_code == 404


# Twelve questions


def test_what_heed_knows_is_told_with_how_many(engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        session.get_one(Account, desks.theirs["account"]).owner_email = None
        contact = session.get_one(Contact, desks.contact)
        contact.influence = "decision_maker"
        make_ask(session, contact, sent_at=NOW - timedelta(days=60), answered_at=NOW - timedelta(days=59))
        make_promise(session, contact, title="Kept", status="done", verdict="kept", done_on=NOW.date())
    facts, _ = read_facts(engine)
    assert (facts["owners"].words, facts["owners"].level) == ("1 of 2 accounts have an owner", 1)
    assert facts["coverage"].words == "1 of 2 accounts were heard in half a year"
    assert (facts["deciders"].words, facts["deciders"].level) == ("1 of 1 people who decide were heard in a year", 3)
    assert facts["response"].words == "1 of 1 asks of the last year were answered"
    assert facts["kept"].words == "1 of 1 promises done were done in time"
    assert "words" not in facts


def test_the_weakest_come_first_and_what_is_always_so_needs_no_step(engine: Engine) -> None:
    keep_assessment(engine, {topic.name: "3" for topic in TOPICS} | {"words": "0", "causes": "1", "openly": "2"})
    steps = plan_steps(compare(list_assessments(engine)))
    assert [one.topic.name for one in steps] == ["words", "causes", "openly"]


def test_each_time_stands_beside_the_one_before(engine: Engine) -> None:
    keep_assessment(engine, {"words": "0"})
    keep_assessment(engine, {"words": "2", "causes": "1"})
    told = {one.topic.name: (one.level, one.before) for one in compare(list_assessments(engine))}
    assert (told["words"], told["causes"], told["kept"]) == ((2, 0), (1, None), (None, None))


@pytest.mark.parametrize("given", [{}, {"words": "4"}, {"unknown": "1"}])
def test_an_empty_or_wrong_answer_is_not_kept(engine: Engine, given: dict[str, str]) -> None:
    with pytest.raises(InputError):
        keep_assessment(engine, given)
    with engine.store.read(engine.scope) as session:
        assert session.scalars(select(SelfAssessment)).all() == []


def test_the_page_ends_in_steps_that_lead_into_the_desk(lead: FlaskClient, engine: Engine, desks: Desks) -> None:
    page = lead.get("/admin/programme").text
    assert "Twelve questions, five minutes" in page
    assert "accounts have an owner" in page
    text = send(lead, "/admin/programme", "/admin/programme", words="0", initiatives="1", owners="3").text
    assert "What to do next" in text
    assert '<a href="/admin/voices">Read what clients said since yesterday' in text
    assert "words" in lead.get("/admin/programme?format=csv").text


def test_every_step_leads_to_a_page(lead: FlaskClient) -> None:
    assert {topic.place for topic in TOPICS} == set(PLACES)
    for place in ("accounts", "calendar", "ledger", "asks?show=unanswered"):
        assert lead.get(f"/admin/{place}").status_code == 200


def test_facts_are_of_the_accounts_that_may_be_seen(engine: Engine, desks: Desks, lead: FlaskClient) -> None:
    with engine.store.write(engine.scope) as session:
        session.get_one(Promise, desks.theirs["promise"]).status = "done"
    assert "1 of 1 accounts have an owner" in lead.get("/admin/programme").text
