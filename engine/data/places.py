"""Places that asks of ours take of a channel: a fact of the house, whichever accounts are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Select, bindparam, func, select

from engine.data.columns import Query, Snapshot, kept
from engine.data.localtime import day_number
from engine.data.models import ASKED, WAITING, Ask
from engine.data.rows import Rows
from engine.data.types import Day
from engine.decide.book import CHANNEL_ASKS


def places_of() -> list[Query]:
    """What is read for it, with Rows.given."""
    return [_gone(), _waiting()]


def read_channel_asks(snapshot: Snapshot, rows: Rows) -> pl.DataFrame:
    """How many asks take a place of each channel on each of the rows' todays: those that left that day, where their
    contact is, and those that wait to be sent and are planned for that day or earlier."""
    taken: Counter[tuple[str, int]] = Counter()
    left = snapshot.frame(_gone(), rows.given).drop_nulls("channel")
    for channel, day, asks in left.iter_rows():
        taken[channel, day] += asks
    waiting = snapshot.frame(_waiting(), rows.given).drop_nulls("channel")
    for channel, day, asks in waiting.iter_rows():
        taken.update({(channel, later): asks for later in map(day_number, rows.given["todays"]) if day <= later})
    counted = [(*where, asks) for where, asks in taken.items()]
    return pl.DataFrame(counted, {**CHANNEL_ASKS, "today": pl.Int32}, orient="row").cast({"today": pl.Date})


@kept
def _waiting() -> Select[*tuple[Any, ...]]:
    return _by_day(WAITING, Ask.planned_on <= bindparam("last", type_=Day()))


@kept
def _gone() -> Select[*tuple[Any, ...]]:
    return _by_day(ASKED, Ask.planned_on.in_(bindparam("todays", type_=Day(), expanding=True)))


def _by_day(statuses: Collection[str], when: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """By channel and day, from ix_asks_day alone, and grouped as it is sorted. Imported asks have no such day."""
    counts = select(Ask.channel, Ask.planned_on.label("day"), func.count().label("asks"))
    counts = counts.where(Ask.status.in_(statuses), when, Ask.planned_on.is_not(None))
    return counts.group_by(Ask.status, Ask.planned_on, Ask.channel)
