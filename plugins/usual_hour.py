"""Send in the morning, at the person's own time, and not everything in the same minute.

What it looks at: the contact's time zone and number; the number spreads the asks evenly over the hours.

Settings: `from` and `to`, the first and the last hour of the day, where the contact is.

Edges: a contact has the same minute every day. `to` is after `from`: to move both, set them together.

Example: from 9 to 11, an ask goes out at 9:00 at the earliest and at 10:59 at the latest.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from engine.api import Book, Schema, SettingColumns, ValidationError, count, hookimpl, validates_schema


class Settings(Schema):
    class Meta:
        include = {  # noqa: RUF012  (“from” is a word of Python, so it cannot be written as a field)
            "from": count(9, "Send from this hour on, where the contact is.", most=23),
            "to": count(11, "Send until this hour, where the contact is.", most=24),
        }

    @validates_schema
    def check_hours(self, data: dict[str, Any], **_: Any) -> None:
        if data["to"] <= data["from"]:
            raise ValidationError(f"The last hour must be after the first, which is {data['from']}.", "to")


@hookimpl
def send_at(book: Book, settings: SettingColumns) -> pl.Expr:
    first: pl.Expr = 60 * getattr(settings, "from")
    minutes = (60 * settings.to - first).clip(lower_bound=1)
    return (first + book["contact_id"] % minutes).cast(pl.Int32)
