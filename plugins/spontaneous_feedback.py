"""Do not ask people who have just told us something on their own.

What it looks at: the last feedback that names the person and that nobody asked for, at any account.

Settings: `quiet_days` after it.

Edges: feedback that names nobody holds nobody. Zero days switch the rest off.

Example: someone complained by phone on Monday: nothing before Wednesday.
"""

from __future__ import annotations

from engine.api import Book, Hold, Schema, SettingColumns, days, hookimpl, plus_days


class Settings(Schema):
    quiet_days = days(2, "Wait so many days after feedback that nobody asked for.")


@hookimpl
def hold_until(book: Book, settings: SettingColumns) -> Hold:
    return Hold(
        until=plus_days(book["last_feedback_on"], settings.quiet_days),
        unless="without the quiet days after that feedback",
        because="gave us feedback on {last_feedback_on} without being asked; "
        "we wait {spontaneous_feedback.quiet_days|a day|# days} before we ask for more",
    )
