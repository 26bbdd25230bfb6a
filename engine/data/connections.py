"""How the two databases are connected to, with which promises about durability, and what is said where they fail."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from engine.errors import InputError, StorageError

WRITES = "heed_writes"
"""The execution option that makes a transaction a writing one from its first statement."""

BUSY_SECONDS = 10
"""How long a writer waits for another one."""
LOOK_SECONDS = 0.0002
"""How long it sleeps before it looks whether the other is done."""

MOST_IDLE = 4
"""As many as there are threads that serve."""

CHECKPOINT_PAGES = 4000
"""So many pages of 4 KB are written before one writer brings them to the file itself: what was changed several times
goes there once, and fewer clients wait for it."""

TROUBLES = {
    sqlite3.SQLITE_NOTADB: "is another kind of file. Name one that `heed init` made, or one that is not there yet.",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened. It must be a file, in a folder where you may write.",
    sqlite3.SQLITE_READONLY: "cannot be written to. Even commands that only look need to write to the file and its "
    "folder, because SQLite locks beside it.",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full. Make room and do it again.",
    sqlite3.SQLITE_BUSY: "is being written to by somebody else for too long. Do it again in a moment.",
    sqlite3.SQLITE_CORRUPT: "is damaged. Put a backup in its place.",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk does not answer as it should.",
}
"""What SQLite's own result codes mean for who reads them (https://www.sqlite.org/rescode.html)."""


def read_url(text: str) -> URL:
    """A database's address. A SQLite file is made absolute, so that it stays the same file wherever we go."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise InputError("A database is written sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.") from None
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url.set(database=str(Path(url.database).absolute()))
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise InputError(
        f"Heed keeps its data in a SQLite file or in PostgreSQL, not in “{url.render_as_string()}”: "
        "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
    )


def connect(url: URL) -> Engine:
    """An engine that connects when first used."""
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url, pool_pre_ping=True)
        event.listen(engine, "handle_error", _tell)
        return engine
    # Python's sqlite3 begins transactions late and not before DDL; so it is kept from beginning any, and we do.
    engine = create_engine(
        url, connect_args={"isolation_level": None, "timeout": BUSY_SECONDS, "check_same_thread": False}
    )
    event.listen(engine, "handle_error", _tell)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


class Idle:
    """Connections that wait to be used again: making one takes SQLAlchemy as long as a small query."""

    def __init__(self) -> None:
        self._waiting: list[Connection] = []

    def take(self, engine: Engine) -> Connection:
        try:
            return self._waiting.pop()
        except IndexError:
            return engine.connect()

    def give(self, connection: Connection) -> None:
        """Have it back. One that is still in a transaction, or was lost, is not used again."""
        if connection.in_transaction() or connection.invalidated or len(self._waiting) >= MOST_IDLE:
            connection.close()
        else:
            self._waiting.append(connection)

    @contextmanager
    def reading(self, engine: Engine) -> Iterator[Connection]:
        """A connection that keeps nothing of what is done. One that something went wrong on is not used again."""
        connection = self.take(engine)
        try:
            yield connection
            if transaction := connection.get_transaction():
                transaction.rollback()
            else:
                _database(connection).rollback()
        except BaseException:
            connection.close()
            raise
        self.give(connection)

    def close(self) -> None:
        while self._waiting:
            self._waiting.pop().close()


def _set_pragmas(connection: Any, record: object) -> None:
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A transaction that begins by reading and writes later can fail at once where another one wrote between.
    if connection.get_execution_options().get(WRITES):
        _begin_writing(connection)
    else:
        _begin_reading(connection)


def be_in_transaction(connection: Connection) -> None:
    """Begin one, if none has begun. To read SQLite, past SQLAlchemy, which takes longer for it than for a query."""
    if connection.in_transaction():
        return
    if connection.dialect.name == "sqlite" and not connection.get_execution_options().get(WRITES):
        _begin_reading(connection)
    else:
        connection.begin()


def _begin_reading(connection: Connection) -> None:
    database = _database(connection)
    if not database.in_transaction:
        database.execute("BEGIN")


def _database(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _begin_writing(connection: Connection) -> None:
    """SQLite's own way of waiting sleeps up to a tenth of a second between two looks, while others come and go."""
    until = monotonic() + BUSY_SECONDS
    database = _database(connection)
    database.execute("PRAGMA busy_timeout=0")
    try:
        while monotonic() < until:
            try:
                database.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
            sleep(LOOK_SECONDS)
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # which says what is wrong
    finally:
        database.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


# What is said where the database itself is the trouble. Every other error goes on as it is.


def find_trouble(url: URL, error: BaseException | None, *, gone: bool) -> StorageError | None:
    """What a driver's error means, where that is the database's own trouble. `gone`: the connection is lost."""
    if url.get_backend_name() == "sqlite":
        file, code = str(url.database), getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest tells variants apart
        return StorageError(f"The database {file} {TROUBLES[code]}", about=file) if code in TROUBLES else None
    if not gone:
        return None
    shown, why = url.render_as_string(), str(error).strip().splitlines()[0]
    return StorageError(
        f"The database {shown} cannot be reached: {why}. Is it running, and the address right?", about=shown
    )


def _tell(context: ExceptionContext) -> None:
    gone = (context.connection is None or context.is_disconnect) and not context.is_pre_ping
    trouble = context.engine and find_trouble(context.engine.url, context.original_exception, gone=gone)
    if trouble:
        raise trouble
