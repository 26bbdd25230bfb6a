"""The Book as it will have been: moved from day to day by asks and answers, and by nothing else.

No touchpoint, promise, wish or setting changes after the first day; only `today` moves on. What an ask and an answer
change is written down here once, column by column, as engine.data reads it from what really happened.
"""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from datetime import datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from engine.decide.asked import FAR, NO_DAY, Places
from engine.decide.calendars import EPOCH, Days, Rows
from engine.decide.standing import PROMISE_ASKED, PROMISES, Standing

OWN_DAY = {"relationship": "relationship_asked_on", "renewal": "renewal_asked_on", "promise": PROMISE_ASKED}
"""The column that keeps when a contact was last asked for an occasion. A follow-up empties the touchpoints instead."""
MORNING = time(10)
"""When asks are sent: within an hour or so."""


class Future:
    """All rows of a Book, day by day. `frame`: the Book with its settings, as it was on the first day."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self.contact_ids = frame["contact_id"].to_numpy()
        self.people = Groups(frame.select("person_id"))
        self.accounts = Groups(frame.select("account_id"))
        self._roles = Groups(frame.select("account_id", "role"))
        self._has_role = frame["role"].is_not_null().to_numpy()
        self._zones = frame["timezone"].to_numpy()
        self.standing = Standing(frame)
        self.awaited: dict[int, list[pl.DataFrame]] = {}
        """The asks that will be answered, by day."""

    def fork(self) -> Future:
        """The same, to go on in another way."""
        other = copy(self)
        other.standing, other.awaited = self.standing.fork(), {day: [*asks] for day, asks in self.awaited.items()}
        return other

    @cached_property
    def moving(self) -> set[str]:
        """The columns that do not stay as they are."""
        return self._moved | {PROMISES}

    @cached_property
    def _moved(self) -> set[str]:
        """Those that are made anew."""
        return {column.name for column in self.standing.columns(np.empty(0, np.intp), np.empty(0, np.int32))}

    # what happens

    def ask(self, asks: pl.DataFrame, today: int) -> Rows:
        """Rows, each another person, are asked for an `occasion` by a `channel`. `over_on`: when that is answered, or
        its link has run out. Returns every row of their persons, who all know of it."""
        now, rows = self.standing, asks["row"].to_numpy()
        heard_on, over_on = asks["heard_on"].to_numpy(), asks["over_on"].to_numpy()
        everyone, which = self.people.of(rows)
        days = self._days_there(everyone, rows[which], today)
        now.asked.add(everyone, days, heard_on[which])
        now.open[everyone], now.over[everyone] = days, over_on[which]
        now.free_on[everyone] = over_on[which]
        now.days["planned_on"][rows], now.elsewhere[everyone] = NO_DAY, False
        here = self.accounts.number[everyone] == self.accounts.number[rows[which]]
        now.days["asked_here_on"][everyone[here]] = days[here]
        occasions = asks["occasion"].to_numpy()
        for occasion, name in OWN_DAY.items():
            now.days[name][rows[occasions == occasion]] = today
        for name in now.touchpoints:
            now.days[name][rows[occasions == "touchpoint"]] = NO_DAY
        self._count("sent_by:", rows, asks["channel"])
        self.expect(asks)
        return everyone

    def expect(self, asks: pl.DataFrame) -> None:
        """These are answered on their `heard_on`, FAR: never."""
        heard_on = asks["heard_on"].to_numpy()
        for day in np.unique(heard_on[heard_on < FAR]).tolist():
            self.awaited.setdefault(day, []).append(asks[np.flatnonzero(heard_on == day)])

    def _days_there(self, rows: Rows, asked: Rows, today: int) -> Days:
        """Today where others are, when it is morning where a person is asked."""
        days = np.full(len(rows), today, dtype=np.int32)
        for place in np.flatnonzero(self._zones[rows] != self._zones[asked]).tolist():
            days[place] = _day_there(today, self._zones[asked[place]], self._zones[rows[place]])
        return days

    def _count(self, what: str, rows: Rows, channels: pl.Series) -> None:
        by = channels.to_numpy()
        for name, counts in self.standing.counts.items():
            if name.startswith(what):
                counts[rows[by == name.removeprefix(what)]] += 1

    def hear(self, rows: Rows, places: Places, heard_on: Days, over_on: Days) -> None:
        """Say what becomes of asks that were sent before the first day. `places`: 0 for the person's newest."""
        everyone, which = self.people.of(rows)
        self.standing.asked.hear(everyone, places[which], heard_on[which])
        newest = places[which] == 0
        self.standing.over_before[everyone[newest]] = over_on[which[newest]]

    def engage(self, rows: Rows, free_on: Days) -> None:
        """The persons of these rows have an ask of ours under way until that day."""
        everyone, which = self.people.of(rows)
        self.standing.free_on[everyone] = free_on[which]

    def answer(self, today: int) -> Rows:
        """The answers of today come in. Every row of the accounts that they are from."""
        asks = self.awaited.pop(today, [])
        for some in asks:
            rows, heard = some["row"].to_numpy(), self.standing.days
            heard["account_heard_on"][self.accounts.of(rows)[0]] = today
            heard["role_heard_on"][self._roles.of(rows[self._has_role[rows]])[0]] = today
            self._count("answered_by:", rows, some["channel"])
        return np.concatenate([np.empty(0, np.intp), *(self.accounts.of(self._persons(some))[0] for some in asks)])

    def _persons(self, asks: pl.DataFrame) -> Rows:
        return self.people.of(asks["row"].to_numpy())[0]

    # what is known then

    def view(self, frame: pl.DataFrame, rows: Rows, today: int) -> pl.DataFrame:
        """Some rows of `frame`, which has all or some of the columns, as they are at the end of `today`."""
        days = np.full(rows.shape, today, dtype=np.int32)
        return move(self.standing, self.still(frame)[rows], frame.columns, rows, days)

    def still(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The columns that stay as they are."""
        return frame.select(name for name in frame.columns if name not in self._moved)


def move(now: Standing, still: pl.DataFrame, names: Collection[str], rows: Rows, today: Days) -> pl.DataFrame:
    """With those of these columns that move, each row as it stands at the end of its day if nothing happens before.

    `still`: the other columns of these rows."""
    moved = still.hstack([column for column in now.columns(rows, today) if column.name in names])
    return moved.with_columns(now.left_promises(pl.col(PROMISES), rows)) if PROMISES in names else moved


@lru_cache(maxsize=1 << 16)
def _day_there(day: int, here: str, there: str) -> int:
    morning = datetime.combine(EPOCH + timedelta(day), MORNING, ZoneInfo(here))
    return (morning.astimezone(ZoneInfo(there)).date() - EPOCH).days


class Groups:
    """Rows that share a key. Where part of a key is null a row is alone."""

    def __init__(self, keys: pl.DataFrame) -> None:
        known = pl.all_horizontal(pl.all().is_not_null())
        alone = pl.when(~known).then(pl.int_range(pl.len()))
        numbered = keys.with_row_index().select(number=pl.struct(*keys.columns, alone.alias("alone")).rank("dense"))
        self.number = numbered["number"].to_numpy().astype(np.intp) - 1
        """Each row's group."""
        self.size = np.bincount(self.number)
        self._rows = np.argsort(self.number, kind="stable")
        self._start = np.cumsum(self.size) - self.size

    def of(self, rows: Rows) -> tuple[Rows, Rows]:
        """Every row of the groups of these rows, and which of them each came by."""
        groups = self.number[rows]
        size = self.size[groups]
        which = np.repeat(np.arange(len(rows)), size)
        place = np.arange(which.size) - np.repeat(np.cumsum(size) - size, size)
        return self._rows[self._start[groups][which] + place], which
