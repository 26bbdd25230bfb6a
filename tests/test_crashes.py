"""What was acknowledged is on disk: whatever kills the server, and whatever the disk does."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from engine.app import create_app
from engine.data.models import AnswerRow, Ask
from engine.data.store import EVERYTHING
from engine.house import Engine
from tests.crashes import Letter, open_crashed, play, write_letters

WORDS = "So much to say. " * 400


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    said = play(f"sqlite:///{tmp_path / 'heed.db'}", rounds=2, letters_a_round=20, longest=0.8)
    assert said.startswith("2 crashes, 40 forms sent and 40 saved")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Engine, list[Letter], FlaskClient]]:
    """A house in a file on this disk, some letters, and a client."""
    url = f"sqlite:///{tmp_path / 'heed.db'}"
    letters = write_letters(url, 40)
    with closing((engine := open_crashed(url)).store):
        yield engine, letters, create_app(engine).test_client()


def send(client: FlaskClient, letter: Letter) -> tuple[int, str]:
    filled = {"q1": letter.score, "q2.text": f"{letter.words} {WORDS}", "submission_id": letter.submission}
    answer = client.post(letter.path, data=filled)
    return answer.status_code, answer.text


def check(engine: Engine, letters: list[Letter], acknowledged: set[Letter]) -> None:
    """What was acknowledged is there as a whole, of what was not there is nothing, and the file is sound."""
    with closing(sqlite3.connect(str(engine.store.engine.url.database))) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with engine.store.read(EVERYTHING) as session:
        answered = set(session.scalars(select(Ask.id).where(Ask.status == "answered")))
        rows = sorted(session.scalars(select(AnswerRow.ask_id)))
    assert answered == {letter.ask for letter in acknowledged}
    assert rows == sorted([letter.ask for letter in acknowledged] * 2)
    assert {letter.ask for letter in letters} >= answered


def answer_while(engine: Engine, letters: list[Letter], client: FlaskClient) -> set[Letter]:
    """Let everybody send; whoever is refused is told so, kindly. Those who were acknowledged."""
    acknowledged = set()
    for letter in letters:
        status, page = send(client, letter)
        if status == 303:
            acknowledged.add(letter)
        else:
            assert status == 503
            assert "what you sent is not saved" in page
    return acknowledged


def test_a_full_disk_is_told_and_costs_nothing_that_was_acknowledged(
    house: tuple[Engine, list[Letter], FlaskClient], caplog: pytest.LogCaptureFixture
) -> None:
    engine, letters, client = house
    with limited_pages(engine, 12):
        acknowledged = answer_while(engine, letters, client)
    assert 0 < len(acknowledged) < len(letters)
    assert "the disk is full" in caplog.text
    check(engine, letters, acknowledged)
    rest = [letter for letter in letters if letter not in acknowledged]
    assert answer_while(engine, rest, client) == set(rest)
    check(engine, letters, set(letters))


@contextmanager
def limited_pages(engine: Engine, more: int) -> Iterator[None]:
    """SQLite then says what it says where the disk has no more room: SQLITE_FULL."""

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + more}")

    engine.store.close()
    event.listen(engine.store.engine, "connect", limit)
    yield
    event.remove(engine.store.engine, "connect", limit)
    engine.store.close()


@pytest.mark.parametrize("room", range(0, 90_000, 4_500))
def test_a_write_that_fails_anywhere_is_no_answer_and_breaks_no_file(
    house: tuple[Engine, list[Letter], FlaskClient], room: int
) -> None:
    """No file may grow beyond so many bytes: the write that would is cut short, and the next one is refused."""
    engine, letters, client = house
    letters = letters[:8]
    with limited_files(engine, room):
        acknowledged = answer_while(engine, letters, client)
    assert len(acknowledged) < len(letters)
    check(engine, letters, acknowledged)
    rest = [letter for letter in letters if letter not in acknowledged]
    assert answer_while(engine, rest, client) == set(rest)
    check(engine, letters, set(letters))


@contextmanager
def limited_files(engine: Engine, room: int) -> Iterator[None]:
    """Of the files that grow while clients answer only the log before the database is longer than the limit."""
    engine.store.close()
    with engine.store.read(EVERYTHING) as session:
        session.scalars(select(Ask.id)).all()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32_768 + room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
