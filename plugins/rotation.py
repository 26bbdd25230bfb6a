"""Ask what we have not heard from the account for longest, and never two colleagues the same within weeks.

What it looks at: when the account was last heard on what the question measures, whoever answered, and when a
colleague of this contact last answered, or was asked, the same.

Settings: `rest_days` in which a colleague's turn rests a question.

Edges: what was never heard comes first. Anchors do not rotate: they are asked of everyone, because a score that is
made of changing questions and changing people compares with nothing.

Example: value was last heard two years ago, support last month: the question on value is asked before the one on
support.
"""

from __future__ import annotations

import polars as pl

from engine.api import Grid, Schema, SettingColumns, days, hookimpl, plus_days

FRESH, NEVER_HEARD = 1.0, 10.0
HALFWAY_DAYS = 365.0
"""After so many days a question is worth half-way between fresh and never heard."""


class Settings(Schema):
    rest_days = days(60, "Do not ask what a colleague was asked within so many days.")


@hookimpl
def question_worth(grid: Grid, settings: SettingColumns) -> pl.Expr | None:
    if grid.question is None or grid.question.anchor:
        return None
    silent_days = (grid.today - grid["heard_on"]).dt.total_days().clip(lower_bound=0)
    grown = FRESH + (NEVER_HEARD - FRESH) * silent_days / (silent_days + HALFWAY_DAYS)
    resting = plus_days(grid["colleague_on"], settings.rest_days) > grid.today
    return pl.when(resting).then(0.0).otherwise(grown.fill_null(NEVER_HEARD))
