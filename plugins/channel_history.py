"""Choose the way by which people have answered us before.

What it looks at: how many asks this contact got by each channel, and how many of them were answered; where that is
little, how their tier answers by it, and where that is little too, how the whole house answers, whatever the channel.

Settings: `prior`, how many asks what is known of others weighs.

Edges: nothing is taken for granted of few asks. Somebody who answered the only SMS they got does not answer every one,
and a channel that was never used is expected to do as well as the house does, so that it is neither preferred nor lost.
Every ask that was sent counts, those without an answer yet too. Tiers and the house are counted after every import, and
once a week; a contact is counted afresh for every plan.

Example: three of four e-mails answered, in a tier that answers a third: with a prior of 10 we expect an answer to 45 %.
"""

from __future__ import annotations

from engine.api import Chance, Grid, Schema, SettingColumns, count, hookimpl


class Settings(Schema):
    prior = count(10, "Let what is known of others weigh as much as so many asks.", least=1)


@hookimpl
def channel_worth(grid: Grid, settings: SettingColumns) -> Chance | None:
    if grid.channel is None:
        return None
    known, prior = grid.counts_by(grid.channel), settings.prior
    tier = (prior * grid["house_answer_rate"] + known.tier_answered_by) / (prior + known.tier_sent_by)
    return Chance(
        alpha=prior * tier + known.answered_by,
        beta=prior * (1 - tier) + known.sent_by - known.answered_by,
        answered=known.answered_by,
        sent=known.sent_by,
    )
