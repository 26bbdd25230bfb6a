"""Leave people alone for a while after each ask, and do not ask too often in a year.

What it looks at: every ask that reached the person, through any channel, for any occasion, at any account.
Reminders and bounced messages do not count, imported asks do.

Settings: `min_gap_days` between two asks, except for the occasions in `gap_exempt`; at most `max_asks` in any
`window_days`, which is not shorter than the gap.

Edges: never asked, never held. Whatever the settings, nobody is asked twice on one day. An ask leaves the window on
the day that is exactly `window_days` later. A contact who wishes to be asked more often has their own gap.

Example: asked on 3 March with a gap of 30 days: nothing before 2 April, unless it is about a promise we made.
"""

from __future__ import annotations

from typing import Any

from engine.api import (
    OCCASIONS,
    Book,
    Hold,
    Schema,
    SettingColumns,
    ValidationError,
    count,
    days,
    hookimpl,
    names,
    plus_days,
    validates_schema,
)


class Settings(Schema):
    min_gap_days = days(30, "Leave at least so many days between two asks to a person.")
    max_asks = count(4, "Ask a person at most so many times in the window.", least=1)
    window_days = days(365, "Count the asks of so many days.", least=1)
    gap_exempt = names(("promise",), "Ask for these occasions without minding the gap.", OCCASIONS)

    @validates_schema
    def check_window(self, data: dict[str, Any], **_: Any) -> None:
        if data["window_days"] < data["min_gap_days"]:
            raise ValidationError(
                f"The window must not be shorter than the gap, which is {data['min_gap_days']} days.", "window_days"
            )


@hookimpl
def hold_until(book: Book, settings: SettingColumns) -> tuple[Hold, Hold, Hold]:
    oldest_on = book["asked_on"].list.get(settings.max_asks - 1, null_on_oob=True)
    return (
        Hold(
            until=plus_days(book["last_asked_on"], settings.min_gap_days),
            except_for=settings.gap_exempt,
            unless="without the gap of {fatigue_limits.min_gap_days|a day|# days}",
            because="last asked on {last_asked_on}; "
            "we wait at least {fatigue_limits.min_gap_days|a day|# days} before we ask again",
        ),
        Hold(
            until=plus_days(oldest_on, settings.window_days),
            unless="without the limit of {fatigue_limits.max_asks|one survey|# surveys} "
            "within {fatigue_limits.window_days|a day|# days}",
            because="asked {fatigue_limits.max_asks|once|=2 twice|# times} since {oldest_on}; "
            "we ask no more often than that within {fatigue_limits.window_days|a day|# days}",
            facts={"oldest_on": oldest_on},
        ),
        Hold(
            until=plus_days(book["last_asked_on"], 1),
            because="asked on {last_asked_on}; we never ask twice on one day",
        ),
    )
