"""Clients' pages over HTTP: what they say, what they never say, and that opening one changes nothing."""

from __future__ import annotations

import re
from datetime import date, timedelta
from gzip import decompress
from typing import Any

import pytest
from flask import Blueprint, Response
from flask.testing import FlaskClient
from sqlalchemy import event, select
from syrupy.assertion import SnapshotAssertion

from engine.api import hookimpl
from engine.app import create_app, open_house
from engine.colour import DARK, LIGHT, contrast, readable
from engine.data.models import Ask, Base, Contact, Promise
from engine.errors import StorageError
from engine.house import Engine
from tests.factories import make_account, make_ask, make_contact, make_setting, why_ended
from tests.letters import (
    NOW,
    SameOnBoth,
    make_history,
    make_letter,
    make_promises,
    make_survey,
    name_company,
    promises_path,
    survey_path,
    wishes_path,
)

FORM = {"q1": "yes", "q2.text": "A second person who knows us", "submission_id": "submission-1"}
KEPT = "2026-10-01", "2026-11-02"


def letter(engine: Engine, *names: str, **values: Any) -> tuple[str, Contact]:
    """A sent ask with these questions; its path, and who it went to."""
    with engine.store.write(engine.scope) as session:
        name_company(session)
        ask = make_letter(session, *names, **values)
        contact = ask.contact
        make_promises(session, contact)
        return survey_path(engine, ask), contact


def without_tokens(html: str) -> str:
    """Without what differs from run to run, or with every change of the stylesheet."""
    html = re.sub(r"/([swup])/[\w-]+\.[\w-]+", r"/\1/…", html)
    html = re.sub(r'/([swp])/~\w+"', r'/\1/~…"', html)
    html = re.sub(r"(?<=/)\w+\.(?=css|js)", "….", html)
    return re.sub(r'name="submission_id" value="[^"]+"', 'name="submission_id" value="…"', html)


def dump(engine: Engine) -> dict[str, Any]:
    """Everything that is in the database."""
    with engine.store.read(engine.scope) as session:
        tables = Base.metadata.sorted_tables
        return {table.name: session.connection().execute(select(table).order_by(table.c.id)).all() for table in tables}


# What they say


def test_the_survey_page(engine: Engine, client: FlaskClient, snapshot: SnapshotAssertion) -> None:
    path, _contact = letter(engine)
    assert without_tokens(client.get(path).text) == snapshot(extension_class=SameOnBoth)


def test_the_thank_you_page_says_what_was_promised(
    engine: Engine, client: FlaskClient, snapshot: SnapshotAssertion
) -> None:
    path, _contact = letter(engine, "call_me", "missing")
    answer = client.post(path, data={"q1": "yes", "submission_id": "submission-1"}, follow_redirects=True)
    assert answer.status_code == 200
    assert without_tokens(answer.text) == snapshot(extension_class=SameOnBoth)


def test_the_pages_of_links_that_lead_nowhere(engine: Engine, client: FlaskClient, snapshot: SnapshotAssertion) -> None:
    expired, contact = letter(engine, "missing", expires_at=NOW - timedelta(days=1))
    wrong, gone = client.get("/s/nothing"), client.get(expired)
    assert (wrong.status_code, gone.status_code) == (404, 410)
    assert without_tokens(wrong.text) == snapshot(extension_class=SameOnBoth, name="wrong")
    assert without_tokens(gone.text) == snapshot(extension_class=SameOnBoth, name="expired")
    for page in (wrong.text, gone.text):
        assert not {contact.name, contact.email, "Northwind", "Keller"} & set(re.findall(r"\w+", page))


def test_the_promises_page(engine: Engine, client: FlaskClient, snapshot: SnapshotAssertion) -> None:
    _path, contact = letter(engine)
    assert without_tokens(client.get(promises_path(engine, contact)).text) == snapshot(extension_class=SameOnBoth)


def test_the_wishes_page(engine: Engine, client: FlaskClient, snapshot: SnapshotAssertion) -> None:
    _path, contact = letter(engine)
    assert without_tokens(client.get(wishes_path(engine, contact)).text) == snapshot(extension_class=SameOnBoth)


def test_a_page_speaks_the_clients_language(engine: Engine, client: FlaskClient) -> None:
    path, contact = letter(engine, "recommend")
    with engine.store.write(engine.scope) as session:
        session.get_one(Contact, contact.id).locale = "de-CH"
    page = client.get(path, headers={"Accept-Language": "en"}).text
    assert '<html lang="de" dir="ltr"' in page
    assert "Wie wahrscheinlich ist es" in page
    assert "Erledigt am Do., 12. Nov." in page


