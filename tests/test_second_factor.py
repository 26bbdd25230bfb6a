"""Signing in with a second factor, what it is kept as, and the messages of the desk, over a real mail server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from time_machine import travel

from engine.app import create_app
from engine.data.models import AuditEntry, User
from engine.errors import InputError
from engine.house import Engine
from engine.operations.users import choose_password, needs_factor, welcome_link
from tests.desk import ADMIN, Desks, address, furnish, sign_in
from tests.test_desk import WORDS, give_password, send, token_in
from tests.test_sending import mail_server

MEMBER = address("member")
NEW = "five other words in a row"


@pytest.fixture
def desks(engine: Engine) -> Desks:
    return furnish(engine)


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    return site.test_client()


@contextmanager
def at(minute: int) -> Iterator[None]:
    """Codes are of the half minute, and each is taken once."""
    with travel(datetime(2026, 11, 24, 9, 30, tzinfo=UTC) + timedelta(minutes=minute), tick=False):
        yield


def code_of(site: Flask, key: str) -> str:
    """What the app on the phone shows."""
    factory = site.extensions["security"].totp_factory._totp
    return str(factory(key=key.replace(" ", "").replace("-", ""), format="base32").generate().token)


def set_up(site: Flask, client: FlaskClient, page: str = "/admin/tf-setup") -> str:
    """Scan the picture, type the first code; the key on the phone."""
    shown = send(client, "/admin/tf-setup", page, setup="authenticator").text
    assert 'src="data:image/svg+xml' in shown
    key = re.search(r"<code>([^<]+)</code>", shown)
    there = re.search(r'<form method="post" action="([^"]+)"', shown)
    assert key
    assert there
    done = client.post(there[1], data={"csrf_token": token_in(shown), "code": code_of(site, key[1])})
    assert done.status_code == 302
    return key[1]


def user(engine: Engine, email: str = MEMBER) -> User:
    with engine.store.read(engine.scope) as session:
        return session.query(User).where(User.email == email).one()


def choose(engine: Engine, email: str) -> None:
    choose_password(engine, welcome_link(engine, email).rpartition("/")[2], WORDS)


def noted(engine: Engine) -> list[str]:
    with engine.store.read(engine.scope) as session:
        return [entry.action for entry in session.query(AuditEntry).order_by(AuditEntry.id)]


def test_whoever_set_it_up_signs_in_with_a_code_that_is_taken_once(site: Flask, engine: Engine, desks: Desks) -> None:
    choose(engine, MEMBER)
    client = site.test_client()
    with at(0):
        give_password(client, MEMBER, WORDS)
        key = set_up(site, client)
    assert user(engine).factor_secret is not None
    assert key.replace("-", "").replace(" ", "") not in str(user(engine).factor_secret)
    fresh = site.test_client()
    with at(5):
        asked = give_password(fresh, MEMBER, WORDS)
        assert "The six figures that the app shows" in asked.text
        assert fresh.get("/admin/today").status_code == 302
        code = code_of(site, key)
        wrong = fresh.post("/admin/tf-validate", data={"csrf_token": token_in(asked.text), "code": "000000"})
        assert "This code is not right" in wrong.text
        let_in = fresh.post("/admin/tf-validate", data={"csrf_token": token_in(asked.text), "code": code})
        assert let_in.status_code == 302
        assert fresh.get("/admin/today").status_code == 200
        other = site.test_client()
        again = give_password(other, MEMBER, WORDS)
        refused = other.post("/admin/tf-validate", data={"csrf_token": token_in(again.text), "code": code})
        assert "This code is not right" in refused.text
        assert other.get("/admin/today").status_code == 302
    assert "set up second factor" in noted(engine)


def test_a_role_that_needs_it_sets_it_up_before_it_is_let_in(engine: Engine, desks: Desks) -> None:
    house = replace(engine, config=replace(engine.config, second_factor="admin, member"))
    site = create_app(house)
    for email in (MEMBER, address("viewer")):
        choose(engine, email)
    viewer = site.test_client()
    assert "Today" in give_password(viewer, address("viewer"), WORDS).text
    member = site.test_client()
    with at(0):
        sent_on = give_password(member, MEMBER, WORDS)
        assert "Your role signs in with a code of your phone" in sent_on.text
        assert member.get("/admin/today").status_code == 302
        set_up(site, member)
        assert member.get("/admin/today").status_code == 200
        assert "Give it up" not in member.get("/admin/tf-setup").text
    assert (needs_factor(house, ADMIN), needs_factor(house, address("lead"))) == (True, False)
    with pytest.raises(InputError, match="second_factor names no role"):
        needs_factor(replace(engine, config=replace(engine.config, second_factor="boss")), ADMIN)


def test_a_recovery_code_lets_in_once(site: Flask, engine: Engine, desks: Desks) -> None:
    choose(engine, MEMBER)
    client = site.test_client()
    with at(0):
        give_password(client, MEMBER, WORDS)
        set_up(site, client)
        made = send(client, "/admin/mf-recovery-codes", "/admin/mf-recovery-codes", generate_new_codes="1").text
    codes = re.findall(r"<code>([0-9a-f-]+)</code>", made)
    assert len(codes) == 8
    assert not set(codes) & set(user(engine).recovery_codes or ()), "kept as nobody can read them"
    for number, told in ((0, 200), (0, 302), (1, 200)):
        lost = site.test_client()
        with at(10):
            give_password(lost, MEMBER, WORDS)
            send(lost, "/admin/mf-recovery", "/admin/mf-recovery", code=codes[number])
            assert lost.get("/admin/today").status_code == told, number
    assert len(user(engine).recovery_codes or ()) == 6
    with at(11):
        assert "/admin/verify" in client.get("/admin/mf-recovery-codes").location
        send(client, "/admin/verify", "/admin/verify", password=WORDS)
        send(client, "/admin/mf-recovery-codes", "/admin/mf-recovery-codes", generate_new_codes="1")
    kinds = ("make recovery codes", "use recovery code")
    assert [action for action in noted(engine) if action in kinds] == [kinds[0], kinds[1], kinds[1], kinds[0]]


def test_codes_cannot_be_guessed(site: Flask, engine: Engine, desks: Desks) -> None:
    choose(engine, MEMBER)
    client = site.test_client()
    with at(0):
        give_password(client, MEMBER, WORDS)
        set_up(site, client)
    answers = []
    for address_of in ("10.0.0.1", "10.0.0.2"):
        thief = site.test_client()
        with at(5):
            page = give_password(thief, MEMBER, WORDS).text
            for guess in range(4):
                typed = {"csrf_token": token_in(page), "code": f"{guess:06}"}
                answers.append(thief.post("/admin/tf-validate", data=typed,
                                          environ_base={"REMOTE_ADDR": address_of}).status_code)  # fmt: skip
    assert answers == [200] * 5 + [429] * 3


def test_nobody_gets_to_a_code_without_a_password(client: FlaskClient, engine: Engine, desks: Desks) -> None:
    for page in ("tf-setup", "tf-validate", "mf-recovery", "mf-recovery-codes", "tf-rescue"):
        answer = client.get(f"/admin/{page}", follow_redirects=True)
        assert "Sign in" in answer.text, page


def test_it_is_given_up_by_oneself_and_taken_away_by_an_admin(site: Flask, engine: Engine, desks: Desks) -> None:
    choose(engine, MEMBER)
    client = site.test_client()
    with at(0):
        give_password(client, MEMBER, WORDS)
        set_up(site, client)
        send(client, "/admin/tf-setup", "/admin/tf-setup", setup="disable")
    assert (user(engine).factor_secret, user(engine).recovery_codes) == (None, None)
    with at(5):
        set_up(site, client)
    admin = sign_in(site.test_client(), engine, ADMIN)
    assert "with a second factor" in admin.get("/admin/team").text
    send(admin, "/admin/team/people/factor", "/admin/team", email=MEMBER)
    assert user(engine).factor_secret is None
    assert client.get("/admin/today").status_code == 302, "every session ends"
    assert "take away second factor: member@house.example" in admin.get("/admin/changes").text


# By mail


def mailed(engine: Engine, url: str) -> Flask:
    config = replace(engine.config, smtp_url=url)
    return create_app(replace(engine, config=config))


def test_a_new_user_shows_by_a_link_in_their_mail_that_the_address_is_theirs(engine: Engine, desks: Desks) -> None:
    with mail_server() as (server, url):
        site = mailed(engine, url)
        admin = sign_in(site.test_client(), engine, ADMIN)
        page = send(admin, "/admin/team/people", "/admin/team", email="new@house.example").text
    assert "is on its way to them" in page
    assert "/admin/welcome/" not in page, "whoever adds somebody does not get to sign in as them"
    [message] = server.kept
    assert message["To"] == "new@house.example"
    link = re.search(r"http://127\.0\.0\.1:8000(/admin/welcome/\S+)", message.get_content())
    assert link
    chosen = send(site.test_client(), link[1], link[1], password=WORDS, again=WORDS)
    assert "Your password is kept" in chosen.text


def test_a_forgotten_password_is_chosen_anew_by_mail_and_ends_every_session(engine: Engine, desks: Desks) -> None:
    choose(engine, MEMBER)
    with mail_server() as (server, url):
        site = mailed(engine, url)
        elsewhere = site.test_client()
        give_password(elsewhere, MEMBER, WORDS)
        pages = [send(site.test_client(), "/admin/reset", "/admin/reset", email=email).text
                 for email in (MEMBER, "nobody@house.example")]  # fmt: skip
        assert all("a message with a link is on its way" in page for page in pages)
        [message] = server.kept
        link = re.search(r"http://127\.0\.0\.1:8000(/admin/reset/\S+)", message.get_content())
        assert link
        forgetful = site.test_client()
        page = forgetful.get(link[1]).text
        forgetful.post(link[1], data={"csrf_token": token_in(page), "password": NEW, "password_confirm": NEW})
        assert elsewhere.get("/admin/today").status_code == 302
        assert "Today" in give_password(site.test_client(), MEMBER, NEW).text
        assert [kept["Subject"] for kept in server.kept] == ["Choose a new password", "Your password was changed"]
        assert "Choose a new password" in forgetful.get(link[1], follow_redirects=True).text, "a link works once"


def test_a_mail_server_that_is_away_tells_nobody_who_is_a_user(engine: Engine, desks: Desks) -> None:
    site = mailed(engine, "smtp://127.0.0.1:9?timeout=1")
    pages = [send(site.test_client(), "/admin/reset", "/admin/reset", email=email)
             for email in (MEMBER, "nobody@house.example")]  # fmt: skip
    assert [page.status_code for page in pages] == [200, 200]
    admin = sign_in(site.test_client(), engine, ADMIN)
    page = send(admin, "/admin/team/people", "/admin/team", email="new@house.example").text
    assert "/admin/welcome/" in page, "then the link is handed over"
