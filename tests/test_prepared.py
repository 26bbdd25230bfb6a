"""Statements that go past SQLAlchemy say the same, fail the same, and are part of the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, event, insert, select, update
from sqlalchemy.exc import IntegrityError

from engine.data.models import Account, AnswerRow, Ask, Contact, Submission
from engine.data.prepared import MOST_LISTED, query, write
from engine.data.store import EVERYTHING, Store
from tests.factories import make_account, make_answer, make_ask, make_contact

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ANSWERS = select(AnswerRow).where(AnswerRow.id.in_(bindparam("ids", expanding=True))).order_by(AnswerRow.id)
COLUMNS = ANSWERS.with_only_columns(*AnswerRow.__table__.columns)
SUBMISSION = insert(Submission).inline()
WORDS = "What nobody but us may read"


def submission(ask: Ask, name: str = "the first") -> dict[str, Any]:
    return {"submission_id": name, "ask_id": ask.id, "action": "send", "received_at": NOW, "digest": WORDS}


def answers(store: Store) -> Sequence[int]:
    with store.write(EVERYTHING) as session:
        ask = make_ask(session, make_contact(session), sent_at=NOW, form=[{"question": "nps"}])
        whole = make_answer(session, ask.contact, ask, answered_at=NOW, score=8.5, data={"choices": ["a", "ö"]})
        empty = make_answer(session, ask.contact, question="missing", value=None, score=None, words=None, data={})
        return [whole.id, empty.id]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_rows_are_what_sqlalchemy_makes_of_them(store: Store, number: int) -> None:
    ids = list(answers(store))[:number]
    with store.read(EVERYTHING) as session:
        for _ in range(2):
            found = query(session, COLUMNS, {"ids": ids})
            usual = session.execute(COLUMNS, {"ids": ids}).all()
            assert [one._asdict() for one in found] == [one._asdict() for one in usual]
            assert len(found) == number


def test_what_is_written_is_what_sqlalchemy_reads(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        first, second = (make_ask(session, make_contact(session), sent_at=NOW) for _ in range(2))
        assert write(session, SUBMISSION, []) == 0
        assert write(session, SUBMISSION, [submission(first), submission(second, "the second")]) == 2
        changed = (
            update(Ask).where(Ask.id == bindparam("ask")).values(form=bindparam("form"), expires_at=bindparam("at"))
        )
        assert write(session, changed, [{"ask": first.id, "form": [{"question": "é"}], "at": None}]) == 1
    with store.read(EVERYTHING) as session:
        assert [row.received_at for row in session.scalars(select(Submission))] == [NOW, NOW]
        found = session.get_one(Ask, first.id)
        assert (found.form, found.expires_at) == ([{"question": "é"}], None)


def test_all_of_a_transaction_is_one(store: Store) -> None:
    keys = select(Account.key).where(Account.key == bindparam("key"))
    with suppress(KeyError), store.write(EVERYTHING) as session:
        make_account(session, key="NW")
        assert [row.key for row in query(session, keys, {"key": "NW"})] == ["NW"], "what the ORM holds is there"
        write(session, update(Account).values(key=bindparam("new")), [{"new": "OTHER"}])
        assert session.scalars(select(Account.key)).all() == ["OTHER"]
        raise KeyError("something goes wrong")
    with store.read(EVERYTHING) as session:
        assert query(session, keys, {"key": "NW"}) == query(session, keys, {"key": "OTHER"}) == []


def test_a_snapshot_lasts_for_as_long_as_a_session(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session, role="user")
    roles = select(Contact.role).where(Contact.id == bindparam("id"))
    with store.read(EVERYTHING) as session:
        assert query(session, roles, {"id": contact.id})[0].role == "user"
        with store.write(EVERYTHING) as other:
            other.get_one(Contact, contact.id).role = "buyer"
        seen = query(session, roles, {"id": contact.id})[0].role
    assert seen == ("user" if store.dialect == "sqlite" else "buyer"), "PostgreSQL shows what is committed"


def test_what_the_database_refuses_is_told_without_what_was_written(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        ask = make_ask(session, make_contact(session), sent_at=NOW)
        write(session, SUBMISSION, [submission(ask)])
    with pytest.raises(IntegrityError) as refused, store.write(EVERYTHING) as session:
        write(session, SUBMISSION, [submission(ask)])
    assert WORDS not in str(refused.value)
    with store.write(EVERYTHING) as session:
        write(session, SUBMISSION, [submission(ask, "another")])


def test_columns_with_a_default_are_named(store: Store) -> None:
    with pytest.raises(AssertionError, match="default"), store.write(EVERYTHING) as session:
        write(session, insert(Ask).inline(), [{"account_id": 1}])


def test_long_lists_are_left_to_sqlalchemy(store: Store) -> None:
    first, second = answers(store)
    with store.read(EVERYTHING) as session:
        found = query(session, COLUMNS, {"ids": [first, second, *range(10_000, 10_000 + MOST_LISTED)]})
        assert [row.id for row in found] == [first, second]


def test_whoever_watches_statements_sees_these_too(store: Store) -> None:
    ids = answers(store)
    seen: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    with store.read(EVERYTHING) as session:
        query(session, COLUMNS, {"ids": ids})
    with store.write(EVERYTHING) as session:
        write(session, update(Account).values(name=bindparam("name_")), [{"name_": "Northwind"}])
    assert [text.split()[0] for text in seen if not text.startswith("BEGIN")] == ["SELECT", "UPDATE"]
