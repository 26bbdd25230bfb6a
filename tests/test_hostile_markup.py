"""Texts that want to run, in every text that a client or an import can give, seen by a real browser: none of them runs.

Clients' pages come from a real server, with their script and their policy. Pages of the desk and messages are shown
without any policy, so that nothing but their escaping keeps a text from running.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from engine.app import create_app
from engine.data.models import AnswerRow, PromiseEvent, Team, TeamAccount, User, Voice
from engine.operations.forms import open_form
from engine.operations.initiatives import make_initiative
from engine.operations.invitations import Stationery, write_invitation
from engine.operations.news import send_news
from engine.web.mailcatcher import list_mail
from tests.browser import House, Window, opening_browser, serving_house
from tests.desk import ADMIN, sign_in
from tests.factories import make_account, make_contact, make_touchpoint
from tests.hostile_markup import FOUND, PAYLOADS, TEXTS, WATCH
from tests.letters import NOW, make_history, make_letter, make_survey, promises_path, survey_path, wishes_path

OURS = ["/script/", "/admin/script/", "/admin/static", "/desk-", ".js"]


@dataclass(frozen=True)
class Victim:
    """Somebody all of whose texts are hostile: addresses of their pages, and what the desk knows them by."""

    paths: tuple[str, ...]
    asks: tuple[str, ...]
    ids: dict[str, Any]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with serving_house() as house:
        yield house


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opening_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def victims(house: House) -> list[Victim]:
    engine = house.engine
    with engine.store.write(engine.scope) as session:
        session.add(User(email=ADMIN, is_admin=True, created_at=NOW))
        team = Team(name=TEXTS[0])
        session.add(team)
        session.flush()
        found = [_make(session, house, team, number, text) for number, text in enumerate(TEXTS)]
    number = make_initiative(engine, title=TEXTS[1], cause="reporting", owner_email="o@house.example", note=TEXTS[2]).id
    return [Victim(one.paths, one.asks, one.ids | {"initiative": number}) for one in found]


def _make(session: Any, house: House, team: Team, number: int, text: str) -> Victim:
    engine, texts = house.engine, {"en": text}
    account = make_account(session, name=text, segment=text, region=text, attributes={text: text}, currency="EUR",
                           owner_email=f"o{number}@house.example", annual_revenue=1.0)  # fmt: skip
    session.add(TeamAccount(team_id=team.id, account_id=account.id))
    session.add(User(email=f"o{number}@house.example", name=text, created_at=NOW))
    contact = make_contact(session, account, name=text, role=text, influence=text, attributes={text: text})
    steps = ("agreed", "2026-10-01", text), ("moved", "2026-10-20", text), ("done", "2026-11-23", text)
    promise = make_history(session, contact, *steps, title=text, said=text, note=text, owner_email=account.owner_email)
    draft = make_history(session, contact, ("drafted", "2026-11-20", text), title=text, said=text, note=text)
    told = {"author": text, "reason": text, "actor": "team", "step": "done"}
    session.add(PromiseEvent(promise_id=promise.id, at=NOW - timedelta(hours=1), **told))
    make_touchpoint(session, contact, note=text)
    survey = make_survey(session, _questions(texts), survey=f"hostile{number}", title=texts, intro=texts)
    before = {"status": "answered", "answered_at": NOW - timedelta(days=40)}
    asks = [
        make_letter(session, contact=contact, survey=survey, **values) for values in (before, {"personal_note": text})
    ]
    said = {"account_id": account.id, "contact_id": contact.id, "ask_id": asks[0].id, "survey": survey.survey}
    answer = AnswerRow(**said, question="words", answered_at=NOW - timedelta(days=40), words=text, value=text)
    voice = Voice(
        account_id=account.id, contact_id=contact.id, source="call_note", said_at=NOW, words=text, author=text
    )
    session.add_all([answer, voice])
    session.flush()
    paths = [survey_path(engine, asks[0]), survey_path(engine, asks[1]), promises_path(engine, contact)]
    paths += [wishes_path(engine, contact), wishes_path(engine, contact) + "/data", wishes_path(engine, contact, "u")]
    ids = {"account": account.id, "contact": contact.id, "promise": promise.id, "draft": draft.id, "ask": asks[1].id,
           "voice": voice.id, "team": team.id, "survey": survey.survey}  # fmt: skip
    return Victim(tuple(paths), tuple(path.removeprefix("/s/") for path in paths[:2]), ids)


def _questions(texts: dict[str, str]) -> tuple[dict[str, Any], ...]:
    """Every place of a question that holds a text."""
    some = {"one": texts, "two": texts}
    return (
        {"name": "nps", "type": "nps_plus", "ask": texts, "reasons": {"low": some, "middle": some, "high": some}},
        {"name": "words", "type": "text", "ask": {"en": texts["en"] + "{{ account.name }}{{ last.words.words }}"}},
        {"name": "rate", "type": "rating", "ask": texts, "low_label": texts, "high_label": texts},
        {"name": "pick", "type": "choice", "ask": texts, "choices": some, "other": texts},
        {"name": "picks", "type": "choices", "ask": texts, "choices": some},
        {"name": "order", "type": "ranking", "ask": texts, "choices": some},
        {"name": "grid", "type": "matrix", "ask": texts, "rows": some, "columns": some},
        {"name": "much", "type": "slider", "ask": texts, "low_label": texts, "high_label": texts},
        {"name": "many", "type": "number", "ask": texts, "unit": texts},
        {"name": "call_me", "type": "call_me", "ask": texts},
    )


def test_there_are_two_hundred_and_more() -> None:
    assert len(set(PAYLOADS)) >= 200


def test_what_looks_for_it_would_see_it(browser: Browser) -> None:
    """Most of them run where a page is careless: what is looked for is there to be found."""
    with _showing(browser) as page:
        seen = []
        for payload in PAYLOADS[:48]:
            page.goto("about:blank")  # whatever the one before may still do is not counted
            seen += [payload] if _found(page, f"<p>{payload}</p>") else []
    assert len(seen) >= 30


class _showing:
    """A page without any policy, for what is set in it."""

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context()

    def __enter__(self) -> Page:
        page = self.context.new_page()
        page.add_init_script(WATCH)
        page.route("**/*", lambda route: route.abort())
        page.goto("about:blank")  # with the script, which the first one lacks
        return page

    def __exit__(self, *_error: object) -> None:
        self.context.close()


def _found(page: Page, html: str) -> list[str]:
    """What runs later than we look is found with the next page: all have one window."""
    page.set_content(html, wait_until="commit")
    page.wait_for_timeout(20)
    found: list[str] = page.evaluate(FOUND, OURS)
    return found if page.url == "about:blank" else [*found, f"it leads to {page.url}"]


def test_nothing_runs_on_clients_pages(house: House, browser: Browser, victims: list[Victim]) -> None:
    window = Window(browser)
    window.page.add_init_script(WATCH)
    found = {}
    for victim in victims:
        for path in victim.paths:
            window.page.goto(house.url + path)
            found[path] = window.page.evaluate(FOUND, OURS)
            assert window.page.get_by_role("heading", level=1).count() == 1, path
    window.context.close()
    assert {path: seen for path, seen in found.items() if seen} == {}


def test_nothing_runs_when_a_client_writes_it_and_sees_it_again(house: House, browser: Browser) -> None:
    window = Window(browser)
    window.page.add_init_script(WATCH)
    found = []
    for text in TEXTS:
        url, _ask = house.letter("missing", "source", "call_me")
        window.page.goto(url)
        window.page.get_by_label("What is missing?").fill(text)
        window.page.get_by_role("button", name="Send to Maria’s team").click()
        window.page.get_by_role("heading", name="Thank you").wait_for()
        found += window.page.evaluate(FOUND, OURS)
        window.page.get_by_role("link", name="Change your answers").click()
        window.page.get_by_label("What is missing?").wait_for()
        assert window.page.get_by_label("What is missing?").input_value().split() == text.split()
        found += window.page.evaluate(FOUND, OURS)
    window.context.close()
    assert found == []


@pytest.fixture(scope="module")
def site(house: House) -> Flask:
    site = create_app(house.engine)
    site.config["WTF_CSRF_ENABLED"] = False
    return site


def desk_pages(site: Flask, ids: dict[str, Any]) -> list[str]:
    """Every page of the desk that can be looked at, about these."""
    known = ids | {"tier": "key", "name": "fatigue_limits", "step": "agree", "number": 1, "token": "none"}
    rules = [rule for rule in site.url_map.iter_rules() if rule.endpoint.startswith("desk.") and "GET" in rule.methods]
    with site.test_request_context():
        return [
            site.url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
            for rule in rules
            if set(rule.arguments) <= set(known)
        ]


def test_nothing_runs_at_the_desk(house: House, browser: Browser, site: Flask, victims: list[Victim]) -> None:
    client = sign_in(site.test_client(), house.engine, ADMIN)
    found, looked = {}, set()
    with _showing(browser) as page:
        for victim in victims:
            more = [f"/admin/search?q={TEXTS[0][:40]}", "/admin/promises?state=all", "/admin/today?whose=everybody"]
            drafts = [path.replace(str(victim.ids["promise"]), str(victim.ids["draft"]))
                      for path in desk_pages(site, victim.ids) if "/promises/" in path]  # fmt: skip
            for path in (*desk_pages(site, victim.ids), *drafts, *more):
                answer = client.get(path)
                assert answer.status_code < 500, path
                if answer.mimetype == "text/html" and path not in looked and answer.status_code == 200:
                    found[path] = _found(page, answer.text)
                    looked |= set() if any(str(one) in path for one in victim.ids.values()) else {path}
    assert {path: seen for path, seen in found.items() if seen} == {}
    assert len(found) > 100


def test_nothing_runs_in_messages(house: House, browser: Browser, victims: list[Victim]) -> None:
    stationery = Stationery(house.engine.config, "a secret of the tests, long enough")
    letters = [
        write_invitation(stationery, open_form(house.engine, ask), 1) for victim in victims for ask in victim.asks
    ]
    send_news(house.engine)
    news = [caught.html for caught in list_mail(Path(house.engine.config.demo))]
    assert news
    with _showing(browser) as page:
        found = [seen for html in [*(letter.html or "" for letter in letters), *news] for seen in _found(page, html)]
    assert found == []


def test_nothing_runs_in_what_is_said_of_a_file(
    house: House, browser: Browser, site: Flask, victims: list[Victim]
) -> None:
    """Every cell, the head of every column, the name of the file."""
    client = sign_in(site.test_client(), house.engine, ADMIN)
    found = []
    with _showing(browser) as page:
        for text in TEXTS:
            cell = '"' + text.replace('"', '""') + '"'
            rows = f"key,name,owner_email,tier,{cell}\n{cell},{cell},{cell},{cell},{cell}\n,{cell},x,y,z\n"
            for name in ("accounts.csv", f"{text[:80]}.csv", "contacts.csv", "promises.csv"):
                data = {"file": (BytesIO(rows.encode()), name), "action": "check"}
                answer = client.post("/admin/imports", data=data, content_type="multipart/form-data")
                assert answer.status_code < 500
                found += _found(page, answer.text)
    assert found == []
