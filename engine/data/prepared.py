"""Statements that are asked again and again: put together once, then handed to the database's driver as they are.

SQLAlchemy takes several times as long to run a small query as the database itself. So what it compiles is kept, by
statement and by how long each list of values is. Values are converted as it would, errors told as it would, and all is
part of the session's own transaction.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from engine.data.connections import be_in_transaction, find_trouble

Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete
Convert = Callable[[Any], Any]
Shape = tuple[tuple[str, int | None], ...]
"""The values' names, with how many there are where it is a list."""

MOST_LISTED = 16
"""Longer lists are for jobs, and each length would be kept as a statement of its own."""


def query(session: Session, statement: Select[*tuple[Any, ...]], values: Mapping[str, Any]) -> Sequence[Any]:
    """The rows, with the columns by name."""
    return query_on(_connection(session), statement, values)


def query_on(connection: Connection, statement: Select[*tuple[Any, ...]], values: Mapping[str, Any]) -> Sequence[Any]:
    """The same without a session, in the connection's transaction."""
    shape = tuple([(name, len(value) if isinstance(value, list) else None) for name, value in values.items()])
    if any(number is not None and number > MOST_LISTED for _, number in shape):
        return connection.execute(statement, values).all()
    be_in_transaction(connection)
    prepared = _prepare(statement, connection.dialect, shape)
    cursor: DBAPICursor = _driver(connection).cursor()
    try:
        _announce(connection, cursor, prepared.text, given := prepared.parameters(values), many=False)
        cursor.execute(prepared.text, given)
        return prepared.rows(cursor)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, prepared.text, error, cursor) from error
    finally:
        cursor.close()


def write(session: Session, statement: Insert | Update | Delete, rows: Sequence[Mapping[str, Any]]) -> int:
    """Run the statement for each of these rows, all of which have the same names. How many were written."""
    if not rows:
        return 0
    connection = _connection(session)
    prepared = _prepare(statement, connection.dialect, tuple([(name, None) for name in rows[0]]))
    cursor: DBAPICursor = _driver(connection).cursor()
    try:
        given: Any = [prepared.parameters(row) for row in rows]
        run, given = (cursor.executemany, given) if len(rows) > 1 else (cursor.execute, given[0])
        _announce(connection, cursor, prepared.text, given, many=len(rows) > 1)
        run(prepared.text, given)
        return cursor.rowcount
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, prepared.text, error, cursor) from error
    finally:
        cursor.close()


def _connection(session: Session) -> Connection:
    """The connection of a session, in its transaction; what the ORM still holds is written."""
    session.flush()
    if not isinstance(session.bind, Connection):
        return session.connection()
    be_in_transaction(session.bind)
    return session.bind


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _announce(connection: Connection, cursor: DBAPICursor, text: str, given: Any, *, many: bool) -> None:
    """Whoever watches what SQLAlchemy runs, sees this, too."""
    if watching := connection.engine.dispatch.before_cursor_execute:
        watching(connection, cursor, text, given, None, many)


def _told(connection: Connection, text: str, error: Any, cursor: DBAPICursor) -> BaseException:
    """The error as SQLAlchemy would raise it, without what a client wrote."""
    gone = connection.dialect.is_disconnect(error, connection.connection, cursor)
    if gone:
        connection.invalidate(error)
    base = connection.dialect.loaded_dbapi.Error
    return find_trouble(connection.engine.url, error, gone=gone) or DBAPIError.instance(
        text, None, error, base, connection_invalidated=gone, dialect=connection.dialect
    )


class _Slot(NamedTuple):
    """Where a value goes in: which one, and which of a list."""

    name: str
    place: int | None


class _Prepared:
    def __init__(self, statement: Statement, dialect: Dialect, shape: Shape) -> None:
        names = [name for name, _ in shape]
        named = names if isinstance(statement, Insert) and statement.select is None else None
        compiled: Any = statement.compile(dialect=dialect, column_keys=named)
        assert not isinstance(statement, Insert) or not compiled.insert_prefetch, "name every column that has a default"
        expanded = compiled.construct_expanded_state({name: _slots(name, number) for name, number in shape})
        self.text, self._is_named = expanded.statement, expanded.positiontup is None
        whole = {part: name for name, parts in expanded.parameter_expansion.items() for part in parts}
        self._given: Any = {}
        self._slots = []
        for place, name in enumerate(expanded.positiontup or expanded.parameters):
            kind, given = compiled.binds[whole.get(name, name)].type, expanded.parameters[name]
            convert = kind.dialect_impl(dialect).bind_processor(dialect)
            key = name if self._is_named else place
            if isinstance(given, _Slot):
                self._slots.append((key, given.name, given.place, convert))
            self._given[key] = None if isinstance(given, _Slot) else convert(given) if convert else given
        if not self._is_named:
            self._given = list(self._given.values())
        columns = list(statement.selected_columns) if isinstance(statement, Select) else []
        row: Any = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]
        self._row = row._make
        self._kinds, self._dialect = [column.type.dialect_impl(dialect) for column in columns], dialect
        self._converts: list[tuple[int, Convert]] | None = None

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """What the statement itself says, with these values in their places."""
        found = self._given.copy()
        for key, name, place, convert in self._slots:
            value = values[name] if place is None else values[name][place]
            found[key] = convert(value) if convert else value
        return found if self._is_named else tuple(found)

    def rows(self, cursor: DBAPICursor) -> list[Any]:
        if self._converts is None:  # which convert, depends on what the database calls its types
            codes = [column[1] for column in cursor.description or ()]
            found = map(partial(_result_processor, self._dialect), self._kinds, codes)
            self._converts = [(place, convert) for place, convert in enumerate(found) if convert]
        rows = cursor.fetchall()
        if self._converts:
            rows = list(map(list, rows))
            for place, convert in self._converts:
                for row in rows:
                    if row[place] is not None:  # nothing is nothing, of whatever type
                        row[place] = convert(row[place])
        return list(map(self._row, rows))


def _result_processor(dialect: Dialect, kind: TypeEngine[Any], code: Any) -> Convert | None:
    return kind.result_processor(dialect, code)


_prepare = lru_cache(maxsize=512)(_Prepared)


def _slots(name: str, number: int | None) -> Any:
    return _Slot(name, None) if number is None else [_Slot(name, place) for place in range(number)]
