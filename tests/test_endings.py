"""Why an ask ended: kept as what the sentence is made of, told in the language of whoever reads it."""

from __future__ import annotations

import json
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text

import engine as package
from engine.data import migrations
from engine.data.models import Ask
from engine.data.store import EVERYTHING, Store
from engine.decide.endings import ENDINGS, HELD, SKIPPED, keep, quote, tell_kept
from engine.decide.sentences import Teller, Words, named
from engine.house import Engine
from engine.language import Languages
from engine.operations.decisions import recheck
from engine.operations.planning import plan_asks
from tests.factories import make_account, make_contact, why_ended

TODAY = date(2026, 11, 24)
SPOKEN = Languages([Path(package.__file__).parent])


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en", "held when it was to be sent: told us on Tue 24 Nov not to ask again"),
        ("de", "zurückgehalten, als sie gesendet werden sollte: möchte seit Di., 24. Nov. nicht mehr gefragt werden"),
        ("fr", "retenue au moment de l’envoi : nous a demandé le mar. 24 nov. de ne plus poser de questions"),
    ],
)
def test_an_ask_that_was_held_is_told_of_in_the_reader_s_language(engine: Engine, locale: str, told: str) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact_id = make_contact(session, make_account(session, plan_on=TODAY), email="ada@client.example").id
    plan_asks(engine, TODAY)
    with engine.store.write(EVERYTHING) as session:
        (ask,) = session.query(Ask).filter_by(contact_id=contact_id)
        ask.contact.opted_out_on = TODAY
    why = recheck(engine, [contact_id], engine.moment(TODAY))[contact_id]
    with engine.store.write(EVERYTHING) as session:
        session.get_one(Ask, ask.id).why = keep(HELD, why=why)
    with engine.store.read(EVERYTHING) as session:
        assert why_ended(session.get_one(Ask, ask.id), SPOKEN.find(locale)) == told


def test_what_somebody_said_is_told_as_it_is() -> None:
    kept = keep(SKIPPED, author=Words("big_boss"), reason=Words("{on} leave"))
    assert tell_kept(json.loads(json.dumps(kept)), Teller(TODAY)) == "skipped by big_boss: {on} leave"
    assert tell_kept({"words": "550 {no} such_user"}, Teller(TODAY, SPOKEN.find("de"))) == "550 {no} such_user"
    assert quote("") is None


def test_days_lists_and_numbers_survive_being_kept() -> None:
    inside = keep("{n|a day|# days} since {on}: {days}, {what}", n=3, on=TODAY, days=[TODAY], what="email", other=1)
    kept = json.loads(json.dumps(keep(HELD, why=inside)))
    assert tell_kept(kept, Teller(TODAY)) == "held when it was to be sent: 3 days since Tue 24 Nov: Tue 24 Nov, e-mail"


OLD = {
    "the person changed their wishes": {"say": "the person changed their wishes"},
    "skipped by Omar: on leave: until May": {
        "say": SKIPPED,
        "with": {"author": {"words": "Omar"}, "reason": {"words": "on leave: until May"}},
    },
    "550 5.1.1 No such user": {"words": "550 5.1.1 No such user"},
}


@pytest.mark.parametrize("old", OLD)
def test_what_was_kept_in_english_is_read_as_what_it_was_made_of(old: str) -> None:
    migration = import_module("engine.data.migrations.versions.0020_why_asks_ended")
    assert migration._read(old) == OLD[old]
    assert {*migration.WHOLE, *migration.PATTERNS} <= set(ENDINGS)
    assert all(named(sentence) for sentence in migration.PATTERNS)


def test_the_migration_reads_every_row(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'heed.db'}")
    row = "INSERT INTO asks (account_id, contact_id, person_id, origin, occasion, status, why_status) VALUES "
    with store.engine.connect() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        command.upgrade(migrations.configure(connection), "0019")
        for number, old in enumerate(OLD):
            connection.execute(text(f"{row} (1, {number}, 1, 'import', 'promise', 'cancelled', :old)"), {"old": old})
        command.upgrade(migrations.configure(connection), migrations.HEAD)
        kept = connection.execute(select(Ask.why).order_by(Ask.id)).scalars().all()
    assert kept == list(OLD.values())
