"""How often the desk's pages ask the database: few times, and not more often where there is more to show."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from engine.data.models import Account, TeamAccount, Voice
from engine.house import Engine
from tests.conftest import NOW
from tests.desk import ADMIN, Desks, furnish, sign_in
from tests.factories import make_account, make_answer, make_ask, make_contact, make_promise, make_touchpoint
from tests.test_permissions import ANYBODY, NEEDS, SIGNED_IN, routes, url_of

MOST = 15
MORE = 4


def add_more(engine: Engine, desks: Desks) -> None:
    """More of everything that the first team has: at its account, and at others."""
    with engine.store.write(engine.scope) as session:
        for _ in range(MORE):
            other = make_account(session, owner_email="olive@house.example", tier="key")
            session.add(TeamAccount(team_id=desks.team, account_id=other.id))
            for account in (other, session.get_one(Account, desks.account)):
                contact = make_contact(session, account, role="finance")
                make_touchpoint(session, contact)
                for status in ("agreed", "drafted", "done"):
                    make_promise(session, contact, status=status, title=f"A {status} report for {contact.key}")
                ask = make_ask(session, contact, sent_at=NOW, answered_at=NOW)
                make_answer(session, contact, ask, answered_at=NOW, score=2.0)
                kept = {"account_id": account.id, "contact_id": contact.id, "source": "call_note", "said_at": NOW}
                session.add(Voice(**kept, words="Late.", cause="reporting"))


def count_queries(site: Flask, engine: Engine, desks: Desks) -> dict[str, int]:
    """Of every page that the admin opens. The beginning of a transaction is none."""
    counted: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        counted.append(statement)

    client = sign_in(site.test_client(), engine, ADMIN)
    found = {}
    event.listen(engine.store.engine, "before_cursor_execute", note)
    try:
        for rule, verb in routes(site):
            if verb == "GET" and NEEDS[rule.endpoint] not in (ANYBODY, SIGNED_IN):
                client.get(url_of(site, rule, desks))  # what is read once is read now
                counted.clear()
                answer = client.get(url_of(site, rule, desks))
                if answer.status_code == 200:
                    found[rule.endpoint] = sum(not each.startswith("BEGIN") for each in counted)
    finally:
        event.remove(engine.store.engine, "before_cursor_execute", note)
    return found


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
def test_no_page_asks_more_often_where_there_is_more_to_show(site: Flask, engine: Engine) -> None:
    desks = furnish(engine)
    before = count_queries(site, engine, desks)
    add_more(engine, desks)
    after = count_queries(site, engine, desks)
    assert len(before) > 20
    assert {page: (before[page], after[page]) for page in before if after[page] > before[page]} == {}
    assert {page: queries for page, queries in after.items() if queries > MOST} == {}
