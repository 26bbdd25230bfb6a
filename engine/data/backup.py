"""A copy of the whole database, as it stood at one moment, while others go on writing."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from engine.data.store import Store
from engine.errors import HeedError, InputError, StorageError


def copy_database(store: Store, file: Path) -> int:
    """Write a copy to a file that is not there yet, look whether it is sound, and keep it; its size in bytes.

    It is read in one step, and so in one snapshot: in WAL mode nobody who writes waits for that. What is stopped
    half-way leaves no file of this name. Raises InputError and HeedError; StorageError where the disk fails.
    """
    if store.dialect != "sqlite":
        raise HeedError("PostgreSQL makes its own copies: pg_dump while all is running, pgBackRest for every minute.")
    if file.exists():
        raise InputError(f"{file} is there already. Name a file that is not, or take it away.", about=str(file))
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        _copy(str(store.engine.url.database), part)
        part.rename(file)
        return file.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"There is no copy at {file}: {error}.", about=str(file)) from error
    finally:
        part.unlink(missing_ok=True)


def _copy(database: str, part: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(part)) as target:
        source.backup(target, pages=-1)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        [(found,), *_] = target.execute("PRAGMA integrity_check").fetchall()
    if found != "ok":
        raise sqlite3.DatabaseError(f"the copy is not sound ({found})")
    with part.open("rb") as written:
        os.fsync(written.fileno())