@pytest.mark.parametrize(("asked", "lang"), [("de", "de"), ("it, de;q=0.5", "de"), ("xx", "en"), ("", "en")])
def test_without_a_locale_the_browser_is_asked(engine: Engine, client: FlaskClient, asked: str, lang: str) -> None:
    path, _contact = letter(engine, "missing")
    assert f'<html lang="{lang}"' in client.get(path, headers={"Accept-Language": asked}).text


def test_drafts_and_other_peoples_promises_are_not_shown(engine: Engine, client: FlaskClient) -> None:
    path, contact = letter(engine, "missing")
    with engine.store.write(engine.scope) as session:
        make_history(session, contact, ("drafted", "2026-11-01", None), title="Only a draft")
        colleague = make_contact(session, session.get_one(Contact, contact.id).account)
        make_history(session, colleague, ("agreed", "2026-11-01", None), title="To a colleague")
    for page in (client.get(path).text, client.get(promises_path(engine, contact)).text):
        assert "Only a draft" not in page
        assert "To a colleague" not in page


# Answering


def test_answers_sent_are_thanked_for_and_can_be_changed(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine, "knows", "missing")
    sent = client.post(path, data=FORM)
    assert (sent.status_code, sent.headers["Location"]) == (303, path)
    assert "Your answers are saved" in client.get(path).text
    again = client.get(f"{path}?change=1").text
    assert "A second person who knows us</textarea>" in again
    assert re.search(r'value="yes" checked', again)


def test_a_wrong_answer_brings_the_page_back_with_everything_that_was_given(
    engine: Engine, client: FlaskClient
) -> None:
    path, _contact = letter(engine, "call_me", "missing")
    wrong = {"q1": "yes", "q1.number": "12", "q2.text": "Keep <this>", "submission_id": "submission-1"}
    answer = client.post(path, data=wrong)
    assert answer.status_code == 422
    assert "Keep &lt;this&gt;</textarea>" in answer.text
    assert 'id="q1-error"' in answer.text
    assert "is no number that we could call" in answer.text


def test_a_submission_that_came_before_with_other_answers_is_told_so(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine, "knows", "missing")
    client.post(path, data=FORM)
    answer = client.post(path, data=FORM | {"q1": "no"})
    assert answer.status_code == 409
    assert "This page was sent before" in answer.text


def test_later_says_until_when_and_not_for_me_is_fine(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine, "missing")
    later = client.post(path, data={"action": "later", "submission_id": "submission-1"}, follow_redirects=True)
    assert "before Tue 8 Dec" in later.text
    declined = client.post(path, data={"action": "decline", "submission_id": "submission-2"}, follow_redirects=True)
    assert "That is fine" in declined.text


# Wishes and promises


def test_wishes_hold_at_once_for_the_person_everywhere(engine: Engine, client: FlaskClient) -> None:
    _path, contact = letter(engine, "missing", status="answered", answered_at=NOW)
    with engine.store.write(engine.scope) as session:
        here = session.get_one(Contact, contact.id)
        there = make_contact(session, make_account(session), here.person)
        waiting = make_ask(session, there, origin="heed", status="planned", send_at=NOW).id
        other = there.id
    wishes = {
        "asked": "yes", "paused_until": "2027-02-01", "rhythm": "rarer", "days": "90", "occasions": ["promise"],
        "channel": "email",
    }  # fmt: skip
    saved = client.post(wishes_path(engine, contact), data=wishes, follow_redirects=True)
    assert "Your wishes are saved" in saved.text
    assert 'value="90"' in saved.text
    with engine.store.read(engine.scope) as session:
        for contact_id in (contact.id, other):
            found = session.get_one(Contact, contact_id)
            assert (found.paused_until, found.wish_min_interval) == (date(2027, 2, 1), 90)
            assert set((found.wish_occasions_off or "").split()) == {"relationship", "touchpoint", "renewal"}
            assert found.wish_channel == "email"
        ask = session.get_one(Ask, waiting)
        assert (ask.status, why_ended(ask)) == ("cancelled", "the person changed their wishes")


def test_opting_out_and_back_in(engine: Engine, client: FlaskClient) -> None:
    _path, contact = letter(engine, "missing")
    for asked, opted_out_on in (("no", NOW.date()), ("yes", None)):
        client.post(wishes_path(engine, contact), data={"asked": asked, "occasions": ["promise"]})
        with engine.store.read(engine.scope) as session:
            assert session.get_one(Contact, contact.id).opted_out_on == opted_out_on


