"""Ask only a few people of one account at a time, so that a client never feels surveyed as a company.

What it looks at: how many people of the account were asked in the last days, for any occasion, or are about to be.

Settings: `people` of one account that may be asked in `window_days`; important accounts have more places.

Edges: people count, not asks: somebody who was asked in the window already holds a place and takes no new one.
Where there is not room for everyone, those whose answer is worth most come first.

Example: two places, five contacts with a reason: the two worth most are asked now, the others in the next weeks.
"""

from __future__ import annotations

from engine.api import Book, Limit, Schema, SettingColumns, count, days, hookimpl, plus_days


class Settings(Schema):
    people = count(
        2, "Ask at most so many people of one account in the window.", strategic=3, key=2, standard=2, light=1
    )
    window_days = days(30, "Count the people who were asked in so many days.", least=1)


@hookimpl
def limit(book: Book, settings: SettingColumns) -> Limit:
    frees_on = plus_days(book["asked_here_on"], settings.window_days)
    return Limit(
        per=("account_id",),
        at_most=settings.people,
        used=(frees_on > book.today).fill_null(False),
        since=book["asked_here_on"],
        frees_on=frees_on,
        unless="with room for one more person at this company",
        because="we ask {account_share.people|=0 nobody|no more than one person|no more than # people} at one company "
        "within {account_share.window_days|a day|# days}",
    )
