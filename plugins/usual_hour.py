"""Send in the morning, at the person's own time, and not everything in the same minute.

What it looks at: the contact's time zone and number; the number spreads the asks evenly over the hours.

Settings: `from` and `to`, the first and the last hour of the day, where the contact is.

Edges: a contact has the same minute every day. Where `to` is not after `from`, everything goes out at `from`.

Example: from 9 to 11, an ask goes out at 9:00 at the earliest and at 10:59 at the latest.
"""

from __future__ import annotations

import polars as pl

from engine.api import Book, Schema, SettingColumns, count, hookimpl

# “from” is a word of Python, so this schema cannot be written as a class
Settings = Schema.from_dict(
    {
        "from": count(9, "Send from this hour on, where the contact is.", most=23),
        "to": count(11, "Send until this hour, where the contact is.", most=24),
    },
    name="Settings",
)


@hookimpl
def send_at(book: Book, settings: SettingColumns) -> pl.Expr:
    first: pl.Expr = 60 * getattr(settings, "from")
    minutes = (60 * settings.to - first).clip(lower_bound=1)
    return (first + book["contact_id"] % minutes).cast(pl.Int32)
