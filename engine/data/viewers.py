"""Those who are to be asked: whose history is read for them, and how what happened is seen from where they are."""

from __future__ import annotations

from typing import Any

import polars as pl

from engine.data.localtime import Zones
from engine.data.rows import Whose
from engine.data.scope import list_ids
from engine.decide.hearing import WEEK
from engine.types import Moment

DAY = 86_400
LATELY = 90
"""Days: what happened before that is past telling, also for who was never asked."""
BROAD = 5000
"""So many accounts and more are read as all accounts: quicker than picking them."""


class Viewers:
    """Those who are to be asked: contact_id, account_id, person_id, timezone and today of each."""

    def __init__(self, asks: pl.DataFrame, moment: Moment, dialect: str) -> None:
        names = asks["timezone"].unique().sort()
        self.zones = Zones(names.to_list(), moment)
        codes = pl.DataFrame({"timezone": names}).with_row_index("zone").cast({"zone": pl.Int32})
        self.asks = asks.join(codes, on="timezone")
        self._places: dict[str, pl.DataFrame] = {}
        accounts = asks["account_id"].unique().to_list()
        self.whose = Whose(len(accounts) < BROAD, dialect)
        first, last = int(self.zones.end.min()), int(self.zones.end.max())
        self.given: dict[str, Any] = {
            "accounts": list_ids(accounts),
            "contacts": list_ids(asks["contact_id"].to_list()),
            "first": first,
            "last": last,
            "week": first - (WEEK + 1) * DAY,
            "lately": first - (LATELY + 1) * DAY,
        }
        """What queries are given: whose, and instants: when today ends first and last, before a week, before LATELY."""

    def see(self, events: pl.DataFrame, by: str) -> pl.DataFrame:
        """Events `at` an instant as those see them who share the column `by`: once for each time zone, with its `day`.

        What happens after today there is not seen.
        """
        if by not in self._places:
            self._places[by] = self.asks.select(by, "timezone", "zone").unique()
        seen = events.join(self._places[by], on=by)
        at, zone = seen["at"].to_numpy(), seen["zone"].to_numpy()
        days = pl.Series("day", self.zones.days(at, zone), dtype=pl.Int32).cast(pl.Date)
        known = at < self.zones.end[zone]
        seen = seen.hstack([days])
        return seen if known.all() else seen.filter(pl.Series(known, dtype=pl.Boolean))
