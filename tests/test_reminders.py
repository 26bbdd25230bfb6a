"""Reminding and escalating: who hears of what on which day, once; and an owner's calendar."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from icalendar import Calendar

from engine.cli import main
from engine.data.models import Account, Team, TeamAccount, TeamUser, User
from engine.data.store import EVERYTHING
from engine.errors import LinkError
from engine.operations.calendars import find_calendar, read_calendar
from engine.operations.hand_overs import add_absence, hand_over_promise
from engine.operations.promises import add_promise, do_promise, open_promise
from engine.operations.reminders import list_waiting, send_reminders
from tests.conftest import NOW
from tests.factories import make_account, make_contact
from tests.test_sending import mail_server, sending_to

TOM, LENA, SARA = "tom@house.example", "lena@house.example", "sara@house.example"
DUE = date(2026, 12, 2)  # a Wednesday


@pytest.fixture
def halden(engine):
    """An account with an owner, a sponsor, and a team with a lead."""
    with engine.store.write(EVERYTHING) as session:
        account = make_account(session, key="halden", name="Halden", owner_email=TOM, sponsor_email=SARA, tier="key")
        make_contact(session, account, key="nadia", name="Nadia Bloom")
        team, lead = Team(name="North"), User(email=LENA, created_at=NOW)
        session.add_all([team, lead])
        session.flush()
        session.add(TeamUser(team_id=team.id, user_id=lead.id, role="lead"))
        session.add(TeamAccount(team_id=team.id, account_id=account.id))
    return engine


def promised(engine, **values):
    return add_promise(engine, "halden", "nadia", **{"title": "Send the pack", "due_on": DUE, "agreed": True} | values)


def hears(engine, day):
    """Who hears of what on a day: headings by person."""
    return {each.email: list(each.under) for each in list_waiting(engine, day)}


@pytest.mark.parametrize(
    ("day", "who"),
    [
        (date(2026, 11, 27), {}),
        (date(2026, 11, 30), {TOM: ["soon"]}),
        (date(2026, 12, 2), {TOM: ["today"], LENA: ["team today"]}),
        (date(2026, 12, 3), {TOM: ["late"], LENA: ["team late"], SARA: ["sponsor"]}),
        (date(2026, 12, 4), {TOM: ["late"]}),
        (date(2026, 12, 7), {TOM: ["late"], LENA: ["team late"], SARA: ["sponsor"]}),
    ],
)
def test_the_owner_hears_before_the_lead_on_the_day_and_the_sponsor_after(halden, day, who):
    promised(halden)
    assert hears(halden, day) == who


def test_what_is_done_waits_for_nobody(halden):
    do_promise(halden, promised(halden).id, what="Sent")
    assert hears(halden, date(2026, 12, 3)) == {}


def test_a_draft_that_nobody_answers_in_time_comes_to_the_lead(halden):
    promised(halden, agreed=False)  # a key account: two working days
    assert hears(halden, date(2026, 11, 25)) == {TOM: ["draft"]}
    assert hears(halden, date(2026, 11, 27)) == {TOM: ["draft"], LENA: ["team draft"]}


def test_who_was_asked_to_take_over_is_reminded(halden):
    hand_over_promise(halden, promised(halden).id, owner_email=LENA)
    assert hears(halden, date(2026, 11, 25)) == {LENA: ["offered"]}


def test_everybody_gets_one_digest_a_day_over_smtp(halden):
    promised(halden)
    promised(halden, title="Name a second person", due_on=date(2026, 11, 24))
    promised(halden, title="Draft", agreed=False)
    with mail_server() as (server, url):
        house = sending_to(halden, url)
        assert send_reminders(house).sent == 2
        assert send_reminders(house).sent == 0
    by = {mail["To"]: mail for mail in server.kept}
    assert set(by) == {TOM, LENA}
    text = by[TOM].get_content()
    assert by[TOM]["Subject"] == "2 promises wait for you"
    assert "Due today\n  P-" in text.replace("\r", "")
    assert "Name a second person (Nadia Bloom, Halden; tom@house.example): today" in text
    assert "https://ask.harbour.example/calendar/" in text


def test_the_history_says_once_who_was_told_that_it_is_late(halden):
    promise = promised(halden)
    with mail_server() as (server, url):
        for day in (3, 4, 7):
            moment = datetime(2026, 12, day, 9, tzinfo=UTC)
            send_reminders(replace(sending_to(halden, url), clock=lambda moment=moment: moment))
    _promise, events = open_promise(halden, promise.id)
    told = [(event.note, event.at.day) for event in events if event.step == "escalated"]
    assert told == [(f"{LENA} was told", 3), (f"{SARA} was told", 3)]
    assert [mail["To"] for mail in server.kept].count(SARA) == 2


def test_nobody_is_reminded_at_the_weekend_and_nothing_is_sent_where_nothing_waits(halden):
    with mail_server() as (server, url):
        house = sending_to(halden, url)
        assert send_reminders(house).sent == 0
        promised(halden)
        saturday = datetime(2026, 12, 5, 9, tzinfo=UTC)
        assert send_reminders(replace(house, clock=lambda: saturday)).sent == 0
        assert server.kept == []


def test_the_deputy_is_reminded_of_what_whoever_is_away_promised(halden):
    promised(halden)
    add_absence(halden, TOM, from_on=date(2026, 11, 24), until_on=date(2026, 12, 24), deputy_email=LENA)
    assert hears(halden, date(2026, 12, 2)) == {LENA: ["today", "team today"]}


# the calendar


def entries(engine, token):
    return {str(event["uid"]): event for event in Calendar.from_ical(read_calendar(engine, token)).walk("VEVENT")}


def token_of(engine, email):
    return find_calendar(engine, email).rpartition("/")[2].removesuffix(".ics")


def test_an_owners_open_promises_are_in_their_calendar_on_the_day_they_are_due(halden):
    promise, other = promised(halden, said="It is always late."), promised(halden, title="Elsewhere", owner_email=LENA)
    do_promise(halden, promised(halden, title="Done").id, what="Sent")
    [(uid, event)] = entries(halden, token_of(halden, "Tom@House.example")).items()
    assert uid == f"promise-{promise.id}@127.0.0.1"
    assert (event["summary"], event["dtstart"].dt) == (f"P-{promise.id} Send the pack (Halden)", DUE)
    assert "It is always late." in event["description"]
    assert list(entries(halden, token_of(halden, LENA))) == [f"promise-{other.id}@127.0.0.1"]


def test_a_calendars_address_is_a_key_that_ends_with_the_login(halden, client):
    promised(halden)
    path = "/calendar/" + find_calendar(halden, LENA).rpartition("/")[2]
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert client.get(path.replace(".ics", "x.ics")).status_code == 404
    with halden.store.write(EVERYTHING) as session:
        session.query(User).filter_by(email=LENA).one().active = False
        assert session.query(Account).count() == 1
    assert client.get(path).status_code == 404
    with pytest.raises(LinkError):
        read_calendar(halden, "forged")


def test_the_command_line_shows_digests_before_they_are_sent_and_the_calendars_address(halden, runner):
    promised(halden)
    told = runner.invoke(main, ["remind", "--dry-run", "--on", "2026-12-02"]).output
    assert "To lena@house.example: 1 promise waits for you" in told
    assert "Due today in your team\n  P-" in told
    found = json.loads(runner.invoke(main, ["calendar", TOM, "--json"]).output)
    assert found["calendar"] == find_calendar(halden, TOM)
