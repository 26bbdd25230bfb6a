"""Choose between channels that suit a person about equally well.

What it looks at: nothing but the order of channels that was set for the account.

Settings: `order` of channels; important clients are called first.

Edges: it only tips the balance. A channel that is more than a tenth worse than the best is not considered, so a wish or
a clearly better answer rate decides before it. A channel that is not in the order comes last.

Example: e-mail and SMS were answered equally often: a standard account gets an e-mail.
"""

from __future__ import annotations

import polars as pl

from engine.api import Grid, Preference, Schema, SettingColumns, hookimpl, names

NEAR = 0.1


class Settings(Schema):
    order = names(("email", "sms"), "Prefer channels in this order.", strategic=("phone", "email"))


@hookimpl
def channel_worth(grid: Grid, settings: SettingColumns) -> Preference:
    here = settings.order.list.eval(pl.element() == pl.lit(grid.channel, dtype=pl.String))
    place = pl.when(here.list.any()).then(here.list.arg_max()).otherwise(settings.order.list.len())
    return Preference(place=place.cast(pl.Int32), within=NEAR)
