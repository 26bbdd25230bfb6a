"""A Book as large as wanted, made in memory: accounts of ten contacts, four tiers, and up to eight asks to each."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from engine.decide.book import ACCOUNT_TOUCHPOINT, COLUMNS, TOUCHPOINT, Book
from engine.types import TIERS, SettingValue

TODAY = date(2026, 11, 24)
"""A Tuesday."""
PER_ACCOUNT = 10
KINDS = ("feedback", "onboarding_done", "ticket_closed")
MOST_ASKS = 8
SPAN = 360
"""Days of history. With it about a fifth of the contacts may be asked today, as in a house that asks regularly."""
COUNTRIES = ("DE", "GB", "US", "FR", "ES")

_TODAY = (TODAY - date(1970, 1, 1)).days


def make_book(contacts: int, seed: int = 0) -> Book:
    """The same Book for the same seed."""
    return _Maker(contacts, np.random.default_rng(seed)).book()


def make_settings(contacts: int) -> list[SettingValue]:
    """Every third account has its own number of asks a year."""
    accounts = range(0, contacts // PER_ACCOUNT, 3)
    return [SettingValue("fatigue_limits.max_asks", "account", str(account), 1 + account % 6) for account in accounts]


class _Maker:
    def __init__(self, contacts: int, rng: np.random.Generator) -> None:
        self.size = contacts
        self.rng = rng
        self.ids = np.arange(contacts, dtype=np.int64)
        self.accounts = self.ids // PER_ACCOUNT

    def book(self) -> Book:
        made = self._who() | self._asks() | self._wishes_and_promises() | self._touchpoints()
        nothing = {column.name: pl.lit(None, column.dtype) for column in COLUMNS if column.name not in made}
        frame = pl.DataFrame(made).with_columns(**nothing)
        touchpoints = [name for name in frame.columns if name.startswith((TOUCHPOINT, ACCOUNT_TOUCHPOINT))]
        exact = [pl.col(column.name).cast(column.dtype) for column in COLUMNS]
        return Book(frame.select(*exact, *touchpoints).rechunk(), KINDS)

    def _who(self) -> dict[str, pl.Series]:
        return {
            "contact_id": pl.Series(self.ids),
            "account_id": pl.Series(self.accounts),
            "person_id": pl.Series(self.ids),
            "contact_key": pl.Series(self.ids).cast(pl.String),
            "account_key": pl.Series(self.accounts).cast(pl.String),
            "today": self._same(TODAY, pl.Date),
            "timezone": self._same("UTC", pl.String),
            "tier": self._by_account(TIERS),
            "country": self._by_account(COUNTRIES),
            "owner": self._by_account([f"owner{number}@house.example" for number in range(1 + self.size // 250)]),
            "owner_open_followups": self._integers(0, 20),
            "channels": self._same(["email"], pl.List(pl.String)),
            "house_answer_rate": self._same(0.3, pl.Float64),
            "created_on": self._days(-1500, 0),
            "renewal_on": self._days(-30, 400, missing=0.2),
        }

    def _asks(self) -> dict[str, pl.Series]:
        """Up to MOST_ASKS asks, newest first; the first or second was about the relationship."""
        count = self.rng.integers(0, MOST_ASKS + 1, self.size)
        asks = pl.DataFrame(
            {"row": np.repeat(self.ids, count), "asked_on": _TODAY - self.rng.integers(1, SPAN, count.sum())}
        ).with_columns(pl.col("asked_on").cast(pl.Int32).cast(pl.Date))
        asks = (
            asks.sort("row", "asked_on", descending=[False, True]).group_by("row", maintain_order=True).agg("asked_on")
        )
        every = pl.DataFrame({"row": self.ids}).join(asks, on="row", how="left", maintain_order="left")
        asked = every["asked_on"].fill_null(self._none(pl.Date))
        newest = asked.list.first()
        return {
            "asked_on": asked,
            "last_asked_on": newest,
            "asked_here_on": newest,
            "settled_asked_on": newest,
            "open_asked_on": newest.set(self._chance(0.9), None),
            "unanswered_in_a_row": self._integers(0, 4),
            "relationship_asked_on": asked.list.get(pl.Series(self.ids % 2), null_on_oob=True),
            "planned_elsewhere": self._same(value=False, dtype=pl.Boolean),
        }

    def _wishes_and_promises(self) -> dict[str, pl.Series]:
        return {
            "opted_out_on": self._days(-500, 0, missing=0.98),
            "wish_occasions_off": self._same([], pl.List(pl.String)),
            "promise_due_on": self._days(-20, 30, missing=0.95),
            "promise_due": pl.Series(self.ids),
            "done_promises_on": self._same([], pl.List(pl.Date)),
            "last_feedback_on": self._days(-60, 1, missing=0.9),
        }

    def _touchpoints(self) -> dict[str, pl.Series]:
        names = [column + kind for kind in KINDS for column in (TOUCHPOINT, ACCOUNT_TOUCHPOINT)]
        return {name: self._days(-60, 0, missing=0.9) for name in names}

    # columns

    def _same(self, value: object, dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
        return pl.Series([value], dtype=dtype).new_from_index(0, self.size)

    def _none(self, dtype: type[pl.DataType]) -> pl.Series:
        return pl.Series([[]], dtype=pl.List(dtype))

    def _by_account(self, words: tuple[str, ...] | list[str]) -> pl.Series:
        return pl.Series(words).gather(self.accounts % len(words))

    def _integers(self, low: int, high: int) -> pl.Series:
        return pl.Series(self.rng.integers(low, high, self.size, dtype=np.int32))

    def _days(self, first: int, last: int, *, missing: float = 0) -> pl.Series:
        """Days around today, some of them missing."""
        days = pl.Series(_TODAY + self.rng.integers(first, last, self.size)).cast(pl.Int32).cast(pl.Date)
        return days.set(self._chance(missing), None) if missing else days

    def _chance(self, share: float) -> pl.Series:
        return pl.Series(self.rng.random(self.size) < share)
