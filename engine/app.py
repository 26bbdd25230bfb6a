"""Where everything is put together, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask

from engine.clock import Clock, choose_clock
from engine.config import Config
from engine.data.store import Store
from engine.house import Engine
from engine.registry import build_plugins
from engine.web.site import build_site


def open_house(config: Config, clock: Clock | None = None, plugins: Iterable[object] = ()) -> Engine:
    """The house that a configuration describes, with `plugins` besides those that ship and are installed."""
    return Engine(config, Store(config.database_url), build_plugins(plugins), clock or choose_clock(config))


def create_app(engine: Engine) -> Flask:
    """What `heed serve` serves."""
    return build_site(engine)
