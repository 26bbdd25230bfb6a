"""The same course of events for an account or a few: everybody is decided for on many days at once.

What is decided of a day is right as long as nobody is asked before it. So all rows are worked out for as many days as
are worth it, as if nobody were asked, and what was found counts up to the first day on which somebody is; from the day
after it all is worked out again. To decide for ten people takes about as long as for a thousand: that is what is saved.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from engine.decide.course import ASKS, Course, World
from engine.decide.plan import Plan
from engine.decide.planner import find_days
from engine.decide.sides import keep_apart

CELLS = 1000
"""Rows × days that are worked out at once."""


class Ahead(Course):
    """`seen`: for each ask the row of the Book, settings included, as it is when it is asked."""

    def __init__(self, world: World, under_way: pl.DataFrame) -> None:
        apart = replace(world, rules=keep_apart(world.rules, "today"))
        super().__init__(apart, under_way, keep=world.plan.frame.columns)
        self.seen: list[pl.DataFrame] = []
        self._height = world.plan.frame.height
        self._most = max(1, CELLS // max(1, self._height))
        self._rows = np.tile(np.arange(self._height), self._most)
        self._still = self.future.still(self._frame)[self._rows]
        self._looked_at = world.first, self._frame.clear()
        """The first of the days that were looked at last, and the rows of the Book on each of them in turn."""

    def run(self, last: int) -> None:
        """Up to the end of that day."""
        today = self.world.first
        while today <= last:
            for day in sorted(day for day in self.future.awaited if day <= today):
                self.future.answer(day)
            asks, today = self._look_ahead(today, min(last, *self._waiting, today + self._most - 1))
            self._ask(asks, today)
            if (waiting := self._waiting.pop(today, None)) is not None:
                self._ask(waiting, today)
            today += 1

    def _look_ahead(self, first: int, last: int) -> tuple[pl.DataFrame, int]:
        """Who is asked next, and when; nobody: the last of these days."""
        today = np.repeat(np.arange(first, last + 1, dtype=np.int32), self._height)
        rows = self._rows[: len(today)]
        frame = self.future.move(self._still.head(len(today)), self._frame.columns, rows, today)
        self._looked_at = first, frame
        days = find_days(self._rules, self.world.plan.on(frame))
        if (days.frame["decision"] == "ask").any():
            asks = self._choose(self._give_places(days).frame, rows, today)
            if asks.height:
                return asks, int(asks["today"].to_physical()[0])
        return pl.DataFrame(schema=ASKS), last

    def _find_ways(self, asked: Plan) -> pl.DataFrame:
        return self.world.find_ways(asked)

    def _see(self, asks: pl.DataFrame, today: int) -> pl.DataFrame:
        first, frame = self._looked_at
        rows = asks["row"].to_numpy() + (today - first) * self._height
        self.seen.append(frame[rows].select(self.world.plan.frame.columns))
        return self.seen[-1]
