"""What clients are told of promises: in their language, once a day at most, over real SMTP, never against a wish."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from engine.cli import main
from engine.data.models import Ask, Contact, News, Promise
from engine.data.store import EVERYTHING
from engine.errors import InputError
from engine.operations.news import preview_promise, send_news
from engine.operations.promises import (
    add_promise,
    agree_promise,
    decline_promise,
    do_promise,
    move_promise,
    record_verdict,
)
from engine.operations.settings import set_settings
from tests.factories import make_account, make_contact
from tests.letters import NOW, SameOnBoth, make_letter, name_company
from tests.test_sending import mail_server, sending_to

SAID = "The pack is always late."


@pytest.fixture
def town(engine):
    """A mail server, and a house that writes to Nadia at Halden."""
    with engine.store.write(EVERYTHING) as session:
        name_company(session)
        account = make_account(session, key="halden", name="Halden", owner_email="maria.keller@harbour.example")
        make_contact(session, account, key="nadia", name="Nadia Bloom", email="nadia@halden.example")
    with mail_server() as (server, url):
        yield server, sending_to(engine, url)


def promised(house, title="Send the pack by the third", **values):
    return add_promise(house, "halden", "nadia", **{"title": title, "said": SAID, "agreed": True} | values).id


def later(house, **ago):
    moment = house.clock() + timedelta(**ago)
    return replace(house, clock=lambda: moment)


def nadia(house, **values):
    with house.store.write(EVERYTHING) as session:
        contact = session.query(Contact).filter_by(key="nadia").one()
        for name, value in values.items():
            setattr(contact, name, value)
        return contact


def test_several_changes_of_a_day_are_one_message(town):
    server, house = town
    promised(house)
    done = promised(house, "Name a second person")
    do_promise(house, done, what="Leila knows your books now.")
    assert send_news(house).sent == 1
    [mail] = server.kept
    text = mail.get_body(("plain",)).get_content()
    assert (mail["Subject"], mail["Reply-To"]) == ("What became of 2 promises to you", "maria.keller@harbour.example")
    for line in (SAID, "Send the pack by the third", "Agreed, due on Tue 8 Dec", "Leila knows your books now"):
        assert line in text
    assert "https://ask.harbour.example/p/" in text
    assert "/s/" not in text


def test_at_most_one_a_day_and_the_rest_the_day_after(town):
    server, house = town
    number = promised(house)
    send_news(house)
    move_promise(house, number, due_on=date(2026, 12, 10), reason="The bank is late.")
    assert send_news(house).sent == 0
    assert send_news(later(house, days=1)).sent == 1
    assert "Moved to Thu 10 Dec, because The bank is late" in server.kept[-1].get_body(("plain",)).get_content()
    assert send_news(later(house, days=2)).sent == 0


def test_a_message_is_no_ask(town):
    _server, house = town
    promised(house)
    send_news(house)
    with house.store.read(EVERYTHING) as session:
        assert session.query(Ask).count() == 0
        assert session.query(News).one().status == "sent"


@pytest.mark.parametrize(
    "wish",
    [
        {"opted_out_on": date(2026, 11, 1)},
        {"paused_until": date(2026, 12, 1)},
        {"wish_no_news": True},
        {"bounced_channels": "email"},
        {"email": None},
    ],
    ids=lambda wish: next(iter(wish)),
)
def test_who_does_not_want_messages_gets_none(town, wish):
    server, house = town
    promised(house)
    nadia(house, **wish)
    assert send_news(house).sent == 0
    assert server.kept == []


def test_a_house_or_account_may_leave_messages_to_its_people(town):
    server, house = town
    promised(house)
    set_settings(house, {"promises.news": "no"}, account="halden")
    assert send_news(house).sent == 0
    assert server.kept == []


@pytest.mark.parametrize("moment", [datetime(2026, 11, 24, 22, tzinfo=UTC), datetime(2026, 11, 28, 10, tzinfo=UTC)])
def test_nobody_is_written_to_at_night_or_at_the_weekend(town, moment):
    _server, house = town
    promised(house)
    assert send_news(replace(house, clock=lambda: moment)).sent == 0


def test_drafts_and_what_the_client_did_themselves_are_no_news(town):
    _server, house = town
    promised(house, agreed=False)
    asked = add_promise(replace(house, author="Nadia Bloom"), "halden", "nadia", title="Call back", agreed=False).id
    agree_promise(house, asked)
    assert send_news(house).sent == 1
    assert send_news(later(house, days=1)).sent == 0


def test_what_an_invitation_has_told_is_not_told_again(town):
    _server, house = town
    promised(house)
    with house.store.write(EVERYTHING) as session:
        contact = session.query(Contact).filter_by(key="nadia").one()
        make_letter(session, "recommend", contact=contact, sent_at=NOW + timedelta(minutes=5))
    assert send_news(later(house, hours=1)).sent == 0


def test_old_steps_are_no_news_any_more(town):
    _server, house = town
    promised(house)
    assert send_news(later(house, days=20)).sent == 0


def test_a_server_that_is_busy_gets_it_again_and_one_that_refuses_does_not(town):
    server, house = town
    promised(house)
    server.reply = "451 Busy"
    assert send_news(house).later == 1
    server.reply = "250 Kept"
    server.replies["nadia@halden.example"] = "550 5.1.1 Unknown"
    assert send_news(house).refused == 1
    server.replies.clear()
    assert send_news(later(house, days=1)).sent == 0
    assert nadia(house).bounced_channels == "email"


def test_when_nobody_knows_whether_it_arrived_it_is_not_sent_again(town):
    server, house = town
    promised(house)
    server.silent = True
    assert send_news(house).in_doubt == 1
    server.silent = False
    assert send_news(later(house, days=1)).sent == 0


# what is seen, in each state


def step_to(house, number, state):
    """From agreed on."""
    if state == "moved":
        move_promise(house, number, due_on=date(2026, 12, 10), reason="The bank is late.")
    if state == "declined":
        decline_promise(house, number, reason="Too few clients need it.")
    if state in ("done", "kept", "disputed"):
        do_promise(house, number, what="The November pack came on the third.")
    if state in ("kept", "disputed"):
        with house.store.write(EVERYTHING) as session:
            promise = session.get_one(Promise, number)
            words = None if state == "kept" else "It came on the fifth."
            record_verdict(house, session, promise, kept=state == "kept", words=words, author="Nadia Bloom")


@pytest.mark.parametrize("state", ["drafted", "agreed", "moved", "done", "kept", "disputed", "declined"])
@pytest.mark.parametrize("locale", ["en", "de"])
def test_what_the_client_sees_in_each_state(town, snapshot, state, locale):
    _server, house = town
    nadia(house, locale=locale)
    number = promised(house, agreed=state != "drafted", note="For us only.")
    step_to(house, number, state)
    seen = preview_promise(house, number)
    assert seen.shown == (state != "drafted")
    text = "\n".join([seen.title, f"„{seen.said}“", seen.state, *seen.steps, "", seen.subject, "", seen.message])
    assert "For us only" not in text
    text = "\n".join(line.partition("/p/")[0].partition("/w/")[0] for line in text.splitlines())
    assert text.replace(f"P-{number}", "P-1") == snapshot(name=f"{state}-{locale}", extension_class=SameOnBoth)


def test_the_preview_is_what_is_sent(town):
    server, house = town
    number = promised(house)
    send_news(house)
    sent = server.kept[0].get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert sent == preview_promise(house, number).message


def test_of_a_promise_to_an_account_as_a_whole_no_one_client_sees_anything(town):
    _server, house = town
    with pytest.raises(InputError, match="as a whole"):
        preview_promise(house, add_promise(house, "halden", title="Review the contract").id)


def test_the_command_line_previews_and_sends(town, runner):
    server, house = town
    number = f"P-{promised(house, agreed=False)}"
    told = runner.invoke(main, ["promise", "preview", number]).output
    assert "On their page (not shown yet; once it is agreed:)" in told
    assert "You said: “The pack is always late.”" in told
    assert json.loads(runner.invoke(main, ["promise", "preview", number, "--json"]).output)["shown"] is False
    agree_promise(house, int(number[2:]))
    sent = runner.invoke(main, ["send", "--on", "2026-11-24"], env={"HEED_SMTP_URL": house.config.smtp_url})
    assert sent.output == "1 client told what became of promises\n"
    assert len(server.kept) == 1
