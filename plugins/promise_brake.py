"""Do not ask for more while a promise to this client is overdue.

What it looks at: promises that were agreed, are not done, and should have been done before today: those to this
contact, or to anyone at the account.

Settings: `scope`, whether only promises to the contact brake, or all of the account; `grace_days` a promise may be
late; `exempt` occasions that go on.

Edges: the brake has no date of its own. It holds until the promise is done, moved or declined, and is looked at
again every day. A promise that is due today is not overdue.

Example: “faster month-end reports” was due yesterday: nothing before it is done, except to ask about another
promise.
"""

from __future__ import annotations

import polars as pl

from engine.api import OCCASIONS, Book, Hold, Schema, SettingColumns, days, hookimpl, names, one_of, plus_days


class Settings(Schema):
    scope = one_of("contact", "Stop for promises to the contact, or to anyone at the account.", ("contact", "account"))
    grace_days = days(0, "Let a promise be late for so many days.")
    exempt = names(("promise",), "Ask for these occasions all the same.", OCCASIONS)


@hookimpl
def hold_until(book: Book, settings: SettingColumns) -> Hold:
    anyone = settings.scope == "account"
    due_on = pl.when(anyone).then(book["account_promise_due_on"]).otherwise(book["promise_due_on"])
    number = pl.when(anyone).then(book["account_promise_due"]).otherwise(book["promise_due"])
    late = (book.today - due_on).dt.total_days()
    return Hold(
        until=pl.when(late > settings.grace_days).then(plus_days(book.today, 1)),
        not_before="before {promise} is kept",
        unless="once {promise} is kept",
        except_for=settings.exempt,
        because="{promise} is {late|a day|# days} overdue; we keep our word before we ask again",
        facts={"promise": pl.format("P-{}", number), "late": late},
    )
