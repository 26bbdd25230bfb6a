"""`heed backup`: a copy of one moment, made while others write; whole and sound, or not there."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from engine.app import open_house
from engine.cli import main
from engine.config import Config
from engine.data.models import AnswerRow, Ask
from engine.data.store import EVERYTHING
from engine.errors import StorageError
from engine.house import Engine
from engine.links import ask_token
from engine.operations.answers import submit_answers
from engine.operations.installation import back_up_house
from tests.crashes import Letter, open_crashed, write_letters

SIZE = 3_000_000


@pytest.fixture
def house(tmp_path: Path) -> Engine:
    url = f"sqlite:///{tmp_path / 'heed.db'}"
    letters = write_letters(url, 60)
    engine = open_crashed(url)
    with engine.store.write(EVERYTHING) as session:
        session.get_one(Ask, letters[0].ask).personal_note = "x" * SIZE
    return engine


def submit(engine: Engine, letters: list[Letter], begun: Event) -> None:
    for letter in letters:
        answers = {"q1": [letter.score], "q2.text": [letter.words]}
        submit_answers(engine, letter.path.rpartition("/")[2], answers, letter.submission)
        begun.set()


def read_answers(engine: Engine) -> dict[int, int]:
    """How many answers are kept for each ask that says it was answered."""
    with engine.store.read(EVERYTHING) as session:
        answered = session.scalars(select(Ask.id).where(Ask.status == "answered")).all()
        rows = session.scalars(select(AnswerRow.ask_id)).all()
    assert set(rows) == set(answered)
    return {ask: rows.count(ask) for ask in answered}


def test_a_copy_made_while_clients_answer_is_of_one_moment(house: Engine, tmp_path: Path) -> None:
    with closing(house.store):
        with house.store.read(EVERYTHING) as session:
            asks = session.scalars(select(Ask.id).order_by(Ask.id)).all()
        letters = [Letter(ask, f"/s/{ask_token(house.config.secret, ask)}") for ask in asks]
        begun = Event()
        answering = Thread(target=submit, args=(house, letters, begun))
        answering.start()
        begun.wait()
        copies = [tmp_path / f"copy-{number}.db" for number in range(3)]
        sizes = [back_up_house(house, copy) for copy in copies]
        answering.join()
        assert min(sizes) > SIZE
        assert len(read_answers(house)) == 60
    for copy in copies:
        copied = open_house(Config(database_url=f"sqlite:///{copy}", secret=house.config.secret), house.clock)
        with closing(copied.store):
            copied.store.check_current()
            assert set(read_answers(copied).values()) == {2}


def test_it_is_one_file_that_is_told_of(house: Engine, tmp_path: Path) -> None:
    copy = tmp_path / "copies" / "heed.db"
    copy.parent.mkdir()
    said = CliRunner().invoke(main, ["backup", str(copy), "--database", house.store.url, "--json"])
    assert said.exit_code == 0, said.output
    assert json.loads(said.output) == {"file": str(copy), "bytes": copy.stat().st_size}
    assert list(copy.parent.iterdir()) == [copy]
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_file_that_is_there_is_not_overwritten(house: Engine, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")
    said = CliRunner().invoke(main, ["backup", str(tmp_path / "copy.db"), "--database", house.store.url])
    assert said.exit_code == 2
    assert "is there already" in said.output
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_where_there_is_no_folder_nothing_is_called_a_copy(house: Engine, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="There is no copy at"):
        back_up_house(house, tmp_path / "nowhere" / "copy.db")


def test_postgresql_is_left_to_its_own_tools(engine: Engine, tmp_path: Path, runner: CliRunner) -> None:
    said = runner.invoke(main, ["backup", str(tmp_path / "copy.db")])
    if engine.store.dialect == "postgresql":
        assert (said.exit_code, "pg_dump" in said.output) == (1, True)
    else:
        assert said.exit_code == 0
