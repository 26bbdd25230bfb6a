"""Count the risk that one more ask drives a person away for good.

What it looks at: how often the person was asked in the last 90 days, through any channel and at any account. The
risk grows with the square of it.

Settings: `price`, how much losing the person costs, in answers.

Edges: an answer never counts less than a tenth. Price 0 ignores the risk.

Example: with a price of 20, an answer from somebody not asked lately counts 0.96, after two asks 0.64.
"""

from __future__ import annotations

import polars as pl

from engine.api import Book, Schema, SettingColumns, Worth, factor, hookimpl, plus_days

RECENT_DAYS = 90
CHANCE = 0.002
"""Of losing somebody by one ask who was not asked lately."""
LEAST = 0.1


class Settings(Schema):
    price = factor(20.0, "Losing a person costs as much as so many answers are worth.")


@hookimpl
def worth(book: Book, settings: SettingColumns) -> Worth:
    asks = _number_after(book["asked_on"], plus_days(book.today, -RECENT_DAYS)).cast(pl.Float64)
    return Worth(
        factor=(1 - settings.price * CHANCE * (1 + asks) ** 2).clip(lower_bound=LEAST),
        because="they were asked less often lately",
    )


def _number_after(dates: pl.Expr, day: pl.Expr) -> pl.Expr:
    """How many of the dates are after the day. A list cannot be compared with a column, so it is shifted."""
    after = dates.cast(pl.List(pl.Int32)) - day.cast(pl.Int32)
    return after.list.eval(pl.element() > 0).list.sum()
