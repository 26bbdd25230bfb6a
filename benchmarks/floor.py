"""The floor of P2: read the columns that a plan needs, insert the rows that a plan makes, and do nothing else.

Reading is by whichever is quicker here, connectorx or JSON arrays made by SQLite. It happens in a process of its own:
connectorx brings its own SQLite, and two of those in one process break each other's locks
(https://www.sqlite.org/howtocorrupt.html, section 2.2.1).

    python -m benchmarks.floor connectorx|json DATABASE
    python -m benchmarks.floor insert PLANNED DATABASE
    python -m benchmarks.floor copy-out URL
    python -m benchmarks.floor copy-in PLANNED_URL URL
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import connectorx
import polars as pl
import psycopg

from benchmarks.measures import timed

READ: Mapping[str, Mapping[str, Any]] = {
    "accounts": {
        "id": 0, "key": "", "tier": "", "segment": "", "owner_email": "", "country": "", "region": "", "timezone": "",
        "annual_revenue": 0.0, "renewal_on": 0, "plan_on": 0,
    },
    "contacts": {
        "id": 0, "account_id": 0, "person_id": 0, "key": "", "role": "", "influence": "", "timezone": "",
        "channels": "", "bounced_channels": "", "preferred_channel": "", "wish_channel": "", "wish_occasions_off": "",
        "email": "", "mobile_key": "", "created_on": 0, "imported_at": 0, "opted_out_on": 0, "paused_until": 0,
        "wish_min_interval": 0, "wish_every_days": 0,
    },
    "asks": {"contact_id": 0, "sent_at": 0, "planned_on": 0, "answered_at": 0, "status": "", "occasion": ""},
    "answers": {"account_id": 0, "contact_id": 0, "survey": "", "question": "", "answered_at": 0},
    "touchpoints": {"account_id": 0, "contact_id": 0, "kind": "", "happened_at": 0},
    "promises": {
        "id": 0, "account_id": 0, "contact_id": 0, "owner_email": "", "status": "", "verdict": "", "made_on": 0,
        "due_on": 0, "done_on": 0,
    },
}  # fmt: skip
"""Tables and columns, each with what stands for null, because connectorx infers types from first values."""
MADE = {"decision_records": "SELECT * FROM decision_records", "asks": "SELECT * FROM asks WHERE origin = 'heed'"}
"""The rows that a plan makes."""


def _columns(columns: Mapping[str, Any]) -> str:
    return ", ".join(f"coalesce({name}, {_literal(none)}) AS {name}" for name, none in columns.items())


def _literal(none: object) -> str:
    return "''" if none == "" else str(none)


def read_with_connectorx(database: str) -> None:
    for table, columns in READ.items():
        query = f"SELECT {_columns(columns)} FROM {table}"
        connectorx.read_sql(f"sqlite://{database}", query, return_type="polars")


def read_as_json(database: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for table, columns in READ.items():
            arrays = ", ".join(
                f"json_group_array(coalesce({name}, {_literal(none)}))" for name, none in columns.items()
            )
            found = connection.execute(f"SELECT {arrays} FROM {table}").fetchone()
            for text, none in zip(found, columns.values(), strict=True):
                kind = {str: pl.String, float: pl.Float64}.get(type(none), pl.Int64)
                pl.select(pl.lit(text).str.json_decode(pl.List(kind)).explode(empty_as_null=False))


def insert_rows(database: str, rows: Mapping[str, list[tuple[Any, ...]]]) -> None:
    """With the indexes that are there, in one transaction, on disk when it returns."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        for table, made in rows.items():
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(made[0]))})", made)
        connection.execute("COMMIT")


def read_made(planned: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows that a plan made."""
    with closing(sqlite3.connect(planned)) as connection:
        return {table: connection.execute(query).fetchall() for table, query in MADE.items()}


# PostgreSQL's own bulk path: COPY


def copy_out(url: str) -> None:
    """The columns as CSV, read by Polars."""
    with psycopg.connect(url) as connection:
        for table, columns in READ.items():
            pl.read_csv(_copy(connection, f"SELECT {', '.join(columns)} FROM {table}", "HEADER"))


def copy_in(url: str, made: Mapping[str, bytes]) -> None:
    """With the indexes that are there, in one transaction."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the runs that records belong to are not there
        for table, rows in made.items():
            with cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:
                copy.write(rows)


def copy_made(url: str) -> dict[str, bytes]:
    """The rows that a plan made."""
    with psycopg.connect(url) as connection:
        return {table: _copy(connection, query) for table, query in MADE.items()}


def _copy(connection: psycopg.Connection[Any], query: str, options: str = "HEADER false") -> bytes:
    with connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv, {options})") as copy:
        return b"".join(copy)


def main(what: str, *databases: str) -> None:
    if what == "insert":
        made = read_made(databases[0])
        seconds, _ = timed(lambda: insert_rows(databases[1], made))
    elif what == "copy-in":
        rows = copy_made(databases[0])
        seconds, _ = timed(lambda: copy_in(databases[1], rows))
    elif what == "copy-out":
        seconds, _ = timed(lambda: copy_out(databases[0]))
    else:
        read = {"connectorx": read_with_connectorx, "json": read_as_json}[what]
        seconds, _ = timed(lambda: read(databases[0]))
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
