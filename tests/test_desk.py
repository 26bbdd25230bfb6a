"""The desk as somebody of the account team uses it: getting in, keeping promises, adding what is known."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from time_machine import travel

from admin.site import trusted_hosts
from engine.app import create_app
from engine.config import Config
from engine.data.models import Account, Ask, AuditEntry, Contact, Promise, Touchpoint, User, Voice
from engine.errors import InputError
from engine.house import Engine
from engine.operations.users import add_user, change_user, choose_password, welcome_link
from tests.desk import ADMIN, SOON, Desks, address, furnish, sign_in

WORDS = "four words in a row"


@pytest.fixture
def desks(engine: Engine) -> Desks:
    return furnish(engine)


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    return site.test_client()


@pytest.fixture
def member(client: FlaskClient, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(client, engine, address("member"))


@pytest.fixture
def owner(site: Flask, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(site.test_client(), engine, address("owner"))


def token_in(html: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', html)
    assert found
    return found[1]


def send(client: FlaskClient, url: str, page: str = "/admin/today", **typed: object):
    """Post a form of a page, and come to where that leads."""
    typed["csrf_token"] = token_in(client.get(page).text)
    return client.post(url, data=typed, follow_redirects=True)


def give_password(client: FlaskClient, email: str, password: str):
    return send(client, "/admin/login", "/admin/login", email=email, password=password)


def found(engine: Engine, model, number: int):
    with engine.store.read(engine.scope) as session:
        return session.get_one(model, number)


# Getting in


def test_a_password_is_chosen_once_by_a_link_and_opens_the_desk(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # it costs what it costs in any house
    client = create_app(engine).test_client()
    add_user(engine, "Maria@house.example", is_admin=True)
    link = welcome_link(engine, "maria@house.example").removeprefix(engine.config.public_url)
    assert "maria@house.example" in client.get(link).text
    assert "not the same" in send(client, link, link, password=WORDS, again="others").text
    assert "at least 10 characters" in send(client, link, link, password="short", again="short").text
    assert "Your password is kept" in send(client, link, link, password=WORDS, again=WORDS).text
    assert client.get(link).status_code == 404
    with engine.store.read(engine.scope) as session:
        assert session.query(User).one().password.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert "Nothing waits for you." in give_password(client, "maria@house.example", WORDS).text


def test_a_link_to_choose_a_password_runs_out(client: FlaskClient, engine: Engine) -> None:
    add_user(engine, "maria@house.example")
    link = welcome_link(engine, "maria@house.example").removeprefix(engine.config.public_url)
    with travel(datetime.now(UTC) + timedelta(days=4)):
        assert client.get(link).status_code == 404


def test_who_is_unknown_and_who_is_wrong_are_told_the_same(site: Flask, engine: Engine, desks: Desks) -> None:
    choose(engine, address("member"))
    told = []
    for email, password in ((address("member"), "something else"), ("nobody@house.example", WORDS), (ADMIN, WORDS)):
        page = give_password(site.test_client(), email, password).text
        told.append(re.findall(r'role="alert">(.*?)</div>', page, re.DOTALL))
    assert told[0] == told[1] == told[2]
    assert "do not go together" in told[0][0]


def test_a_forgotten_password_is_told_the_same_whoever_asks(site: Flask, engine: Engine, desks: Desks) -> None:
    pages = [send(site.test_client(), "/admin/reset", "/admin/reset", email=f"{name}@house.example").text
             for name in ("nobody", "no.one")]  # fmt: skip
    assert all("a message with a link is on its way" in page for page in pages)


def choose(engine: Engine, email: str) -> None:
    choose_password(engine, welcome_link(engine, email).rpartition("/")[2], WORDS)


def test_doors_close_for_a_while_after_too_many_tries(client: FlaskClient, engine: Engine, desks: Desks) -> None:
    answers = [give_password(client, "nobody@house.example", "wrong").status_code for _ in range(11)]
    assert (answers[0], answers[-1]) == (200, 429)


def test_signing_out_everywhere_ends_every_session(site: Flask, engine: Engine, desks: Desks) -> None:
    here, there = (sign_in(site.test_client(), engine, address("member")) for _ in range(2))
    assert there.get("/admin/today").status_code == 200
    assert "signed out everywhere" in send(here, "/admin/myself/sign-out-everywhere").text
    assert there.get("/admin/today").status_code == 302


def test_who_is_kept_out_is_out_at_once(site: Flask, engine: Engine, desks: Desks) -> None:
    client = sign_in(site.test_client(), engine, address("member"))
    change_user(engine, address("member"), active=False, is_admin=False)
    assert client.get("/admin/today").status_code == 302


def test_the_last_admin_stays_one(engine: Engine, desks: Desks) -> None:
    with pytest.raises(InputError, match="only admin"):
        change_user(engine, ADMIN, active=True, is_admin=False)


def test_after_signing_in_nobody_is_sent_to_another_site(client: FlaskClient, engine: Engine, desks: Desks) -> None:
    choose(engine, address("member"))
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "https:evil.example"):
        page = client.get("/admin/login", query_string={"next": elsewhere})
        data = {"email": address("member"), "password": WORDS, "csrf_token": token_in(page.text)}
        answer = client.post("/admin/login", query_string={"next": elsewhere}, data=data)
        led = urlsplit(urljoin("http://localhost/admin/login", answer.headers.get("Location", "")))
        assert led.hostname == "localhost", elsewhere
        client.delete_cookie("desk", path="/admin")


def test_the_desk_answers_to_its_own_name_only(site: Flask, engine: Engine, desks: Desks) -> None:
    assert site.test_client().get("/admin/login", base_url="http://evil.example").status_code == 400
    assert site.test_client().get("/admin/login", base_url="http://127.0.0.1:8000").status_code == 200


def test_every_page_says_what_browsers_may_do_with_it(member: FlaskClient) -> None:
    answer = member.get("/admin/today")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_cookie_is_for_the_desk_and_no_script(client: FlaskClient, engine: Engine, desks: Desks) -> None:
    cookie = client.get("/admin/login").headers["Set-Cookie"]
    for part in ("HttpOnly", "Path=/admin", "SameSite=Lax"):
        assert part in cookie


def test_the_stylesheet_is_small(site: Flask) -> None:
    _, style = site.extensions["desk looks"]["desk.css"]
    assert len(style) < 25 * 1024


# Promises


def test_a_promise_goes_its_way_and_the_page_says_what_the_client_sees(
    member: FlaskClient, engine: Engine, desks: Desks
) -> None:
    page = f"/admin/promises/{desks.draft}"
    assert "Nothing yet: it is a draft." in member.get(page).text
    assert "is agreed" in send(member, f"{page}/agree", page).text
    moved = send(member, f"{page}/move", page, due_on=SOON.isoformat(), reason="The auditors come first.")
    assert "Moved to Tue 15 Dec, because The auditors come first" in moved.text
    done = send(member, f"{page}/do", page, reason="We talked on Friday.")
    assert "Done on Tue 24 Nov: We talked on Friday" in done.text
    with engine.store.read(engine.scope) as session:
        audit = session.query(AuditEntry).filter_by(subject=f"P-{desks.draft}").all()
    assert [entry.action for entry in audit] == ["promise agreed", "promise moved", "promise done"]
    assert {entry.author for entry in audit} == {address("member")}


def test_a_step_without_its_reason_is_not_taken(member: FlaskClient, engine: Engine, desks: Desks) -> None:
    page = f"/admin/promises/{desks.promise}"
    answer = send(member, f"{page}/move", page, due_on=SOON.isoformat(), reason=" ")
    assert (answer.status_code, "needs a reason" in answer.text) == (422, True)


def test_the_second_of_two_who_move_a_promise_sees_that_the_first_was_there(
    member: FlaskClient, owner: FlaskClient, engine: Engine, desks: Desks
) -> None:
    page, seen = f"/admin/promises/{desks.promise}", found(engine, Promise, desks.promise).version
    move = {"due_on": SOON.isoformat(), "reason": "One.", "seen": seen}
    assert send(member, f"{page}/move", page, **move).status_code == 200
    second = send(owner, f"{page}/move", page, **move | {"reason": "Two."})
    assert (second.status_code, "has changed since you looked at it" in second.text) == (409, True)


def test_a_promise_is_made_on_the_account_s_page(member: FlaskClient, engine: Engine, desks: Desks) -> None:
    made = send(member, f"/admin/accounts/{desks.account}/promises", title="Two days earlier", contact="nadia",
                due_on=SOON.isoformat(), agreed="1")  # fmt: skip
    assert "Two days earlier" in made.text
    assert "Agreed, due on Tue 15 Dec" in made.text


# What is added


def test_a_note_a_touchpoint_and_a_person_are_added(member: FlaskClient, engine: Engine, desks: Desks) -> None:
    place = f"/admin/accounts/{desks.account}"
    send(member, f"{place}/voices", words="Nobody calls me back.", contact="nadia", source="call_note")
    send(member, f"{place}/touchpoints", kind="qbr_held", note="In Leeds", on="2026-11-20")
    page = send(member, f"{place}/people", name="Ben Okri", email="ben@northwind.example", influence="champion").text
    for told in ("Nobody calls me back.", "The business review was held: In Leeds", "Ben Okri"):
        assert told in page
    with engine.store.read(engine.scope) as session:
        assert session.query(Voice).filter_by(words="Nobody calls me back.").one().source == "call_note"
        assert session.query(Touchpoint).filter_by(kind="qbr_held").one().account_id == desks.account
        assert session.query(Contact).filter_by(key="ben.okri").one().influence == "champion"


def test_a_promise_is_made_of_what_somebody_said(member: FlaskClient, engine: Engine, desks: Desks) -> None:
    made = send(member, f"/admin/voices/{desks.voice}/promise", title="Send them by the third")
    assert "is a draft, with their words behind it" in made.text
    assert "The reports come late." in made.text
    assert "What it led to" in member.get("/admin/voices").text


def test_a_brief_says_what_they_said_and_what_we_owe(member: FlaskClient, desks: Desks) -> None:
    page = member.get(f"/admin/accounts/{desks.account}/brief").text
    for told in ("The reports come late.", "Reports for Northwind", "Who was not heard for half a year"):
        assert told in page


def test_what_cannot_be_added_is_said(member: FlaskClient, desks: Desks) -> None:
    answer = send(member, f"/admin/accounts/{desks.account}/people", name="Ben", email="nothing")
    assert (answer.status_code, "is no e-mail address" in answer.text) == (422, True)


# Asks


def test_an_ask_is_approved_with_a_note_and_leaves_the_list(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    assert "Asks that wait for your approval" in owner.get("/admin/today").text
    send(owner, f"/admin/asks/{desks.ask}/approve", note="It was good to see you.", back="/admin/today")
    ask = found(engine, Ask, desks.ask)
    assert (ask.status, ask.personal_note) == ("approved", "It was good to see you.")
    assert "Asks that wait for your approval" not in owner.get("/admin/today").text


def test_a_skipped_ask_is_taken_back_and_the_person_left_alone(
    owner: FlaskClient, engine: Engine, desks: Desks
) -> None:
    page = send(owner, f"/admin/asks/{desks.ask}/skip", until=SOON.isoformat(), reason="On parental leave")
    assert "asked nothing until that day" in page.text
    assert found(engine, Ask, desks.ask).status == "cancelled"
    why = owner.get(f"/admin/people/{desks.contact}/why").text
    assert "a day we keep free" in why
    assert "On parental leave" in owner.get(f"/admin/accounts/{desks.account}/plan/history").text


def test_after_a_form_nobody_is_sent_to_another_site(owner: FlaskClient, desks: Desks) -> None:
    data = {"csrf_token": token_in(owner.get("/admin/today").text), "back": "//evil.example"}
    answer = owner.post(f"/admin/asks/{desks.ask}/approve", data=data)
    assert answer.headers["Location"].startswith("/admin/")


# Looking


def test_a_preview_shows_the_form_and_keeps_nothing(member: FlaskClient, engine: Engine, desks: Desks) -> None:
    def count() -> list[int]:
        with engine.store.read(engine.scope) as session:
            return [session.query(table).count() for table in (Ask, Voice, Promise, User, Account)]

    before = count()
    page = f"/admin/people/{desks.contact}/preview"
    assert "This waits to be sent." in member.get(page).text
    survey, message = member.get(f"{page}/survey"), member.get(f"{page}/message")
    assert "How likely are you to recommend" in survey.text
    assert "Good day Nadia" in message.text
    for frame in (survey, message):
        assert frame.headers["Content-Security-Policy"].startswith("sandbox;")
    renewal = member.get(f"{page}?occasion=renewal")
    assert "Nothing is planned" in renewal.text
    assert count() == before


def test_the_links_of_a_preview_lead_nowhere(member: FlaskClient, site: Flask, desks: Desks) -> None:
    message = member.get(f"/admin/people/{desks.contact}/preview/message").text
    links = [link.partition("127.0.0.1:8000")[2] for link in re.findall(r'href="(http[^"]+)"', message)]
    assert links
    assert {site.test_client().get(link).status_code for link in links} == {404}


def test_why_leads_to_the_setting_behind_each_sentence(member: FlaskClient, desks: Desks) -> None:
    page = member.get(f"/admin/people/{desks.contact}/why?on=2026-12-24").text
    assert "Nadia Bloom" in page
    link = re.search(r'href="(/admin/accounts/\d+/plan\?show=\w+)#', page)
    assert link
    assert member.get(link[1]).status_code == 200


def test_search_finds_people_promises_and_words(member: FlaskClient, desks: Desks) -> None:
    for words, told in (("nadia", "Nadia Bloom"), ("reports for", "Reports for Northwind"), ("northw", "Northwind")):
        assert told in member.get("/admin/search", query_string={"q": words}).text


def test_a_script_in_what_a_client_said_stays_words(member: FlaskClient, engine: Engine, desks: Desks) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    send(member, f"/admin/accounts/{desks.account}/voices", words=evil, contact="nadia", source="call_note")
    for page in ("today", "voices", f"accounts/{desks.account}", "search?q=script"):
        text = member.get(f"/admin/{page}").text
        assert "<script>alert" not in text
        assert "<img" not in text


def test_trusted_hosts_may_be_named() -> None:
    hosts = trusted_hosts(Config(public_url="https://ask.harbour.example/", trusted_hosts="desk.harbour.example, x"))
    assert {"ask.harbour.example", "desk.harbour.example", "x"} <= set(hosts)


# The database


MOST_QUERIES = 20
LOOKED_AT = (
    "today", "accounts", "accounts/{account}", "accounts/{account}/brief", "accounts/{account}/plan/history", "asks",
    "asks?show=answered", "calls", "promises", "promises/{promise}", "voices", "sides", "search?q=nor",
    "strategies", "asks/{ask}/guess",
)  # fmt: skip


@pytest.mark.parametrize("page", LOOKED_AT)
def test_a_page_asks_the_database_few_times(member: FlaskClient, engine: Engine, desks: Desks, page: str) -> None:
    asked: list[str] = []
    event.listen(engine.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    status = member.get("/admin/" + page.format(**vars(desks))).status_code
    queries = [statement for statement in asked if not statement.startswith("BEGIN")]
    assert (status, len(queries) <= MOST_QUERIES) == (200, True), queries


def test_a_client_s_page_knows_no_session(client: FlaskClient, engine: Engine, desks: Desks) -> None:
    sign_in(client, engine, ADMIN)
    answer = client.get("/s/nothing")
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


@pytest.mark.parametrize("page", ["accounts", "promises", "asks", "calendar", "voices"])
def test_a_list_is_saved_as_a_sheet_without_formulas(
    member: FlaskClient, engine: Engine, desks: Desks, page: str
) -> None:
    with engine.store.write(engine.scope) as session:
        session.get_one(Account, desks.account).key = "=HYPERLINK(1)"
    sheet = member.get(f"/admin/{page}?format=csv")
    assert sheet.headers["Content-Disposition"] == f'attachment; filename="{page}.csv"'
    rows = list(csv.reader(sheet.text.removeprefix("\ufeff").splitlines()))
    assert "'=HYPERLINK(1)" in {cell for row in rows for cell in row}
    assert not [cell for row in rows for cell in row if cell.startswith("=")]
    assert "southwind" not in sheet.text


def test_a_link_that_an_admin_makes_for_somebody_is_written_down(
    site: Flask, client: FlaskClient, engine: Engine, desks: Desks
) -> None:
    admin = sign_in(client, engine, ADMIN)
    page = send(admin, "/admin/team/people", "/admin/team", email="new@house.example", name="New Hand").text
    link = re.search(r"/admin/welcome/[\w.~-]+", page)
    assert link
    assert "new@house.example" in site.test_client().get(link[0]).text
    assert "make link to choose a password: new@house.example" in admin.get("/admin/changes").text


def test_a_team_is_made_and_given_people_and_accounts(client: FlaskClient, engine: Engine, desks: Desks) -> None:
    admin = sign_in(client, engine, ADMIN)
    send(admin, "/admin/team/teams", "/admin/team", name="East")
    number = desks.theirs["team"] + 1
    place = f"/admin/team/teams/{number}"
    send(admin, f"{place}/people", "/admin/team", email=address("viewer"), role="owner")
    send(admin, f"{place}/accounts", "/admin/team", account="southwind")
    viewer = sign_in(client, engine, address("viewer"))
    assert "Southwind" in viewer.get("/admin/accounts").text


def test_what_goes_wrong_leaves_the_desk_around_it_and_nothing_written_is_lost(
    member: FlaskClient, owner: FlaskClient, desks: Desks
) -> None:
    strange = member.get(
        f"/admin/accounts/{desks.theirs['account']}", headers={"Referer": "http://localhost/admin/asks"}
    )
    assert strange.status_code == 404
    assert "There is nothing here</h1>" in strange.text
    assert 'aria-label="Rooms"' in strange.text
    assert '<a href="/admin/asks">Back to the page you came from</a>' in strange.text
    page = f"/admin/promises/{desks.promise}"
    refused = send(
        owner, f"{page}/move", page, due_on="tomorrow", reason="The auditors come on that very day.", seen="0"
    )
    assert refused.status_code == 422
    assert "“tomorrow” is no day" in refused.text
    assert "The auditors come on that very day." in refused.text
    elsewhere = member.get("/admin/accounts/999", headers={"Referer": "https://evil.example/admin/"})
    assert 'href="/admin/">To your desk</a>' in elsewhere.text


def test_what_was_written_at_length_is_shown_again_and_not_what_another_site_wrote(site: Flask) -> None:
    client, words = site.test_client(), {"title": "A promise that was written at length"}
    for origin, shown in ((None, True), ("http://localhost", True), ("https://other.example", False), ("null", False)):
        headers = {"Origin": origin} if origin else {}
        page = client.post("/admin/accounts/1/promises", data=words, headers=headers)
        assert (page.status_code, words["title"] in page.text) == (400, shown), origin
