"""Ask soon after something happened: an onboarding, a closed ticket, a milestone, a resolved incident.

What it looks at: the latest touchpoint that no touchpoint ask to this contact followed. One that names the contact
counts for the contact; one of the account as a whole counts for all its contacts, or for those whose role is in
`roles`.

Settings: `kinds` of touchpoints that we follow up; `delay_days` until we ask; `expires_days`, not fewer, after which
it is too late; `roles` who are asked about what concerns the whole account (none named: everyone).

Edges: of several touchpoints the latest counts, and one ask follows them all. Where roles are named, a contact
without a role is asked only about touchpoints that name them.

Example: a ticket was closed on Monday. On Wednesday there is a reason to ask; two weeks after that Monday it is
gone.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from engine.api import (
    Book,
    Reason,
    Schema,
    SettingColumns,
    ValidationError,
    days,
    hookimpl,
    names,
    plus_days,
    validates_schema,
)


class Settings(Schema):
    delay_days = days(2, "Wait so many days after the touchpoint.")
    expires_days = days(14, "Ask no more when so many days have gone by.")
    kinds = names(
        ("onboarding_done", "ticket_closed", "project_milestone", "incident_resolved"),
        "Follow up touchpoints of these kinds.",
    )
    roles = names((), "Ask only these roles about what concerns the whole account; none named: everyone.")

    @validates_schema
    def check_days(self, data: dict[str, Any], **_: Any) -> None:
        if data["expires_days"] < data["delay_days"]:
            raise ValidationError(
                f"It would be too late before we ask, which is after {data['delay_days']} days.", "expires_days"
            )


@hookimpl
def ask_from(book: Book, settings: SettingColumns) -> Reason | None:
    if not book.kinds:
        return None
    latest_on, kind = _latest(book, settings)
    return Reason(
        occasion="touchpoint",
        on=plus_days(latest_on, settings.delay_days),
        expires=plus_days(latest_on, settings.expires_days),
        about=kind,
        because="{kind} on {happened_on}; "
        "we ask about it {touchpoint_followup.delay_days|=0 the same day|a day later|# days later}",
        facts={"kind": kind, "happened_on": latest_on},
    )


def _latest(book: Book, settings: SettingColumns) -> tuple[pl.Expr, pl.Expr]:
    """The day and the kind of the latest touchpoint; of several that day the first kind counts.

    Day and kind are one number, so that the days of all kinds are compared once.
    """
    concerned = (settings.roles.list.len() == 0) | settings.roles.list.contains(book["role"])
    kinds = len(book.kinds)
    numbers = (
        _happened_on(book, settings, kind, concerned).cast(pl.Int32) * kinds + place
        for place, kind in enumerate(reversed(book.kinds))
    )
    latest = pl.max_horizontal(*numbers)
    kind = (latest % kinds).cast(pl.UInt32).cat.to(pl.Enum(book.kinds[::-1])).cast(pl.String)
    return (latest // kinds).cast(pl.Date), kind


def _happened_on(book: Book, settings: SettingColumns, kind: str, concerned: pl.Expr) -> pl.Expr:
    latest_on = pl.max_horizontal(
        book.named_touchpoint_on(kind), pl.when(concerned).then(book.account_touchpoint_on(kind))
    )
    return pl.when(settings.kinds.list.contains(pl.lit(kind))).then(latest_on)
