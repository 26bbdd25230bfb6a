"""The account manager's own call: who gets the sheet, what it says, and that the client is written nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from syrupy.assertion import SnapshotAssertion

from engine.data.models import Ask, Contact
from engine.house import Engine
from engine.language import Languages
from engine.operations.decisions import explain_contact
from engine.operations.planning import plan_asks
from engine.operations.sending import send_due
from tests.factories import make_account, make_contact, why_ended
from tests.letters import NOW, SameOnBoth, make_history, make_letter, make_survey, name_company
from tests.test_sending import mail_server, read_ask, sending_to, without_tokens

TODAY = NOW.date()
NUMBER = "+44 20 7946 0018"
MARIA = "maria.keller@harbour.example"


def make_call(engine: Engine, *questions: str, owner: str | None = MARIA, named: bool = False, **contact: Any) -> int:
    """A call that is due; its ask's id."""
    person = {"name": "Nadia Bloom", "email": "nadia@northwind.example", "phone": NUMBER}
    with engine.store.write(engine.scope) as session:
        if not named:
            name_company(session)
        account = make_account(session, name="Northwind", owner_email=owner)
        nadia = make_contact(session, account, **person | {"role": "Head of finance", "channels": "phone"} | contact)
        steps = ("agreed", "2026-10-01", None), ("moved", "2026-11-20", "the scanners come a week late")
        make_history(session, nadia, *steps, title="A second person who knows you", said="When Tom is away, …")
        waits = {"status": "planned", "sent_at": None, "send_at": NOW, "planned_on": TODAY, "channel": "phone"}
        return make_letter(session, *questions, contact=nadia, survey=make_survey(session), **waits).id


def test_the_owner_is_told_whom_to_call_and_the_client_is_written_nothing(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        call = make_call(house, "missing")
        assert send_due(house).sent == 1
    [sheet] = server.kept
    assert [address.addr_spec for address in sheet["to"].addresses] == [MARIA]
    assert sheet["list-unsubscribe"] is None
    assert not sheet.is_multipart()
    assert (read_ask(engine, call).status, read_ask(engine, call).sent_at) == ("sent", NOW)


def test_a_call_sheet_says_all_that_a_call_needs(engine: Engine, snapshot: SnapshotAssertion) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        make_call(house, "recommend", "knows", "missing", timezone="America/New_York")
        send_due(house)
    [sheet] = server.kept
    told = "\n".join(f"{name}: {sheet[name]}" for name in ("from", "to", "subject"))
    assert told + "\n\n" + without_tokens(sheet.get_content()) == snapshot(extension_class=SameOnBoth)


def test_what_is_to_be_said_is_in_the_clients_language(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        make_call(house, "recommend", "missing", locale="de")
        send_due(house)
    text = server.kept[0].get_content()
    assert "Wie wahrscheinlich ist es, dass Sie Harbour & Lane weiterempfehlen?" in text
    assert "Write down the answers there" in text


def test_the_sheet_is_in_the_language_of_the_account_team(engine: Engine, snapshot: SnapshotAssertion) -> None:
    told = ""
    for language in ("de", "fr"):
        with mail_server() as (server, url):
            house = sending_to(engine, url)
            make_call(
                house, "missing", key=f"nadia.{language}", email=f"{language}@northwind.example", named=bool(told)
            )
            send_due(replace(house, config=replace(house.config, language=language)))
        [sheet] = server.kept
        told += f"subject: {sheet['subject']}\n\n{without_tokens(sheet.get_content())}\n\n"
    assert told == snapshot(extension_class=SameOnBoth)


@pytest.mark.parametrize("language", ["de", "fr"])
def test_every_sentence_of_the_sheet_is_translated(language: str) -> None:
    source = Path("survey_templates/messages/call_sheet.txt").read_text(encoding="utf-8")
    sentences = re.findall(r'say\("([^"]+)"', source)
    assert len(sentences) > 10
    assert set(sentences) <= Languages([Path("engine")]).find(language).known


def test_hostile_names_stay_words_on_the_sheet(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        make_call(house, "missing", name="Nadia\r\nBcc: spy@evil.example {{ 7*7 }}")
        send_due(house)
    [sheet] = server.kept
    assert sheet["bcc"] is None
    assert "{{ 7*7 }}" in sheet.get_content()


def test_an_owner_whose_address_is_refused_does_not_make_the_clients_phone_a_bad_one(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        server.replies[MARIA] = "550 5.1.1 No such user"
        call = make_call(house, "missing")
        assert send_due(house).refused == 1
    ask = read_ask(engine, call)
    assert ask.status == "bounced"
    assert why_ended(ask).startswith(f"the call sheet to {MARIA} was refused: ")
    with engine.store.read(engine.scope) as session:
        assert session.scalars(select(Contact.bounced_channels)).all() == [None]


def test_without_an_owner_by_now_the_call_is_taken_back(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        call = make_call(house, "missing", owner=None)
        assert send_due(house).failed == 1
    assert (server.kept, read_ask(engine, call).status) == ([], "cancelled")


def contact_at(engine: Engine, owner: str | None, channels: str | None) -> None:
    with engine.store.write(engine.scope) as session:
        account = make_account(session, key="northwind", plan_on=TODAY, owner_email=owner)
        make_contact(session, account, key="nadia", email="nadia@northwind.example", phone=NUMBER, channels=channels)


@pytest.mark.parametrize(
    ("owner", "channels", "chosen", "why_not"),
    [
        (MARIA, "phone", "phone", {}),
        (MARIA, None, "email", {}),
        (None, None, "email", {}),
        (None, "phone email", "email", {"phone": "nobody is named who looks after this client"}),
        (None, "phone", None, {"phone": "nobody is named who looks after this client"}),
    ],
    ids=["named", "not named", "neither named nor owned", "no owner, e-mail instead", "no owner, no other way"],
)
def test_a_call_is_possible_where_it_is_named_and_somebody_can_make_it(
    engine: Engine, owner: str | None, channels: str | None, chosen: str | None, why_not: dict[str, str]
) -> None:
    contact_at(engine, owner, channels)
    channel = explain_contact(engine, "northwind/nadia").channel
    assert channel is not None
    assert (channel["chosen"], channel["why_not"]) == (chosen, why_not)
    plan_asks(engine)
    with engine.store.read(engine.scope) as session:
        assert [ask.channel for ask in session.scalars(select(Ask))] == ([chosen] if chosen else [])
