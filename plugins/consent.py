"""Never ask people who said no, and not before the day until which they paused.

What it looks at: whether the person opted out or paused, as a contact of any account.

Settings: none, and it cannot be switched off. A no is final until the person takes it back.

Edges: someone who declined one survey did not opt out: that ended one ask only. On the day the pause ends, we may
ask.

Example: paused until 1 September: nothing is sent up to and including 31 August.
"""

from __future__ import annotations

import polars as pl

from engine.api import Book, Hold, hookimpl, never


@hookimpl
def hold_until(book: Book) -> tuple[Hold, Hold]:
    return (
        Hold(
            until=pl.when(book["opted_out_on"].is_not_null()).then(never),
            because="told us on {opted_out_on} not to ask again",
            unless="if that is taken back",
        ),
        Hold(
            until=book["paused_until"],
            because="asked us to pause until {paused_until}",
            unless="if the pause is ended",
        ),
    )
