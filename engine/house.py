"""What every use case is given: configuration, store, plugins, clock, and whose accounts it may touch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeVar

from engine.clock import Clock, choose_clock
from engine.config import Config
from engine.data.store import EVERYTHING, Scope, Store
from engine.registry import Plugins, build_plugins
from engine.types import Moment

Read = TypeVar("Read")


@dataclass(frozen=True)
class Engine:
    """No logic lives here. `clock` returns an aware time in UTC."""

    config: Config
    store: Store
    plugins: Plugins
    clock: Callable[[], datetime]
    scope: Scope = EVERYTHING
    author: str = "system"
    memory: dict[str, Any] | None = field(default=None, compare=False, repr=False)
    """What a page that changes nothing has read of the house already; None: everything is read anew."""

    def acting_as(self, author: str, scope: Scope) -> Engine:
        """The same house for somebody who may touch only these accounts."""
        return replace(self, author=author, scope=scope)

    def moment(self, on: date | None = None) -> Moment:
        """Now, or the end of the day `on`."""
        return Moment(self.clock(), on)


def once(engine: Engine, name: str, read: Callable[[], Read]) -> Read:
    """What `read` gives, which is read once for each page that changes nothing."""
    if engine.memory is None:
        return read()
    if name not in engine.memory:
        engine.memory[name] = read()
    found: Read = engine.memory[name]
    return found


def open_house(config: Config, clock: Clock | None = None, plugins: Iterable[object] = ()) -> Engine:
    """The house that a configuration describes, with `plugins` besides those that ship and are installed."""
    return Engine(config, Store(config.database_url), build_plugins(plugins), clock or choose_clock(config))
