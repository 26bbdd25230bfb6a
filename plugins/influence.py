"""Hear those who decide, and those who speak for us, first when there is not room for everyone.

What it looks at: the contact's influence as the account team noted it.

Settings: `decision_maker` and `champion`, how many times their answer counts.

Edges: everybody else, and those of whom nothing is noted, count once.

Example: one place left, a user and a decision maker both have a reason: the decision maker is asked.
"""

from __future__ import annotations

import polars as pl

from engine.api import Book, Schema, SettingColumns, Worth, factor, hookimpl


class Settings(Schema):
    decision_maker = factor(1.5, "Count the answer of a decision maker so many times.")
    champion = factor(1.2, "Count the answer of a champion so many times.")


@hookimpl
def worth(book: Book, settings: SettingColumns) -> Worth:
    noted = book["influence"]
    counts = (
        pl.when(noted == "decision_maker")
        .then(settings.decision_maker)
        .when(noted == "champion")
        .then(settings.champion)
        .otherwise(1.0)
    )
    return Worth(factor=counts, because="their word decides more")
