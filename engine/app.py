"""Where everything is put together, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from flask import Flask

from engine.config import Config
from engine.data.store import Store
from engine.house import Engine
from engine.registry import build_plugins
from engine.web.site import build_site


def utc_now() -> datetime:
    return datetime.now(UTC)


def open_house(config: Config, clock: Callable[[], datetime] = utc_now, plugins: Iterable[object] = ()) -> Engine:
    """The house that a configuration describes, with `plugins` besides those that ship and are installed."""
    return Engine(config, Store(config.database_url), build_plugins(plugins), clock)


def create_app(engine: Engine) -> Flask:
    """What `heed serve` serves."""
    return build_site(engine)
