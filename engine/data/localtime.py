"""Instants as local days, by the million. Python's zoneinfo decides; it is asked once per zone and day that occurs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from engine.data.types import EPOCH
from engine.types import Moment

Days = npt.NDArray[np.int32]
Instants = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

NONE = np.iinfo(np.int32).min
"""In an array of days: no day. Earlier than every other, so that the latest of several wins."""

_DAY = 86_400
# Before and after, the zone's offset of that day serves; dates far out are mistakes in somebody's data.
_FIRST, _LAST = ((day - EPOCH).days for day in (date(1900, 1, 1), date(2200, 1, 1)))


class Zones:
    """Time zones by their place in `names`, at one moment."""

    def __init__(self, names: Sequence[str], moment: Moment) -> None:
        self.names = names
        self._moment = moment

    @cached_property
    def today(self) -> Days:
        """Each zone's today."""
        return np.array([day_number(self._moment.today(name)) for name in self.names], np.int32)

    @cached_property
    def end(self) -> Instants:
        """The first second after each zone's today: what happened before it counts."""
        ends = [_midnight(name, self._moment.today(name) + timedelta(days=1)) for name in self.names]
        return np.array(ends, np.int64)

    def days(self, instants: Instants, zones: Codes) -> Days:
        """The local day of each instant (seconds since 1970) in its zone."""
        days: Days = (self.local(instants, zones) // _DAY).astype(np.int32)
        return days

    def seconds(self, instants: Instants, zones: Codes) -> Instants:
        """What the clock shows at each instant in its zone, in seconds since midnight."""
        return self.local(instants, zones) % _DAY

    def local(self, instants: Instants, zones: Codes) -> Instants:
        """What clock and calendar show at each instant in its zone, in seconds since 1970-01-01 there."""
        if not instants.size:
            return np.empty(0, np.int64)
        utc_days = np.clip(instants // _DAY, _FIRST, _LAST)
        first = int(utc_days.min())
        span = int(utc_days.max()) - first + 1
        place = zones * span + (utc_days - first)
        seen = np.zeros(len(self.names) * span, np.bool_)
        seen[place] = True
        occurring = np.flatnonzero(seen)
        index = np.empty(seen.size, np.int32)
        index[occurring] = np.arange(occurring.size, dtype=np.int32)
        shifts = np.array([_shift(self.names[at // span], first + at % span) for at in occurring.tolist()], np.int64)
        at = index[place]
        local: Instants = instants + np.where(instants < shifts[at, 1], shifts[at, 0], shifts[at, 2])
        return local


def day_number(day: date) -> int:
    return (day - EPOCH).days


@lru_cache(maxsize=4096)
def is_zone(name: str) -> bool:
    """Whether there is such a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=1 << 17)
def _shift(name: str, utc_day: int) -> tuple[int, int, int]:
    """The offset when a day of UTC begins, the second at which it changes that day, the offset from then on."""
    zone = ZoneInfo(name)
    start, end = utc_day * _DAY, (utc_day + 1) * _DAY
    before, after = _offset(zone, start), _offset(zone, end)
    if before == after:
        return before, end, after
    while end - start > 1:
        middle = (start + end) // 2
        if _offset(zone, middle) == before:
            start = middle
        else:
            end = middle
    return before, end, after


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _midnight(name: str, day: date) -> int:
    """When the day begins; where a clock change skips its first hour, the second of that change."""
    return int(datetime.combine(day, time(), ZoneInfo(name)).timestamp())
