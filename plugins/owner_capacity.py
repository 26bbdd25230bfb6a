"""Never ask more than we can answer: count the follow-ups that each account owner still has open.

What it looks at: the drafted and agreed promises of the account's owner, over all their accounts.

Settings: `open_followups`, how many an owner can look after at once.

Edges: an account without an owner is not limited. An owner with too many open follow-ups asks nobody until some are
done.

Example: 13 follow-ups open, room for 15: two of the owner's contacts are asked today, those worth most.
"""

from __future__ import annotations

from engine.api import Book, Limit, Schema, SettingColumns, count, hookimpl


class Settings(Schema):
    open_followups = count(15, "Ask only while the account's owner has fewer follow-ups open than so many.")


@hookimpl
def limit(book: Book, settings: SettingColumns) -> Limit:
    return Limit(
        per=("owner",),
        at_most=settings.open_followups,
        used=book["owner_open_followups"],
        unless="once one of these follow-ups is done",
        because="the account manager has {owner_open_followups|=0 no follow-up|one follow-up|# follow-ups} open "
        "and can look after {owner_capacity.open_followups} at a time",
    )
