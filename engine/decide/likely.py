"""Who is likely to be asked next: a guess, made quickly, for a course of events to be worked out from.

Nothing is decided here, and a wrong guess costs time, not truth: see engine.decide.ahead. The days on which somebody
would be asked, but for places that others hold, are gone through once. What an ask changes was learned from a state in
which everybody was asked on the first day: for how long a place is held, when the next ask follows, and how much less
it is worth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.decide.asked import FAR
from engine.decide.calendars import Days, Rows
from engine.decide.future import Groups
from engine.decide.planner import Decisions
from engine.decide.says import Said, Say
from engine.types import Limit

FREES = "frees_on"
TINY = 1e-300


@dataclass(frozen=True)
class Lasting:
    """A limit whose places are held for days. `group`, `days`: of each row, and how long it holds a place."""

    say: Say
    group: list[int]
    days: list[int]


@dataclass(frozen=True)
class Habits:
    """What an ask of each row changes. `rest`: days until the next one may follow; `fades`: what that is worth, of what
    it would be worth without, as a logarithm."""

    person: list[int]
    rest: list[int]
    fades: list[float]
    lasting: Sequence[Lasting]


def learn(person: Rows, before: pl.DataFrame, after: pl.DataFrame, limits: Said, plan: pl.DataFrame) -> Habits:
    """`before`, `after`: what is decided on the first day, and if everybody was asked on it; `limits`: what these say
    then."""
    today = after["today"].to_physical()
    rest = after["next_ask_on"].to_physical().fill_null(FAR) - today
    fades = (_logs(after["worth"]) - _logs(before["worth"])).tolist()
    return Habits(person.tolist(), rest.to_list(), fades, list(_find_lasting(limits, plan, today)))


def _logs(worth: pl.Series) -> npt.NDArray[np.float64]:
    """Plugins may say that an answer is worth a million million times less, again and again."""
    logs: npt.NDArray[np.float64] = np.log(np.maximum(worth.to_numpy(), TINY))
    return logs


def _find_lasting(limits: Said, plan: pl.DataFrame, today: pl.Series) -> Iterator[Lasting]:
    for say in limits.of(Limit):
        assert isinstance(say.what, Limit)
        per = [name for name in say.what.per if name != "today"]
        if FREES in say.columns and _own_place(say, limits.frame) and set(per) <= set(plan.columns):
            days = limits.frame[say[FREES]].to_physical().fill_null(today) - today
            group = Groups(plan.select(per)).number if per else np.zeros(plan.height, dtype=np.intp)
            yield Lasting(say, group.tolist(), days.to_list())


def _own_place(say: Say, said: pl.DataFrame) -> str | None:
    """The column that says whose person holds a place already, if a limit tells."""
    columns = (say[name] for name in ("holds", "used") if name in say.columns)
    return next((column for column in columns if said[column].dtype == pl.Boolean), None)


class Candidate(NamedTuple):
    """A row that would be asked on a day if there are places. `worth`: its logarithm. Of each lasting limit, `most`
    there are (-1: it needs none) and how many are `held` in the morning."""

    place: int
    row: int
    day: int
    worth: float
    rank: int
    most: Sequence[int]
    held: Sequence[int]


def list_candidates(
    decided: Decisions, possible: pl.DataFrame, cells: Rows, lasting: Sequence[Lasting]
) -> list[Candidate]:
    """`possible`: rows and the days `on` which they would be asked; `cells`: their rows in what was decided."""
    days, rows = possible["on"].to_numpy(), possible["row"].to_numpy()
    found = [_read_places(decided, limit, days, rows, cells) for limit in lasting]
    most, held = (list(zip(*each, strict=True)) or [()] * len(rows) for each in zip(*found, strict=True) or ((), ()))
    keys = (_logs(decided.frame["worth"][cells]).tolist(), possible["rank"].to_list())
    return list(map(Candidate, range(len(rows)), rows.tolist(), days.tolist(), *keys, most, held))


def _read_places(
    decided: Decisions, limit: Lasting, days: Days, rows: Rows, cells: Rows
) -> tuple[list[int], list[int]]:
    place = next((n for n, say in enumerate(decided.limits) if say.at == limit.say.at), None)
    own = None if place is None else _own_place(limit.say, decided.said.frame)
    if own is None:  # it could be worked out when habits were learned, and cannot now
        return [-1] * len(rows), [0] * len(rows)
    said, used = decided.said.frame[cells], decided.frame[f"used:{place}"][cells].fill_null(0).to_numpy()
    holds = said[own].fill_null(value=False).to_numpy()
    most = said[limit.say["at_most"]].fill_null(-1).to_numpy()
    _, which = np.unique(np.stack([days, np.array(limit.group)[rows]]), axis=1, return_inverse=True)
    held = np.full(len(rows), FAR)
    np.minimum.at(held, which, used)  # whoever has the first turn finds none of today's taken
    return np.where(holds, -1, most).tolist(), held[which].tolist()


Key = tuple[int, int]
"""A lasting limit, by its place among them, and a group of it."""


@dataclass
class Guess:
    """`supposed`: the rows that were supposed to be asked, by day, which is what the candidates were found under."""

    habits: Habits
    supposed: dict[int, set[int]]
    _rests_until: dict[int, int] = field(default_factory=dict)
    _times: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """By person: how many times more they were asked than was supposed."""
    _held: dict[Key, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    """Until when how many more places are held than was supposed."""

    def make(self, candidates: Iterable[Candidate]) -> list[int]:
        """The places of those who will be asked among the candidates, who come in the order of their days."""
        by_day = {day: list(some) for day, some in groupby(candidates, key=lambda one: one.day)}
        asked: list[int] = []
        for day in sorted({*by_day, *self.supposed}):
            chosen = {one.row: one.place for one in self._choose(day, by_day.get(day, ()))}
            asked += chosen.values()
            for row in chosen.keys() ^ self.supposed.get(day, set()):
                self._differ(row, day, 1 if row in chosen else -1)
        return asked

    def _choose(self, day: int, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        person, today = self.habits.person, defaultdict[Key, int](int)
        rested = [one for one in candidates if self._rests_until.get(person[one.row], day) <= day]
        for one in sorted(rested, key=self._turn):
            keys = {
                (number, limit.group[one.row]): most - held
                for number, (limit, most, held) in enumerate(zip(self.habits.lasting, one.most, one.held, strict=True))
                if most >= 0
            }
            if all(today[key] + self._more(key, day) < free for key, free in keys.items()):
                for key in keys:
                    today[key] += 1
                yield one

    def _turn(self, one: Candidate) -> tuple[float, int, int]:
        """More worth first, then whose reason is older."""
        person = self.habits.person[one.row]
        worth = one.worth + self.habits.fades[one.row] * self._times[person]
        return -worth, self._rests_until.get(person, 0), one.rank

    def _more(self, key: Key, day: int) -> int:
        return sum(sign for until, sign in self._held[key] if until > day)

    def _differ(self, row: int, day: int, sign: int) -> None:
        person = self.habits.person[row]
        self._times[person] += sign
        self._rests_until[person] = day + self.habits.rest[row]
        for number, limit in enumerate(self.habits.lasting):
            self._held[number, limit.group[row]].append((day + limit.days[row], sign))
