"""Give people who leave our questions unanswered a long rest.

What it looks at: the person's asks that are at least 14 days old, at any account. If none of the newest `n` of them
was answered, the person rests.

Settings: `n` unanswered asks in a row; `rest_days` after the newest of them.

Edges: an ask that was declined or ran out counts as unanswered. Younger asks may still be answered and do not count
either way. It is judged today: what happens until some later day is not guessed.

Example: two asks in a row went unanswered, the second was sent on 1 March: nothing before 29 June.
"""

from __future__ import annotations

import polars as pl

from engine.api import Book, Hold, Schema, SettingColumns, count, days, hookimpl, plus_days


class Settings(Schema):
    n = count(2, "Let a person rest after so many asks in a row without an answer.", least=1)
    rest_days = days(120, "Let them rest for so many days.")


@hookimpl
def hold_until(book: Book, settings: SettingColumns) -> Hold:
    in_a_row = book["unanswered_in_a_row"]
    return Hold(
        until=pl.when(in_a_row >= settings.n).then(plus_days(book["settled_asked_on"], settings.rest_days)),
        unless="if one of these surveys had been answered",
        because="{unanswered_in_a_row|a survey went unanswered, that|# surveys in a row went unanswered, most recently "
        "that} of {settled_asked_on}; we then wait {unanswered_rest.rest_days|a day|# days} before we ask again",
    )
