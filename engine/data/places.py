"""Places that asks of ours take of a channel: a fact of the house, whichever accounts are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import ColumnElement, Select, bindparam, func, select

from engine.data.columns import Query, Snapshot, kept
from engine.data.models import ASKED, WAITING, Ask
from engine.data.rows import Rows
from engine.data.types import EPOCH, Day
from engine.decide.book import CHANNEL_ASKS


def read_channel_asks(snapshot: Snapshot, rows: Rows) -> pl.DataFrame:
    """How many asks take a place of each channel on each of the rows' todays: those that left that day, where their
    contact is, and those that wait to be sent and are planned for that day or earlier."""
    todays = [EPOCH + timedelta(days=day) for day in np.unique(rows.zones.today).tolist()]
    waiting = _count_asks(snapshot, _waiting(), {"last": todays[-1]})
    left = _count_asks(snapshot, _gone(), {"todays": todays})
    asks = pl.concat([waiting.with_columns(waits=True), left.with_columns(waits=False)])
    asks = asks.join(pl.DataFrame({"today": todays}), how="cross")
    taken = asks.filter((pl.col("day") == pl.col("today")) | (pl.col("waits") & (pl.col("day") < pl.col("today"))))
    taken = taken.group_by("channel", "today").agg(channel_asks=pl.col("asks").sum())
    return taken.select(pl.col(name).cast(dtype) for name, dtype in CHANNEL_ASKS.items())


def _count_asks(snapshot: Snapshot, query: Query, given: Mapping[str, Any]) -> pl.DataFrame:
    return snapshot.frame(query, given).drop_nulls("channel").with_columns(pl.col("day").cast(pl.Date))


@kept
def _waiting() -> Select[*tuple[Any, ...]]:
    return _by_day(WAITING, Ask.planned_on <= bindparam("last", type_=Day()))


@kept
def _gone() -> Select[*tuple[Any, ...]]:
    return _by_day(ASKED, Ask.planned_on.in_(bindparam("todays", type_=Day(), expanding=True)))


def _by_day(statuses: Collection[str], when: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """By channel and day, from ix_asks_day alone. Imported asks have no such day."""
    counts = select(Ask.channel, Ask.planned_on.label("day"), func.count().label("asks"))
    counts = counts.where(Ask.status.in_(statuses), when, Ask.planned_on.is_not(None))
    return counts.group_by(Ask.channel, Ask.planned_on)
