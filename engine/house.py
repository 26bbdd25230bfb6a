"""What every use case is given: configuration, store, plugins, clock, and whose accounts it may touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from engine.config import Config
from engine.data.store import EVERYTHING, Scope, Store
from engine.registry import Plugins
from engine.types import Moment


@dataclass(frozen=True)
class Engine:
    """No logic lives here. `clock` returns an aware time in UTC."""

    config: Config
    store: Store
    plugins: Plugins
    clock: Callable[[], datetime]
    scope: Scope = EVERYTHING
    author: str = "system"

    def acting_as(self, author: str, scope: Scope) -> Engine:
        """The same house for somebody who may touch only these accounts."""
        return replace(self, author=author, scope=scope)

    def moment(self, on: date | None = None) -> Moment:
        """Now, or the end of the day `on`."""
        return Moment(self.clock(), on)
