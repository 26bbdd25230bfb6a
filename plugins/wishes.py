"""Ask people as rarely, about what and by which way they wish.

What it looks at: what the person chose on their own page, as a contact of any account: at least so many days
between two asks, occasions they do not want to be asked for, the channel they like best. Where they named no
channel, what the account team noted counts.

Settings: none, and it cannot be switched off. Only the person sets their wishes; nothing overrules them.

Edges: occasions that were switched off are never a reason. A wish to be asked more often shortens the days between
two asks, down to one. A wished channel that is not possible, because there is no number for it, changes nothing.

Example: asked on 1 March, at least 60 days between two asks: nothing before 30 April.
"""

from __future__ import annotations

import polars as pl

from engine.api import Book, Grid, Hold, Preference, hookimpl, plus_days

ANYTHING_POSSIBLE = 1.0


@hookimpl
def hold_until(book: Book) -> Hold:
    return Hold(
        until=plus_days(book["last_asked_on"], book["wish_min_interval"]),
        unless="with the wish to be asked more often",
        because="last asked on {last_asked_on}, "
        "and would like at least {wish_min_interval|a day|# days} before we ask again",
    )


@hookimpl
def channel_worth(grid: Grid) -> Preference:
    wished = grid["preferred_channel"] == pl.lit(grid.channel, dtype=pl.String)
    return Preference(place=pl.when(wished).then(pl.lit(0, pl.Int32)).otherwise(1), within=ANYTHING_POSSIBLE)