@pytest.mark.parametrize(
    ("typed", "field"), [({"rhythm": "rarer", "days": "often"}, "days"), ({"paused_until": "soon"}, "paused_until")]
)
def test_a_wish_that_cannot_be_read_is_named_and_nothing_is_saved(
    engine: Engine, client: FlaskClient, typed: dict[str, str], field: str
) -> None:
    _path, contact = letter(engine, "missing")
    answer = client.post(wishes_path(engine, contact), data={"asked": "no"} | typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    with engine.store.read(engine.scope) as session:
        assert session.get_one(Contact, contact.id).opted_out_on is None


def test_one_click_unsubscribes_and_opening_the_link_does_not(engine: Engine, client: FlaskClient) -> None:
    _path, contact = letter(engine, "missing")
    path = wishes_path(engine, contact, "u")
    assert "Shall we stop asking you" in client.get(path).text
    with engine.store.read(engine.scope) as session:
        assert session.get_one(Contact, contact.id).opted_out_on is None
    answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    with engine.store.read(engine.scope) as session:
        assert session.get_one(Contact, contact.id).opted_out_on == NOW.date()


def test_the_client_says_whether_a_promise_was_kept(engine: Engine, client: FlaskClient) -> None:
    _path, contact = letter(engine, "missing")
    with engine.store.read(engine.scope) as session:
        done = session.scalars(select(Promise).where(Promise.status == "done")).one().id
    path = promises_path(engine, contact)
    said = {"promise": str(done), "verdict": "disputed", "words": "Twice, then it stopped."}
    for _time in range(2):
        answer = client.post(path, data=said, follow_redirects=True)
        assert "Your word is saved" in answer.text
    assert "You told us that it is not done yet: Twice, then it stopped" in answer.text
    assert client.post(path, data=said | {"verdict": "kept"}).status_code == 409


def test_nobody_judges_a_promise_to_somebody_else(engine: Engine, client: FlaskClient) -> None:
    _path, contact = letter(engine, "missing")
    with engine.store.write(engine.scope) as session:
        other = make_contact(session)
        theirs = make_history(
            session, other, ("agreed", "2026-10-01", None), ("done", "2026-11-02", None), title="T"
        ).id
    answer = client.post(promises_path(engine, contact), data={"promise": str(theirs), "verdict": "kept"})
    assert answer.status_code == 404


# What they never do


def test_opening_any_page_changes_nothing(engine: Engine, client: FlaskClient) -> None:
    path, contact = letter(engine)
    expired = _another_letter(engine, expires_at=NOW)
    answered = _another_letter(engine, status="answered", answered_at=NOW)
    pages = [path, f"{path}?change=1", f"{path}?done=later", expired, answered, promises_path(engine, contact), "/s/x"]
    pages += [wishes_path(engine, contact), wishes_path(engine, contact, "u"), "/w/x", "/u/x", "/p/x"]
    before = dump(engine)
    for page in pages:
        for method in ("GET", "HEAD", "OPTIONS"):
            client.open(page, method=method)
    assert dump(engine) == before


def _another_letter(engine: Engine, **values: Any) -> str:
    with engine.store.write(engine.scope) as session:
        return survey_path(engine, make_letter(session, "missing", contact=make_contact(session), **values))


XSS = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}${7*7}"


def test_names_titles_reasons_and_verbatims_are_words_and_nothing_else(engine: Engine, client: FlaskClient) -> None:
    with engine.store.write(engine.scope) as session:
        make_setting(session, "company.name", XSS)
        account = make_account(session, name=XSS, owner_email="maria@harbour.example")
        contact = make_contact(session, account, name=XSS)
        question = {"name": "missing", "type": "text", "ask": {"en": "{{ contact.name }} {{ account.name }}"}}
        survey = make_survey(session, [question], title={"en": "{{ company.name }}"})
        path = survey_path(engine, make_letter(session, contact=contact, survey=survey))
        make_history(session, contact, ("agreed", "2026-10-01", None), ("done", "2026-11-02", XSS), title=XSS, said=XSS)
    bad = {"q1.text": XSS * 300, "submission_id": "submission-1"}
    pages = [
        client.get(path).text,
        client.post(path, data=bad).text,
        client.post(path, data={"q1.text": XSS, "submission_id": "submission-2"}, follow_redirects=True).text,
        client.get(f"{path}?change=1").text,
        client.get(promises_path(engine, contact)).text,
        client.get(wishes_path(engine, contact)).text,
        client.get("/s/x").text,
    ]
    for page in pages:
        assert "<script" not in page.replace('<script type="module" src="/script/', "")
        assert "<img" not in page
        assert " onerror=alert(1)>" not in page
        assert "49" not in re.sub(r"/[\w/.-]+|value=\"[^\"]*\"", "", page)
        assert page.count("<textarea") == page.count("</textarea>")


