"""What strategies that ship said before. Expressions stay the same for the same columns and settings, and to put them
together anew takes much of the time that it takes to decide for a single contact.

Whatever somebody brings is asked every time: nobody knows what it looks at. Of what ships only reasons look at kinds
of touchpoints, which differ from Book to Book: a test asks every other hook with and without them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Protocol, TypeVar

import polars as pl

from engine.decide.book import COLUMNS, GRID_COLUMNS, LIMIT_COLUMNS, Counts

MOST = 4096
"""Things kept of one strategy."""
_COLUMNS = frozenset(column.name for column in (*COLUMNS, *GRID_COLUMNS, *LIMIT_COLUMNS))
_COUNTS = tuple(f"{name}:" for name in Counts._fields)

Said = TypeVar("Said")


class Asked(Protocol):
    """A strategy, as far as what it said is kept."""

    @property
    def ships(self) -> bool: ...
    @property
    def heard(self) -> dict[Any, Any]: ...


def columns_of(frame: pl.DataFrame) -> Hashable:
    """The columns that strategies may look at, without those for kinds of touchpoints and for settings."""
    return frozenset(name for name in frame.columns if name in _COLUMNS or name.startswith(_COUNTS))


def recall(strategy: Asked, about: Hashable, settings: Mapping[str, pl.Expr], ask: Callable[[], Said]) -> Said:
    """What it says about the same under the same settings, asked once. What raises is not kept."""
    if not strategy.ships:
        return ask()
    key = about, tuple(map(id, settings.values()))
    found: tuple[Said, Mapping[str, pl.Expr]] | None = strategy.heard.get(key)
    if found is None:
        found = ask(), settings  # as long as they are kept, nothing else can have their ids
        if len(strategy.heard) >= MOST:
            strategy.heard.clear()
        strategy.heard[key] = found
    return found[0]
