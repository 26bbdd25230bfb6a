"""Hear clients who bring more revenue first, gently, when there is not room for everyone.

What it looks at: the account's annual revenue beside the median of all accounts that state one.

Settings: `power`, how strongly revenue counts: 0 not at all, 0.25 gently, 1 in full.

Edges: never less than half and never more than twice, so that small clients are heard too. Unknown revenue counts
as the median.

Example: an account with 16 times the median revenue counts double.
"""

from __future__ import annotations

from engine.api import Book, Schema, SettingColumns, Worth, factor, hookimpl


class Settings(Schema):
    power = factor(0.25, "Raise revenue, relative to the median account, to this power.", most=4)


@hookimpl
def worth(book: Book, settings: SettingColumns) -> Worth:
    ratio = book["revenue_ratio"].clip(lower_bound=0)
    return Worth(
        factor=(ratio**settings.power).clip(0.5, 2.0).fill_nan(None).fill_null(1.0),
        because="their company is a larger client",
    )
