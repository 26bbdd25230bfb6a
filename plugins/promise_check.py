"""Ask whether a promise was kept, some time after we did what we promised.

What it looks at: promises to this contact that are done, wait for the contact's verdict, and were not asked about
since. The earliest that is still fresh enough counts.

Settings: `after_days`, how long the contact may try out what we did; `expires_days`, not fewer, after which we no
longer ask; `worth`, how much more an answer counts when a promise was done since the last ask and there is not room
for everyone.

Edges: a promise without a done day, or with a verdict, is no reason. On the day it expires a promise still counts.

Example: a report was promised and done on 1 May. From 15 May there is a reason to ask whether it is what was
wanted.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from engine.api import (
    Book,
    Reason,
    Schema,
    SettingColumns,
    ValidationError,
    Worth,
    days,
    factor,
    hookimpl,
    plus_days,
    validates_schema,
)


class Settings(Schema):
    after_days = days(14, "Ask so many days after a promise was done.")
    expires_days = days(90, "Ask no more when a promise was done so many days ago.")
    worth = factor(1.2, "Count an answer so many times after a promise was done.")

    @validates_schema
    def check_days(self, data: dict[str, Any], **_: Any) -> None:
        if data["expires_days"] < data["after_days"]:
            raise ValidationError(
                f"It would be too late before we ask, which is after {data['after_days']} days.", "expires_days"
            )


@hookimpl
def ask_from(book: Book, settings: SettingColumns) -> Reason:
    done_on = _earliest_since(book["done_promises_on"], plus_days(book.today, -settings.expires_days))
    return Reason(
        occasion="promise",
        on=plus_days(done_on, settings.after_days),
        expires=plus_days(done_on, settings.expires_days),
        because="what we promised was done on {done_on}; "
        "we ask {promise_check.after_days|=0 right away|a day later|# days later} whether we kept our word",
        facts={"done_on": done_on},
    )


def _earliest_since(dates: pl.Expr, first: pl.Expr) -> pl.Expr:
    """The earliest of the dates that is not before `first`. A list cannot be filtered by a column, so it is shifted."""
    first_number = first.cast(pl.Int32)
    after_first = dates.cast(pl.List(pl.Int32)) - first_number
    return (after_first.list.eval(pl.element().filter(pl.element() >= 0)).list.min() + first_number).cast(pl.Date)


@hookimpl
def worth(book: Book, settings: SettingColumns) -> Worth:
    since_last_ask = (book["promise_done_on"] > book["last_asked_on"]).fill_null(book["promise_done_on"].is_not_null())
    return Worth(
        factor=pl.when(since_last_ask).then(settings.worth).otherwise(1.0),
        because="we did what we promised them, and have not asked since",
    )
