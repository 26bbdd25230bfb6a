"""The same course of events for an account or a few: everybody is decided for on many days at once.

Suppose that certain asks will be made. What is decided of a day is right as long as what is supposed of the days before
it is. So all rows are worked out for many days at once, and what is found is right up to the first day on which it is
not what was supposed. Then all is worked out again from the day after, supposing what is likely by now: as often as a
guess was wrong, not as often as somebody is asked. To decide for ten people takes about as long as for a thousand.

So waveforms are relaxed (Lelarasmee, Ruehli and Sangiovanni-Vincentelli, 1982), and Picard solved equations before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from engine.decide.asked import FAR
from engine.decide.calendars import Days, Rows
from engine.decide.course import ASKS, SENT, Course, World
from engine.decide.future import Future, move
from engine.decide.likely import Guess, Habits, learn, list_candidates
from engine.decide.plan import Plan
from engine.decide.planner import Decisions, find_days
from engine.decide.says import with_limit_columns, work_out
from engine.decide.sides import keep_apart
from engine.decide.standing import Standing

CELLS = 4000
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

    def run(self, last: int) -> None:
        """Up to the end of that day."""
        first, supposed, habits = self.world.first, pl.DataFrame(schema=ASKS), self._learn()
        while first <= last:
            end = min(last, first + self._most - 1)
            decided, frame, possible = self._look(supposed, first, end)
            found = possible.filter("asked").select(ASKS.names())
            right = min(_differ(supposed, found), end)
            self._keep(found.filter(pl.col("on") <= right), frame, first, right)
            likely = Guess(habits, _by_day(supposed)).make(
                list_candidates(decided, possible, self._cells(possible, first), habits.lasting)
            )
            supposed = possible[likely].select(ASKS.names()).filter(pl.col("on") > right)
            first = right + 1

    def _look(self, supposed: pl.DataFrame, first: int, last: int) -> tuple[Decisions, pl.DataFrame, pl.DataFrame]:
        """What is decided on these days if those are asked who are supposed to be; the Book on these days, row by row
        and day by day; and who is `asked`, or would be if there was a place."""
        standing, rows, today = self._suppose(supposed, first, last)
        frame = move(standing, self._still.head(len(rows)), self._frame.columns, rows, today)
        decided = self._give_places(find_days(self._rules, self.world.plan.on(frame)))
        chosen = self._choose(decided.frame, self._rows[: len(rows)], standing.free_on[rows] <= today, "limited")
        waiting = [self._waiting[day] for day in sorted(self._waiting) if first <= day <= last]
        kept = pl.Schema({**SENT, "asked": pl.Boolean, "rank": pl.Int64})
        possible = pl.concat(
            each.select(kept.names()).cast(kept)
            for each in (chosen, *(some.with_columns(asked=True, rank=0) for some in waiting))
        ).sort("on", maintain_order=True)
        return decided, frame, self._answering.foresee(possible, frame[self._cells(possible, first)])

    def _suppose(self, supposed: pl.DataFrame, first: int, last: int) -> tuple[Standing, Rows, Days]:
        """How everything stands on each of the days: a pile of states, the row of each row on each day, and the day."""
        future, states, which = self.future.fork(), [], []
        for changed in _go_by(future, supposed, first, last):
            if changed:
                states.append(future.standing.fork())
            which.append(len(states) - 1)
        rows = np.repeat(np.array(which) * self._height, self._height) + self._rows[: len(which) * self._height]
        return Standing.pile(states), rows, np.repeat(np.arange(first, last + 1, dtype=np.int32), self._height)

    def _cells(self, asks: pl.DataFrame, first: int) -> Rows:
        """Where they are among all rows on all days."""
        cells: Rows = asks["row"].to_numpy() + (asks["on"].to_numpy() - first) * self._height
        return cells

    def _keep(self, asks: pl.DataFrame, frame: pl.DataFrame, first: int, last: int) -> None:
        """These days are over, and so it was on them."""
        deque(_go_by(self.future, asks, first, last), maxlen=0)
        self._asks.append(asks)
        self.seen.append(frame[self._cells(asks, first)].select(self.world.plan.frame.columns))

    def _learn(self) -> Habits:
        """What an ask of each row changes."""
        today, future, people = self.world.first, self.future.fork(), self.future.people.number
        future.ask(_ask_all(np.unique(people, return_index=True)[1], today), today)
        views = [each.view(self._frame, self._rows[: self._height], today) for each in (self.future, future)]
        before, after = (find_days(self._rules, self.world.plan.on(view)).frame for view in views)
        limits = work_out(self._rules.limits, with_limit_columns(views[1]))
        return learn(people, before, after, limits, self.world.plan.frame)

    def _find_ways(self, asked: Plan) -> pl.DataFrame:
        return self.world.find_ways(asked)


def _ask_all(rows: Rows, today: int) -> pl.DataFrame:
    asks = pl.DataFrame({"row": rows, "occasion": ["relationship"] * len(rows)})
    asks = asks.with_columns(on=today, about=None, channel=None, heard_on=FAR, over_on=FAR)
    return asks.select(ASKS.names()).cast(ASKS)


def _by_day(asks: pl.DataFrame) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for row, day in asks.select("row", "on").iter_rows():
        found.setdefault(day, set()).add(row)
    return found


def _differ(supposed: pl.DataFrame, found: pl.DataFrame) -> int:
    """The first day on which they are not the same; FAR: none."""
    return min((day for _, day, *_ in set(supposed.iter_rows()) ^ set(found.iter_rows())), default=FAR)


def _go_by(future: Future, asks: pl.DataFrame, first: int, last: int) -> Iterator[bool]:
    """Let these days go by. For each, when its answers have come in and before anybody is asked: does anything stand
    as it did not on the day before?"""
    by_day = {day[0]: some for day, some in asks.partition_by("on", as_dict=True).items()}
    changed = True
    for today in range(first, last + 1):
        for day in sorted(day for day in future.awaited if day <= today):
            future.answer(day)
            changed = True
        yield changed
        changed = today in by_day
        if changed:
            future.ask(by_day[today], today)
