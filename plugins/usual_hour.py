"""Send when the person usually answers; until that is known in the morning, and not everything in the same minute.

What it looks at: at what time of the day the person answered, as a contact of any account, on the clock where they were
then and are now; as long as there are fewer than three answers, the contact's number, which spreads the asks evenly
over the hours.

Settings: `from` and `to`, the first and the last hour of the day, where the contact is.

Edges: the usual time is the middle one of all answers, the earlier of two, also around midnight. Answers that were
imported with their day only say nothing. A contact has the same minute every day. `to` is after `from`: to move both,
set them together.

Example: from 9 to 11, a first ask goes out at 9:00 at the earliest and at 10:59 at the latest. Who answered at 16:10,
16:45 and 8:00 is asked at 16:10.
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
    spread = (first + book["contact_id"] % minutes).cast(pl.Int32)
    return pl.coalesce(book["usual_answer_minute"], spread)
