"""The Book as it will have been: moved from day to day by asks and answers, and by nothing else.

No touchpoint, promise, wish or setting changes after the first day; only `today` moves on. What an ask and an answer
change is written down here once, column by column, as engine.data reads it from what really happened.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from engine.decide.asked import FAR, NO_DAY, Asked, Places, dates, numbers
from engine.decide.book import ACCOUNT_TOUCHPOINT, TOUCHPOINT
from engine.decide.calendars import EPOCH, Days, Rows
from engine.types import OCCASIONS

PROMISES, PROMISE_ASKED = "done_promises_on", "promise_asked_on"
OWN_DAY = {"relationship": "relationship_asked_on", "renewal": "renewal_asked_on", "promise": PROMISE_ASKED}
"""The column that keeps when a contact was last asked for an occasion. A follow-up empties the touchpoints instead."""
COUNTED = ("sent_by:", "answered_by:")
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
        self.asked = Asked(frame)
        self._zones = frame["timezone"].to_numpy()
        self._touchpoints = [name for name in frame.columns if name.startswith((TOUCHPOINT, ACCOUNT_TOUCHPOINT))]
        kept = ("relationship_asked_on", "renewal_asked_on", "asked_here_on", "planned_on", *self._touchpoints)
        self._days = {name: numbers(frame[name]) for name in kept}
        self._days[PROMISE_ASKED] = self._never()
        self._ahead = numbers(frame["changes_on"])
        self._counts = {name: frame[name].to_numpy().copy() for name in frame.columns if name.startswith(COUNTED)}
        self._heard = {name: numbers(frame[name]) for name in ("account_heard_on", "role_heard_on")}
        self._has_role = frame["role"].is_not_null().to_numpy()
        self._elsewhere = frame["planned_elsewhere"].to_numpy().copy()
        self._open_before, self._over_before = numbers(frame["open_asked_on"]), np.full(frame.height, FAR, np.int32)
        self._open, self._over = self._never(), self._never()
        self.free_on = self._never()
        """From when on each row's person has no ask of ours under way."""
        self.awaited: dict[int, list[pl.DataFrame]] = {}
        """The asks that will be answered, by day."""

    def _never(self) -> Days:
        return np.full(self.frame.height, NO_DAY, dtype=np.int32)

    @cached_property
    def moving(self) -> set[str]:
        """The columns that do not stay as they are."""
        return self._moved | {PROMISES}

    @cached_property
    def _moved(self) -> set[str]:
        """Those that are made anew."""
        return {column.name for column in self._columns(np.empty(0, np.intp), np.empty(0, np.int32))}

    # what happens

    def ask(self, asks: pl.DataFrame, today: int, heard_on: Days, over_on: Days) -> Rows:
        """Rows, each another person, are asked for an `occasion` by a `channel`. `over_on`: when that is answered, or
        its link has run out. Returns every row of their persons, who all know of it."""
        rows = asks["row"].to_numpy()
        everyone, which = self.people.of(rows)
        days = self._days_there(everyone, rows[which], today)
        self.asked.add(everyone, days, heard_on[which])
        self._open[everyone], self._over[everyone] = days, over_on[which]
        self.free_on[everyone] = over_on[which]
        self._days["planned_on"][rows], self._elsewhere[everyone] = NO_DAY, False
        here = self.accounts.number[everyone] == self.accounts.number[rows[which]]
        self._days["asked_here_on"][everyone[here]] = days[here]
        by_occasion = {occasion: rows[(asks["occasion"] == occasion).to_numpy()] for occasion in OCCASIONS}
        for occasion, name in OWN_DAY.items():
            self._days[name][by_occasion[occasion]] = today
        for name in self._touchpoints:
            self._days[name][by_occasion["touchpoint"]] = NO_DAY
        self._count(self._counts, "sent_by:", asks)
        return everyone

    def _days_there(self, rows: Rows, asked: Rows, today: int) -> Days:
        """Today where others are, when it is morning where a person is asked."""
        days = np.full(len(rows), today, dtype=np.int32)
        for place in np.flatnonzero(self._zones[rows] != self._zones[asked]).tolist():
            days[place] = _day_there(today, self._zones[asked[place]], self._zones[rows[place]])
        return days

    def _count(self, counts: Mapping[str, Any], name: str, asks: pl.DataFrame) -> None:
        for channel, found in asks.partition_by("channel", as_dict=True).items():
            if (some := counts.get(f"{name}{channel[0]}")) is not None:
                some[found["row"].to_numpy()] += 1

    def hear(self, rows: Rows, places: Places, heard_on: Days, over_on: Days) -> None:
        """Say what becomes of asks that were sent before the first day. `places`: 0 for the person's newest."""
        everyone, which = self.people.of(rows)
        self.asked.hear(everyone, places[which], heard_on[which])
        newest = places[which] == 0
        self._over_before[everyone[newest]] = over_on[which[newest]]

    def engage(self, rows: Rows, free_on: Days) -> None:
        """The persons of these rows have an ask of ours under way until that day."""
        everyone, which = self.people.of(rows)
        self.free_on[everyone] = free_on[which]

    def answer(self, today: int) -> Rows:
        """The answers of today come in. Every row of the accounts that they are from."""
        asks = self.awaited.pop(today, [])
        for some in asks:
            self._hear(some, today, self._heard, self._counts)
        return np.concatenate([np.empty(0, np.intp), *(self.accounts.of(self._persons(some))[0] for some in asks)])

    def _persons(self, asks: pl.DataFrame) -> Rows:
        return self.people.of(asks["row"].to_numpy())[0]

    def _hear(self, asks: pl.DataFrame, day: int, heard: Mapping[str, Any], counts: Mapping[str, Any]) -> None:
        rows = asks["row"].to_numpy()
        heard["account_heard_on"][self.accounts.of(rows)[0]] = day
        known = rows[self._has_role[rows]]
        heard["role_heard_on"][self._roles.of(known)[0]] = day
        self._count(counts, "answered_by:", asks)

    # what is known then

    def view(self, frame: pl.DataFrame, rows: Rows, today: int | Days) -> pl.DataFrame:
        """Some rows of `frame`, which has all or some of the columns, as they are at the end of `today`."""
        today = np.broadcast_to(np.asarray(today, dtype=np.int32), rows.shape)
        return self.move(self.still(frame)[rows], frame.columns, rows, today)

    def still(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The columns that stay as they are."""
        return frame.select(name for name in frame.columns if name not in self._moved)

    def move(self, still: pl.DataFrame, names: Collection[str], rows: Rows, today: Days) -> pl.DataFrame:
        """With those of these columns that move, each row as it is at the end of its day if nobody is asked before.

        `still`: the other columns of these rows."""
        moved = still.hstack([column for column in self._columns(rows, today) if column.name in names])
        asked = self._days[PROMISE_ASKED][rows]
        if PROMISES not in names or (asked == NO_DAY).all():
            return moved
        return moved.with_columns(_left_since(pl.col(PROMISES), asked))

    def _columns(self, rows: Rows, today: Days) -> Iterator[pl.Series]:
        *asked, settles_on = self.asked.columns(rows, today)
        yield from asked
        yield dates("today", today)
        yield dates("changes_on", _next_after(today, settles_on.to_numpy(), self._ahead[rows]))
        before = np.where(self._over_before[rows] > today, self._open_before[rows], NO_DAY)
        since = np.where(self._over[rows] > today, self._open[rows], NO_DAY)
        yield dates("open_asked_on", np.maximum(before, since))
        yield pl.Series("planned_elsewhere", self._elsewhere[rows])
        for name, days in self._days.items():
            yield dates(name, days[rows])
        for name, values in self._heard_by(rows, today).items():
            yield dates(name, values) if name in self._heard else pl.Series(name, values)

    def _heard_by(self, rows: Rows, today: Days) -> dict[str, Any]:
        """What answers change: those that have come in, and those that each row awaits until its day."""
        heard, counts = dict(self._heard), dict(self._counts)
        found = {name: values[rows] for name, values in (heard | counts).items()}
        for day in sorted(day for day in self.awaited if day <= today.max(initial=NO_DAY)):
            heard, counts = ({name: it.copy() for name, it in each.items()} for each in (heard, counts))
            for asks in self.awaited[day]:
                self._hear(asks, day, heard, counts)
            later = today >= day
            found = {name: np.where(later, it[rows], found[name]) for name, it in (heard | counts).items()}
        return found


def _left_since(done_on: pl.Expr, asked: Days) -> pl.Expr:
    """Promises are asked about once: of those that were done, those remain that no ask followed."""
    first = pl.lit(pl.Series(np.where(asked == NO_DAY, 0, asked)))
    since = done_on.cast(pl.List(pl.Int32)) - first
    left = since.list.eval(pl.element().filter(pl.element() >= 0)) + first
    return pl.when(pl.Series(asked != NO_DAY)).then(left.cast(pl.List(pl.Date))).otherwise(done_on)


@lru_cache(maxsize=1 << 16)
def _day_there(day: int, here: str, there: str) -> int:
    morning = datetime.combine(EPOCH + timedelta(day), MORNING, ZoneInfo(here))
    return (morning.astimezone(ZoneInfo(there)).date() - EPOCH).days


def _next_after(today: Days, *days: Days) -> Days:
    """The first of each row's days that are still to come; NO_DAY where none is."""
    first = np.min([np.where(each > today, each, FAR) for each in days], axis=0)
    return np.where(first == FAR, NO_DAY, first).astype(np.int32)


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
