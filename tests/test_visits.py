"""A link is exchanged for a cookie and an address without a key; what comes too fast, or guesses, is slowed down."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine.data.models import AnswerRow, Ask, Contact
from engine.house import Engine
from engine.web import pace
from tests.factories import make_contact
from tests.letters import make_letter, promises_path, survey_path, wishes_path


def letter(engine: Engine, *names: str) -> tuple[str, Contact]:
    with engine.store.write(engine.scope) as session:
        ask = make_letter(session, *names, contact=make_contact(session))
        return survey_path(engine, ask), ask.contact


def address(page: TestResponse) -> str:
    [found] = re.findall(r'data-here="([^"]+)"', page.text)
    return found


def answers(engine: Engine, ask: str) -> int:
    with engine.store.read(engine.scope) as session:
        return session.query(AnswerRow).count()


def test_a_link_is_exchanged_for_a_cookie_and_an_address_without_it(engine: Engine, client: FlaskClient) -> None:
    path, contact = letter(engine, "missing")
    for link in (path, wishes_path(engine, contact), promises_path(engine, contact)):
        page = client.get(link)
        [cookie] = page.headers.getlist("Set-Cookie")
        assert {"HttpOnly", "SameSite=Lax", f"Path={link[:3]}"} <= set(cookie.split("; "))
        here = address(page)
        assert link.rpartition("/")[2] not in here
        again = client.get(here)
        assert again.status_code == 200
        assert "Set-Cookie" not in again.headers
        assert client.application.test_client().get(here).status_code == 404


def test_a_form_that_was_sent_leads_to_the_address_without_the_link(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine, "missing")
    here = address(client.get(path))
    data = {"q1.text": "Word", "submission_id": "submission-1"}
    assert client.post(path, data=data).headers["Location"] == here
    assert "Your answers are saved" in client.get(here).text


def test_a_browser_that_keeps_no_cookies_goes_by_the_link(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine, "missing")
    plain = client.application.test_client(use_cookies=False)
    plain.get(path)
    answer = plain.post(path, data={"q1.text": "Word", "submission_id": "submission-1"}, follow_redirects=True)
    assert "Your answers are saved" in answer.text


def test_two_surveys_in_one_browser_do_not_mix(engine: Engine, client: FlaskClient) -> None:
    one, other = (letter(engine, "missing")[0] for _time in range(2))
    here, there = address(client.get(one)), address(client.get(other))
    client.post(here, data={"q1.text": "Of the first", "submission_id": "submission-1"})
    assert "Your answers are saved" in client.get(here).text
    assert "Your answers are saved" not in client.get(there).text


def test_the_cookie_of_one_page_opens_no_other(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine, "missing")
    page = client.get(path)
    name = address(page).rpartition("/")[2]
    assert client.get(f"/w/{name}").status_code == 404
    token = path.rpartition("/")[2]
    client.set_cookie(f"heed-{name[1:]}", token, path="/w/")
    assert client.get(f"/w/{name}").status_code == 404


def test_another_site_cannot_post_with_our_cookie(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine, "missing")
    here = address(client.get(path))
    data = {"q1.text": "Forged", "submission_id": "submission-1"}
    assert client.post(here, data=data, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 404
    assert answers(engine, here) == 0


def test_without_the_cookie_the_way_back_is_told(client: FlaskClient) -> None:
    answer = client.get("/s/~0123456789abcdef")
    assert answer.status_code == 404
    assert "Please open the message again" in answer.text


def test_saving_says_so_only_once_it_is_on_disk(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine, "knows", "missing", "call_me")
    json = {"Accept": "application/json"}
    saved = client.post(path, data={"action": "save", "q2.text": "Half a sen"}, headers=json)
    assert (saved.status_code, saved.json) == (200, {"answered": 1, "errors": {}})
    assert answers(engine, path) == 1
    wrong = client.post(path, data={"action": "save", "q3.number": "12"}, headers=json)
    assert list(wrong.json["errors"]) == ["q3"]
    assert "Half a sen</textarea>" in client.get(path).text
    assert '<input type="hidden" name="filled" value="q2">' in client.get(path).text


def test_without_script_one_saves_and_goes_on_later(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine, "knows", "missing")
    page = client.post(path, data={"action": "save", "q2.text": "Half a sen"}, follow_redirects=True)
    assert "opens it again until Wed 23 Dec" in page.text
    with engine.store.read(engine.scope) as session:
        assert session.query(Ask).one().status == "started"


@pytest.mark.parametrize(("picked", "checked"), [("9", True), ("11", False), ("nine", False), ("", False)])
def test_a_point_picked_in_the_message_is_filled_in_and_nothing_is_saved(
    engine: Engine, client: FlaskClient, picked: str, checked: bool
) -> None:
    path, _contact = letter(engine, "responsiveness", "recommend")
    page = client.get(f"{path}?pick={picked}").text
    assert (re.search(r'name="q2" value="9"[^>]* checked', page) is not None) == checked
    assert ("Your 9 from the message is filled in" in page) == checked
    assert answers(engine, path) == 0


def test_a_picked_point_does_not_replace_what_was_saved(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine, "recommend")
    client.post(path, data={"action": "save", "q1": "3"})
    assert re.search(r'name="q1" value="3"[^>]* checked', client.get(f"{path}?pick=9").text)


def test_somebody_declining_may_say_whom_to_ask(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine, "missing")
    page = client.post(path, data={"action": "decline", "submission_id": "submission-1"}, follow_redirects=True)
    assert "Whom should we rather ask?" in page.text
    hint = {"action": "hint", "submission_id": "submission-2", "instead": "Tom Reed"}
    assert "we have passed it on" in client.post(path, data=hint, follow_redirects=True).text


def test_one_link_that_posts_too_fast_is_slowed_down_and_no_other(
    engine: Engine, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "POSTS_BY_LINK", 2)
    fast, other = (letter(engine, "missing")[0] for _time in range(2))
    save = {"action": "save", "q1.text": "Word"}
    assert [client.post(fast, data=save).status_code for _time in range(3)] == [303, 303, 429]
    assert client.get(fast).status_code == 200
    assert client.post(other, data=save).status_code == 303


def test_an_office_where_somebody_guesses_links_still_opens_its_own(
    engine: Engine, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "WRONG_BY_ADDRESS", 3)
    path, _contact = letter(engine, "missing")
    assert [client.get(f"/s/guess{number}").status_code for number in range(5)] == [404, 404, 404, 429, 429]
    assert client.get(path).status_code == 200
