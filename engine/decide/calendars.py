"""Shut days: for each distinct calendar, tables that map a day to the next open one, read when a day falls in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engine.errors import PluginError
from engine.types import NEVER, Closed

Days = npt.NDArray[np.int32]
"""Days since 1970-01-01."""
Rows = npt.NDArray[np.intp]
Shut = Callable[[str, date, date], Mapping[date, str]]

EPOCH = date(1970, 1, 1)
NEVER_DAY = (NEVER - EPOCH).days
BLOCK = 512
"""Days in one table."""


@dataclass(frozen=True)
class Calendars:
    """The calendars of one Closed. `row` says which of `names` each contact has."""

    closed: Closed
    names: Sequence[str]
    row: Rows
    applies: npt.NDArray[np.bool_] | None
    """Contacts whose days it shuts; None: all."""
    today: Days
    tables: dict[int, Days] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)
    """The calendars that could not be read, by their place: they shut today, and no other day."""

    def open_from(self, day: Days, rows: Rows) -> Days:
        """For each of the rows, the day if it is open, else the next open one, or the start of the next table."""
        found = day.copy()
        blocks = day // BLOCK
        for block in np.unique(blocks):
            here = np.flatnonzero(blocks == block)
            found[here] = self._table(int(block))[self.row[rows[here]], day[here] - block * BLOCK]
        if self.failed:
            shut = np.isin(self.row[rows], list(self.failed)) & (day == self.today[rows])
            found = np.where(shut, day + 1, found)
        return found if self.applies is None else np.where(self.applies[rows], found, day)

    def _table(self, block: int) -> Days:
        if block not in self.tables:
            tables = [self._read(place, block * BLOCK) for place in range(len(self.names))]
            self.tables[block] = np.array(tables, dtype=np.int32)
        return self.tables[block]

    def _read(self, place: int, first: int) -> Days:
        if place not in self.failed and first <= NEVER_DAY:
            try:
                return _read_table(self.closed.shut, self.names[place], first)
            except PluginError:
                self.failed.add(place)
        return np.arange(first, first + BLOCK, dtype=np.int32)


@lru_cache(maxsize=4096)
def _read_table(shut: Shut, name: str, first: int) -> Days:
    days = np.arange(first, first + BLOCK, dtype=np.int32)
    days[[(day - EPOCH).days - first for day in _read_block(shut, name, first)]] = first + BLOCK
    return np.minimum.accumulate(days[::-1])[::-1]


def why_shut(shut: Shut, name: str, day: date) -> str | None:
    """Why the calendar is shut that day; None where it is open."""
    return _read_block(shut, name, (day - EPOCH).days // BLOCK * BLOCK).get(day)


@lru_cache(maxsize=4096)
def _read_block(shut: Shut, name: str, first: int) -> Mapping[date, str]:
    """Kept, because the same calendar is asked for again with every Book: its text says all there is to it."""
    return shut(name, EPOCH + timedelta(first), EPOCH + timedelta(min(first + BLOCK - 1, NEVER_DAY)))
