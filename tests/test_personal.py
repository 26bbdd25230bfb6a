"""What is stored about a person: shown, downloaded, forgotten at their word; links revoked, promises shared."""

from __future__ import annotations

import re
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from engine.cli import main
from engine.data.models import Ask, AuditEntry, Base, Contact, PromiseEvent, Voice
from engine.data.store import EVERYTHING
from engine.errors import LinkError
from engine.house import Engine
from engine.links import promises_token, wishes_token
from engine.operations.answers import submit_answers
from engine.operations.imports import import_files
from engine.operations.personal import forget_by_link, forget_contact
from engine.operations.planning import plan_asks
from engine.operations.verdicts import open_promises
from tests.factories import make_account, make_ask, make_contact, make_touchpoint
from tests.letters import NOW, make_history, make_letter, make_promises, promises_path, survey_path, wishes_path

ANSWERS = "account_key,contact_key,survey,question,answered_at,text\nnorth,z1,old,why,2026-01-02T10:00Z,Wobbly\n"
CANARIES = ("Zoë Quill", "zoe.quill", "Grumblebees", "555 0199", "chartreuse", "Wobbly")


def client_with_a_past(engine: Engine) -> Contact:
    """Somebody whose name, addresses and words are everywhere."""
    with engine.store.write(engine.scope) as session:
        account = make_account(session, key="north", owner_email="maria@harbour.example")
        contact = make_contact(
            session, account, key="z1", name="Zoë Quill", email="zoe.quill@north.example", phone="+44 7911 555 0199",
            attributes={"colour": "chartreuse"},
        )  # fmt: skip
        make_contact(session, make_account(session, key="south"), contact.person, key="z2", name="Zoë Quill")
        make_touchpoint(session, contact, note="Grumblebees said Zoë Quill")
        promise = make_history(session, contact, ("agreed", "2026-10-01", None), title="Fewer bees", said="Grumblebees")
        promise.status, promise.done_on = "done", date(2026, 11, 20)
        token = survey_path(engine, make_letter(session, "missing", "call_me", contact=contact)).rpartition("/")[2]
    form = {"q1.text": ["Grumblebees everywhere"], "q2": ["yes"], "q2.number": ["+44 7911 555 0199"]}
    submit_answers(engine, token, form, "submission-1")
    with engine.store.write(engine.scope) as session:
        make_ask(session, contact, origin="heed", status="planned", send_at=NOW)
    return contact


def dump(engine: Engine) -> dict[str, Any]:
    """Every row, by table."""
    with engine.store.read(EVERYTHING) as session:
        return {table.name: session.connection().execute(select(table)).all() for table in Base.metadata.sorted_tables}


def everything(engine: Engine) -> str:
    """Every cell of the database, as one text."""
    return "\n".join(str(cell) for rows in dump(engine).values() for row in rows for cell in row)


def token_of(engine: Engine, contact: Contact) -> str:
    return wishes_token(engine.config.secret, contact.id)


def test_all_that_is_stored_can_be_seen_and_downloaded(engine: Engine, client: FlaskClient) -> None:
    contact = client_with_a_past(engine)
    path = wishes_path(engine, contact)
    page = client.get(f"{path}/data").text
    assert "Zoë Quill" in page
    assert "chartreuse" in page
    file = client.get(f"{path}/data.json")
    assert file.headers["Content-Disposition"].startswith("attachment")
    found = file.get_json()
    assert len(found["as_contact_of"]) == 2
    assert found["as_contact_of"][0]["own_words"][0]["words"] == "Grumblebees everywhere"


def test_erasing_takes_two_steps(engine: Engine, client: FlaskClient) -> None:
    contact = client_with_a_past(engine)
    path = wishes_path(engine, contact)
    assert "Nothing was erased" in client.post(f"{path}/forget", follow_redirects=True).text
    assert "Zoë Quill" in everything(engine)
    assert "You are forgotten" in client.post(f"{path}/forget", data={"sure": "yes"}).text
    assert client.get(path).status_code == 404
    assert client.get(promises_path(engine, contact)).status_code == 404


