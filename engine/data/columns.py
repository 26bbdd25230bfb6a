"""Rows by the million: read as columns, written by the driver's own bulk path."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import polars as pl
from sqlalchemy import URL, Boolean, Connection, Dialect, Executable, Float, String, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from engine.data.types import Day

_SQLITE: Dialect = sqlite.dialect()
_POSTGRESQL: Dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Snapshot:
    """Frames that all show one state of the database, whatever is written meanwhile."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect
        self.dialect = dialect.name

    def frame(self, statement: Executable) -> pl.DataFrame:
        """The rows of a select() as columns: Int64, Float64, Boolean, String; days (Int32) and instants as stored."""
        query = statement.compile(dialect=self._dialect, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
        values = [self._stored(query, name) for name in query.positiontup or ()]
        kinds = {column.name: _dtype(column.type) for column in statement.selected_columns}  # type: ignore[attr-defined]
        read = _read_sqlite if self.dialect == "sqlite" else _read_postgresql
        return read(self._connection, str(query), values, kinds)

    def _stored(self, query: Any, name: str) -> Any:
        """A parameter as its type stores it. Those that an IN was rendered with are named after it: `status_1_3`."""
        parameter = query.binds[name if name in query.binds else name.rpartition("_")[0]]
        process = parameter.type.dialect_impl(self._dialect).bind_processor(self._dialect)
        return process(query.params[name]) if process else query.params[name]


Kinds = Mapping[str, type[pl.DataType]]


def _read_sqlite(connection: Any, query: str, values: Sequence[Any], kinds: Kinds) -> pl.DataFrame:
    """Each column as one JSON array, decoded by Polars: a third faster than rows, and by Python's own SQLite.

    A second SQLite library in the process, as those of ADBC and connectorx, would drop the locks of the first whenever
    it closes a file (https://www.sqlite.org/howtocorrupt.html, section 2.2.1).
    """
    arrays = ", ".join(f'json_group_array("{name}")' for name in kinds)
    found = connection.execute(f"SELECT {arrays} FROM ({query})", values).fetchone()  # noqa: S608
    columns = zip(kinds.items(), found, strict=True)
    return pl.DataFrame([_decode(name, kind, text) for (name, kind), text in columns])


def _decode(name: str, kind: type[pl.DataType], text: str) -> pl.Series:
    stored = pl.Int64 if kind == pl.Boolean else kind
    decoded = pl.Series(name, [text]).str.json_decode(pl.List(stored))
    return decoded.explode(empty_as_null=False).cast(kind)


def _read_postgresql(connection: Any, query: str, values: Sequence[Any], kinds: Kinds) -> pl.DataFrame:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        found = pl.DataFrame(cursor.fetch_arrow())
    return found.select(pl.col(name).cast(kind) for name, kind in kinds.items())


def _dtype(kind: TypeEngine[Any]) -> type[pl.DataType]:
    if isinstance(kind, Day):
        return pl.Int32
    return next((dtype for known, dtype in _DTYPES.items() if isinstance(kind, known)), pl.Int64)


_DTYPES = {String: pl.String, Boolean: pl.Boolean, Float: pl.Float64}


@contextmanager
def open_snapshot(url: URL) -> Iterator[Snapshot]:
    """Connect, show one state, disconnect. What other connections have not committed is not seen."""
    if url.get_backend_name() == "sqlite":
        with closing(_connect_sqlite(url)) as connection:
            yield Snapshot(connection, _SQLITE)
    else:
        with closing(_connect_postgresql(url)) as connection:
            yield Snapshot(connection, _POSTGRESQL)


def _connect_sqlite(url: URL) -> sqlite3.Connection:
    connection = sqlite3.connect(str(url.database), isolation_level=None, timeout=10)
    connection.execute("BEGIN")
    return connection


def _connect_postgresql(url: URL) -> Any:
    from adbc_driver_postgresql import dbapi  # comes with the extra `postgresql` only

    connection = dbapi.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    return connection


def insert_frame(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    """Insert the frame's columns, named as the table's; Date and Datetime become the integers that are stored."""
    stored = frame.with_columns(
        pl.col(pl.Date).cast(pl.Int32), pl.col(pl.Datetime).dt.epoch("s"), pl.col(pl.Boolean).cast(pl.Int8)
    )
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in frame.columns)
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * frame.width)
        driver.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({places})", stored.iter_rows())  # noqa: S608
        return
    with driver.cursor() as cursor:
        with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN (FORMAT csv)") as copy:
            for part in stored.iter_slices(50_000):
                copy.write(_as_csv(part))
        if "id" in frame.columns:
            cursor.execute(_ADVANCE.format(table=table.name))


def _as_csv(frame: pl.DataFrame) -> bytes:
    # An empty text is quoted and a null is not: COPY tells them apart by that.
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False, quote_style="non_numeric")
    return buffer.getvalue()


_ADVANCE = """
SELECT setval(pg_get_serial_sequence('{table}', 'id'), highest)
FROM (SELECT max(id) AS highest FROM {table}) AS ids
WHERE highest > coalesce(pg_sequence_last_value(pg_get_serial_sequence('{table}', 'id')), 0)
"""
