"""Sending over real SMTP: what leaves, what is held, what the server's answer does, and what a crash leaves behind."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask.testing import FlaskClient
from sqlalchemy import select
from syrupy.assertion import SnapshotAssertion

from engine.data.models import Ask, Contact, Delivery
from engine.errors import HeedError
from engine.house import Engine
from engine.mail import as_bytes, outcome_of
from engine.operations.sending import RETRIES, STALE, send_due
from engine.operations.wishes import Wishes, save_wishes
from engine.types import Message
from tests.factories import make_account, make_contact, why_ended
from tests.letters import NOW, SameOnBoth, make_history, make_letter, make_survey, name_company, wishes_path


class Server:
    """A mail server that keeps what it accepts and answers as it is told. `replies`: by recipient, else `reply`."""

    def __init__(self) -> None:
        self.kept: list[EmailMessage] = []
        self.replies: dict[str, str] = {}
        self.reply = "250 Kept"
        self.silent = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        reply = self.replies.get(address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.reply.startswith("250"):
            self.kept.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        if self.silent:
            await asyncio.sleep(5)
        return self.reply


@contextmanager
def mail_server() -> Iterator[tuple[Server, str]]:
    server = Server()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port, ready_timeout=10)
    controller.start()
    try:
        yield server, f"smtp://127.0.0.1:{port}?timeout=1"
    finally:
        controller.stop()


def sending_to(engine: Engine, smtp_url: str, clock: Callable[[], datetime] = lambda: NOW) -> Engine:
    config = replace(engine.config, smtp_url=smtp_url, public_url="https://ask.harbour.example")
    return replace(engine, config=config, clock=clock)


def plan_letters(engine: Engine, number: int = 1, **values: Any) -> list[int]:
    """Asks that are due, each to a person of an account of its own; their ids."""
    with engine.store.write(engine.scope) as session:
        survey = make_survey(session)
        defaults = {"status": "planned", "sent_at": None, "send_at": NOW, "planned_on": NOW.date(), "survey": survey}
        return [_plan_one(session, place, **defaults | values) for place in range(number)]


def _plan_one(session: Any, place: int, **values: Any) -> int:
    account = make_account(session, owner_email="maria.keller@harbour.example")
    email = values.pop("email", f"person{place}@client.example")
    contact = make_contact(session, account, name=values.pop("name", "Nadia Bloom"), email=email)
    return make_letter(session, "missing", contact=contact, **values).id


def read_ask(engine: Engine, ask_id: int) -> Ask:
    with engine.store.read(engine.scope) as session:
        return session.get_one(Ask, ask_id)


def test_a_due_ask_leaves_once(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        [ask_id] = plan_letters(house)
        assert send_due(house).sent == 1
        assert send_due(house).sent == 0
    ask = read_ask(engine, ask_id)
    assert (ask.status, ask.sent_at, len(server.kept)) == ("sent", NOW, 1)


def test_an_ask_waits_for_its_time(engine: Engine) -> None:
    with mail_server() as (_server, url):
        house = sending_to(engine, url)
        plan_letters(house, send_at=NOW + timedelta(hours=1))
        assert send_due(house).sent == 0
        assert send_due(house, NOW + timedelta(hours=1)).sent == 1


def test_what_leaves_late_takes_its_place_on_the_day_it_leaves_where_its_contact_is(engine: Engine) -> None:
    evening = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    with mail_server() as (_server, url):
        house = sending_to(engine, url, lambda: evening)
        ids = plan_letters(house, 2)
        with engine.store.write(engine.scope) as session:
            session.get_one(Ask, ids[0]).contact.timezone = "Asia/Kolkata"
        assert send_due(house).sent == 2
    assert [read_ask(engine, ask_id).planned_on for ask_id in ids] == [date(2026, 11, 25), date(2026, 11, 24)]


def test_on_a_day_what_is_planned_for_that_day_leaves_at_its_own_time(engine: Engine) -> None:
    at = NOW + timedelta(days=1, hours=1)
    with mail_server() as (_server, url):
        house = sending_to(engine, url)
        [ask_id] = plan_letters(house, send_at=at, planned_on=date(2026, 11, 25))
        assert send_due(house, on=date(2026, 11, 25)).sent == 1
    assert read_ask(engine, ask_id).sent_at == at


def test_a_hold_that_has_come_up_takes_the_ask_back_and_has_it_decided_anew(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        [ask_id] = plan_letters(house)
        with engine.store.write(engine.scope) as session:
            contact = session.get_one(Ask, ask_id).contact
            contact.opted_out_on = NOW.date()
            contact.account.plan_on = date(2027, 3, 1)
        assert send_due(house).held == 1
    with engine.store.read(engine.scope) as session:
        ask = session.get_one(Ask, ask_id)
        assert ask.status == "cancelled"
        assert "not to ask again" in why_ended(ask)
        assert ask.contact.account.plan_on < date(2026, 11, 25)
        assert server.kept == []


def test_a_refused_address_bounces_and_is_not_tried_again(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        server.replies["gone@client.example"] = "550 5.1.1 No such user"
        [gone] = plan_letters(house, email="gone@client.example")
        [fine] = plan_letters(house)
        sent = send_due(house)
        assert (sent.refused, sent.sent) == (1, 1)
    with engine.store.read(engine.scope) as session:
        ask = session.get_one(Ask, gone)
        assert (ask.status, ask.contact.bounced_channels) == ("bounced", "email")
        assert "No such user" in why_ended(ask)
        assert session.get_one(Ask, fine).status == "sent"


def test_what_the_server_puts_off_is_tried_again_later_and_given_up_after_two_days(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        server.replies["person0@client.example"] = "451 4.7.1 Greylisted, come back"
        [ask_id] = plan_letters(house)
        assert send_due(house).later == 1
        ask = read_ask(engine, ask_id)
        assert (ask.status, ask.send_at) == ("planned", NOW + RETRIES[0])
        for _attempt in range(len(RETRIES)):
            due_at = read_ask(engine, ask_id).send_at
            assert due_at is not None
            with engine.store.write(engine.scope) as session:
                session.get_one(Ask, ask_id).send_at = NOW
            send_due(house)
        ask = read_ask(engine, ask_id)
        assert ask.status == "cancelled"
        assert why_ended(ask) == "it could not be delivered: 451 4.7.1 Greylisted, come back"
    assert sum(RETRIES, timedelta()) <= timedelta(days=2)


def test_silence_after_the_message_leaves_it_in_doubt_and_it_is_never_sent_again(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        server.silent = True
        [ask_id] = plan_letters(house)
        assert send_due(house).in_doubt == 1
        server.silent = False
        later = NOW + timedelta(days=1)
        assert send_due(sending_to(engine, url, lambda: later)).sent == 0
        assert len(server.kept) == 1
    ask = read_ask(engine, ask_id)
    assert (ask.status, ask.sent_at) == ("in_doubt", NOW)


def test_one_row_that_cannot_be_written_does_not_keep_the_others_back(engine: Engine) -> None:
    with mail_server() as (_server, url):
        house = sending_to(engine, url)
        [poison] = plan_letters(house, form=[{"no": "question"}])
        plan_letters(house, 20)
        sent = send_due(house)
        assert (sent.failed, sent.sent) == (1, 20)
    ask = read_ask(engine, poison)
    assert (ask.status, why_ended(ask)) == ("cancelled", "it could not be written: KeyError")


@pytest.mark.parametrize(
    "address",
    ["a@b\r\nRCPT TO:<x@y.example>", "a@b.example, c@d.example", "nobody", "ü@client.example", "a\x1f@b.example"],
)
def test_a_poisonous_address_is_refused_and_the_next_one_is_served(engine: Engine, address: str) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        plan_letters(house, email=address)
        plan_letters(house)
        sent = send_due(house)
        assert (sent.refused, sent.sent) == (1, 1)
        assert [message["to"].addresses[0].addr_spec for message in server.kept] == ["person0@client.example"]


def test_a_server_that_is_not_there_is_said_and_nothing_is_claimed(engine: Engine) -> None:
    house = sending_to(engine, "smtp://127.0.0.1:1?timeout=1")
    [ask_id] = plan_letters(house)
    with pytest.raises(HeedError, match=r"127\.0\.0\.1:1 cannot be used"):
        send_due(house)
    assert read_ask(engine, ask_id).status == "planned"


def test_a_server_that_puts_everything_off_is_left_alone_and_the_rest_keeps_its_turn(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        server.reply = "452 4.3.1 Out of storage"
        ids = plan_letters(house, 12)
        assert send_due(house).later == 5
        with engine.store.read(engine.scope) as session:
            waiting = session.scalars(select(Ask).where(Ask.id.in_(ids), Ask.send_at == NOW)).all()
            assert [ask.status for ask in waiting] == ["planned"] * 7
        server.reply = "250 Kept"
        assert send_due(house, NOW + timedelta(hours=1)).sent == 12


def test_a_crash_while_handing_over_leaves_a_doubt_and_a_claim_alone_is_given_back(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        handed, claimed = plan_letters(house, 2)
        with engine.store.write(engine.scope) as session:
            for ask_id, status in ((handed, "sending"), (claimed, "claimed")):
                session.get_one(Ask, ask_id).status = "sending"
                session.add(
                    Delivery(ask_id=ask_id, attempt=1, status=status, claimed_by="gone", claimed_at=NOW - STALE)
                )
        sent = send_due(house)
        assert (sent.in_doubt, sent.sent) == (1, 1)
        assert len(server.kept) == 1
    assert read_ask(engine, handed).status == "in_doubt"
    assert read_ask(engine, claimed).status == "sent"


def test_two_senders_at_once_send_each_message_once(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        plan_letters(house, 60)
        senders = [threading.Thread(target=send_due, args=(house,)) for _ in range(3)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        assert len(server.kept) == 60
        assert len({message["to"] for message in server.kept}) == 60


def test_an_ask_answered_before_its_receipt_is_kept_stays_answered(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        [ask_id] = plan_letters(house)

        async def answer_at_once(*_: Any) -> str:
            with engine.store.write(engine.scope) as session:
                ask = session.get_one(Ask, ask_id)
                ask.status, ask.answered_at, ask.sent_at = "answered", NOW, NOW
            return "250 Kept"

        server.handle_DATA = answer_at_once  # type: ignore[method-assign]
        send_due(house)
    ask = read_ask(engine, ask_id)
    assert (ask.status, ask.sent_at) == ("answered", NOW)


def test_asks_whose_link_ran_out_end_when_sending_begins(engine: Engine) -> None:
    with engine.store.write(engine.scope) as session:
        ask_id = make_letter(session, expires_at=NOW - timedelta(minutes=1)).id
    send_due(engine)
    assert read_ask(engine, ask_id).status == "expired"


def test_the_link_is_valid_as_long_as_was_planned_however_late_it_left(engine: Engine) -> None:
    with mail_server() as (_server, url):
        [ask_id] = plan_letters(engine, send_at=NOW - timedelta(hours=5), expires_at=NOW + timedelta(hours=1))
        send_due(sending_to(engine, url))
    assert read_ask(engine, ask_id).expires_at == NOW + timedelta(hours=6)


def test_a_wish_saved_before_it_left_keeps_the_ask_back(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        [ask_id] = plan_letters(house)
        contact = read_ask(engine, ask_id).contact_id
        with engine.store.read(engine.scope) as session:
            token = wishes_path(engine, session.get_one(Contact, contact)).rpartition("/")[2]
        save_wishes(house, token, Wishes(occasions_off=("relationship",)))
        send_due(house)
        assert server.kept == []
    assert read_ask(engine, ask_id).status == "cancelled"


# What it says


def test_an_invitation_says_what_came_of_the_last_answers_and_has_one_link(
    engine: Engine, snapshot: SnapshotAssertion
) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        with engine.store.write(engine.scope) as session:
            name_company(session)
        [ask_id] = plan_letters(house)
        with engine.store.write(engine.scope) as session:
            contact = session.get_one(Ask, ask_id).contact
            steps = ("agreed", "2026-10-01", None), ("moved", "2026-11-20", "the scanners come a week late")
            make_history(session, contact, *steps, title="A second person who knows you", said="When Tom is away, …")
        send_due(house)
    [message] = server.kept
    parts = {part.get_content_type(): part.get_content() for part in message.iter_parts()}  # type: ignore[union-attr]
    link = parts["text/plain"].split("https://ask.harbour.example/s/")[1].split()[0]
    assert parts["text/html"].count(f"/s/{link}") == 1
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert message["reply-to"] == "maria.keller@harbour.example"
    told = "\n".join(f"{name}: {message[name]}" for name in ("from", "to", "reply-to", "subject"))
    assert told + "\n\n" + without_tokens(parts["text/plain"]) == snapshot(extension_class=SameOnBoth, name="text")
    assert without_tokens(parts["text/html"]) == snapshot(extension_class=SameOnBoth, name="html")


def without_tokens(text: str) -> str:
    return re.sub(r"/([swup])/[\w.-]+", r"/\1/…", text)


def test_hostile_names_stay_words_in_headers_and_in_both_parts(engine: Engine) -> None:
    hostile = "<img src=x onerror=alert(1)>\r\nBcc: spy@evil.example\u2028{{ 7*7 }} [now](http://evil.example)"
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        plan_letters(house, name=hostile)
        send_due(house)
    [message] = server.kept
    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert message["bcc"] is None
    assert "<img" not in html
    assert "49" not in html
    assert all(len(line) <= 998 for line in message.as_bytes().splitlines())


@pytest.mark.parametrize(
    ("code", "reply", "stage", "outcome"),
    [
        (250, b"OK", "content", "sent"),
        (421, b"Going down", "from", "later"),
        (450, b"4.2.1 Busy", "to", "later"),
        (550, b"5.1.1 No such user", "to", "refused"),
        (551, b"Not local", "to", "refused"),
        (553, b"5.1.3 Bad address", "to", "refused"),
        (552, b"5.2.2 Mailbox full", "to", "later"),
        (550, b"5.2.2 Over quota", "to", "later"),
        (550, b"5.7.1 Blocked by policy", "content", "later"),
        (554, b"Looks like spam", "content", "later"),
        (530, b"Authentication required", "from", "later"),
        (-1, b"timed out", "content", "unknown"),
    ],
)
def test_replies_of_the_address_are_final_and_replies_about_us_are_not(
    code: int, reply: bytes, stage: str, outcome: str
) -> None:
    assert outcome_of(code, reply, stage) == outcome


def test_a_message_is_ascii_with_short_lines_whatever_is_in_it() -> None:
    wide = "ü" * 5000 + "\u2028\ud800" + "\r\n.\r\nFrom me"
    message = Message(
        to="n@münchen.example", to_name=wide, sender="heed@harbour.example", sender_name="Häfen", subject=wide,
        text=wide, html=wide, message_id="<1@harbour.example>",
    )  # fmt: skip
    content = as_bytes(message)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n." not in content.replace(b"\r\n", b"\n")


def test_a_button_for_each_point_of_the_first_question_opens_the_page_and_records_nothing(
    engine: Engine, client: FlaskClient
) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        [ask_id] = plan_letters(house, form=[{"question": "missing"}, {"question": "recommend"}])
        send_due(house)
    [message] = server.kept
    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    buttons = re.findall(r'href="https://ask.harbour.example(/s/\S+\?pick=(\d+))"', html)
    assert [point for _path, point in buttons] == [str(point) for point in range(11)]
    page = client.get(buttons[9][0]).text
    assert re.search(r'value="9"[^>]* checked', page)
    ask = read_ask(engine, ask_id)
    assert (ask.status, ask.opened_at) == ("sent", None)
