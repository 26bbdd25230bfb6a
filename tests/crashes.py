"""A server that is killed while clients answer: what was acknowledged is on disk, and nothing is there twice.

`heed serve` runs as it does for a house. Clients save an answer, then send the form; whatever got no answer is sent
again, by the same submission id, once the server is back. Every round ends with SIGKILL for each of its processes and
with a look at the database. The suite plays a few rounds (tests/test_crashes.py), and
`python -m tests.crashes --rounds 50` more.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from queue import Empty, Queue
from random import Random
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import urlencode

from sqlalchemy import func, select

from engine.app import open_house
from engine.cli.demo.catcher import free_port
from engine.config import Config
from engine.data.models import AnswerRow, Ask, Promise, Submission, Voice
from engine.data.store import EVERYTHING, Store
from engine.house import Engine
from engine.jobs import FOLLOW_UP
from tests.conftest import SECRET
from tests.factories import make_account, make_contact
from tests.letters import NOW, make_letter, make_survey, survey_path

CLIENTS = 8
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Letter:
    """A form that somebody fills in: so unhappy that something is drafted after it."""

    ask: int
    path: str

    @property
    def score(self) -> str:
        return str(self.ask % 6)

    @property
    def words(self) -> str:
        return f"Nothing came of what I said, number {self.ask}."

    @property
    def submission(self) -> str:
        return f"submission {self.ask}"


@dataclass
class Acknowledged:
    """What the server said it has kept."""

    saved: set[Letter] = field(default_factory=set)
    sent: set[Letter] = field(default_factory=set)


def write_letters(url: str, number: int) -> list[Letter]:
    with closing(Store(url)) as store:
        store.upgrade()
    with closing((engine := open_crashed(url)).store), engine.store.write(EVERYTHING) as session:
        survey, found = make_survey(session), []
        for place in range(number):
            account = make_account(session, name=f"Northwind {place}", owner_email="maria@harbour.example")
            ask = make_letter(session, "recommend", "missing", contact=make_contact(session, account), survey=survey)
            found.append(Letter(ask.id, survey_path(engine, ask)))
        return found


def open_crashed(url: str) -> Engine:
    return open_house(Config(database_url=url, secret=SECRET), lambda: NOW)


@contextmanager
def serving(url: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`heed serve`, in a session of its own, until it and all of its processes are killed."""
    command = [sys.executable, "-c", "from engine.cli import main; main()", "serve", "--port", str(port)]
    own = {"HEED_DATABASE_URL": url, "HEED_SECRET": SECRET, "HEED_TODAY": str(NOW.date())}
    process = subprocess.Popen(
        [*command, "--workers", "2"], env=os.environ | own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        _wait(process, port)
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError, HTTPException), closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    raise AssertionError("the server does not come up")


def crash(url: str, port: int, waiting: Queue[Letter], known: Acknowledged, seconds: float) -> None:
    """Serve for so long while clients answer, then kill."""
    with serving(url, port):
        clients = [Thread(target=_answer, args=(port, waiting, known)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(seconds)
    for client in clients:
        client.join()


def _answer(port: int, waiting: Queue[Letter], known: Acknowledged) -> None:
    """One client after the other, until the server is gone; whoever was not answered comes back."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        while True:
            try:
                letter = waiting.get_nowait()
            except Empty:
                return
            try:
                _fill_in(connection, letter, known)
            except (OSError, HTTPException):
                waiting.put(letter)
                return


def _fill_in(connection: HTTPConnection, letter: Letter, known: Acknowledged) -> None:
    filled = {"q1": letter.score}
    if _post(connection, letter, filled | {"action": "save"}) == 200:
        known.saved.add(letter)
    status = _post(connection, letter, filled | {"q2.text": letter.words, "submission_id": letter.submission})
    assert status == 303, status
    known.sent.add(letter)


def _post(connection: HTTPConnection, letter: Letter, filled: dict[str, str]) -> int:
    connection.request("POST", letter.path, urlencode(filled), FORM | {"Accept": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def check(url: str, known: Acknowledged) -> None:
    """Raises AssertionError where the database is damaged, or lacks anything that was acknowledged."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    with closing((engine := open_crashed(url)).store), engine.store.read(EVERYTHING) as session:
        submitted = dict(session.execute(select(Submission.ask_id, Submission.submission_id)).all())
        scores = dict(session.execute(select(AnswerRow.ask_id, AnswerRow.value).filter_by(question="recommend")).all())
        words = dict(session.execute(select(AnswerRow.ask_id, AnswerRow.words).filter_by(question="missing")).all())
        answered = set(session.scalars(select(Ask.id).where(Ask.status == "answered")))
    for letter in known.saved | known.sent:
        assert scores.get(letter.ask) == letter.score, f"the answer saved for {letter.ask} is lost"
    for letter in known.sent:
        kept = letter.ask in answered, submitted.get(letter.ask), words.get(letter.ask)
        assert kept == (True, letter.submission, letter.words), f"the answer sent for {letter.ask} is lost: {kept}"


def follow_up(url: str, letters: list[Letter]) -> None:
    """What is left is followed up. Raises AssertionError unless one thing was heard and drafted after each answer."""
    with closing((engine := open_crashed(url)).store):
        while FOLLOW_UP.waits(engine):
            FOLLOW_UP.run(engine)
        with engine.store.read(EVERYTHING) as session:
            drafted = dict(session.execute(select(Promise.ask_id, func.count()).group_by(Promise.ask_id)).all())
            heard = dict(session.execute(select(Voice.words, func.count()).group_by(Voice.words)).all())
    assert drafted == {letter.ask: 1 for letter in letters}
    assert heard == {letter.words: 1 for letter in letters}


def play(url: str, rounds: int, letters_a_round: int, longest: float) -> str:
    """So many crashes, and a last round in which everybody is answered. Raises AssertionError for what may never be."""
    letters, port, random = write_letters(url, rounds * letters_a_round), free_port(), Random(rounds)
    known, waiting = Acknowledged(), Queue[Letter]()
    for letter in letters:
        waiting.put(letter)
    for _ in range(rounds):
        crash(url, port, waiting, known, random.uniform(0.05, longest))
        check(url, known)
    cut_off = waiting.qsize()
    with serving(url, port):
        _answer(port, waiting, known)
    check(url, known)
    assert known.sent == set(letters)
    follow_up(url, letters)
    told = f"{len(known.sent)} forms sent and {len(known.saved)} saved"
    return f"{rounds} crashes, {told}, {cut_off} of them after the last"


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=50)
    options.add_argument("--letters", type=int, default=60, help="forms to fill in, for each round")
    options.add_argument("--longest", type=float, default=1.5, help="seconds a server lives under load, at most")
    chosen = options.parse_args()
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        told = play(f"sqlite:///{Path(folder) / 'heed.db'}", chosen.rounds, chosen.letters, chosen.longest)
    print(f"{told}; nothing lost, nothing twice; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
