"""Places that asks of ours take of a channel: a fact of the house, whichever accounts are read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import numpy as np
import polars as pl
from sqlalchemy import ColumnElement, func, select

from engine.data.columns import Snapshot
from engine.data.models import ASKED, WAITING, Ask
from engine.data.rows import Rows
from engine.data.types import EPOCH
from engine.decide.book import CHANNEL_ASKS


def read_channel_asks(snapshot: Snapshot, rows: Rows) -> pl.DataFrame:
    """How many asks take a place of each channel on each of the rows' todays: those that left that day, where their
    contact is, and those that wait to be sent and are planned for that day or earlier."""
    todays = [EPOCH + timedelta(days=day) for day in np.unique(rows.zones.today).tolist()]
    waiting = _count_asks(snapshot, WAITING, Ask.planned_on <= todays[-1])
    left = _count_asks(snapshot, ASKED, Ask.planned_on.in_(todays))
    asks = pl.concat([waiting.with_columns(waits=True), left.with_columns(waits=False)])
    asks = asks.join(pl.DataFrame({"today": todays}), how="cross")
    taken = asks.filter((pl.col("day") == pl.col("today")) | (pl.col("waits") & (pl.col("day") < pl.col("today"))))
    taken = taken.group_by("channel", "today").agg(channel_asks=pl.col("asks").sum())
    return taken.select(pl.col(name).cast(dtype) for name, dtype in CHANNEL_ASKS.items())


def _count_asks(snapshot: Snapshot, statuses: Collection[str], when: ColumnElement[bool]) -> pl.DataFrame:
    """By channel and day, from ix_asks_day alone. Imported asks have no such day."""
    counts = select(Ask.channel, Ask.planned_on.label("day"), func.count().label("asks"))
    counts = counts.where(Ask.status.in_(statuses), when, Ask.planned_on.is_not(None)).group_by(
        Ask.channel, Ask.planned_on
    )
    return snapshot.frame(counts).drop_nulls("channel").with_columns(pl.col("day").cast(pl.Date))
