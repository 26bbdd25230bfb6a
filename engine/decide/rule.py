"""The rule: for each reason the first day on or after max(reason date, today) that no hold covers and none shuts.

What was said is turned into arrays once, so that the rule can be applied again under other modes at little cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.decide.calendars import NEVER_DAY, Calendars, Days, Rows
from engine.decide.says import Said, Say
from engine.types import OCCASIONS, Closed, Hold, Reason

AHEAD = 1500
"""Days searched for one that is free; none found counts as never."""
NO_DAY = np.iinfo(np.int32).min
NO_REASON = NEVER_DAY + 1
"""Instead of a day, where no reason is left."""
Mask = npt.NDArray[np.bool_]
_DATES = ("on", "expires", "until", "since")
_OCCASIONS = ("except_for", "only_for")


@dataclass(frozen=True)
class Found:
    """What the rule finds for each row. `day`: NEVER_DAY or NO_REASON where there is none."""

    day: Days
    reason: npt.NDArray[np.int8]
    """Its place among the reasons, in the order that breaks ties; -1: none."""
    reason_on: Days
    left: tuple[Mask, ...]
    """For each reason, whether it is one and has not expired."""


@dataclass(frozen=True)
class _Cover:
    """Days that a hold covers, for the contacts and the occasion it applies to."""

    until: Days
    since: Days | None


def in_order(said: Said) -> list[Say]:
    """Reasons in the order that breaks ties between occasions."""
    return [say for _, say in _reasons(said)]


def _reasons(said: Said) -> list[tuple[int, Say]]:
    """The same, with their places among all that was said."""
    found = [(place, say) for place, say in enumerate(said.says) if isinstance(say.what, Reason)]
    return sorted(found, key=lambda each: _rank(occasion_of(each[1])))


def occasion_of(say: Say) -> str:
    assert isinstance(say.what, Reason)
    return say.what.occasion


def _rank(occasion: str) -> int:
    return OCCASIONS.index(occasion) if occasion in OCCASIONS else len(OCCASIONS)


class Rule:
    """The rule for the rows of a Book, with all that was said of them."""

    def __init__(self, frame: pl.DataFrame, said: Said) -> None:
        self.says = said.says
        self.reasons = _reasons(said)
        self.occasions = tuple(dict.fromkeys(occasion_of(say) for _, say in self.reasons))
        self._columns = _as_arrays(said, self.occasions)
        off = (pl.col("wish_occasions_off").list.contains(name).alias(name) for name in self.occasions)
        facts = _arrays(frame.select(pl.col("today").to_physical().alias("#today"), *off))
        self.today: Days = facts.pop("#today")
        self._off: Mapping[str, Mask] = facts
        self._calendars = {
            place: _calendars(say, said.frame, self.today)
            for place, say in enumerate(said.says)
            if isinstance(say.what, Closed)
        }

    def find(self, binding: Mapping[int, Mask] | None = None) -> Found:
        """Apply it. `binding`: for says whose modes are to be others, by place: the rows where they decide."""
        binding = binding or {}
        height = len(self.today)
        day, reason_on = np.full(height, NO_REASON, dtype=np.int32), np.full(height, NO_DAY, dtype=np.int32)
        reason = np.full(height, -1, dtype=np.int8)
        covers = {occasion: list(self._covers(occasion, binding)) for occasion in self.occasions}
        calendars = [self._applied(place, shut, binding) for place, shut in self._calendars.items()]
        left: list[Mask] = []
        for number, (place, say) in enumerate(self.reasons):
            on = self._columns[say["on"]]
            rows = np.flatnonzero((on != NO_DAY) & ~self._off[occasion_of(say)])
            found = _first_free(np.maximum(on, self.today)[rows], rows, covers[occasion_of(say)], calendars)
            kept = self._not_expired(say, rows, found)
            left.append(_mask(height, rows[kept]))
            kept = kept & self._binding(place, binding)[rows] & (found < day[rows])
            day[rows[kept]], reason_on[rows[kept]], reason[rows[kept]] = found[kept], on[rows[kept]], number
        return Found(day, reason, reason_on, tuple(left))

    def tell(self, found: Found) -> tuple[pl.Series, pl.Series]:
        """The decision and its occasion, as words; no occasion where there is no day."""
        names = [*(occasion_of(say) for _, say in self.reasons), None]
        decision = np.select([found.day == NO_REASON, found.day == self.today], [2, 0], 1)
        occasion = np.where(found.day >= NEVER_DAY, len(names) - 1, found.reason)
        words = pl.Series("decision", ["ask", "hold", "no_reason"])[decision]
        return words, pl.Series("occasion", names, dtype=pl.String)[occasion]

    def is_on_trial(self, place: int) -> Mask:
        """Where a say is shown and does not decide."""
        return self._is(place, "shadow")

    def days(self, column: str) -> Days:
        """A column of dates that was said, as days; NO_DAY: null."""
        found: Days = self._columns[column]
        return found

    def _is(self, place: int, mode: str) -> Mask:
        say = self.says[place]
        if say.mode is not None:
            return np.full(len(self.today), say.mode == mode)
        found: Mask = self._columns[f"{say['mode']}={mode}"]
        return found

    def _binding(self, place: int, binding: Mapping[int, Mask]) -> Mask:
        """Where a say decides; in shadow it is only shown."""
        return binding[place] if place in binding else self._is(place, "on")

    def _applied(self, place: int, shut: Calendars, binding: Mapping[int, Mask]) -> Calendars:
        return replace(shut, applies=self._binding(place, binding) & (shut.row >= 0))

    def _not_expired(self, say: Say, rows: Rows, day: Days) -> Mask:
        if "expires" not in say.columns:
            return np.ones(len(rows), dtype=bool)
        expires = self._columns[say["expires"]][rows]
        kept: Mask = (expires == NO_DAY) | (day <= expires)
        return kept

    def _covers(self, occasion: str, binding: Mapping[int, Mask]) -> Iterator[_Cover]:
        for place, say in enumerate(self.says):
            if isinstance(say.what, Hold):
                until = self._columns[say["until"]]
                applies = self._binding(place, binding) & self._concerns(say, say.what, occasion)
                if not applies.all():
                    until = np.where(applies, until, NO_DAY)
                yield _Cover(until, self._columns[say["since"]] if "since" in say.columns else None)

    def _concerns(self, say: Say, hold: Hold, occasion: str) -> Mask | np.bool_:
        """Whether a hold applies to an occasion; one value where it is the same for all. A null list names none."""
        wanted = np.True_ if hold.only_for is None else self._names(say, "only_for", hold.only_for, occasion)
        return ~self._names(say, "except_for", hold.except_for, occasion) & wanted

    def _names(self, say: Say, field: str, occasions: Sequence[str] | pl.Expr, occasion: str) -> Mask | np.bool_:
        if isinstance(occasions, pl.Expr):
            named: Mask = self._columns[f"{say[field]}={occasion}"]
            return named
        return np.bool_(occasion in occasions)


def _as_arrays(said: Said, occasions: Sequence[str]) -> Mapping[str, Any]:
    """Dates as days (NO_DAY: null), modes and lists of occasions as masks: in one select, for each has its price."""
    days: list[str] = []
    masks: dict[str, pl.Expr] = {}
    for say in said.says:
        for field, column in say.columns.items():
            if field in _DATES:
                days.append(column)
            elif field == "mode":
                masks |= {f"{column}={mode}": pl.col(column) == mode for mode in ("on", "shadow")}
            elif field in _OCCASIONS:
                masks |= {
                    f"{column}={name}": pl.col(column).list.contains(name).fill_null(value=False) for name in occasions
                }
    return _arrays(said.frame.select(pl.col(days).to_physical().fill_null(NO_DAY), **masks))


def _arrays(frame: pl.DataFrame) -> dict[str, Any]:
    return {column.name: column.to_numpy() for column in frame.iter_columns()}


def _calendars(say: Say, frame: pl.DataFrame, today: Days) -> Calendars:
    """Each row's calendar by its place among the distinct ones; -1: none. Whom it concerns is for later."""
    assert isinstance(say.what, Closed)
    names = frame[say["calendar"]]
    if len(names) and not names.null_count() and (names == names[0]).all():  # often; to tell them apart takes longer
        return Calendars(say.what, [names[0]], np.zeros(len(names), np.intp), None, today)
    distinct = names.unique().drop_nulls().sort()
    codes = names.cast(pl.Enum(distinct)).to_physical().cast(pl.Int64)
    places = np.nan_to_num(codes.to_numpy(), nan=-1).astype(np.intp)  # null comes as NaN
    return Calendars(say.what, distinct.to_list(), places, None, today)


def _first_free(start: Days, rows: Rows, covers: Sequence[_Cover], calendars: Sequence[Calendars]) -> Days:
    """The first day from `start` on that is free: plain holds at once, windows and calendars until nothing moves."""
    day = start.copy()
    for cover in covers:
        if cover.since is None:
            np.maximum(day, cover.until[rows], out=day)
    windows = [cover for cover in covers if cover.since is not None]
    moving = np.flatnonzero(day <= start + AHEAD)
    while len(moving) and (windows or calendars):
        before = day[moving]
        after = _step(before, rows[moving], windows, calendars)
        day[moving] = after
        moving = moving[(after != before) & (after <= start[moving] + AHEAD)]
    return np.where(day > start + AHEAD, NEVER_DAY, day).astype(np.int32)


def _step(day: Days, rows: Rows, windows: Sequence[_Cover], calendars: Sequence[Calendars]) -> Days:
    for window in windows:
        assert window.since is not None
        until = window.until[rows]
        day = np.where((window.since[rows] <= day) & (day < until), until, day)
    for calendar in calendars:
        day = calendar.open_from(day, rows)
    return day


def _mask(height: int, rows: Rows) -> Mask:
    mask = np.zeros(height, dtype=bool)
    mask[rows] = True
    return mask
