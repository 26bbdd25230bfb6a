"""Ask well before a contract renews, while there is still time to put things right.

What it looks at: the day the account's contract renews, and whether this contact was asked about this renewal
already.

Settings: `before_days`, how long before the renewal we ask; `soon_days` and `worth`, how much more an answer counts
while the renewal is near and there is not room for everyone.

Edges: no known renewal, no reason. A renewal ask sent on the first day of the run-up or later settles it. After the
day of the renewal the reason is gone; the last days before it belong to renewal_quiet.

Example: the contract renews on 30 June. From 2 March, 120 days before, there is a reason to ask.
"""

from __future__ import annotations

import polars as pl

from engine.api import Book, Reason, Schema, SettingColumns, Worth, days, factor, hookimpl, plus_days


class Settings(Schema):
    before_days = days(120, "Ask so many days before the contract renews.")
    soon_days = days(180, "Call a renewal near when it is at most so many days away.")
    worth = factor(1.5, "Count an answer so many times while the renewal is near.")


@hookimpl
def ask_from(book: Book, settings: SettingColumns) -> Reason:
    starts_on = plus_days(book["renewal_on"], -settings.before_days)
    asked = (book["renewal_asked_on"] >= starts_on).fill_null(False)
    return Reason(
        occasion="renewal",
        on=pl.when(~asked).then(starts_on),
        expires=book["renewal_on"],
        because="the contract renews on {renewal_on}; "
        "we ask {renewal_runup.before_days|=0 on that day|a day before|# days before}",
    )


@hookimpl
def worth(book: Book, settings: SettingColumns) -> Worth:
    near = book["renewal_on"].is_between(book.today, plus_days(book.today, settings.soon_days))
    return Worth(
        factor=pl.when(near).then(settings.worth).otherwise(1.0), because="their contract is up for renewal soon"
    )
