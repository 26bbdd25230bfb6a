"""The account manager's own call: the list, the sheet, what is written down, and the weeks ahead."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from engine.data.models import Account, AnswerRow, Ask, AuditEntry, Call, Contact, Promise, PromiseEvent, User, Voice
from engine.data.store import Scope
from engine.errors import InputError, LinkError, NotFoundError, StateError
from engine.house import Engine
from engine.links import calendar_token, read_calendar_token
from engine.operations import calendars
from engine.operations.agenda import read_agenda
from engine.operations.answers import AnswersError
from engine.operations.calendars import find_calendar, read_ask_calendar
from engine.operations.calls import list_calls, note_call, open_call, take_call
from engine.operations.personal import forget_contact
from engine.operations.planning import plan_asks
from engine.operations.suggestions import make_suggestions
from tests.conftest import NOW, SECRET
from tests.desk import Desks, address, furnish, sign_in
from tests.factories import make_account, make_contact, make_setting
from tests.letters import make_history, make_letter, make_survey
from tests.test_desk import send, token_in

MARIA = "maria.keller@harbour.example"
TODAY = NOW.date()
SENT = "a submission id"


@pytest.fixture
def maria(engine: Engine) -> Engine:
    return engine.acting_as(MARIA, engine.scope)


def make_call(engine: Engine, *names: str, **values: object) -> int:
    """A call that is due today at an account of Maria's; its ask's id."""
    with engine.store.write(engine.scope) as session:
        account = make_account(session, owner_email=MARIA)
        contact = make_contact(session, account, name="Nadia Bloom", phone="+44 20 7946 0018")
        defaults = {"channel": "phone", "planned_on": TODAY, "survey": make_survey(session)}
        return make_letter(session, *names, contact=contact, **defaults | values).id


def every(engine: Engine, model):
    with engine.store.read(engine.scope) as session:
        return session.scalars(select(model).order_by(model.id)).all()


# What is written down


def test_answers_given_by_phone_are_the_clients_and_name_who_wrote_them_down(maria: Engine) -> None:
    ask = make_call(maria, "recommend", "missing")
    posted = {"q1": ["3"], "q2.text": ["Somebody who calls back."]}
    take_call(maria, ask, posted, SENT, action="send", consented=True, note="In good spirits")
    answers = {row.question: row for row in every(maria, AnswerRow)}
    assert (answers["recommend"].score, answers["missing"].words) == (3, "Somebody who calls back.")
    [call], [voice] = every(maria, Call), every(maria, Voice)
    assert (call.outcome, call.author, call.consented, call.note) == ("answered", MARIA, True, "In good spirits")
    assert (voice.words, voice.author, voice.speaker) == ("Somebody who calls back.", MARIA, "client")
    assert every(maria, Ask)[0].status == "answered"


def test_what_follows_is_what_follows_the_clients_own_form(maria: Engine) -> None:
    ask = make_call(maria, "recommend")
    take_call(maria, ask, {"q1": ["2"], "q1.text": ["Nobody calls."]}, SENT, action="send", consented=True)
    drafts = make_suggestions(maria)
    assert drafts
    assert {draft.ask_id for draft in drafts} == {ask}


def test_without_a_yes_nothing_is_written_down_and_nothing_typed_is_lost(maria: Engine) -> None:
    ask = make_call(maria, "missing")
    with pytest.raises(AnswersError) as caught:
        take_call(maria, ask, {"q1.text": ["More time."]}, SENT, action="send")
    assert "consent" in caught.value.errors
    assert caught.value.given["q1"].text == "More time."
    assert (every(maria, AnswerRow), every(maria, Call)) == ([], [])


def test_a_form_that_the_client_could_not_send_is_not_kept_either(maria: Engine) -> None:
    ask = make_call(maria, "recommend", "knows")
    with pytest.raises(AnswersError) as caught:
        take_call(maria, ask, {"q1": ["11"]}, SENT, action="send", consented=True)
    assert set(caught.value.errors) == {"q1", "q2"}
    assert every(maria, AnswerRow) == []


def test_the_same_form_twice_is_one_call(maria: Engine) -> None:
    ask = make_call(maria, "missing")
    for _ in range(2):
        take_call(maria, ask, {"q1.text": ["Time."]}, SENT, action="send", consented=True)
    assert (len(every(maria, Call)), len(every(maria, Voice))) == (1, 1)


def test_a_word_on_a_promise_by_phone_says_for_the_team_to_whom_it_was_said(maria: Engine) -> None:
    with maria.store.write(maria.scope) as session:
        contact = make_contact(session, make_account(session, owner_email=MARIA), name="Nadia Bloom")
        done = ("agreed", "2026-10-01", None), ("done", "2026-11-12", "It runs.")
        promise = make_history(session, contact, *done, title="Reports by the third")
        asked = [{"name": "kept", "type": "yes_no", "repeat": "promises", "ask": {"en": "Is it done?"}}]
        survey = make_survey(session, asked, survey="promise_check", occasions=["promise"])
        form = [{"question": "kept", "promise": promise.id}]
        ask = make_letter(session, contact=contact, survey=survey, channel="phone", planned_on=TODAY, form=form).id
    take_call(maria, ask, {"q1": ["yes"]}, SENT, action="send", consented=True)
    assert every(maria, Promise)[0].verdict == "kept"
    last = every(maria, PromiseEvent)[-1]
    assert (last.author, last.note) == ("Nadia Bloom", f"said on the phone to {MARIA}")


def test_ask_later_and_a_no_are_the_clients_own_wishes(maria: Engine) -> None:
    later, declined = make_call(maria, "missing"), make_call(maria, "missing")
    take_call(maria, later, {}, SENT, action="later")
    take_call(maria, declined, {}, "another submission", action="decline")
    asks = {ask.id: ask for ask in every(maria, Ask)}
    assert asks[declined].status == "declined"
    with maria.store.read(maria.scope) as session:
        assert session.get_one(Contact, asks[later].contact_id).paused_until == TODAY + timedelta(days=14)


# Tries


def test_a_call_that_reached_nobody_stays_on_the_list_and_comes_back_on_the_day(maria: Engine) -> None:
    ask, other = make_call(maria, "missing"), make_call(maria, "missing", planned_on=TODAY + timedelta(days=1))
    note_call(maria, ask, "not_reached")
    note_call(maria, ask, "call_back", again_on=TODAY + timedelta(days=3), note="After lunch")
    lines, more = list_calls(maria)
    assert [line.ask.id for line in lines] == [other, ask]
    assert (lines[1].tries, lines[1].last.note, lines[1].due_on, more) == (2, "After lunch", date(2026, 11, 27), False)
    assert every(maria, Ask)[0].status == "sent"
    assert [entry.author for entry in every(maria, AuditEntry)] == [MARIA, MARIA]


@pytest.mark.parametrize(
    ("day", "said"), [(None, "On which day"), (date(2026, 11, 23), "in the past"), (date(2027, 6, 1), "runs out")]
)
def test_a_day_to_call_back_is_one_that_can_come(maria: Engine, day: date | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        note_call(maria, make_call(maria, "missing"), "call_back", again_on=day)
    assert every(maria, Call) == []


@pytest.mark.parametrize("status", ["planned", "answered", "expired", "cancelled"])
def test_what_is_not_out_takes_no_answers(maria: Engine, status: str) -> None:
    ask = make_call(maria, "missing", status=status, answered_at=NOW if status == "answered" else None)
    with pytest.raises(StateError, match="not to be made"):
        take_call(maria, ask, {"q1.text": ["Time."]}, SENT, action="send", consented=True)
    assert open_call(maria, ask).ask.id == ask


def test_an_ask_by_e_mail_is_no_call(maria: Engine) -> None:
    ask = make_call(maria, "missing", channel="email")
    assert list_calls(maria) == ([], False)
    with pytest.raises(NotFoundError):
        open_call(maria, ask)


def test_a_call_that_waits_for_approval_is_on_no_list(maria: Engine) -> None:
    make_call(maria, "missing", status="planned", needs_approval=True)
    assert list_calls(maria)[0] == []


def test_whoever_is_forgotten_is_not_noted_of(maria: Engine) -> None:
    ask = make_call(maria, "missing")
    note_call(maria, ask, "not_reached", note="Nadia is on holiday with Tom")
    with maria.store.read(maria.scope) as session:
        key = session.get_one(Ask, ask).contact.key
    forget_contact(maria, key)
    assert [(call.outcome, call.note) for call in every(maria, Call)] == [("not_reached", None)]


# On the desk


@pytest.fixture
def desks(engine: Engine) -> Desks:
    desks = furnish(engine)
    with engine.store.write(engine.scope) as session:
        for number in (desks.ask, desks.theirs["ask"]):
            ask = session.get_one(Ask, number)
            ask.channel, ask.status, ask.sent_at, ask.needs_approval = "phone", "sent", NOW, False
    return desks


@pytest.fixture
def member(site: Flask, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(site.test_client(), engine, address("member"))


def test_a_call_is_made_from_the_list_to_the_thanks(member: FlaskClient, engine: Engine, desks: Desks) -> None:
    page = member.get("/admin/calls").text
    assert "Nadia Bloom (Northwind)" in page
    assert "Southwind" not in page
    sheet = f"/admin/asks/{desks.ask}/call"
    text = member.get(sheet).text
    for told in ("Call Nadia Bloom", "1. Begin", "They said yes to my writing down", "How likely are you to recommend"):
        assert told in text
    assert "Would you rather talk" not in text
    kept = send(member, sheet, sheet, action="send", consent="1", submission_id=SENT, q1="9")
    assert "given by phone to you" in kept.text
    assert "Member: answered; agreed to being written down" in kept.text
    assert [row.score for row in every(engine, AnswerRow)] == [9]


def test_what_is_missing_is_said_beside_what_was_typed(member: FlaskClient, desks: Desks) -> None:
    sheet = f"/admin/asks/{desks.ask}/call"
    data = {"csrf_token": token_in(member.get(sheet).text), "action": "send", "submission_id": SENT, "q1": "9"}
    answer = member.post(sheet, data=data | {"note": "In a hurry"})
    assert answer.status_code == 422
    assert "tick it once they have said yes" in answer.text
    assert 'value="9" data-band="high" checked' in answer.text
    assert "In a hurry" in answer.text


def test_not_reached_is_one_button(member: FlaskClient, engine: Engine, desks: Desks) -> None:
    sheet = f"/admin/asks/{desks.ask}/call"
    page = send(member, sheet, sheet, action="not_reached", note="Voice mail").text
    assert "The call stays on the list" in page
    assert "not reached today" in page
    rows = list(csv.reader(member.get("/admin/calls?format=csv").text.splitlines()))
    assert rows[1][-2:] == ["not_reached", "Voice mail"]


def test_a_viewer_reads_the_questions_and_writes_nothing(site: Flask, engine: Engine, desks: Desks) -> None:
    viewer = sign_in(site.test_client(), engine, address("viewer"))
    text = viewer.get(f"/admin/asks/{desks.ask}/call").text
    assert "Only members of the team write down answers" in text
    assert "Keep their answers" not in text


def test_asks_are_narrowed_and_put_in_order(member: FlaskClient, engine: Engine, desks: Desks) -> None:
    page = "/admin/asks?show=out"
    assert "Nadia Bloom" in member.get(f"{page}&words=north&channel=phone&order=account").text
    for other in ("words=nobody", "channel=email", "occasion=renewal", "whose=mine"):
        assert "None is like that." in member.get(f"{page}&{other}").text, other


# The weeks ahead


def make_book(engine: Engine) -> None:
    """Two people who are due: one now, and Ada again in a while; a third whom nobody plans to ask yet."""
    with engine.store.write(engine.scope) as session:
        make_setting(session, "company.timezone", "Europe/London")
        account = make_account(session, key="north", name="Northwind", owner_email=MARIA, tier="key", plan_on=TODAY)
        make_contact(session, account, key="ada", name="Ada", created_on=date(2025, 1, 6))
        make_contact(session, account, key="ben", name="Ben", created_on=TODAY - timedelta(days=10))
    plan_asks(engine, TODAY)


def test_the_weeks_ahead_hold_what_is_planned_and_what_is_to_be_expected(maria: Engine) -> None:
    make_book(maria)
    agenda = read_agenda(maria)
    ada, ben = agenda.entries
    assert (ada.contact.key, ada.on, ada.ask is not None) == ("ada", TODAY, True)
    rested = TODAY + timedelta(days=20)
    assert (ben.contact.key, ben.on, ben.occasion, ben.ask) == ("ben", rested, "relationship", None)
    assert (agenda.counts, agenda.more) == ({TODAY: 1, rested: 1}, False)
    assert read_agenda(maria, owner="somebody@else.example").entries == []


def test_the_weeks_ahead_come_page_by_page_and_from_a_day_on(maria: Engine) -> None:
    make_book(maria)
    first, second = (read_agenda(maria, page=page, size=1) for page in (1, 2))
    assert ([one.contact.key for one in first.entries], first.more) == (["ada"], True)
    assert ([one.contact.key for one in second.entries], second.more) == (["ben"], False)
    later = read_agenda(maria, since=TODAY + timedelta(days=1))
    assert ([one.contact.key for one in later.entries], later.counts) == (["ben"], first.counts)
    with maria.store.read(maria.scope) as session:
        [account] = session.query(Account)
    assert read_agenda(maria.acting_as(MARIA, Scope(frozenset({account.id + 1})))).counts == {}


def test_a_call_to_make_again_is_in_the_weeks_ahead(maria: Engine) -> None:
    ask = make_call(maria, "missing")
    note_call(maria, ask, "call_back", again_on=TODAY + timedelta(days=3))
    [entry] = [entry for entry in read_agenda(maria).entries if entry.again]
    assert (entry.on, entry.ask.id) == (date(2026, 11, 27), ask)


def test_the_weeks_ahead_are_a_calendar_for_whoever_may_see_them(
    maria: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_book(maria)
    with maria.store.write(maria.scope) as session:
        session.add_all([User(email=MARIA, created_at=NOW), User(email="tom@house.example", created_at=NOW)])
    events = Calendar.from_ical(read_ask_calendar(maria, token_of(maria, MARIA))).walk("VEVENT")
    assert str(events[0]["summary"]) == "Ask: Ada (Northwind), relationship, by email"
    assert any(str(event["summary"]).startswith("Expected: Ben") for event in events)
    assert not Calendar.from_ical(read_ask_calendar(maria, token_of(maria, "tom@house.example"))).walk("VEVENT")
    monkeypatch.setattr(calendars, "MOST_ASKS", 1)
    events = Calendar.from_ical(read_ask_calendar(maria, token_of(maria, MARIA))).walk("VEVENT")
    assert [str(event["summary"]) for event in events][1:] == ["More asks than the 1 of this calendar"]


def test_the_address_of_a_calendar_begins_with_no_dot_however_much_of_it_says_the_same() -> None:
    """The library would compress this one, and put a dot in front; servers in front of ours refuse such files."""
    email = "anna.schmidt@vertrieb.schmidt-schmidt-partner.example"
    address = calendar_token(SECRET, email)
    assert not address.startswith(".")
    assert read_calendar_token(SECRET, address) == (email, 0)


def test_the_address_of_a_calendar_opens_that_one_only_and_ends_with_the_login(maria: Engine) -> None:
    for token in ("nothing", token_of(maria, "nobody@house.example"), token_of(maria, MARIA, "promises")):
        with pytest.raises(LinkError):
            read_ask_calendar(maria, token)


def token_of(engine: Engine, email: str, kind: str = "asks") -> str:
    return find_calendar(replace(engine), email, kind).rpartition("/")[2].removesuffix(".ics")