def test_who_is_forgotten_is_nowhere_any_more_and_counts_stay(engine: Engine) -> None:
    contact = client_with_a_past(engine)
    before = dump(engine)
    forget_by_link(engine, token_of(engine, contact))
    left = everything(engine)
    for canary in CANARIES:
        assert canary not in left
    after = dump(engine)
    assert {name for name in before if len(after[name]) != len(before[name])} == {"voices"}
    with engine.store.read(engine.scope) as session:
        found = session.get_one(Contact, contact.id)
        assert (found.opted_out_on, found.erased_on) == (NOW.date(), NOW.date())
        assert session.scalars(select(Ask.status).where(Ask.send_at.is_not(None))).all() == ["cancelled"]
    plan_asks(engine)


@pytest.mark.parametrize("status", ["sent", "started", "answered", "declined", "in_doubt", "bounced"])
def test_no_link_takes_words_of_who_was_forgotten(engine: Engine, status: str) -> None:
    with engine.store.write(engine.scope) as session:
        contact = make_contact(session)
        token = survey_path(engine, make_letter(session, "missing", contact=contact, status=status)).rpartition("/")[2]
    forget_by_link(engine, token_of(engine, contact))
    with pytest.raises(LinkError):
        submit_answers(engine, token, {"q1.text": ["Grumblebees again"]}, "submission-1")
    assert "Grumblebees" not in everything(engine)


