"""Forms of the desk for what else only commands do: a client's terms, a logo, the survey handed over by hand."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.data.models import Account, Ask, Contact, Guess, Initiative
from engine.house import Engine
from engine.operations.settings import list_settings
from tests.conftest import NOW
from tests.desk import ADMIN, Desks, address, furnish, sign_in
from tests.factories import make_answer
from tests.test_desk import send, token_in
from tests.test_looks import png


@pytest.fixture
def desks(engine: Engine) -> Desks:
    return furnish(engine)


@pytest.fixture
def owner(site: Flask, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(site.test_client(), engine, address("owner"))


@pytest.fixture
def admin(site: Flask, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(site.test_client(), engine, ADMIN)


def read(engine: Engine, model: Any, number: int) -> Any:
    with engine.store.read(engine.scope) as session:
        return session.get_one(model, number)


# Terms


def test_what_terms_would_remove_is_told_before_it_is_removed(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    url = f"/admin/accounts/{desks.account}/terms"
    tried = send(owner, url, url, field="role", others="Shoe size, key", action="try").text
    assert "This would be removed for good" in tried
    assert "role of 1 contact" in tried
    assert "“key” cannot be private" in tried
    assert read(engine, Contact, desks.contact).role == "finance"
    assert read(engine, Account, desks.account).private_fields == []
    said = send(owner, url, url, field="role", others="shoe_size", action="save").text
    assert "Removed: role of 1 contact." in said
    assert read(engine, Contact, desks.contact).role is None
    assert read(engine, Account, desks.account).private_fields == ["role", "shoe_size"]
    page = owner.get(url).text
    assert 'value="role" checked' in page
    assert 'name="others" value="shoe_size"' in page
    assert "All of it is kept from now on." in send(owner, url, url, action="save").text


# A logo


def choose_logo(client: FlaskClient, url: str, content: bytes, **typed: str) -> Any:
    token = token_in(client.get(url).text)
    data = {"csrf_token": token, "file": (BytesIO(content), "logo.png"), **typed}
    return client.post(url, data=data, follow_redirects=True)


def logo_of(engine: Engine, **place: str) -> Any:
    return next(one.value for one in list_settings(engine, **place) if one.name == "company.logo")


def test_a_logo_is_chosen_looked_at_and_taken_back(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    url = f"/admin/accounts/{desks.account}/logo"
    assert "There is none" in owner.get(url).text
    assert "It is change 1 of the plan." in choose_logo(owner, url, png()).text
    page = owner.get(url).text
    assert "data:image/png;base64," in page
    assert logo_of(engine, account="northwind")
    assert "Look at it, or choose another" in owner.get(f"/admin/accounts/{desks.account}/plan").text
    assert send(owner, url, url, action="reset").status_code == 200
    assert logo_of(engine, account="northwind") == ""


def test_what_is_no_picture_is_refused_in_words(admin: FlaskClient, engine: Engine) -> None:
    for url, typed in (("/admin/plan/logo", {}), ("/admin/plan/logo?tier=key", {"tier": "key"})):
        refused = choose_logo(admin, url, b"<svg/>", **typed)
        assert refused.status_code == 422
        assert "A logo has to be a PNG file" in refused.text
        assert "Choose a PNG file" in send(admin, url, url, **typed).text
    assert choose_logo(admin, "/admin/plan/logo?tier=key", png(), tier="key").status_code == 200
    assert logo_of(engine, account="northwind")
    assert logo_of(engine) == ""


# By hand


def start(engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        ask = session.get_one(Ask, desks.ask)
        ask.status, ask.sent_at, ask.expires_at = "sent", NOW, NOW + timedelta(days=3)


def test_the_survey_that_is_under_way_is_handed_over_by_hand(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    url = f"/admin/asks/{desks.ask}/link"
    assert "it has not left yet" in owner.get(url).text
    assert "<svg" not in owner.get(f"{url}?format=svg").text
    start(engine, desks)
    page = owner.get(url).text
    assert f"<code>{engine.config.public_url}/s/" in page
    assert "data:image/svg+xml" in page
    svg, picture = owner.get(f"{url}?format=svg"), owner.get(f"{url}?format=png")
    assert svg.text.startswith("<?xml")
    assert picture.data.startswith(b"\x89PNG")
    assert picture.headers["Content-Disposition"] == 'attachment; filename="nadia.png"'
    assert "By hand" in owner.get("/admin/asks?show=out").text


# Lists


def test_initiatives_come_in_an_order_and_by_pages(
    admin: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin.views.initiatives.PAGE", 1)
    with engine.store.write(engine.scope) as session:
        for title in ("Zebra crossings", "Apples"):
            kept = {"cause": title, "owner_email": ADMIN, "status": "open", "made_on": NOW.date(), "author": ADMIN}
            session.add(Initiative(title=title, **kept))
    first, second = (admin.get(f"/admin/initiatives?order=title&page={page}").text for page in (1, 2))
    assert ("Apples</a>" in first, "Zebra crossings</a>" in first) == (True, False)
    assert ("Apples</a>" in second, "Zebra crossings</a>" in second) == (False, True)
    sheet = admin.get("/admin/initiatives?order=title&format=csv").text
    assert sheet.index("Apples") < sheet.index("Zebra crossings")


RECOMMEND = "to a colleague?"
"""The end of what is asked; of `effort` there is no question in the survey, so it is told by its name."""


def test_guesses_are_narrowed_to_whom_whose_and_how_far(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        ask = session.get_one(Ask, desks.ask)
        contact = session.scalars(select(Contact).where(Contact.id == desks.contact)).one()
        ask.status, ask.sent_at = "answered", NOW
        for question, author, expected in (("recommend", address("owner"), 9), ("effort", "other@house.example", 5)):
            make_answer(session, contact, ask, question=question, value="5", score=5.0)
            session.add(Guess(account_id=contact.account_id, contact_id=contact.id, ask_id=ask.id, question=question,
                              author=author, value=str(expected), score=float(expected), at=NOW))  # fmt: skip

    def shown(query: str) -> list[str]:
        page = owner.get(f"/admin/sides?{query}").text.partition("One by one")[2]
        return [asked for asked in (RECOMMEND, "Effort") if f"{asked}</a>" in page]

    assert shown("") == [RECOMMEND, "Effort"]
    assert shown("how=far") == shown("whose=mine") == [RECOMMEND]
    assert shown("words=nadia") == [RECOMMEND, "Effort"]
    assert shown("words=nobody") == []
    assert "None is like that." in owner.get("/admin/sides?words=nobody").text


def test_the_timeline_tells_what_happened_in_words(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    url = f"/admin/accounts/{desks.account}"
    assert "The business review was held" in send(owner, f"{url}/touchpoints", url, kind="qbr_held").text
