"""Imports at the desk: columns are suggested, it is tried and then done, and what is refused is handed back."""

from __future__ import annotations

import csv
import re
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin.uploads import DAY
from engine.data.models import Account, Contact
from engine.house import Engine
from engine.intake.files import open_sheet
from engine.intake.kinds import KINDS
from engine.intake.suggestions import guess_kind, suggest_columns
from engine.operations.imports import import_files, look_at_file
from tests.desk import ADMIN, Desks, furnish, sign_in
from tests.test_desk import send, token_in

FILES = "/admin/imports/files"
CRM = b"""Contact ID,Account ID,Full name,Work e-mail,Shoe size
=1+1,northwind,Nora Vale,nora@client.example,38
x,nobody,,,
"""


@pytest.fixture
def desks(engine: Engine) -> Desks:
    return furnish(engine)


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    return site.test_client()


@pytest.fixture
def admin(client: FlaskClient, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(client, engine, ADMIN)


def upload(client: FlaskClient, **files: bytes):
    sent = [(BytesIO(text), f"{name}.csv") for name, text in files.items()]
    typed = {"csrf_token": token_in(client.get("/admin/imports").text), "file": sent}
    return client.post("/admin/imports", data=typed, follow_redirects=True)


def chosen(page: str) -> dict[str, list[str]]:
    """What the form would post: kinds and columns as they are selected."""
    found: dict[str, list[str]] = {}
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        value = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        found.setdefault(name, []).append((value[1] if value[1] is not None else value[2]) if value else "")
    for name, value in re.findall(r'name="(\d+\.was)" value="([^"]*)"', page):
        found[name] = [value]
    return found


def press(client: FlaskClient, page: str, action: str, **other: object):
    typed = {**chosen(page), **{name.replace("__", "."): value for name, value in other.items()}}
    return client.post(FILES, data={**typed, "csrf_token": token_in(page), "action": action}, follow_redirects=True)


def sheet_of(folder: Path, header: str, name: str = "file.csv"):
    path = folder / name
    path.write_text(header + "\n", encoding="utf-8")
    return open_sheet(path)


@pytest.mark.parametrize(("header", "kind", "columns"), [
    ("key,name,tier", "accounts", ["key", "name", "tier"]),
    ("Account ID,Contact ID,Work e-mail,Job title", "contacts", ["account_key", "key", "email", "role"]),
    ("Account,ARR,Renewal date,Company name,id", "accounts", ["", "annual_revenue", "renewal_on", "name", "key"]),
    ("account_key,contact_key,kind,hapened_at", "touchpoints", ["account_key", "contact_key", "kind", "happened_at"]),
])  # fmt: skip
def test_columns_are_suggested_by_name_by_what_others_call_them_and_by_the_nearest(
    tmp_path: Path, header: str, kind: str, columns: list[str]
) -> None:
    sheet = sheet_of(tmp_path, header)
    assert guess_kind(sheet).name == kind
    assert suggest_columns(sheet, KINDS[kind]) == columns


def test_each_of_ours_is_suggested_once(tmp_path: Path) -> None:
    found = suggest_columns(sheet_of(tmp_path, "email,e-mail,mail,name"), KINDS["contacts"])
    assert found == ["email", "", "", "name"]


def test_a_column_may_stay_one_of_its_own_whatever_it_is_called(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text("key,name,tier\nwest,Westwind,gold\n", encoding="utf-8")
    import_files(engine, [path], mapping={"kind": "accounts", "columns": {"tier": ""}})
    with engine.store.read(engine.scope) as session:
        account = session.query(Account).one()
    assert (account.tier, account.attributes) == (None, {"tier": "gold"})


def test_a_file_of_another_system_is_mapped_tried_and_imported(admin: FlaskClient, engine: Engine) -> None:
    page = upload(admin, people=CRM).text
    assert chosen(page) == {"0.kind": ["contacts"], "0.column": ["key", "account_key", "name", "email", ""],
                            "0.was": ["contacts"]}  # fmt: skip
    assert "nora@client.example" in page
    tried = press(admin, page, "try").text
    assert "What would happen; nothing was written" in tried
    assert "there is no account with this key" in tried
    with engine.store.read(engine.scope) as session:
        assert session.query(Contact).filter_by(name="Nora Vale").count() == 0
    done = press(admin, tried, "import").text
    assert "What was done" in done
    assert "heed-uploads" not in done
    with engine.store.read(engine.scope) as session:
        contact = session.query(Contact).filter_by(name="Nora Vale").one()
    assert (contact.email, contact.attributes) == ("nora@client.example", {"Shoe size": "38"})


def test_what_is_refused_comes_back_as_a_sheet_without_formulas(admin: FlaskClient) -> None:
    page = upload(admin, people=CRM.replace(b"northwind", b"=cmd()")).text
    press(admin, page, "try")
    sheet = admin.get("/admin/imports/rejected")
    rows = list(csv.DictReader(sheet.text.removeprefix("\ufeff").splitlines()))
    assert [(row["file"], row["line"], row["field"]) for row in rows] == [
        ("people.csv", "2", "account_key"), ("people.csv", "3", "account_key"),
    ]  # fmt: skip
    assert rows[0]["value"] == "'=cmd()"


def test_a_map_is_remembered_for_the_next_file_with_these_columns(admin: FlaskClient, engine: Engine) -> None:
    page = upload(admin, people=CRM).text
    columns = chosen(page)["0.column"]
    press(admin, page, "try", **{"0__column": [*columns[:2], "", *columns[3:]]})
    again = upload(admin, others=CRM).text
    assert "As you chose for a file with these columns before" in again
    assert chosen(again)["0.column"] == ["key", "account_key", "", "email", ""]


def test_another_kind_is_suggested_other_columns(admin: FlaskClient) -> None:
    page = upload(admin, people=CRM).text
    other = press(admin, page, "look", **{"0__kind": "touchpoints"}).text
    assert chosen(other)["0.column"][:2] == ["contact_key", "account_key"]
    missing = press(admin, other, "try")
    assert missing.status_code == 422
    assert "people.csv: touchpoints need a column kind" in missing.text


def test_several_files_each_have_a_map(admin: FlaskClient, engine: Engine) -> None:
    page = upload(admin, firms=b"id,Company\nwest,Westwind\n", people=CRM.replace(b"northwind", b"west")).text
    assert press(admin, page, "import").status_code == 200
    with engine.store.read(engine.scope) as session:
        assert session.query(Account).filter_by(key="west").one().name == "Westwind"
        assert session.query(Contact).filter_by(name="Nora Vale").count() == 1


def test_what_cannot_be_read_is_said_and_nothing_chosen_leads_back(admin: FlaskClient) -> None:
    assert "this is a workbook" in upload(admin, book=b"PK\x03\x04").text
    typed = {"csrf_token": token_in(admin.get("/admin/imports").text)}
    assert "Choose at least one CSV file" in admin.post("/admin/imports", data=typed).text
    assert send(admin, "/admin/imports", "/admin/imports").status_code == 422


def test_files_are_one_s_own_and_gone_after_a_day(
    admin: FlaskClient, site: Flask, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(admin, people=CRM)
    other = sign_in(site.test_client(), engine, ADMIN)
    assert other.get(FILES).headers["Location"].endswith("/admin/imports")
    assert other.get("/admin/imports/rejected").status_code == 404
    monkeypatch.setattr("admin.uploads.DAY", -DAY)
    upload(other, others=CRM)
    assert admin.get(FILES).status_code == 302


def test_a_remembered_map_names_its_kind(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(CRM)
    assert look_at_file(engine, path).kind == "contacts"
    assert look_at_file(engine, path, "accounts").columns[0] == ""
