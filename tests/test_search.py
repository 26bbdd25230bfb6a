"""Words that somebody looks for at the desk: the same is found in both databases, whoever wrote it there."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from engine.data.models import Account, AuditEntry, Contact, Promise, Voice
from engine.data.search import COLUMNS, holds, read_words
from engine.data.store import Scope
from engine.house import Engine
from engine.operations.relations import search
from tests.conftest import NOW
from tests.factories import make_account, make_contact, make_promise

TEXTS = {
    "The report came late, again": ("report", "REPORT", "rep", "late report", "repo lat", "again"),
    "Été à Zürich: Ærø, straße, naïve": ("ete", "été", "zurich", "ZÜRICH", "naive", "e\u0301te\u0301", "straße"),
    "התקבל דוח מאוחר": ("דוח", "מאוחר דוח", "דו", "דּוּחַ"),
    "وصل التَّقْرِيرُ مُتَأَخِّرًا": ("التقرير", "التَّقْرِيرُ", "وصل التق"),
    "\u05de\u05bd\u05ea\u05d2 \u05e7\u05c7\u05de\u05e5": ("\u05de\u05ea\u05d2", "\u05de\u05bd\u05ea\u05d2",
                                                              "\u05e7\u05de\u05e5", "\u05e7\u05c7\u05de\u05e5"),
    "Отчёт пришёл поздно": ("отчет", "отчёт", "пришел поздно"),
    "ada@client.example wrote of ticket-17": ("ada@client.example", "client", "ticket 17", "17"),
    "Η ΑΝΑΦΟΡΆ άργησε": ("αναφορά", "ΆΡΓΗΣΕ", "αναφορά άργ"),
    "报告 迟到": ("报告", "迟到 报"),
}  # fmt: skip


@pytest.fixture
def voices(engine: Engine) -> dict[str, int]:
    with engine.store.write(engine.scope) as session:
        account = make_account(session)
        rows = {text: Voice(account_id=account.id, source="review", said_at=NOW, words=text) for text in TEXTS}
        session.add_all(rows.values())
        session.flush()
        return {text: row.id for text, row in rows.items()}


def find(engine: Engine, words: str, table: type = Voice) -> set[int]:
    with engine.store.read(engine.scope) as session:
        return set(session.scalars(select(table.id).where(holds(table, words, engine.store.dialect))))


def test_words_are_found_by_their_beginnings_in_any_order_case_and_accent(
    engine: Engine, voices: dict[str, int]
) -> None:
    for text, looked_for in TEXTS.items():
        for words in looked_for:
            assert find(engine, words) == {voices[text]}, words


@pytest.mark.parametrize(
    "words", ["port", "report early", "", " ", "!?", "'", '"', "report OR x", "* : & | ()", "%", "_"]
)
def test_nothing_else_is_found_and_nothing_that_is_typed_is_a_command(
    engine: Engine, voices: dict[str, int], words: str
) -> None:
    assert find(engine, words) == set()


def test_what_is_changed_or_deleted_is_found_as_it_stands(engine: Engine, voices: dict[str, int]) -> None:
    number = voices["The report came late, again"]
    with engine.store.write(engine.scope) as session:
        session.execute(update(Voice).where(Voice.id == number).values(words="The invoice was wrong", link="https://x"))
    assert (find(engine, "report"), find(engine, "invoice")) == (set(), {number})
    with engine.store.write(engine.scope) as session:
        session.execute(delete(Voice).where(Voice.id == number))
    assert find(engine, "invoice") == set()
    assert find(engine, "zurich") == {voices["Été à Zürich: Ærø, straße, naïve"]}


def test_every_kind_is_found_by_each_of_its_columns(engine: Engine) -> None:
    with engine.store.write(engine.scope) as session:
        account = make_account(session, name="Halden Bank", key="HB-7")
        contact = make_contact(session, account, name="Nadia Bloom", email="nb@halden.example", key="K9")
        promise = make_promise(session, contact, title="Send figures", said="We wait for numbers")
        entry = AuditEntry(at=NOW, author="olive@house.example", action="tier changed", subject="halden")
        session.add(entry)
        session.flush()
        rows = {Account: account.id, Contact: contact.id, Promise: promise.id, AuditEntry: entry.id}
    looked_for = {
        Account: ("halden", "hb-7"), Contact: ("bloom", "nb@halden.example", "k9"), Promise: ("figures", "numbers"),
        AuditEntry: ("olive", "tier", "halden"),
    }  # fmt: skip
    for table, each in looked_for.items():
        assert [find(engine, words, table) for words in each] == [{rows[table]}] * len(COLUMNS[table])


def test_a_search_finds_only_what_may_be_seen(engine: Engine, voices: dict[str, int]) -> None:
    with engine.store.write(engine.scope) as session:
        other = make_account(session, name="Report House")
        account_id = other.id
    found = search(engine.acting_as("olive@house.example", Scope(frozenset({account_id}))), "report")
    assert ([one.id for one in found.accounts], list(found.voices)) == ([account_id], [])
    assert len(search(engine, "report").voices) == 1


def test_words_are_read_as_they_are_typed() -> None:
    assert read_words("  Report-5, Ünïts\u0640 ") == ["report", "5", "units"]
    assert len(read_words("a " * 500)) < 20
