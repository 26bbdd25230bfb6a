"""Planning writes asks, records and the day to look again; explaining tells the same from what was kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.data.models import Account, Ask, Contact, DecisionRecord, PlanRun
from engine.data.store import EVERYTHING
from engine.decide.explanation import explain
from engine.decide.forms import WHYS
from engine.decide.records import lines_from_json, read_record
from engine.decide.rule import AHEAD
from engine.decide.sentences import Teller
from engine.decide.tailoring import tell_tailored
from engine.decide.takers import with_names
from engine.errors import AmbiguousError, BusyError, NotFoundError
from engine.house import Engine
from engine.operations.decisions import explain_all, explain_contact, read_names, recheck
from engine.operations.planning import plan_asks
from engine.operations.surveys import sync_surveys
from tests.conftest import NOW
from tests.factories import make_account, make_ask, make_contact, make_promise, make_setting, make_touchpoint

TODAY = NOW.date()


def book(engine: Engine, **account: Any) -> None:
    """Northwind with three people, of whom two may be asked."""
    with engine.store.write(EVERYTHING) as session:
        northwind = make_account(session, key="northwind", plan_on=TODAY, owner_email="maria@house.example", **account)
        for key in ("ada", "ben", "cleo"):
            make_contact(session, northwind, key=key, name=key.title(), email=f"{key}@northwind.example")


def asks(engine: Engine) -> list[Ask]:
    with engine.store.read(EVERYTHING) as session:
        return list(session.scalars(select(Ask).where(Ask.origin == "heed").order_by(Ask.id)))


def test_a_plan_makes_asks_with_forms_and_times(engine: Engine) -> None:
    book(engine, timezone="America/New_York")
    funnel = plan_asks(engine)
    assert (funnel.considered, funnel.asked, funnel.limited) == (3, {"email": 2}, {"account_share": 1})
    for ask in asks(engine):
        assert (ask.status, ask.occasion, ask.channel) == ("planned", "relationship", "email")
        assert ask.send_at is not None
        assert ask.expires_at is not None
        assert 14 <= ask.send_at.hour < 16  # nine to eleven in New York
        assert ask.expires_at - ask.send_at == timedelta(days=30)
        assert {entry["question"] for entry in ask.form or ()} >= {"recommend"}


def test_planning_again_changes_nothing(engine: Engine) -> None:
    book(engine)
    plan_asks(engine)
    before = [ask.id for ask in asks(engine)]
    for day in (TODAY, TODAY + timedelta(days=1)):
        again = plan_asks(engine, day)
        assert again.asked == {}
    assert [ask.id for ask in asks(engine)] == before


def test_a_dry_run_writes_nothing(engine: Engine) -> None:
    book(engine)
    assert plan_asks(engine, dry_run=True).asked == {"email": 2}
    assert asks(engine) == []
    with engine.store.read(EVERYTHING) as session:
        assert session.scalars(select(PlanRun)).all() == []


def test_only_accounts_that_are_due_are_considered(engine: Engine) -> None:
    book(engine)
    with engine.store.write(EVERYTHING) as session:
        make_contact(session, make_account(session, plan_on=TODAY + timedelta(days=5)))
        make_contact(session, make_account(session, plan_on=None))
    assert plan_asks(engine).considered == 3


def test_each_account_knows_when_to_be_planned_next(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, key="later", plan_on=TODAY, tier="strategic"))
        make_ask(session, contact, sent_at=NOW - timedelta(days=60), answered_at=NOW - timedelta(days=59))
        make_contact(session, make_account(session, key="never", plan_on=TODAY), opted_out_on=TODAY)
        silent = make_account(session, key="nothing to ask about", plan_on=TODAY)
        make_contact(session, silent)
        make_setting(session, "relationship_tier.mode", "off", layer="account", layer_key=silent.id)
    plan_asks(engine)
    with engine.store.read(EVERYTHING) as session:
        found = {account.key: account.plan_on for account in session.scalars(select(Account))}
    searched = TODAY + timedelta(days=AHEAD)
    assert found == {"later": TODAY + timedelta(days=30), "never": searched, "nothing to ask about": None}


def test_a_second_planner_leaves_at_once(engine: Engine) -> None:
    book(engine)
    assert engine.store.take_lease("plan", "somebody else", NOW, 60)
    with pytest.raises(BusyError, match="Another plan"):
        plan_asks(engine)
    assert asks(engine) == []


def test_a_record_is_kept_for_each_ask_and_tells_the_same_as_the_day_it_was_made(engine: Engine) -> None:
    book(engine)
    sync_surveys(engine)
    told = {each.contact["key"]: each for each in explain_all(engine)}
    plan_asks(engine)
    with engine.store.read(EVERYTHING) as session:
        run = session.scalars(select(PlanRun)).one()
        records = session.scalars(select(DecisionRecord)).all()
        kept = {ask.contact.key: ask.record_id for ask in session.scalars(select(Ask))}
        lines = lines_from_json(run.sentences["lines"])
        assert {record.decision for record in records} == {"ask"}, "of whom nothing was decided before nothing changed"
        by_id = {record.id: record for record in records}
        names = read_names(engine, {record.contact_id for record in records})
        for key, record_id in kept.items():
            live = told[key]
            who = {"contact": live.contact, "account": live.account}
            stored = explain(lines, with_names(read_record(by_id[record_id].says, run.sentences), names), who)
            assert replace(live, **TAILORED) == replace(stored, **TAILORED)
            tailored = by_id[record_id].says["tailored"]
            assert {question["why"] for question in tailored["questions"]} <= set(WHYS)
            assert tell_tailored(tailored, Teller(live.on))["questions"] == live.questions


def test_a_day_that_was_decided_is_told_beside_what_would_be_decided_now(engine: Engine) -> None:
    book(engine)
    plan_asks(engine)
    asked = explain_contact(engine, "northwind/ada", TODAY)
    assert asked.stored is not None
    assert (asked.stored.decision, asked.stored.on, asked.stored.questions) == ("ask", TODAY, asked.questions)
    assert asked.differs == []
    with engine.store.write(EVERYTHING) as session:
        ada = session.scalars(select(Contact).where(Contact.key == "ada")).one()
        ada.paused_until = TODAY + timedelta(days=20)
    now = explain_contact(engine, "northwind/ada", TODAY)
    assert now.stored == asked.stored
    assert "Then: ask today, a relationship check-in. Now: not yet. Next ask: Mon 14 Dec" in now.differs[0]
    assert "Only now: asked us to pause until Mon 14 Dec." in now.differs
    assert explain_contact(engine, "northwind/ada", TODAY - timedelta(days=1)).stored is None


TAILORED: dict[str, Any] = {"channel": None, "questions": None, "left_out": None, "seconds": None}


def test_a_change_of_outcome_is_recorded(engine: Engine) -> None:
    book(engine)
    plan_asks(engine)
    with engine.store.write(EVERYTHING) as session:
        for ask in session.scalars(select(Ask)):
            ask.status, ask.sent_at = "sent", NOW
        for account in session.scalars(select(Account)):
            account.plan_on = TODAY
    plan_asks(engine, TODAY + timedelta(days=1))
    with engine.store.read(EVERYTHING) as session:
        query = select(DecisionRecord.decision).where(DecisionRecord.on > TODAY)
        assert (
            sorted(session.scalars(query)) == ["ask", "hold", "hold"] or sorted(session.scalars(query)) == ["hold"] * 2
        )


def test_a_person_at_two_accounts_gets_one_ask(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        first = make_contact(session, make_account(session, plan_on=TODAY), email="ada@both.example")
        make_contact(session, make_account(session, plan_on=TODAY), person=first.person, email="ADA@both.example")
    funnel = plan_asks(engine)
    assert (funnel.asked, funnel.limited) == ({"email": 1}, {"one_live_ask": 1})


def test_a_follow_up_asks_with_the_survey_of_its_touchpoint(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, plan_on=TODAY))
        make_ask(session, contact, sent_at=NOW - timedelta(days=50), answered_at=NOW - timedelta(days=49))
        make_touchpoint(session, contact, kind="onboarding_done", happened_at=NOW - timedelta(days=3))
    plan_asks(engine)
    assert [(ask.occasion, ask.survey) for ask in asks(engine)] == [("touchpoint", "onboarding")]


def test_a_promise_check_asks_about_the_very_promise(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, plan_on=TODAY))
        promise = make_promise(session, contact, status="done", done_on=TODAY - timedelta(days=20))
        number = promise.id
    plan_asks(engine)
    (ask,) = asks(engine)
    assert (ask.occasion, ask.survey) == ("promise", "promise_check")
    assert {"question": "promise_kept", "promise": number} in (ask.form or [])


def test_without_a_channel_nobody_is_asked_and_the_funnel_says_so(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        make_contact(session, make_account(session, plan_on=TODAY), email=None, key="nomail")
    assert plan_asks(engine).no_channel == 1
    told = explain_contact(engine, "nomail")
    assert (told.decision, told.channel and told.channel["chosen"]) == ("ask", None)


def test_explaining_finds_contacts_by_address_key_or_both(engine: Engine) -> None:
    book(engine)
    for who in ("ADA@northwind.example ", "ada", "northwind/ada"):
        assert explain_contact(engine, who).contact["key"] == "ada"
    with pytest.raises(NotFoundError, match="zoe"):
        explain_contact(engine, "zoe")
    with engine.store.write(EVERYTHING) as session:
        make_contact(session, make_account(session, key="acme"), key="ada")
    with pytest.raises(AmbiguousError) as several:
        explain_contact(engine, "ada")
    assert several.value.matches == ("acme/ada", "northwind/ada")


def test_explaining_one_is_explaining_all(engine: Engine) -> None:
    book(engine)
    for told in explain_all(engine):
        assert explain_contact(engine, f"northwind/{told.contact['key']}").as_dict() == told.as_dict()


def test_a_waiting_ask_is_checked_again_on_fresh_facts(engine: Engine) -> None:
    book(engine)
    plan_asks(engine)
    first, second = asks(engine)
    assert recheck(engine, [first.contact_id, second.contact_id], engine.moment()) == dict.fromkeys(
        [first.contact_id, second.contact_id]
    )
    with engine.store.write(EVERYTHING) as session:
        contact = session.get_one(Ask, first.id).contact
        contact.opted_out_on = TODAY
    why = recheck(engine, [first.contact_id, second.contact_id], engine.moment())
    assert "not to ask" in str(why[first.contact_id])
    assert why[second.contact_id] is None
    assert "Sunday" in str(recheck(engine, [second.contact_id], engine.moment(date(2026, 11, 29))))


def test_settings_of_a_contact_reach_the_plan(engine: Engine) -> None:
    book(engine)
    with engine.store.write(EVERYTHING) as session:
        make_setting(session, name="account_share.people", value=1)
    assert plan_asks(engine).asked == {"email": 1}
