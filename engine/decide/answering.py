"""Who will answer, and when: the response model at work, ask by ask."""

from __future__ import annotations

import numpy as np
import polars as pl

from engine.decide.asked import FAR
from engine.decide.book import Book
from engine.decide.plan import Plan
from engine.decide.responses import Counts, answer_chance, draw, is_answered


class Answering:
    """`luck`: what each row's answers are drawn from; None: what is most likely happens."""

    def __init__(self, plan: Plan, kinds: tuple[str, ...], luck: Counts | None, first: int) -> None:
        settings = plan.settings("simulation")
        self._wanted = {
            "chance": answer_chance(Book(plan.frame, kinds), settings),
            "lag": settings.lag_days,
            "valid": plan.columns["live_ask.valid_days"],
        }
        roots = {name for wanted in self._wanted.values() for name in wanted.meta.root_names()}
        self.needs = plan.frame.select("contact_id", "today", *sorted(roots - {"contact_id", "today"}))
        """The columns of the Book that it looks at."""
        self._luck, self._first = luck, first
        self._turns = np.zeros(plan.frame.height, dtype=np.int64)

    def foresee(self, asks: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
        """With when these asks, sent `on` a day, are answered (FAR: never), and when they are over: then, or when the
        link has run out.

        `seen`: their rows of the Book, at least with what it needs."""
        rows, sent_on = asks["row"].to_numpy(), asks["on"].to_numpy()
        seen = seen.select("contact_id", **self._wanted)
        lag, valid = seen["lag"].to_numpy(), seen["valid"].to_numpy()
        luck = None if self._luck is None else draw(self._luck[rows], self._turns[rows])
        answered = is_answered(seen["chance"].to_numpy(), luck) & (lag < valid) & (sent_on + lag > self._first)
        self._turns[rows] += 1
        heard_on = np.where(answered, sent_on + lag, FAR).astype(np.int32)
        over_on = np.minimum(heard_on, sent_on + valid).astype(np.int32)
        return asks.with_columns(pl.Series("heard_on", heard_on), pl.Series("over_on", over_on))
