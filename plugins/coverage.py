"""Hear first the accounts, and the roles, that have been silent for long.

What it looks at: the last answer from anyone at the account, and from anyone there with this contact's role.

Settings: an account not heard for `after_days` counts `worth` times, a role that was never heard `role_worth`
times.

Edges: an account that was not heard for a year, or never, goes before everyone who was. A contact whose role is
unknown brings no new role.

Example: one call a day, ten contacts with a reason: first the account we have not heard since last autumn.
"""

from __future__ import annotations

import polars as pl

from engine.api import Book, Schema, SettingColumns, Worth, days, factor, hookimpl, plus_days

YEAR = 365
FIRST = 1_000_000.0
"""More than all other factors together, with their defaults."""


class Settings(Schema):
    after_days = days(180, "Call an account silent when nobody there answered for so many days.")
    worth = factor(2.0, "Count an answer from a silent account so many times.")
    role_worth = factor(1.5, "Count an answer so many times from a role that was never heard.")


@hookimpl
def worth(book: Book, settings: SettingColumns) -> Worth:
    heard_on = book["account_heard_on"]
    silent = (plus_days(heard_on, settings.after_days) <= book.today).fill_null(True)
    first = (plus_days(heard_on, YEAR) <= book.today).fill_null(True)
    new_role = book["role"].is_not_null() & book["role_heard_on"].is_null()
    counts = (
        pl.when(silent).then(settings.worth).otherwise(1.0)
        * pl.when(first).then(FIRST).otherwise(1.0)
        * pl.when(new_role).then(settings.role_worth).otherwise(1.0)
    )
    return Worth(factor=counts, because="we have heard less from their side")
