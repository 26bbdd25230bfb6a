"""Planners side by side: tests/races.py with threads, and few rounds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from sqlalchemy import select

from engine.data.marks import lock_accounts
from engine.data.models import Ask, Contact
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.links import unsubscribe_token
from engine.operations.wishes import opt_out
from tests.conftest import NOW, SECRET
from tests.factories import make_account, make_ask, make_contact
from tests.races import furnish, race


def test_planners_side_by_side_keep_every_promise(database: str) -> None:
    furnish(database)
    with ThreadPoolExecutor(5) as executor:
        said = race(database, executor, planners=4, rounds=6)
    assert said.total() == 30
    assert said["asked"] >= 6


def test_whoever_opts_out_while_a_plan_is_written_is_not_asked_by_it(engine: Engine) -> None:
    """The plan has its accounts and has not ended: opting out waits for it, and takes back what it made."""
    with engine.store.write(EVERYTHING) as session:
        contact_id = make_contact(session, make_account(session, key="northwind")).id
    leaving = Thread(target=opt_out, args=(engine, unsubscribe_token(SECRET, contact_id)))
    with engine.store.write(EVERYTHING) as session:
        contact = session.get_one(Contact, contact_id)
        lock_accounts(session, [contact.account_id])
        leaving.start()
        leaving.join(timeout=1)
        assert leaving.is_alive()
        make_ask(session, contact, origin="heed", status="planned", planned_on=NOW.date())
    leaving.join()
    with engine.store.read(EVERYTHING) as session:
        assert session.scalars(select(Ask.status)).all() == ["cancelled"]
