"""Imports that take a while, and undoing one at the desk: the page says how far it is, and what came of it stays."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from admin import meanwhile
from admin.uploads import PROGRESS, begin
from engine.data.models import Account, Contact, Import
from engine.house import Engine
from engine.operations import imports
from engine.operations.import_records import SILENT
from tests.conftest import NOW
from tests.desk import ADMIN, Desks, furnish, sign_in
from tests.factories import make_ask
from tests.test_desk import token_in
from tests.test_import_desk import CRM, FILES, press, upload

FIRMS = b"id,Company\n" + b"".join(b"west%d,Westwind %d\n" % (one, one) for one in range(5))


@pytest.fixture
def desks(engine: Engine) -> Desks:
    return furnish(engine)


@pytest.fixture
def admin(site: Flask, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(site.test_client(), engine, ADMIN)


class Slow:
    """Stops after the first chunk until it is let go on, so that a page can be looked at meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.first, self.on, self.ended = Event(), Event(), Event()
        monkeypatch.setattr(meanwhile, "PATIENCE", 0.0)
        monkeypatch.setattr(meanwhile.Meanwhile.wait, "__defaults__", (0.0,))
        monkeypatch.setattr(imports, "CHUNK", 2)
        read, ended = imports.read_chunks, meanwhile.Meanwhile._run

        def slowly(sheet: Any, size: int) -> Any:
            for number, chunk in enumerate(read(sheet, size)):
                if number == 1:
                    self.first.set()
                    assert self.on.wait(20)
                yield chunk

        def run(task: Any) -> None:
            ended(task)
            self.ended.set()

        monkeypatch.setattr(imports, "read_chunks", slowly)
        monkeypatch.setattr(meanwhile.Meanwhile, "_run", run)


def count(engine: Engine, table: Any) -> int:
    with engine.store.read(engine.scope) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_import_that_takes_a_while_says_how_far_it_is(
    admin: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = upload(admin, firms=FIRMS).text
    slow = Slow(monkeypatch)
    press(admin, page, "import")
    assert slow.first.wait(20)
    found = admin.get(FILES)
    assert found.headers["Refresh"] == "2"
    assert "2 of about 5 rows so far" in found.text
    assert "2 of about 5 rows so far" in admin.get("/admin/imports/1").text
    assert "under way" in admin.get("/admin/imports").text
    before = count(engine, Import)
    press(admin, page, "import")  # once more meanwhile: nothing is begun twice
    assert upload(admin, others=CRM).request.path == FILES
    slow.on.set()
    assert slow.ended.wait(20)
    assert count(engine, Import) == before
    assert "What was done" in admin.get(FILES).text
    done = admin.get("/admin/imports/1")
    assert "Refresh" not in done.headers
    assert "firms.csv" in done.text
    assert 'data-is="New:">5<' in done.text


def test_a_second_click_is_no_second_import(admin: FlaskClient, engine: Engine) -> None:
    page = upload(admin, firms=FIRMS).text
    mark = re.search(r'name="mark" value="([^"]+)"', page)
    assert mark
    for _ in range(2):
        assert "What was done" in press(admin, page, "import", mark=mark[1]).text
    assert count(engine, Import) == 1
    press(admin, admin.get(FILES).text, "import")  # on purpose, from the page as it is now
    assert count(engine, Import) == 2


def test_of_many_who_begin_at_once_one_does(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        began = list(pool.map(lambda _: begin(tmp_path, 5), range(64)))
    assert sum(began) == 1
    long_ago = time() - 2 * SILENT.total_seconds()
    os.utime(tmp_path / PROGRESS, (long_ago, long_ago))
    assert begin(tmp_path, 5), "whoever says nothing any more is not waited for"


def test_trying_takes_a_while_too_and_an_error_is_said_at_its_end(
    admin: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = upload(admin, firms=FIRMS).text
    slow, before = Slow(monkeypatch), count(engine, Account)
    press(admin, page, "try")
    assert slow.first.wait(20)
    assert "2 of about 5 rows so far" in admin.get(FILES).text
    slow.on.set()
    assert slow.ended.wait(20)
    assert "What would happen; nothing was written" in admin.get(FILES).text
    assert (count(engine, Account), count(engine, Import)) == (before, 0)

    def fail(*anything: Any) -> None:
        raise RuntimeError

    slow.ended.clear()
    monkeypatch.setattr(imports, "upsert_rows", fail)
    press(admin, page, "import")
    assert slow.ended.wait(20)
    assert "It ended half-way" in admin.get(FILES).text
    assert "It ended half-way" in admin.get("/admin/imports/1").text


def test_one_whose_server_went_away_says_so(admin: FlaskClient, engine: Engine) -> None:
    with engine.store.write(engine.scope) as session:
        entry = Import(at=NOW, author=ADMIN, files=["x.csv"], state="running", lines=9, rows=4, alive_at=NOW)
        session.add(entry)
    page = admin.get("/admin/imports/1")
    assert "It stopped half-way" in page.text
    assert "Refresh" not in page.headers
    assert admin.get("/admin/imports/2").status_code == 404


def undo(client: FlaskClient, number: int) -> Any:
    page = client.get(f"/admin/imports/{number}/undo").text
    typed = {"csrf_token": token_in(page)}
    return client.post(f"/admin/imports/{number}/undo", data=typed, follow_redirects=True)


def test_an_import_is_undone_after_it_was_looked_at_what_that_does(
    admin: FlaskClient, engine: Engine, desks: Desks
) -> None:
    before = count(engine, Account)
    press(admin, upload(admin, firms=FIRMS).text, "import")
    press(admin, upload(admin, people=CRM).text, "import")
    with engine.store.write(engine.scope) as session:
        nora = session.scalars(select(Contact).where(Contact.name == "Nora Vale")).one()
        make_ask(session, nora, origin="heed", status="sent", sent_at=NOW)
    seen = admin.get("/admin/imports/2/undo").text
    assert "What stays, and why" in seen
    assert "Nora Vale" in seen
    assert "was asked something" in seen
    assert "Undo it" not in seen.replace("Undo import", "")
    assert "Undo it" in admin.get("/admin/imports/1/undo").text
    said = undo(admin, 1).text
    assert "Import 1 is undone." in said
    assert 'data-is="Removed:">5<' in said
    assert "What is left of it" in said
    assert count(engine, Account) == before
    assert "There is nothing of it to undo" in admin.get("/admin/imports/1/undo").text
    assert "undo import" in admin.get("/admin/changes").text


def test_what_is_kept_of_an_undone_import_is_counted(admin: FlaskClient, engine: Engine) -> None:
    press(admin, upload(admin, firms=FIRMS).text, "import")
    with engine.store.write(engine.scope) as session:
        session.scalars(select(Account).where(Account.key == "west1")).one().tier = "key"
    assert "Import 1 is undone. 1 of its rows is kept." in undo(admin, 1).text


def test_looking_at_what_undoing_does_may_take_a_while(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    press(admin, upload(admin, firms=FIRMS).text, "import")
    quick = admin.get("/admin/imports/1/undo").text
    wait = meanwhile.Meanwhile.wait
    monkeypatch.setattr(meanwhile.Meanwhile, "wait", lambda task, seconds=0.0: seconds > 0 and wait(task, seconds))
    slow = admin.get("/admin/imports/1/undo").text
    assert "Going through 5 rows" in slow
    assert "Undo it</button>" in quick
    assert "Undo it</button>" in slow
