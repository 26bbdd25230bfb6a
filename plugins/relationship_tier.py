"""Ask every client regularly how we are doing, and important clients more often.

What it looks at: the last relationship ask that was sent to this contact at this account. Other asks, about a
ticket or a renewal, do not count. A contact who never had one is asked once they had time to settle in; where
nobody knows since when they are a contact, the day of their import counts.

Settings: `every_days` between two relationship asks; `settle_days` for new contacts; `worth`, how much an answer
counts when there is not room for everyone. All can differ by tier, account and contact.

Edges: there is always a reason on some day, and it never expires. A contact who wishes to be asked more often is
asked at their own pace instead of `every_days`. A tier nobody knows counts as standard.

Example: a standard account's contact was asked on 1 March. The next relationship ask is due on 28 August, 180 days
later.
"""

from __future__ import annotations

import polars as pl

from engine.api import Book, Reason, Schema, SettingColumns, Worth, days, factor, hookimpl, plus_days


class Settings(Schema):
    every_days = days(
        180, "Ask how we are doing every so many days.", least=1, strategic=90, key=120, standard=180, light=365
    )
    settle_days = days(30, "Ask a new contact for the first time after so many days.")
    worth = factor(
        1.0,
        "Count an answer so many times when there is not room for everyone.",
        strategic=2.0,
        key=1.5,
        standard=1.0,
        light=0.5,
    )


@hookimpl
def ask_from(book: Book, settings: SettingColumns) -> tuple[Reason, Reason]:
    asked_on = book["relationship_asked_on"]
    settled_on = plus_days(book["created_on"], settings.settle_days)
    return (
        Reason(
            occasion="relationship",
            on=plus_days(asked_on, settings.every_days),
            because="last asked how we are doing on {relationship_asked_on}; "
            "we ask every {relationship_tier.every_days|day|# days}",
        ),
        Reason(
            occasion="relationship",
            on=pl.when(asked_on.is_null()).then(settled_on),
            because="never asked how we are doing; a contact since {created_on}, "
            "and we first ask {relationship_tier.settle_days|=0 right away|a day after that|# days after that}",
        ),
    )


@hookimpl
def worth(settings: SettingColumns) -> Worth:
    return Worth(factor=settings.worth, because="their company is of a higher tier")
