"""No form and no address leads to another site, and nothing of a request's host gets into a page or a link."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin.forms import back_to
from engine.data.store import EVERYTHING
from engine.house import Engine
from tests.desk import ADMIN, furnish, sign_in
from tests.factories import make_contact
from tests.letters import make_letter, promises_path, survey_path, wishes_path

ROOT = Path(__file__).parent.parent
AWAY = tuple((Path(__file__).parent / "hostile_addresses.txt").read_text(encoding="utf-8").splitlines())
AWAY += ("/\t/evil.example", "/\n/evil.example", "\t//evil.example", "java\nscript:alert(1)",
         "/admin/\r\nLocation: https://evil.example")  # fmt: skip
"""Where nobody is led, whatever the address says."""


def leads_away(location: str) -> bool:
    """As browsers read it: backslashes are slashes, tabs and line breaks are nothing."""
    read = location.strip().translate({ord(sign): None for sign in "\t\n\r"}).replace("\\", "/")
    read = read.removeprefix("http://localhost/").removeprefix("https://localhost/")
    return read.startswith("//") or ":" in read.partition("/")[0].partition("?")[0].partition("#")[0]


def test_there_are_forty_ways_and_more() -> None:
    assert len(set(AWAY)) >= 40
    assert leads_away("//evil.example")
    assert leads_away("https://localhost.evil.example/admin/")
    assert not leads_away("/admin/today")


def test_a_form_leads_back_to_the_desk_alone(site: Flask) -> None:
    led = []
    for away in AWAY:
        with site.test_request_context("/admin/asks", method="POST", data={"back": away}):
            led.append(back_to("/admin/asks"))
    assert [place for place in led if leads_away(place)] == []
    with site.test_request_context("/admin/asks", method="POST", data={"back": "/admin/asks?page=2"}):
        assert back_to("/admin/asks") == "/admin/asks?page=2"


def test_every_view_leads_to_a_page_by_its_name() -> None:
    """Never to a text: what `redirect` is given is made by url_for, from a visit, or checked by back_to."""
    made = {"url_for", "back_to", "address_of", "visit.back"}
    wrong = []
    for file in [*ROOT.glob("admin/**/*.py"), *ROOT.glob("engine/web/*.py"), *ROOT.glob("plugins/*.py")]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node) == "redirect"]
        names = {node.targets[0].id: _name(node.value) for node in ast.walk(tree)
                 if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)}  # fmt: skip
        for call in calls:
            where = call.args[0]
            by = _name(where) or (names.get(where.id, "") if isinstance(where, ast.Name) else "")
            if by not in made:
                wrong.append(f"{file.name}:{call.lineno}: {ast.unparse(where)}")
    assert wrong == []


def _name(node: ast.AST) -> str:
    """What is called, where it is a name or something of one."""
    called = node.func if isinstance(node, ast.Call) else None
    return ast.unparse(called) if isinstance(called, ast.Name | ast.Attribute) else ""


def test_no_address_of_the_desk_leads_to_another_site(engine: Engine, site: Flask) -> None:
    site.config["WTF_CSRF_ENABLED"] = False
    furnish(engine)
    client = sign_in(site.test_client(), engine, ADMIN)
    led = {}
    for away in AWAY:
        query = {"next": away, "back": away, "url": away, "return": away}
        for path in ("/admin/login", "/admin/verify", "/admin/", "/admin/asks"):
            led[away, path] = client.get(path, query_string=query).headers.get("Location", "")
            led[away, path, "nobody"] = site.test_client().get(path, query_string=query).headers.get("Location", "")
        leaving = sign_in(site.test_client(), engine, ADMIN)
        led[away, "out"] = leaving.post("/admin/logout", query_string=query, data=query).headers.get("Location", "")
    assert {key: place for key, place in led.items() if place and leads_away(place)} == {}


def test_no_form_of_a_client_leads_to_another_site(engine: Engine, client: FlaskClient) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session)
        paths = [survey_path(engine, make_letter(session, "missing", contact=contact)), wishes_path(engine, contact),
                 promises_path(engine, contact), wishes_path(engine, contact, "u")]  # fmt: skip
    led = []
    for number, away in enumerate(AWAY):
        data = {"q1.text": "x", "next": away, "back": away, "action": "send", "submission_id": f"submission-{number}"}
        for path in paths:
            answer = client.post(path, query_string={"next": away, "done": away}, data=data)
            led.append(answer.headers.get("Location", ""))
    assert [place for place in led if place and leads_away(place)] == []


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80", "x@evil.example"])
@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Original-Host", "X-Host"])
def test_the_host_that_a_request_names_is_in_no_page_and_no_link(
    engine: Engine, client: FlaskClient, host: str, header: str
) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, shares_promises=True)
        paths = [survey_path(engine, make_letter(session, contact=contact)), promises_path(engine, contact)]
    for path in (*paths, wishes_path(engine, contact)):
        answer = client.get(path, headers={header: f"host={host}" if header == "Forwarded" else host})
        assert "evil.example" not in answer.text, path
    for path in ("/admin/asks", "/admin/login"):
        answer = client.get(path, headers={header: f"host={host}" if header == "Forwarded" else host})
        assert "evil.example" not in answer.headers.get("Location", ""), path
