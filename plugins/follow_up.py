"""Ask about what may be behind somebody's last low score, or behind what we promised them.

What it looks at: the last low score that this person gave, and the last promise to them, agreed or done, that came
from one. What may be behind it are the reasons they ticked; where they ticked none, what they scored low and whatever
belongs to the same part of the journey.

Settings: `worth`, by how much more such a question teaches than another one.

Edges: low is 6 and less of 0 to 10, the lower half of any other scale, and a no. An older low score, and a promise
before the last one, no longer count. Anchors are asked anyway. A question that was answered lately rests all the same.

Example: they gave a 4 and ticked “answers take too long”: their next form rather asks how quickly they get an answer
than what they think of our reports.
"""

from __future__ import annotations

import polars as pl

from engine.api import Grid, Schema, SettingColumns, factor, hookimpl


class Settings(Schema):
    worth = factor(2.0, "Count a question that may be behind a low score or a promise so many times.")


@hookimpl
def question_worth(grid: Grid, settings: SettingColumns) -> pl.Expr | None:
    if grid.question is None or grid.question.anchor:
        return None
    behind = grid["low_on"].is_not_null() | grid["promised_on"].is_not_null()
    return pl.when(behind).then(settings.worth).otherwise(1.0)
