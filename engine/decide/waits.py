"""Who is kept waiting, by which strategy, and for how long: days on which a contact has a reason and is not asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from engine.decide.asked import FAR, numbers
from engine.decide.calendars import Days, Rows
from engine.decide.funnel import held_by
from engine.decide.planner import Decisions

NOBODY = -1


class Waits:
    """Shown every decision of a course in turn; then `days`, rows × strategies, has what each row waited for."""

    def __init__(self, rows: int, strategies: Sequence[str]) -> None:
        self.strategies = pl.Enum(strategies)
        self.days = np.zeros((rows, len(strategies)), dtype=np.int32)
        self._by = np.full(rows, NOBODY, dtype=np.int64)
        self._from, self._until = np.zeros(rows, dtype=np.int32), np.zeros(rows, dtype=np.int32)

    def watch(self, rows: Rows, decisions: Decisions, today: int) -> None:
        self.end(rows, today)
        limits = pl.Series([say.strategy for say in decisions.limits], dtype=pl.String)
        decided = decisions.frame.select("decision", "next_ask_on", "reason_on", held=held_by(decisions))
        by = decided["held"].set(decided["decision"] != "hold", None)
        if limits.len():
            bound_by = decisions.frame["bound_by"].set(decided["decision"] != "limited", None)
            by = by.fill_null(limits.gather(bound_by))
        self._by[rows] = by.cast(self.strategies).to_physical().fill_null(NOBODY).cast(pl.Int64).to_numpy()
        self._from[rows] = np.maximum(numbers(decided["reason_on"]), today)
        self._until[rows] = self._ends(decided)

    def _ends(self, decided: pl.DataFrame) -> Days:
        """When a wait is over if nothing changes: what a limit keeps back is looked at again before."""
        ends = numbers(decided["next_ask_on"])
        ends[(decided["next_ask_on"].is_null() | (decided["decision"] == "limited")).to_numpy()] = FAR
        return ends

    def end(self, rows: Rows, today: int) -> None:
        """Count what these rows have waited until today."""
        waited = np.minimum(self._until[rows], today) - self._from[rows]
        counts = (self._by[rows] != NOBODY) & (waited > 0)
        self.days[rows[counts], self._by[rows[counts]]] += waited[counts]
        self._by[rows] = NOBODY
