"""Send one ask to a person at a time, even where they are a contact of several accounts.

What it looks at: whether an ask to the same person, as a contact of another account, waits to be sent.

Settings: none besides the mode.

Edges: two contacts are one person when they share an e-mail address, or a mobile number where one has no address.
An ask that was sent already is live_ask's matter.

Example: Nadia advises two clients of ours, and both have a reason: she gets the ask whose answer is worth more.
"""

from __future__ import annotations

import polars as pl

from engine.api import Book, Limit, hookimpl


@hookimpl
def limit(book: Book) -> Limit:
    return Limit(
        per=("person_id",),
        at_most=pl.lit(1, dtype=pl.Int32),
        used=book["planned_elsewhere"].cast(pl.Int32),
        unless="once the other questions are answered",
        because="we ask a person one thing at a time, whichever company it is about",
    )
