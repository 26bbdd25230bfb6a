"""Several that write to SQLite at the same moment share one commit, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from engine.data import turns
from engine.data.models import Account
from engine.data.store import EVERYTHING, Store
from engine.errors import StorageError
from tests.factories import make_account

Work = Callable[[Session], object]


class Commits:
    """Counts them, and can be told to fail."""

    def __init__(self, store: Store) -> None:
        self.number, self.fails = 0, False
        event.listen(store.engine, "commit", self._commit)

    def _commit(self, connection: object) -> None:
        self.number += 1
        if self.fails:
            raise StorageError("The disk is full.")


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'house.db')}")) as store:
        yield store


@pytest.fixture
def commits(store: Store) -> Commits:
    return Commits(store)


def add(key: str) -> Work:
    return lambda session: make_account(session, key=key)


def fail(session: Session) -> None:
    make_account(session, key="undone")
    raise KeyError("something goes wrong")


def write_at_once(store: Store, *works: Work, together: tuple[bool, ...] = ()) -> list[str]:
    """Do all of this while the first waits for the others to stand in line. What each was told in the end."""
    told, began = ["nothing"] * len(works), Event()

    def write(place: int) -> None:
        try:
            with store.write(EVERYTHING, together=together[place] if together else True) as session:
                began.set()
                wait_for_line(store, len(works) - 1 if place == 0 else 0)
                works[place](session)
            told[place] = "kept"
        except Exception as error:
            told[place] = type(error).__name__
        began.set()  # also by one that is refused

    writers = [Thread(target=write, args=(place,), daemon=True) for place in range(len(works))]
    for place, writer in enumerate(writers):
        writer.start()
        began.wait(10)
        if place + 1 < len(works):  # for the last, the first waits: it may have gone on before we look
            wait_for_line(store, place)
    for writer in writers:
        writer.join(20)
    return told


def wait_for_line(store: Store, length: int) -> None:
    until = monotonic() + 10
    while len(store._turns._line) < length and monotonic() < until:
        sleep(0.001)


def keys(store: Store) -> set[str]:
    with store.read(EVERYTHING) as session:
        return set(session.scalars(select(Account.key)))


def test_those_who_stand_in_line_share_one_commit(store: Store, commits: Commits) -> None:
    assert write_at_once(store, add("a"), add("b"), add("c")) == ["kept"] * 3
    assert keys(store) == {"a", "b", "c"}
    assert commits.number == 1


def test_what_fails_in_one_undoes_nothing_of_another(store: Store, commits: Commits) -> None:
    assert write_at_once(store, add("a"), fail, add("c")) == ["kept", "KeyError", "kept"]
    assert write_at_once(store, fail, add("d")) == ["KeyError", "kept"]
    assert write_at_once(store, add("e"), fail) == ["kept", "KeyError"]
    assert keys(store) == {"a", "c", "d", "e"}


def test_what_did_not_reach_the_disk_is_told_to_all(store: Store, commits: Commits) -> None:
    commits.fails = True
    assert write_at_once(store, add("a"), add("b"), add("c")) == ["StorageError"] * 3
    commits.fails = False
    assert keys(store) == set()
    assert write_at_once(store, add("d")) == ["kept"]


def test_a_disk_that_gets_full_half_way_is_told_to_whom_it_concerns(store: Store) -> None:
    def fill(session: Session) -> None:
        session.connection().exec_driver_sql("PRAGMA max_page_count=1")  # as many as there are
        for number in range(2000):
            make_account(session, key=f"{number}" * 500)
            session.flush()

    told = write_at_once(store, add("a"), fill, add("c"))
    assert told[1] == "StorageError"
    assert {key for key, said in zip("a.c", told, strict=True) if said == "kept"} == keys(store)


def test_who_writes_for_long_shares_with_nobody(store: Store, commits: Commits) -> None:
    assert write_at_once(store, add("a"), add("b"), add("c"), together=(True, False, True)) == ["kept"] * 3
    assert keys(store) == {"a", "b", "c"}
    assert commits.number == 3


def test_a_transaction_that_is_undone_by_hand_keeps_nothing(store: Store) -> None:
    def think_better(session: Session) -> None:
        make_account(session, key="b")
        session.flush()
        session.rollback()

    assert write_at_once(store, add("a"), think_better) == ["kept", "kept"]
    assert write_at_once(store, think_better) == ["kept"]
    assert keys(store) == {"a"}


def test_a_database_that_cannot_be_written_to_lets_the_next_one_try(store: Store) -> None:
    def refuse(connection: object) -> None:
        raise StorageError("not now")

    event.listen(store.engine, "begin", refuse)
    assert write_at_once(store, add("a")) == ["StorageError"]
    event.remove(store.engine, "begin", refuse)
    assert write_at_once(store, add("a")) == ["kept"]


def test_who_is_interrupted_in_line_leaves_it_and_the_others_go_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Event):  # as a command is by Ctrl-C, while it waits for its turn
        def wait(self, timeout: float | None = None) -> bool:
            super().wait(timeout)
            raise KeyboardInterrupt

    def interrupted() -> None:
        place = turns._Place
        monkeypatch.setattr(turns, "_Place", lambda together: place(together, called=Interrupted()))
        with pytest.raises(KeyboardInterrupt), store.write(EVERYTHING, together=True) as session:
            make_account(session, key="b")

    def first(session: Session) -> None:
        second.start()
        wait_for_line(store, 1)
        monkeypatch.undo()
        make_account(session, key="a")

    second = Thread(target=interrupted, daemon=True)
    assert write_at_once(store, first) == ["kept"]
    assert write_at_once(store, add("c")) == ["kept"]
    assert keys(store) == {"a", "c"}


def test_nobody_waits_for_ever_for_those_who_went_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "OVER_SECONDS", 0.1)

    def linger(session: Session) -> None:
        sleep(1)
        make_account(session, key="b")

    assert write_at_once(store, add("a"), linger) == ["StorageError", "kept"]
    assert keys(store) == {"a", "b"}  # said to be lost and kept all the same: whoever sends it again is known by its id


def test_a_connection_is_used_again_and_one_that_went_wrong_is_not(store: Store) -> None:
    found = []
    for _ in range(2):
        with store.read(EVERYTHING) as session:
            found.append(session.connection())
    assert found[0] is found[1]
    with pytest.raises(KeyError), store.read(EVERYTHING) as session:
        fail(session)
    with store.read(EVERYTHING) as session:
        assert session.connection() is not found[0]
    store.close()
    assert write_at_once(store, add("a")) == ["kept"]
    assert keys(store) == {"a"}


def test_a_connection_that_is_used_again_sees_what_was_written_meanwhile(store: Store) -> None:
    assert keys(store) == set()
    assert write_at_once(store, add("a"), add("b")) == ["kept", "kept"]
    assert keys(store) == {"a", "b"}