def test_every_answer_is_private_and_brings_nothing_from_elsewhere(engine: Engine, client: FlaskClient) -> None:
    path, contact = letter(engine, "missing")
    for page in (path, wishes_path(engine, contact), promises_path(engine, contact), "/s/x", "/nothing"):
        answer = client.get(page, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert answer.headers["Cache-Control"] == "no-store, private"
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
        assert "unsafe" not in policy
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "evil.example" not in answer.text + str(answer.headers)
        assert not re.search(r"style=|<script>|<script [^>]*>[^<]| on\w+=|(src|href)=\"(https?:)?//", answer.text)


def test_a_redirect_after_a_post_stays_here_whatever_host_the_request_names(
    engine: Engine, client: FlaskClient
) -> None:
    path, _contact = letter(engine, "missing")
    data = {"q1.text": "Word", "submission_id": "submission-1"}
    answer = client.post(path, data=data, headers={"Host": "evil.example"})
    assert answer.headers["Location"].startswith("/s/")


def test_too_much_at_once_is_refused_kindly(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine, "missing")
    answer = client.post(path, data={"q1.text": "x" * 3_000_000})
    assert answer.status_code == 413
    assert "too much at once" in answer.text


def test_a_first_view_is_small_and_takes_few_queries(engine: Engine, client: FlaskClient) -> None:
    path, _contact = letter(engine)
    client.get(path)
    queries: list[str] = []
    listen = ("before_cursor_execute", lambda *args: queries.append(args[2]))
    event.listen(engine.store.engine, *listen)
    page = client.get(path)
    event.remove(engine.store.engine, *listen)
    assert len(queries) <= 6, queries
    [style] = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
    sheet = client.get(style)
    assert sheet.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert len(sheet.data) < 12 * 1024
    packed = client.get(style, headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert decompress(packed.data) == sheet.data
    parts = re.findall(r'<(?:link rel="stylesheet" href|script[^>]* src|img[^>]* src)="([^"]+)"', page.text)
    assert len(parts) <= 2, "with the page itself three requests"
    wire = [page, *(client.get(part, headers={"Accept-Encoding": "gzip"}) for part in parts)]
    assert sum(len(each.data) + len(str(each.headers)) for each in wire) <= 20 * 1024


def test_a_failure_of_ours_is_told_kindly_and_logged_without_the_link(
    engine: Engine, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    path, _contact = letter(engine, "missing")
    with engine.store.write(engine.scope) as session:
        session.scalars(select(Ask)).one().form = [{"bad": "form"}]
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    answer = client.get(path)
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert path.rpartition("/")[2] not in caplog.text


def test_while_the_database_is_away_nothing_is_called_saved(
    engine: Engine, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    path, _contact = letter(engine, "missing")

    def fail(*_: object) -> None:
        raise StorageError("The database heed.db cannot grow: the disk is full.")

    event.listen(engine.store.engine, "before_cursor_execute", fail)
    answer = client.post(path, data=FORM)
    told = client.post(path, data=FORM | {"action": "save"}, headers={"Accept": "application/json"})
    event.remove(engine.store.engine, "before_cursor_execute", fail)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "what you sent is not saved" in answer.text
    assert (told.status_code, told.json) == (503, {"status": 503})
    assert "the disk is full" in caplog.text


# Colours


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#ffd400", "#2f5d62", "#ff0000", "#7f7f7f", "#00ff88"])
def test_any_brands_colour_can_be_read_on_both_grounds(colour: str) -> None:
    for ground in (LIGHT, DARK, "#ffffff"):
        shown = readable(colour, ground)
        assert contrast(shown, ground) >= 4.5
        assert contrast(shown, tinted(ground, shown)) >= 4.5


def tinted(ground: str, colour: str) -> str:
    """The ground as client.css tints it, with 8 % of the colour."""
    channels = ((int(ground[at : at + 2], 16), int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(under * 0.92 + over * 0.08):02x}" for under, over in channels)


@pytest.mark.parametrize("accent", ["zzzzzz", "fff", "2f5d62}body{", "..%2f..%2f"])
def test_a_style_takes_a_colour_and_nothing_else(client: FlaskClient, accent: str) -> None:
    assert client.get(f"/style/{accent}/1.css").status_code == 404


def test_what_a_plugin_hangs_on_every_request_is_for_its_own_pages(engine: Engine) -> None:
    class Hanging:
        @hookimpl
        def register_blueprints(self) -> list[Blueprint]:
            own = Blueprint("hanging", __name__)
            own.add_url_rule("/own", view_func=lambda: "mine")
            own.before_app_request(lambda: ("Only by me.", 403))
            own.after_app_request(lambda response: Response("Changed by me."))
            return [own]

    house = open_house(engine.config, engine.clock, plugins=[Hanging()])
    with house.store.write(house.scope) as session:
        path = survey_path(house, make_letter(session, "recommend"))
    client = create_app(house).test_client()
    assert client.get("/own").text == "Changed by me."
    shown = client.get(path)
    assert shown.status_code == 200
    assert "How likely are you" in shown.text
