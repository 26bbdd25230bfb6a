"""Never ask people again what they have told us lately, or what we know anyway.

What it looks at: when this person last answered this question; and whether the record has the fact that an answer
would tell.

Settings: none besides the mode. Each question says itself, as `every_days`, how long an answer stays good, and as
`knows`, which fact it would tell.

Edges: anchors may come again with every survey, since they are there to compare over time. A question that was
asked and skipped was not answered.

Example: answered on 1 March, good for 90 days: not asked before 30 May.
"""

from __future__ import annotations

import polars as pl

from engine.api import Grid, hookimpl, plus_days


@hookimpl
def question_worth(grid: Grid) -> pl.Expr | None:
    if grid.question is None or grid.question.anchor:
        return None
    answered = plus_days(grid["answered_on"], grid.question.every_days) > grid.today
    return pl.when(answered | grid["known"].is_not_null()).then(0.0).otherwise(1.0)
