"""Rows by the million: read as columns, written by the driver's own bulk path."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache, reduce
from itertools import islice
from typing import Any

import polars as pl
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Engine,
    Float,
    FromClause,
    String,
    Table,
    Text,
    cast,
    func,
    select,
    true,
)
from sqlalchemy.sql.selectable import Select
from sqlalchemy.types import TypeEngine

from engine.data.prepared import query_on
from engine.data.types import Day

LARGE = 10_000_000
"""Beyond so many characters columns are decoded one by one, which takes less memory."""
SMALL = 20_000
"""Up to so many characters Python reads them quicker than Polars gets ready."""

Column = tuple[str, type[pl.DataType], str]
Values = Mapping[str, Any]


class Query:
    """A select() that is kept and asked again and again, each time with other values for the parameters it names.

    To put a small one together takes ten times as long as the database takes to answer it.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._made: dict[str, tuple[Select[*tuple[Any, ...]], list[tuple[str, type[pl.DataType]]]]] = {}

    def made_for(self, dialect: str) -> tuple[Select[*tuple[Any, ...]], list[tuple[str, type[pl.DataType]]]]:
        """What reads each column as one JSON array; and the columns' names and dtypes."""
        if dialect not in self._made:
            rows = self._statement.subquery()
            columns = [(column.name, _dtype(column.type)) for column in rows.c]
            self._made[dialect] = select(*(_array(column, dialect) for column in rows.c)), columns
        return self._made[dialect]


def kept(build: Callable[..., Select[*tuple[Any, ...]]]) -> Callable[..., Query]:
    """Build the query once for each of its arguments."""
    return cache(lambda *args: Query(build(*args)))


def _array(column: ColumnElement[Any], dialect: str) -> ColumnElement[str]:
    if dialect == "sqlite":
        return func.json_group_array(column, type_=Text)
    return func.coalesce(cast(func.to_json(func.array_agg(column)), Text), "[]")


class Snapshot:
    """Frames that all show one state of the database, whatever is written meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._coming: list[Query] = []
        self._given: Values = {}
        self._ahead: dict[Query, tuple[Values, pl.DataFrame]] = {}
        self.dialect = connection.dialect.name

    def frame(self, query: Query | Select[*tuple[Any, ...]], values: Values | None = None) -> pl.DataFrame:
        """The rows of a select() as columns: Int64, Float64, Boolean, String; days (Int32) and instants as stored.

        The database makes one JSON array of each column and Polars decodes it: a third faster than rows. (ADBC is
        faster on PostgreSQL. But its SQLite is a second one in the process, and that drops the first one's locks
        whenever it closes a file: https://www.sqlite.org/howtocorrupt.html, section 2.2.1.)
        """
        if not isinstance(query, Query):
            statement, known = Query(query).made_for(self.dialect)
            return _as_frame(known, self._connection.execute(statement, values).one())
        if query in self._coming and (values or {}).items() <= self._given.items():
            self._ask()
        known_with, found = self._ahead.pop(query, (None, None))
        if found is not None and known_with is not None and (values or {}).items() <= known_with.items():
            return found
        statement, known = query.made_for(self.dialect)
        return _as_frame(known, self._row(statement, values or {}))

    def read_ahead(self, queries: Sequence[Query], values: Values) -> None:
        """Once one of these is wanted, ask for all of them at once, with those that wait for it already: few rows take
        longer to ask for than to find."""
        if any(self._given.get(name, value) != value for name, value in values.items()):
            self._coming.clear()  # whoever wants one of them asks for it alone
            self._given = {}
        self._coming += queries
        self._given = {**self._given, **values}

    def _row(self, statement: Select[*tuple[Any, ...]], values: Values) -> Sequence[str]:
        [row] = query_on(self._connection, statement, values)
        return row  # type: ignore[no-any-return]

    def _ask(self) -> None:
        queries, given, self._coming, self._given = tuple(self._coming), self._given, [], {}
        texts = iter(self._row(_all_of(queries, self.dialect), given))
        for query in queries:
            _, known = query.made_for(self.dialect)
            self._ahead[query] = given, _as_frame(known, list(islice(texts, len(known))))


@lru_cache(maxsize=256)
def _all_of(queries: Sequence[Query], dialect: str) -> Select[*tuple[Any, ...]]:
    """One row of all their arrays: each by itself has one row."""
    parts = [query.made_for(dialect)[0].subquery() for query in queries]
    one_row: FromClause = reduce(lambda left, right: left.join(right, true()), parts[1:], parts[0])
    return select(*(column for part in parts for column in part.c)).select_from(one_row)


def _as_frame(known: Sequence[tuple[str, type[pl.DataType]]], texts: Sequence[str]) -> pl.DataFrame:
    columns = [(name, dtype, text) for (name, dtype), text in zip(known, texts, strict=True)]
    if sum(map(len, texts)) < SMALL and all(dtype is not pl.Boolean for _, dtype, _ in columns):
        return pl.DataFrame([pl.Series(name, json.loads(text), dtype) for name, dtype, text in columns])
    parts = [columns] if sum(map(len, texts)) < LARGE else [[column] for column in columns]
    return pl.concat([_decode(part) for part in parts], how="horizontal")


@contextmanager
def open_snapshot(engine: Engine) -> Iterator[Snapshot]:
    """Show one state of what is committed."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with engine.connect() as connection:
        yield Snapshot(connection)


def _decode(columns: Sequence[Column]) -> pl.DataFrame:
    texts = pl.DataFrame([pl.Series(name, [text], pl.String) for name, _, text in columns])
    return texts.select(_values(name, dtype) for name, dtype, _ in columns)


def _values(name: str, dtype: type[pl.DataType]) -> pl.Expr:
    return pl.col(name).str.json_decode(pl.List(dtype)).explode(empty_as_null=False)


def _dtype(kind: TypeEngine[Any]) -> type[pl.DataType]:
    if isinstance(kind, Day):
        return pl.Int32
    return next((dtype for known, dtype in _DTYPES.items() if isinstance(kind, known)), pl.Int64)


_DTYPES = {String: pl.String, Boolean: pl.Boolean, Float: pl.Float64}


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
