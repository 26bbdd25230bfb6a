"""How often and when each row's person was asked, and whether they answered: a history that can be added to."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.decide.calendars import Days, Rows

NO_DAY = np.iinfo(np.int32).min
FAR = np.iinfo(np.int32).max
"""A day that does not come."""
SETTLED_DAYS = 14
"""After so many days without an answer an ask counts as unanswered."""
ROOM = 4
"""Places added where a history is full."""

Places = npt.NDArray[np.int64]


class Asked:
    """Asks as rows × places, the newest first."""

    def __init__(self, book: pl.DataFrame) -> None:
        """Of asks that had their time the Book says how many of the newest went unanswered; the one before them was
        answered. Of younger ones it says nothing: see `hear`."""
        asked = book["asked_on"]
        self._count = asked.list.len().to_numpy().astype(np.int64)
        self._days = np.full((book.height, int(self._count.max(initial=0)) + ROOM), NO_DAY, dtype=np.int32)
        row = np.repeat(np.arange(book.height), self._count)
        place = np.arange(row.size) - np.repeat(np.cumsum(self._count) - self._count, self._count)
        self._days[row, place] = numbers(asked.explode(empty_as_null=False))
        young = (self._days > (numbers(book["today"]) - SETTLED_DAYS)[:, None]).sum(axis=1)
        unheard = np.arange(self._days.shape[1]) < (young + book["unanswered_in_a_row"].to_numpy())[:, None]
        self._heard_on = np.where(unheard, FAR, NO_DAY).astype(np.int32)

    def fork(self) -> Asked:
        """The same, to go on in another way."""
        other = copy(self)
        other._count, other._days, other._heard_on = self._count.copy(), self._days.copy(), self._heard_on.copy()
        return other

    @staticmethod
    def pile(parts: Sequence[Asked]) -> Asked:
        """All of them as one, the rows of each below those of the one before."""
        pile, width = copy(parts[0]), max(part._days.shape[1] for part in parts)
        pile._count = np.concatenate([part._count for part in parts])
        pile._days, pile._heard_on = (
            np.concatenate([_widen(kept, width) for kept in each])
            for each in ([part._days for part in parts], [part._heard_on for part in parts])
        )
        return pile

    def hear(self, rows: Rows, places: Places, days: Days) -> None:
        """Say when asks of before are answered, by their place: 0 is the row's newest."""
        here = places < self._count[rows]
        self._heard_on[rows[here], places[here]] = days[here]

    def add(self, rows: Rows, days: Days, heard_on: Days) -> None:
        """Newer asks; `heard_on`: when the answer will come, or FAR."""
        if len(rows) and int(self._count[rows].max()) == self._days.shape[1]:
            width = self._days.shape[1] + ROOM
            self._days, self._heard_on = _widen(self._days, width), _widen(self._heard_on, width)
        for kept, new in ((self._days, days), (self._heard_on, heard_on)):
            kept[rows, 1:] = kept[rows, :-1]
            kept[rows, 0] = new
        self._count[rows] += 1

    def columns(self, rows: Rows, today: Days) -> list[pl.Series]:
        """The Book's columns about it, each row at the end of its `today`; of `changes_on`, days as numbers."""
        count = self._count[rows]
        width = max(int(count.max(initial=0)), 1)
        days = self._days[rows, :width]
        today = today[:, None]
        settled = days <= today - SETTLED_DAYS
        young = width - settled.sum(axis=1)
        heard = settled & (self._heard_on[rows, :width] <= today) & (days != NO_DAY)
        unanswered = np.where(heard.any(axis=1), heard.argmax(axis=1), count) - young
        each = np.arange(len(rows))
        latest = np.where(young < count, days[each, np.minimum(young, width - 1)], NO_DAY)
        settles_on = np.where(young > 0, days[each, young - 1] + SETTLED_DAYS, NO_DAY)
        return [
            _lists(days, count),
            dates("last_asked_on", days[:, 0]),
            pl.Series("unanswered_in_a_row", unanswered.astype(np.int32)),
            dates("settled_asked_on", latest),
            pl.Series("changes_on", settles_on.astype(np.int32)),
        ]


def _widen(days: Days, width: int) -> Days:
    return np.pad(days, ((0, 0), (0, width - days.shape[1])), constant_values=NO_DAY)


def _lists(days: Days, count: Places) -> pl.Series:
    listed = pl.DataFrame({"asked_on": days, "count": count})
    return listed.select(pl.col("asked_on").arr.to_list().list.head("count").cast(pl.List(pl.Date))).to_series()


def dates(name: str, days: Days) -> pl.Series:
    """Numbers of days as dates; NO_DAY is null."""
    found = days.astype("datetime64[D]")
    found[days == NO_DAY] = np.datetime64("NaT")
    return pl.Series(name, found, dtype=pl.Date)


def numbers(days: pl.Series, missing: int = NO_DAY) -> Days:
    """Days as numbers since 1970-01-01; null is `missing`."""
    values = days.cast(pl.Int32).to_numpy()  # where some are null they come as floats, and those as NaN
    return (
        np.where(np.isnan(values), missing, values).astype(np.int32) if days.null_count() else values.astype(np.int32)
    )
