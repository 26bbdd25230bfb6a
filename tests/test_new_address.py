"""Somebody of ours gets another address: the new one says yes, the old one is told, what is theirs goes along."""

from __future__ import annotations

import re
from dataclasses import replace
from time import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from admin.login_settings import FRESH
from engine.app import create_app
from engine.data.models import Account, AuditEntry, Promise, User
from engine.errors import LinkError
from engine.house import Engine
from engine.links import CALENDARS
from engine.operations.addresses import change_address
from engine.operations.calendars import find_calendar, read_ask_calendar, read_calendar
from engine.operations.users import choose_password, read_colleague, welcome_link
from tests.desk import ADMIN, Desks, address, furnish, sign_in
from tests.test_desk import WORDS, give_password, send
from tests.test_sending import mail_server

OLD, NEW = "olive@house.example", "olive.new@house.example"


@pytest.fixture
def desks(engine: Engine) -> Desks:
    return furnish(engine)


def visit(engine: Engine, url: str, email: str) -> FlaskClient:
    house = replace(engine, config=replace(engine.config, smtp_url=url))
    client = create_app(house).test_client()
    choose_password(engine, welcome_link(engine, email).rpartition("/")[2], WORDS)
    give_password(client, email, WORDS)
    return client


def ask_for(client: FlaskClient, email: str) -> str:
    return send(client, "/admin/change-email", "/admin/change-email", email=email).text


def link_in(message: Any) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/admin/new-address/\S+)", message.get_content())
    assert found
    return found[1]


def users(engine: Engine) -> set[str]:
    with engine.store.read(engine.scope) as session:
        return set(session.scalars(select(User.email)))


def test_the_new_address_says_yes_and_the_old_one_is_told(engine: Engine, desks: Desks) -> None:
    with mail_server() as (server, url):
        client = visit(engine, url, address("member"))
        assert "is on its way to new@house.example" in ask_for(client, "new@house.example")
        assert address("member") in users(engine)
        (asked,) = server.kept
        assert asked["To"] == "new@house.example"
        page = client.get(link_in(asked))
        assert "new@house.example" in page.text
        assert address("member") in users(engine)  # opening it changes nothing
        said = send(client, link_in(asked), link_in(asked)).text
        assert "From now on you sign in with new@house.example." in said
        assert users(engine) & {"new@house.example", address("member")} == {"new@house.example"}
        assert [message["To"] for message in server.kept][1:] == [address("member")]
    assert client.get("/admin/today").status_code == 302
    assert client.get(link_in(asked)).status_code == 404  # once


def test_it_opens_the_desk_with_the_same_password(engine: Engine, desks: Desks) -> None:
    with mail_server() as (server, url):
        client = visit(engine, url, ADMIN)
        ask_for(client, "Chief@House.example")
        link = link_in(server.kept[0])
        send(client, link, link)
        assert give_password(client, "chief@house.example", WORDS).request.path == "/admin/today"


def test_an_address_that_somebody_has_is_answered_alike_and_leads_nowhere(engine: Engine, desks: Desks) -> None:
    with mail_server() as (server, url):
        client = visit(engine, url, address("member"))
        assert f"is on its way to {ADMIN}" in ask_for(client, ADMIN)
        client.post("/admin/change-email", data={"email": "new@house.example"})  # a form of another site
        assert server.kept == []
        assert client.get("/admin/new-address/anything").status_code == 404


def test_whoever_finds_a_session_open_is_asked_for_the_password(engine: Engine, site: Flask, desks: Desks) -> None:
    client = sign_in(site.test_client(), engine, ADMIN)
    assert client.get("/admin/change-email").headers["Location"].startswith("/admin/verify")


def test_what_is_theirs_goes_along(engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        user = User(email=OLD, created_at=engine.clock())
        session.add(user)
        session.flush()
        mark = user.fs_uniquifier
    mine = read_colleague(engine, OLD).roles
    assert mine
    assert change_address(engine, mark, NEW) == OLD
    assert read_colleague(engine, NEW).roles == mine
    with engine.store.read(engine.scope) as session:
        assert set(session.scalars(select(Account.owner_email))) == {NEW}
        assert set(session.scalars(select(Promise.owner_email))) == {NEW}
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "change address")).one()
    assert (entry.before, entry.after) == ({"email": OLD}, {"email": NEW, "accounts": 2, "promises": 4})
    with pytest.raises(LinkError):
        change_address(engine, mark, "once.more@house.example")


def test_who_has_long_been_signed_in_is_asked_for_the_password(engine: Engine, desks: Desks) -> None:
    with mail_server() as (_, url):
        client = visit(engine, url, ADMIN)
        with client.session_transaction("/admin/") as held:
            held["fs_paa"] = time() - FRESH.total_seconds() - 60
        assert client.get("/admin/change-email").headers["Location"].startswith("/admin/verify")


def test_only_whoever_asked_says_yes(engine: Engine, desks: Desks) -> None:
    """Else somebody asks for a colleague's address, and one click of theirs gives away what the address owns."""
    with mail_server() as (server, url):
        client = visit(engine, url, address("viewer"))
        ask_for(client, "boss@house.example")
        link, boss = link_in(server.kept[0]), client.application.test_client()
        assert "Sign in with the address that you have now" in send(boss, link, link).text
        assert "boss@house.example" not in users(engine)
        send(client, link, link)
        assert "boss@house.example" in users(engine)


def test_calendars_end_with_the_address(engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        user = User(email=OLD, created_at=engine.clock())
        session.add(user)
        session.flush()
        mark = user.fs_uniquifier
    before = {kind: token_of(engine, kind) for kind in CALENDARS}
    change_address(engine, mark, NEW)
    with pytest.raises(LinkError):
        read_calendar(engine, before["promises"])
    with pytest.raises(LinkError):
        read_ask_calendar(engine, before["asks"])
    assert b"BEGIN:VCALENDAR" in read_calendar(engine, token_of(engine, "promises")), (
        "whoever gets the address has others"
    )


def token_of(engine: Engine, kind: str) -> str:
    return find_calendar(engine, OLD, kind).rpartition("/")[2].removesuffix(".ics")
