"""Undoing an import: what is new goes, what was changed is as before, and whatever something depends on stays."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from engine.cli import main
from engine.clock import utc_now
from engine.data.imports import TABLES
from engine.data.models import (
    Account,
    AuditEntry,
    Contact,
    Import,
    ImportedRow,
    Person,
    Promise,
    PromiseEvent,
    Team,
    TeamAccount,
    Touchpoint,
)
from engine.data.store import EVERYTHING
from engine.errors import BusyError, NotFoundError, StateError
from engine.house import Engine
from engine.operations import imports, undoing
from engine.operations.import_records import KEPT_FOR, SILENT, find_import, forget_imports, list_imports
from engine.operations.imports import import_files
from engine.operations.personal import collect_data, forget_contact
from engine.operations.planning import plan_asks
from engine.operations.settings import set_settings
from engine.operations.terms import set_terms
from engine.operations.undoing import SAID_NO, undo_import, weigh_undo
from tests.conftest import NOW
from tests.factories import make_account, make_ask, make_contact
from tests.letters import wishes_path
from tests.sheets import ACCOUNTS, CONTACTS, write_book, write_sheet

VOICES = "account_key,contact_key,source,said_at,text\nnorth,ben,meeting,2026-10-02T09:00Z,Good people\n"
WITHOUT_PROMISES = "account_key,contact_key,title,owner_email,made_on,due_on,status\n"


def bring(engine: Engine, folder: Path, **sheets: str) -> int:
    """The number of an import of these files."""
    number = import_files(engine, [write_sheet(folder, name, text) for name, text in sheets.items()]).number
    assert number
    return number


def everything(engine: Engine) -> dict[str, Any]:
    """Every row that an import can bring, but for when accounts are decided for next."""
    with engine.store.read(EVERYTHING) as session:
        found = {kind: session.connection().execute(select(table.__table__).order_by(table.id)).mappings().all()
                 for kind, table in TABLES.items()}  # fmt: skip
        return {kind: [{name: value for name, value in row.items() if name not in ("plan_on", "outcomes", "expected")}
                       for row in rows] for kind, rows in found.items()}  # fmt: skip


def count(engine: Engine, table: Any) -> int:
    with engine.store.read(EVERYTHING) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def whys(undo: Any) -> dict[str, str]:
    return {one.name: one.why for one in undo.kept}


def test_an_import_that_nothing_depends_on_leaves_nothing_behind(engine: Engine, tmp_path: Path) -> None:
    before = everything(engine)
    number = import_files(engine, [*write_book(tmp_path, promises=WITHOUT_PROMISES),
                                   write_sheet(tmp_path, "voices", VOICES)]).number  # fmt: skip
    assert count(engine, Touchpoint) == 2  # what was said unasked is one, too
    undo = undo_import(engine, number)
    assert everything(engine) == before
    assert (undo.kept, count(engine, Person), count(engine, ImportedRow)) == ([], 0, 0)
    assert undo.counts["contacts"] == {"removed": 3, "restored": 0, "kept": 0}
    assert find_import(engine, number).entry.state == "undone"


def test_what_was_changed_is_as_before(engine: Engine, tmp_path: Path) -> None:
    import_files(engine, write_book(tmp_path))
    before = everything(engine)
    changed = CONTACTS.replace("ada@north.example,,cto", "ben@north.example,+491751234567,ceo")
    number = bring(engine, tmp_path, accounts=ACCOUNTS.replace("DE", "CH").replace("light", "key"), contacts=changed)
    assert count(engine, Person) == 2
    undo = undo_import(engine, number)
    assert undo.counts == {"accounts": {"removed": 0, "restored": 2, "kept": 0},
                           "contacts": {"removed": 0, "restored": 1, "kept": 0}}  # fmt: skip
    after = everything(engine)
    assert without(after, "person_id") == without(before, "person_id")
    assert count(engine, Person) == 3


def without(rows: dict[str, Any], name: str) -> dict[str, Any]:
    return {kind: [{one: row[one] for one in row if one != name} for row in found] for kind, found in rows.items()}


def test_looking_at_it_first_writes_nothing_and_says_the_same(engine: Engine, tmp_path: Path) -> None:
    number = import_files(engine, write_book(tmp_path)).number
    before = everything(engine)
    seen = weigh_undo(engine, number)
    assert everything(engine) == before
    assert undo_import(engine, number).as_dict() == seen.as_dict()


def test_a_promise_is_put_aside_and_what_it_was_made_to_stays(engine: Engine, tmp_path: Path) -> None:
    number = import_files(engine, write_book(tmp_path)).number
    undo = undo_import(engine, number)
    assert whys(undo) == {"Northwind": "was promised something", "Ada Bloom": "was promised something"}
    with engine.store.read(EVERYTHING) as session:
        promise = session.scalars(select(Promise)).one()
        steps = session.scalars(select(PromiseEvent.step).order_by(PromiseEvent.id)).all()
        assert (promise.status, list(steps)) == ("dismissed", ["imported", "dismissed"])
        assert session.scalars(select(Account.key)).all() == ["north"]
    import_files(engine, write_book(tmp_path))
    with engine.store.read(EVERYTHING) as session:
        assert session.scalars(select(Promise)).one().status == "agreed"


def depend(engine: Engine, on: str) -> None:
    with engine.store.write(EVERYTHING) as session:
        ada = session.scalars(select(Contact).where(Contact.key == "ada")).one()
        if on == "asked":
            make_ask(session, ada, origin="heed", status="sent", sent_at=engine.clock())
        elif on == "changed":
            ada.role = "something else"
        elif on == "opted out":
            ada.opted_out_on = date(2026, 11, 20)
        elif on == "team":
            team = Team(name="North")
            session.add(team)
            session.flush()
            session.add(TeamAccount(team_id=team.id, account_id=ada.account_id))
    if on == "planned for":
        set_settings(engine, {"fatigue_limits.max_asks": 2}, account="north")


@pytest.mark.parametrize(
    ("on", "kept"),
    [
        ("asked", {"Ada Bloom": "was asked something", "Northwind": "was asked something"}),
        ("changed", {"Ada Bloom": "was changed since", "Northwind": "has people who stay"}),
        ("opted out", {"Ada Bloom": "was changed since", "Northwind": "has people who stay"}),
        ("team", {"Northwind": "belongs to a team"}),
        ("planned for", {"Northwind": "has a plan of its own"}),
    ],
)
def test_whatever_something_depends_on_stays(engine: Engine, tmp_path: Path, on: str, kept: dict[str, str]) -> None:
    number = bring(engine, tmp_path, accounts=ACCOUNTS, contacts=CONTACTS)
    depend(engine, on)
    assert whys(weigh_undo(engine, number)) == kept
    undo_import(engine, number)
    with engine.store.read(EVERYTHING) as session:
        names = {*session.scalars(select(Account.name)), *session.scalars(select(Contact.name))}
    assert names == set(kept)


def test_what_was_decided_is_no_reason_to_keep_anybody(engine: Engine, tmp_path: Path) -> None:
    fresh = CONTACTS.replace("phone,role", "created_on,role").replace(
        "ada@north.example,", "ada@north.example,2026-11-20"
    )
    number = bring(engine, tmp_path, accounts=ACCOUNTS, contacts=fresh)
    plan_asks(engine)
    with engine.store.read(EVERYTHING) as session:
        assert any(session.scalars(select(Account.expected))), "somebody is to be asked some day"
    asked = whys(weigh_undo(engine, number))
    assert set(asked.values()) <= {"was asked something"}
    undo_import(engine, number)
    with engine.store.read(EVERYTHING) as session:
        names = {*session.scalars(select(Account.name)), *session.scalars(select(Contact.name))}
    assert names == set(asked)


def test_a_no_is_not_taken_back(engine: Engine, tmp_path: Path) -> None:
    head = "account_key,key,name,opted_out_on\n"
    bring(engine, tmp_path, accounts=ACCOUNTS, contacts=CONTACTS)
    rows = "north,ada,Ada Bloom,2026-11-01\nnorth,new,New One,2026-11-01\n"
    number = bring(engine, tmp_path, contacts=head + rows)
    assert whys(undo_import(engine, number)) == {
        "New One": "said that they do not want to be asked, or not now: that stays"
    }
    with engine.store.read(EVERYTHING) as session:
        no = session.scalars(select(Contact.opted_out_on).where(Contact.opted_out_on.is_not(None))).all()
    assert no == [date(2026, 11, 1)] * 2


def test_a_row_that_one_import_made_and_changed_goes_as_a_whole(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.operations.imports.CHUNK", 1)
    number = bring(engine, tmp_path, accounts="key,name\nnorth,North\nnorth,Northwind\n")
    assert undo_import(engine, number).counts == {"accounts": {"removed": 1, "restored": 0, "kept": 0}}
    assert count(engine, Account) == 0


def test_later_imports_are_undone_first(engine: Engine, tmp_path: Path) -> None:
    first = bring(engine, tmp_path, accounts=ACCOUNTS)
    second = bring(engine, tmp_path, accounts=ACCOUNTS.replace("light", "key"))
    assert whys(weigh_undo(engine, first)) == {"Southwind": "was changed since"}
    undo_import(engine, second)
    assert whys(undo_import(engine, first)) == {}
    assert count(engine, Account) == 0


def test_who_was_made_one_person_by_it_are_two_again(engine: Engine, tmp_path: Path) -> None:
    with engine.store.write(EVERYTHING) as session:
        account = make_account(session, key="north")
        make_contact(session, account, key="a", email="a@north.example", mobile_key="+491751234567")
        make_contact(session, account, key="b", email="b@north.example", mobile_key="+491751234567")
    number = bring(engine, tmp_path, contacts="account_key,key,name,phone\nnorth,c,Cid,+49 175 1234567\n")
    assert count(engine, Person) == 1
    undo_import(engine, number)
    assert count(engine, Person) == 2


def test_a_dry_run_and_what_is_added_by_hand_are_no_imports(engine: Engine, tmp_path: Path) -> None:
    report = import_files(engine, write_book(tmp_path), dry_run=True)
    assert (report.number, count(engine, Import), count(engine, ImportedRow)) == (None, 0, 0)


def test_it_is_audited_once(engine: Engine, tmp_path: Path) -> None:
    number = bring(engine, tmp_path, accounts=ACCOUNTS)
    undo_import(engine, number)
    with engine.store.read(EVERYTHING) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "undo import")).one()
    assert entry.subject == f"import {number}"
    assert entry.after == {"state": "undone", "accounts": {"removed": 2, "restored": 0, "kept": 0}}


def test_one_that_runs_is_not_undone_and_one_that_is_not_there_neither(engine: Engine, tmp_path: Path) -> None:
    number = bring(engine, tmp_path, accounts=ACCOUNTS)
    with engine.store.write(EVERYTHING) as session:
        session.get_one(Import, number).state = "running"
    with pytest.raises(StateError, match="still under way"):
        undo_import(engine, number)
    with pytest.raises(NotFoundError, match="There is no import 99"):
        undo_import(engine, 99)


def test_an_import_that_fails_says_so_and_what_is_in_can_be_undone(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.operations.imports.CHUNK", 1)
    paths = [write_sheet(tmp_path, "accounts", ACCOUNTS)]

    def stop(file: str, rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files(engine, paths, progress=stop)
    found, _ = list_imports(engine)
    assert (found[0].entry.state, found[0].entry.rows, count(engine, Account)) == ("failed", 1, 1)
    undo_import(engine, found[0].number)
    assert count(engine, Account) == 0


# Privacy


def test_who_is_forgotten_is_forgotten_by_imports_too(engine: Engine, tmp_path: Path) -> None:
    bring(engine, tmp_path, accounts=ACCOUNTS, contacts=CONTACTS)
    number = bring(engine, tmp_path, contacts=CONTACTS.replace("Ada Bloom", "Ada Zephyr"))
    assert find_steps(engine) == [{"name": ["Ada Bloom", "Ada Zephyr"]}]
    with engine.store.read(EVERYTHING) as session:
        ada = session.scalars(select(Contact).where(Contact.key == "ada")).one()
        token = wishes_path(engine, ada).rpartition("/")[2]
    told = collect_data(engine, token)["as_contact_of"][0]["changed_by_imports"]
    assert told == find_steps(engine)
    forget_contact(engine, "north/ada")
    assert find_steps(engine) == []
    assert undo_import(engine, number).counts == {}


def find_steps(engine: Engine) -> list[Any]:
    with engine.store.read(EVERYTHING) as session:
        return list(session.scalars(select(ImportedRow.steps).where(ImportedRow.steps.is_not(None))))


def test_what_terms_forbid_is_kept_by_no_import(engine: Engine, tmp_path: Path) -> None:
    bring(engine, tmp_path, accounts=ACCOUNTS, contacts=CONTACTS)
    bring(engine, tmp_path, contacts=CONTACTS.replace("cto", "ceo"))
    assert find_steps(engine) == [{"role": ["cto", "ceo"]}]
    set_terms(engine, "north", ["role"])
    assert find_steps(engine) == []
    closed = ACCOUNTS.replace("country", "private_fields").replace(",DE", ",tier").replace(",AT", ",")
    number = bring(engine, tmp_path, accounts=closed)
    assert find_steps(engine) == []
    undo_import(engine, number)
    with engine.store.read(EVERYTHING) as session:
        assert session.scalars(select(Account.private_fields).where(Account.key == "north")).one() == ["tier"]


def test_after_a_month_it_cannot_be_undone(engine: Engine, tmp_path: Path) -> None:
    number = bring(engine, tmp_path, accounts=ACCOUNTS + "x\n")
    with engine.store.write(EVERYTHING) as session:
        session.get_one(Import, number).at -= KEPT_FOR + timedelta(days=1)
    for refused in (weigh_undo, undo_import):  # also before what it brought is forgotten
        with pytest.raises(StateError, match="more than 30 days ago"):
            refused(engine, number)
    bring(engine, tmp_path, contacts=CONTACTS)
    assert count(engine, Account) == 2
    assert find_import(engine, number).old
    assert find_import(engine, number).entry.report["rejections"] == []


# The command


def test_the_command_undoes_an_import_and_names_what_it_keeps(
    runner: CliRunner, engine: Engine, tmp_path: Path
) -> None:
    write_sheet(tmp_path, "accounts", ACCOUNTS)
    write_sheet(tmp_path, "contacts", CONTACTS)
    said = runner.invoke(main, ["import", "accounts.csv", "contacts.csv"]).output
    assert "This is import 1; `heed import --undo 1` undoes it." in said
    depend(engine, "asked")
    seen = runner.invoke(main, ["import", "--undo", "1", "--dry-run"])
    assert "kept: contacts: Ada Bloom (Northwind): was asked something" in seen.output
    assert "Nothing was written" in seen.output
    assert count(engine, Contact) == 3
    undone = runner.invoke(main, ["import", "--undo", "1", "--json"])
    assert (undone.exit_code, json.loads(undone.output)["counts"]["contacts"]["removed"]) == (1, 2)
    assert "undone" in runner.invoke(main, ["import", "--list"]).output
    assert json.loads(runner.invoke(main, ["import", "--list", "--json"]).output)[0]["state"] == "undone"


@pytest.mark.parametrize("words", [[], ["--undo", "1", "--list"]])
def test_the_command_does_one_thing(runner: CliRunner, words: list[str]) -> None:
    assert runner.invoke(main, ["import", *words]).exit_code == 2


def test_what_an_old_import_brought_is_forgotten_every_day(engine: Engine, tmp_path: Path) -> None:
    number = bring(engine, tmp_path, accounts=ACCOUNTS)
    forget_imports(replace(engine, clock=lambda: NOW + KEPT_FOR))
    assert weigh_undo(engine, number).counts, "a month has not passed"
    forget_imports(replace(engine, clock=lambda: NOW + KEPT_FOR + timedelta(days=1)))
    assert not weigh_undo(engine, number).counts


def test_an_undo_that_fails_says_so_also_later(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = bring(engine, tmp_path, accounts=ACCOUNTS)
    with monkeypatch.context() as patch:
        patch.setattr(undoing, "_apply", Mock(side_effect=IntegrityError("", {}, Exception())))
        with pytest.raises(BusyError, match="Nothing was undone"):
            undo_import(engine, number)
    failed = find_import(engine, number)
    assert failed.state == "done"
    assert failed.entry.problem == "Somebody has just used one of these rows. Nothing was undone; try again."
    undo_import(engine, number)
    assert find_import(engine, number).entry.problem is None


def test_an_import_that_was_undone_while_it_was_silent_does_not_go_on(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 1)
    numbers: list[int] = []

    def be_silent(file: str, rows: int) -> None:
        if not numbers:
            with engine.store.write(EVERYTHING) as session:
                entry = session.scalars(select(Import)).one()
                entry.alive_at = utc_now() - SILENT - timedelta(minutes=1)
                numbers.append(entry.id)
            undo_import(engine, numbers[0])

    with pytest.raises(StateError, match="taken for dead"):
        import_files(engine, write_book(tmp_path), progress=be_silent)
    assert find_import(engine, numbers[0]).state == "undone"
    assert {kind: len(rows) for kind, rows in everything(engine).items() if rows} == {}


def test_a_pause_is_not_taken_back(engine: Engine, tmp_path: Path) -> None:
    bring(engine, tmp_path, accounts=ACCOUNTS)
    number = bring(engine, tmp_path, contacts="account_key,key,name,paused_until\nnorth,new,New One,2027-06-01\n")
    assert whys(undo_import(engine, number)) == {"New One": SAID_NO}


def test_undoing_again_leaves_the_record_of_what_was_undone(engine: Engine, tmp_path: Path) -> None:
    number = bring(engine, tmp_path, accounts=ACCOUNTS)
    undo_import(engine, number)
    said = find_import(engine, number).entry.undone
    undo_import(engine, number)
    assert find_import(engine, number).entry.undone == said


def test_an_undo_that_died_can_be_tried_again(engine: Engine, tmp_path: Path) -> None:
    number = bring(engine, tmp_path, accounts=ACCOUNTS)
    with engine.store.write(EVERYTHING) as session:
        entry = session.scalars(select(Import)).one()
        entry.state, entry.alive_at = "undoing", utc_now() - SILENT - timedelta(minutes=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(undoing, "_note", Mock(side_effect=OSError("disk")))
        with pytest.raises(OSError, match="disk"):
            undo_import(engine, number)
    undo_import(engine, number)
    assert count(engine, Account) == 0
