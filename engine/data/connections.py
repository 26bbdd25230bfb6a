"""How the two databases are connected to, and with which promises about durability."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from engine.errors import InputError

WRITES = "heed_writes"
"""The execution option that makes a transaction a writing one from its first statement."""


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
        return create_engine(url, pool_pre_ping=True)
    # Python's sqlite3 begins transactions late and not before DDL; so it is kept from beginning any, and we do.
    engine = create_engine(url, connect_args={"isolation_level": None, "timeout": 10, "check_same_thread": False})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: Any, record: object) -> None:
    for pragma in (
        "busy_timeout=10000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A transaction that begins by reading and writes later can fail at once where another one wrote between.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")
