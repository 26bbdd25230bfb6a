"""Column types. Days and instants are integers, so that millions of rows are read without parsing a single date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, TypeDecorator

EPOCH = date(1970, 1, 1)


class Day(TypeDecorator[date]):
    """A calendar day, stored as days since 1970-01-01."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - EPOCH).days

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return None if value is None else EPOCH + timedelta(days=value)


class Instant(TypeDecorator[datetime]):
    """A point in time, stored as whole seconds since 1970-01-01 UTC; aware, in UTC. A naive one is refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return int(value.timestamp())

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)
