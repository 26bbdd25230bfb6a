"""Use only channels that can reach the person.

What it looks at: the channels that may be used for the contact: those the account team named, else e-mail where
there is an address and SMS where there is a mobile number. Where messages bounced, the channel is left out.

Settings: `off`, channels that are not used at all.

Edges: where no channel is left the ask waits, and the explanation says so.

Example: no mobile number, so no SMS, whatever anybody prefers.
"""

from __future__ import annotations

import polars as pl

from engine.api import Grid, Schema, SettingColumns, hookimpl, names


class Settings(Schema):
    off = names((), "Do not use these channels.")


@hookimpl
def channel_worth(grid: Grid, settings: SettingColumns) -> pl.Expr:
    channel = pl.lit(grid.channel, dtype=pl.String)
    possible = grid["channels"].list.contains(channel) & ~settings.off.list.contains(channel)
    return pl.when(possible).then(1.0)
