"""Never send a second ask while the first can still be answered.

What it looks at: asks to the person, at any account, that were sent and are neither answered, declined nor run out.

Settings: `valid_days`, how long the link of an ask works.

Edges: an ask that was never closed in the records stops holding when its link has run out.

Example: asked on 1 March, not answered yet: nothing new before 31 March. With the answer the way is free.
"""

from __future__ import annotations

from engine.api import Book, Hold, Schema, SettingColumns, days, hookimpl, plus_days


class Settings(Schema):
    valid_days = days(30, "Let the link of an ask work for so many days.", least=1)


@hookimpl
def hold_until(book: Book, settings: SettingColumns) -> Hold:
    return Hold(
        until=plus_days(book["open_asked_on"], settings.valid_days),
        unless="once the open questions are answered",
        because="our questions of {open_asked_on} are still open; "
        "they can be answered for {live_ask.valid_days|a day|# days}",
    )
