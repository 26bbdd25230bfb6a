"""Whose turn it is to write to SQLite, where only one can at a time; and how several answers share one commit.

Whoever waits sleeps long after its turn has come, unless it is woken: so writers of one process stand in line here.
What takes longest of a short transaction is to wait for the disk. Those who say that they write together hand the
open transaction on to the next in line, each with a savepoint of its own, and all wait until the last of them has
committed: none is told that anything is kept before it is on disk, and what fails in one undoes nothing of another.
There are never more than threads that serve, because each waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction

from engine.data.connections import BUSY_SECONDS, Idle
from engine.errors import StorageError

OVER_SECONDS = 3 * BUSY_SECONDS
"""How long somebody waits for those who went on with their transaction, before they are told that it is not kept."""


@dataclass
class _Batch:
    """A transaction on its way to the disk. `kept`: somebody's part is in it; `error`: why it did not get there."""

    connection: Connection
    transaction: RootTransaction
    idle: Idle
    kept: bool = False
    error: BaseException | None = None
    over: Event = field(default_factory=Event)

    @contextmanager
    def part(self) -> Iterator[Connection]:
        """What one of them writes: all of it, or nothing. Where SQLite itself undoes all, so does everybody's."""
        own = self.connection.begin_nested() if self.kept else None
        try:
            yield self.connection
        except BaseException as error:
            database: Any = self.connection.connection.driver_connection
            if not database.in_transaction:
                self.error = _trouble_behind(error)
                raise self.error from error
            if own and own.is_active:
                own.rollback()
            raise
        if own and own.is_active:
            own.commit()
        self.kept = True

    def end(self) -> None:
        try:
            if self.kept and self.error is None and self.transaction.is_active:
                self.transaction.commit()
        except BaseException as error:
            self.error = error
        finally:
            self.over.set()
            if self.error is not None:
                self.connection.invalidate()  # whatever it has come to, nobody goes on with it
            self.idle.give(self.connection)


def _trouble_behind(error: BaseException) -> BaseException:
    """Why SQLite undid everything, and not that there was no savepoint any more to go back to."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, StorageError):
        cause = cause.__context__
    return cause or error


@dataclass
class _Place:
    """A place in the line. `batch`: what whoever stands there goes on with, None: nothing."""

    together: bool
    batch: _Batch | None = None
    called: Event = field(default_factory=Event)


class Turns:
    """The line of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._line: deque[_Place] = deque()
        self._is_taken = False
        self._idle = Idle()

    @contextmanager
    def writing(self, engine: Engine, *, together: bool) -> Iterator[Connection]:
        """A connection in a transaction that is on disk afterwards. Raises what kept it from getting there."""
        batch, taken = self._wait(together)
        try:
            batch = batch or self._begin(engine)
        except BaseException:
            self._leave(taken)
            raise
        try:
            with batch.part() as connection:
                yield connection
        except BaseException:
            self._end(batch, taken)
            raise
        if taken and together and self._hand_on(batch):
            if not batch.over.wait(OVER_SECONDS):
                raise StorageError("What came with others is not on disk after a long time. Do it again in a moment.")
        else:
            self._end(batch, taken)
        if batch.error is not None:
            raise batch.error

    def _wait(self, together: bool) -> tuple[_Batch | None, bool]:
        """What there is to go on with, and whether it is really our turn: after a while one tries all the same."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return None, True
            place = _Place(together)
            self._line.append(place)
        try:
            called = place.called.wait(BUSY_SECONDS)
        except BaseException:  # Ctrl-C
            if not self._give_up(place):
                self._end(place.batch, True)
            raise
        return (None, False) if not called and self._give_up(place) else (place.batch, True)

    def _give_up(self, place: _Place) -> bool:
        """Leave the line; False where it is our turn already."""
        with self._lock:
            if place not in self._line:
                return False
            self._line.remove(place)
            return True

    def _hand_on(self, batch: _Batch) -> bool:
        """Let the next in line go on with this transaction; False where nobody there would."""
        with self._lock:
            if not self._line or not self._line[0].together:
                return False
            self._call(batch)
            return True

    def _end(self, batch: _Batch | None, taken: bool) -> None:
        if batch:
            batch.end()
        self._leave(taken)

    def _leave(self, taken: bool) -> None:
        with self._lock:
            if taken and self._line:
                self._call(None)
            elif taken:
                self._is_taken = False

    def _call(self, batch: _Batch | None) -> None:
        place = self._line.popleft()
        place.batch = batch
        place.called.set()

    def _begin(self, engine: Engine) -> _Batch:
        connection = self._idle.take(engine)
        try:
            return _Batch(connection, connection.begin(), self._idle)
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Let go of what waits to be used again."""
        self._idle.close()
