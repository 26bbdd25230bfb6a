"""Ask people about what their role has to do with, and not about the rest.

What it looks at: the contact's role and the `roles` that a question of the survey names.

Settings: none besides the mode.

Edges: a question that names no role suits everyone. One that names roles is not asked of others, nor of a contact
whose role is unknown.

Example: a question on invoices names the role finance: the finance lead is asked, the developers are not.
"""

from __future__ import annotations

import polars as pl

from engine.api import Grid, hookimpl

FITS = 1.5


@hookimpl
def question_worth(grid: Grid) -> pl.Expr | None:
    if grid.question is None or not grid.question.roles:
        return None
    return pl.when(grid["role"].is_in(list(grid.question.roles))).then(FITS).otherwise(0.0)
