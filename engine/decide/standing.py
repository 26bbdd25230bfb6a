"""What may change of each row of a Book as days go by, in arrays; several states of it can be looked at as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

import numpy as np
import polars as pl

from engine.decide.asked import FAR, NO_DAY, Asked, dates, numbers
from engine.decide.book import ACCOUNT_TOUCHPOINT, TOUCHPOINT
from engine.decide.calendars import Days, Rows

PROMISES, PROMISE_ASKED = "done_promises_on", "promise_asked_on"
HEARD = ("account_heard_on", "role_heard_on")
DAYS = ("relationship_asked_on", "renewal_asked_on", "asked_here_on", "planned_on", *HEARD)
COUNTED = ("sent_by:", "answered_by:")


class Standing:
    """`days`, `counts`: what the Book has in columns of these names. `open_before`, `open`: the day of the newest ask
    from before the first day, and of ours, which are open up to the day before `over_before` and `over`. `free_on`:
    from when on each row's person has no ask of ours under way."""

    def __init__(self, frame: pl.DataFrame) -> None:
        never = np.full(frame.height, NO_DAY, dtype=np.int32)
        self.asked = Asked(frame)
        self.days = {name: numbers(frame[name]) for name in frame.columns if name in DAYS or _is_touchpoint(name)}
        self.days[PROMISE_ASKED] = never.copy()
        self.counts = {name: frame[name].to_numpy().copy() for name in frame.columns if name.startswith(COUNTED)}
        self.elsewhere = frame["planned_elsewhere"].to_numpy().copy()
        self.open_before, self.over_before = numbers(frame["open_asked_on"]), np.full(frame.height, FAR, np.int32)
        self.open, self.over, self.free_on = never.copy(), never.copy(), never.copy()
        self.ahead = numbers(frame["changes_on"])

    @property
    def touchpoints(self) -> list[str]:
        """The names of those of `days` that are about what happened."""
        return list(filter(_is_touchpoint, self.days))

    def fork(self) -> Standing:
        """The same, to go on in another way."""
        other = copy(self)
        vars(other).update({name: _fork(it) for name, it in vars(self).items()})
        return other

    @staticmethod
    def pile(states: Sequence[Standing]) -> Standing:
        """All of them as one, the rows of each below those of the one before."""
        pile = copy(states[0])
        vars(pile).update({name: _pile([vars(state)[name] for state in states]) for name in vars(pile)})
        return pile

    def columns(self, rows: Rows, today: Days) -> Iterator[pl.Series]:
        """The Book's columns about it, of these rows, each as it is at the end of its `today`."""
        *asked, settles_on = self.asked.columns(rows, today)
        yield from asked
        yield dates("today", today)
        yield dates("changes_on", _next_after(today, settles_on.to_numpy(), self.ahead[rows]))
        before = np.where(self.over_before[rows] > today, self.open_before[rows], NO_DAY)
        since = np.where(self.over[rows] > today, self.open[rows], NO_DAY)
        yield dates("open_asked_on", np.maximum(before, since))
        yield pl.Series("planned_elsewhere", self.elsewhere[rows])
        for name, days in self.days.items():
            yield dates(name, days[rows])
        for name, counts in self.counts.items():
            yield pl.Series(name, counts[rows])

    def left_promises(self, done_on: pl.Expr, rows: Rows) -> pl.Expr:
        """Promises are asked about once: of those that were done, those remain that no ask followed."""
        asked = self.days[PROMISE_ASKED][rows]
        if (asked == NO_DAY).all():
            return done_on
        first = pl.lit(pl.Series(np.where(asked == NO_DAY, 0, asked)))
        since = done_on.cast(pl.List(pl.Int32)) - first
        left = since.list.eval(pl.element().filter(pl.element() >= 0)) + first
        return pl.when(pl.Series(asked != NO_DAY)).then(left.cast(pl.List(pl.Date))).otherwise(done_on)


def _is_touchpoint(name: str) -> bool:
    return name.startswith((TOUCHPOINT, ACCOUNT_TOUCHPOINT))


def _fork(it: Any) -> Any:
    if isinstance(it, dict):
        return {name: value.copy() for name, value in it.items()}
    return it.fork() if isinstance(it, Asked) else it.copy()


def _pile(parts: Sequence[Any]) -> Any:
    if isinstance(parts[0], dict):
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Asked.pile(parts) if isinstance(parts[0], Asked) else np.concatenate(parts)


def _next_after(today: Days, *days: Days) -> Days:
    """The first of each row's days that are still to come; NO_DAY where none is."""
    first = np.min([np.where(each > today, each, FAR) for each in days], axis=0)
    return np.where(first == FAR, NO_DAY, first).astype(np.int32)
