"""Stay quiet in the last days before a contract renews.

What it looks at: the day the account's contract renews.

Settings: `quiet_days` before it.

Edges: no known renewal, no hold. The day of the renewal itself is quiet too, even with zero days; the day after is
free.

Example: the contract renews on 30 June: nothing from 16 June to 30 June.
"""

from __future__ import annotations

from engine.api import Book, Hold, Schema, SettingColumns, days, hookimpl, plus_days


class Settings(Schema):
    quiet_days = days(14, "Ask nothing in the last so many days before the contract renews.")


@hookimpl
def hold_until(book: Book, settings: SettingColumns) -> Hold:
    return Hold(
        since=plus_days(book["renewal_on"], -settings.quiet_days),
        until=plus_days(book["renewal_on"], 1),
        unless="without the quiet days before the renewal",
        because="the contract renews on {renewal_on}; "
        "we stay quiet {renewal_quiet.quiet_days|=0 on that day|from the day before|in the # days before}",
    )