def test_histories_still_refuse_every_other_change(engine: Engine) -> None:
    client_with_a_past(engine)
    blank = {"author": "forgotten", "reason": None, "note": None}
    changes = {"step": "moved"}, blank | {"author": "somebody"}, blank | {"reason": "x"}, blank | {"step": "moved"}
    for change in changes:
        with pytest.raises(DatabaseError, match="never changed"), engine.store.write(EVERYTHING) as session:
            session.execute(update(PromiseEvent).values(change))
    with pytest.raises(DatabaseError, match="never changed"), engine.store.write(EVERYTHING) as session:
        session.execute(update(AuditEntry).values(author="forgotten", action="nothing"))


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
def test_no_index_of_words_knows_who_was_forgotten(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        make_contact(session, make_account(session, key="north"), key="wendolin", name="Wendolin Quuxbert")
    forget_contact(engine, "north/wendolin")
    engine.store.close()
    file = Path(engine.store.url.removeprefix("sqlite:///"))
    database = sqlite3.connect(file)
    for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
        database.execute(statement)
    database.close()
    assert b"quuxbert" not in file.read_bytes().lower()


def test_no_import_brings_back_who_was_forgotten(engine: Engine, tmp_path: Path) -> None:
    contact = client_with_a_past(engine)
    forget_by_link(engine, token_of(engine, contact))
    contacts, answers = tmp_path / "contacts.csv", tmp_path / "answers.csv"
    contacts.write_text("account_key,key,name,email\nnorth,z1,Zoë Quill,zoe.quill@north.example\n", "utf-8")
    answers.write_text(ANSWERS, "utf-8")
    report = import_files(engine, [contacts, answers])
    told = [rejection.why for rejection in report.rejections]
    assert any("erased at their own wish" in why for why in told)
    assert not [canary for canary in CANARIES if canary in everything(engine)]


def test_erase_at_the_command_line(engine: Engine, runner: CliRunner) -> None:
    client_with_a_past(engine)
    assert runner.invoke(main, ["erase", "zoe.quill@north.example"], input="n\n").exit_code == 1
    assert "Zoë Quill" in everything(engine)
    done = runner.invoke(main, ["erase", "north/z1", "--yes"])
    assert (done.exit_code, done.output) == (0, "Forgotten: north/z1\nForgotten: south/z2\n")
    assert runner.invoke(main, ["erase", "north/z1", "--yes"]).exit_code == 1


def test_new_links_make_the_old_ones_open_nothing(engine: Engine, client: FlaskClient) -> None:
    contact = client_with_a_past(engine)
    path = wishes_path(engine, contact)
    page = client.post(f"{path}/links", follow_redirects=True)
    assert page.status_code == 200
    assert client.application.test_client().get(path).status_code == 404
    with pytest.raises(LinkError):
        open_promises(engine, promises_token(engine.config.secret, contact.id))
    open_promises(engine, promises_token(engine.config.secret, contact.id, 1))
    leave = wishes_path(engine, contact, "u")
    assert client.post(leave, data={"List-Unsubscribe": "One-Click"}).status_code == 200, "an old message unsubscribes"


def test_a_link_that_unsubscribes_opens_nothing_else(engine: Engine, client: FlaskClient) -> None:
    contact = client_with_a_past(engine)
    token = wishes_path(engine, contact, "u").rpartition("/")[2]
    for kind in "wpcs":
        assert client.get(f"/{kind}/{token}").status_code == 404
    page = client.post(f"/u/{token}").text
    assert "/w/" not in page
    assert "Shall we stop asking you" in client.post(f"/u/{token}", data={"action": "back"}).text


def test_the_language_wished_for_goes_before_every_other(engine: Engine, client: FlaskClient) -> None:
    contact = client_with_a_past(engine)
    path = wishes_path(engine, contact)
    wished = {"asked": "yes", "locale": "de", "occasions": ["promise"]}
    assert '<html lang="de"' in client.post(path, data=wished, follow_redirects=True).text
    assert client.post(path, data=wished | {"locale": "xx"}).status_code == 422
    with engine.store.write(engine.scope) as session:
        ask = make_letter(
            session, "missing", contact=session.get_one(Contact, contact.id), status="sent", origin="import"
        )
        survey = survey_path(engine, ask)
    assert '<html lang="de"' in client.get(survey).text


def test_promises_are_shared_by_ones_own_act_and_without_ones_words(engine: Engine, client: FlaskClient) -> None:
    contact = client_with_a_past(engine)
    with engine.store.write(engine.scope) as session:
        mine = session.get_one(Contact, contact.id)
        make_promises(session, mine)
        colleague = make_contact(session, mine.account, name="Tom Reed")
    own, theirs = promises_path(engine, contact), promises_path(engine, colleague)
    assert "Weekly invoices" not in client.get(theirs).text
    page = client.post(own, data={"share": "yes"}, follow_redirects=True).text
    [link] = re.findall(r'href="http://127.0.0.1:8000(/c/[^"]+)"', page)
    for shown in (client.get(link).text, client.get(theirs).text):
        assert "Weekly invoices" in shown
        assert "Zoë Quill" in shown
        assert "About weekly invoices" not in shown
    assert "<form" not in client.get(link).text
    client.post(own, data={"share": "no"})
    assert client.get(link).status_code == 404
    assert "Weekly invoices" not in client.get(theirs).text


def test_promises_to_the_account_as_a_whole_are_everybodys_there(engine: Engine, client: FlaskClient) -> None:
    contact = client_with_a_past(engine)
    with engine.store.write(engine.scope) as session:
        promise = make_history(
            session, session.get_one(Contact, contact.id), ("agreed", "2026-11-01", None), title="For all"
        )
        promise.contact_id = None
    page = client.get(promises_path(engine, contact)).text
    assert "What we promised your company" in page
    assert "For all" in page


def test_a_comment_becomes_a_step_and_a_voice(engine: Engine, client: FlaskClient) -> None:
    contact = client_with_a_past(engine)
    with engine.store.write(engine.scope) as session:
        number = make_history(
            session, session.get_one(Contact, contact.id), ("agreed", "2026-11-01", None), title="A"
        ).id
        other = make_history(session, make_contact(session), ("agreed", "2026-11-01", None), title="B").id
    path = promises_path(engine, contact)
    said = {"promise": str(number), "verdict": "comment", "words": "Please think of the scanners."}
    assert "You wrote: Please think of the scanners" in client.post(path, data=said, follow_redirects=True).text
    with engine.store.read(engine.scope) as session:
        voice = session.scalars(select(Voice).where(Voice.source == "promise")).one()
        assert (voice.words, voice.promise_id) == ("Please think of the scanners.", number)
    assert client.post(path, data=said | {"words": "  "}).status_code == 422
    assert client.post(path, data=said | {"promise": str(other)}).status_code == 404
