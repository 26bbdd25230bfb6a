"""Ask by a channel no more people a day than somebody can serve: calls take an account manager's time.

What it looks at: the channel that suits each person best, and the asks of ours that go by it that day, in the whole
house: sent already, or planned and waiting to be sent.

Settings: how many asks a day by `phone`, `email` and `sms`. A million means as many as there are. To use a channel for
nobody is `channel_possible.off`: with no place at all, whoever it suits best would wait for ever.

Edges: the day is the one where the person is. Somebody whose ask waits to be sent holds a place already and takes no
new one. Whom no channel can reach takes none either. Who is left out is not asked by another channel instead: they
have their turn when there is room.

Example: ten calls a day, fourteen people who are best called: the ten whose answers are worth most today, the others
on the next days.
"""

from __future__ import annotations

import polars as pl

from engine.api import Book, Limit, Schema, SettingColumns, count, hookimpl

UNLIMITED = 1_000_000


class Settings(Schema):
    phone = count(10, "Call at most so many people a day.", least=1)
    email = count(UNLIMITED, "Send an e-mail to at most so many people a day.", least=1)
    sms = count(UNLIMITED, "Send an SMS to at most so many people a day.", least=1)


@hookimpl
def limit(book: Book, settings: SettingColumns) -> Limit:
    places = {"phone": settings.phone, "email": settings.email, "sms": settings.sms}
    at_most = pl.coalesce(pl.when(book["channel"] == channel).then(most) for channel, most in places.items())
    return Limit(
        per=("channel", "today"),
        at_most=pl.when(at_most < UNLIMITED).then(at_most),
        used=book["channel_asks"],
        holds=book["planned_on"].is_not_null(),
        since=book["planned_on"],
        unless="with room for one more person by {channel} that day",
        because="we ask {at_most|no more than one person|no more than # people} a day by {channel}",
    )
