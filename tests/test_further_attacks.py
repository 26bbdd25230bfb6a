"""Attacks that other products fell to, tried on clients' pages: docs/security.md has the list."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from engine.data.models import Contact
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.web import pace
from tests.factories import make_contact
from tests.letters import make_letter, survey_path, wishes_path

ROOT = Path(__file__).parent.parent
TABLE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_attack_of_the_list_has_a_line_and_every_test_it_names_is_there() -> None:
    lines = [line for line in TABLE.splitlines() if re.match(r"\| T\d+ \|", line)]
    assert [line.split(" | ")[0].strip("| ") for line in lines] == [f"T{number}" for number in range(1, 37)]
    there = {
        name for file in ROOT.glob("tests/test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))
    }
    named = set(re.findall(r"`(test_\w+)`", TABLE))
    assert named - there == set()
    assert [line for line in lines if "`test_" not in line and "does not have" not in line] == []


OUR_OWN = {"admin/views/promises.py": "told", "engine/plugin.py": "CONSEQUENCES"}
"""Tables of our own sentences."""


def test_no_text_is_ever_used_as_a_pattern_of_its_own() -> None:
    """`"…".format(…)` on what somebody wrote reads attributes of what it is given (ASVS 1.3.10): only constants may."""
    wrong = []
    for file in [path for part in ("engine", "plugins", "admin") for path in (ROOT / part).rglob("*.py")]:
        place = str(file.relative_to(ROOT))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"):
                continue
            pattern = node.func.value
            told = ast.unparse(pattern)
            constant = isinstance(pattern, ast.Constant) or told == "pl" or re.fullmatch("[A-Z_]+", told)
            if not constant and "migrations" not in place and not told.startswith(OUR_OWN.get(place, " ")):
                wrong.append(f"{place}:{node.lineno} {told}")
    assert wrong == []


def test_what_a_form_does_not_have_changes_nothing(engine: Engine, client: FlaskClient) -> None:
    """Every column of a contact, posted to the forms that are theirs."""
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, role="finance")
        paths = [wishes_path(engine, contact), survey_path(engine, make_letter(session, "missing", contact=contact))]
    columns = [column.key for column in Contact.__table__.columns]
    theirs = {"paused_until", "opted_out_on", *(column for column in columns if "wish" in column)}
    extra = {column: "7" for column in columns if column not in theirs}
    extra |= {"is_admin": "1", "team_id": "1", "account_id": "2", "status": "answered", "expires_at": "9999999999"}
    form = {
        "asked": "yes",
        "rhythm": "usual",
        "occasions": "relationship",
        "q1.text": "x",
        "submission_id": "submission-1",
    }
    before = _columns(engine, contact.id, theirs)
    for path in paths:
        client.post(path, data=extra | form)
    assert _columns(engine, contact.id, theirs) == before


def _columns(engine: Engine, number: int, but: set[str]) -> dict[str, object]:
    with engine.store.read(EVERYTHING) as session:
        row = session.get_one(Contact, number)
        return {column.key: getattr(row, column.key) for column in Contact.__table__.columns if column.key not in but}


def test_guessing_is_slowed_down_whatever_address_a_header_claims(client: FlaskClient) -> None:
    answers = [
        client.get("/s/guess", headers={"X-Forwarded-For": f"198.51.100.{number % 250}", "Forwarded": f"for=x{number}"})
        for number in range(pace.WRONG_BY_ADDRESS + 1)
    ]
    assert (answers[0].status_code, answers[-1].status_code) == (404, 429)


CANARIES = ("canary-name", "canary@client.example", "canary-words", "+49 30 90000001")


def test_nothing_of_a_client_gets_into_the_log(
    engine: Engine, client: FlaskClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a page fails half-way: what failed is logged, and not for whom."""
    caplog.set_level("DEBUG")
    name, email, words, phone = CANARIES
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, name=name, email=email, phone=phone)
        path = survey_path(engine, make_letter(session, "missing", contact=contact))
    client.get(path)
    client.post(path, data={"q1.text": words, "submission_id": "submission-1"})

    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("engine.web.pages.submit_answers", fail)
    assert client.post(path, data={"q1.text": words, "submission_id": "submission-2"}).status_code == 500
    said = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert "a mistake of ours" in said
    assert [one for one in (*CANARIES, path.removeprefix("/s/")) if one in caplog.text] == []
