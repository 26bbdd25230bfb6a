"""The Book: what every strategy can see. One row is one contact at one account, as known at the end of `today`.

Nothing in the Book depends on a setting, so that a changed setting means the same in a plan, an explanation and a
simulation. Dates are calendar days in the contact's time zone. "Person" columns look at every contact who is the same
person; the others at this contact, or this account, only. "Asked" means an ask that was sent and did not bounce.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Self

import polars as pl

from engine.errors import PluginError, nearest
from engine.types import Question


class Column(NamedTuple):
    name: str
    dtype: pl.DataType | type[pl.DataType]
    meaning: str
    null: str
    """What null means; `never` where there is none."""


COLUMNS = (
    # who
    Column("contact_id", pl.Int64, "the contact", "never"),
    Column("account_id", pl.Int64, "the account", "never"),
    Column("person_id", pl.Int64, "the person, who may be a contact of several accounts", "never"),
    Column("contact_key", pl.String, "the contact's key, unique within the account", "never"),
    Column("account_key", pl.String, "the account's key", "never"),
    Column("today", pl.Date, "the day that is decided for, where the contact is", "never"),
    Column("timezone", pl.String, "IANA name of where the contact is", "never"),
    # the account
    Column("tier", pl.String, "strategic, key, standard or light; an unknown tier counts as standard", "never"),
    Column("segment", pl.String, "the account's segment", "unknown"),
    Column("owner", pl.String, "e-mail address of the account's owner", "nobody named"),
    Column("country", pl.String, "ISO 3166-1 alpha-2 code, upper case", "unknown"),
    Column("region", pl.String, "subdivision code for holidays", "none"),
    Column("revenue_ratio", pl.Float64, "annual revenue over the median of all accounts that state one", "unknown"),
    Column("renewal_on", pl.Date, "the day the contract renews", "unknown"),
    Column("account_heard_on", pl.Date, "last answer from anyone at the account", "never heard"),
    Column(
        "owner_open_followups",
        pl.Int32,
        "drafted and agreed promises of the account's owner, over all accounts",
        "never",
    ),
    # the contact
    Column("role", pl.String, "the contact's role", "unknown"),
    Column("influence", pl.String, "decision_maker, champion, user …", "unknown"),
    Column("role_heard_on", pl.Date, "last answer from anyone with this contact's role at the account", "never heard"),
    Column("created_on", pl.Date, "contact since; the day of import where unknown", "never"),
    Column(
        "channels",
        pl.List(pl.String),
        "channels that may be used: named, or by address; bounced ones left out",
        "never",
    ),
    Column("preferred_channel", pl.String, "the person's wish, else what the account team noted", "no preference"),
    Column(
        "house_answer_rate",
        pl.Float64,
        "share of all asks of the house that were answered, at the last count: (answered + 1) / (sent + 2)",
        "never",
    ),
    # the person's own word
    Column("opted_out_on", pl.Date, "the person opted out", "has not"),
    Column("paused_until", pl.Date, "the person paused until (latest of their contacts)", "has not"),
    Column("wish_min_interval", pl.Int32, "days; the person wants at least so many between two asks", "no wish"),
    Column("wish_every_days", pl.Int32, "days; the person wants to be asked more often: every so many", "no wish"),
    Column("wish_occasions_off", pl.List(pl.String), "occasions the person switched off", "never (empty)"),
    # how the person was asked, everywhere
    Column("asked_on", pl.List(pl.Date), "days of all asks to the person, newest first", "never (empty)"),
    Column("last_asked_on", pl.Date, "the newest of them", "never asked"),
    Column("open_asked_on", pl.Date, "latest ask to the person that is sent, opened or started", "none open"),
    Column(
        "unanswered_in_a_row", pl.Int32, "newest asks without an answer, of those sent 14 days ago or more", "never"
    ),
    Column("settled_asked_on", pl.Date, "the newest ask of those sent 14 days ago or more", "none"),
    Column(
        "usual_answer_minute",
        pl.Int32,
        "the minute of the local day at which the person usually answers: the middle one of their answers",
        "fewer than three answers of which the hour is known",
    ),
    Column("last_feedback_on", pl.Date, "last feedback the person gave unasked", "none"),
    Column("planned_elsewhere", pl.Boolean, "an ask to the same person as another contact waits to be sent", "never"),
    # how this contact was asked
    Column("relationship_asked_on", pl.Date, "last relationship ask to this contact", "never asked"),
    Column("renewal_asked_on", pl.Date, "last renewal ask to this contact", "never asked"),
    Column("planned_on", pl.Date, "an ask to this contact waits to be sent, planned on", "none waits"),
    Column("asked_here_on", pl.Date, "the person was last asked at this account, or an ask there waits", "never asked"),
    # promises
    Column(
        "promise_due_on", pl.Date, "earliest due day of the promises to this contact that are agreed, not done", "none"
    ),
    Column("promise_due", pl.Int64, "the number of that promise", "none"),
    Column("account_promise_due_on", pl.Date, "the same, for promises to anyone at the account", "none"),
    Column("account_promise_due", pl.Int64, "the number of that promise", "none"),
    Column(
        "done_promises_on",
        pl.List(pl.Date),
        "done days, oldest first, of promises to this contact without a verdict and without a promise ask since",
        "never (empty)",
    ),
    Column("promise_done_on", pl.Date, "last day a promise to this contact was done", "none done"),
    # time
    Column(
        "changes_on",
        pl.Date,
        "the first day after today on which something here changes by itself: "
        "history dated ahead comes about, or an ask is 14 days old",
        "nothing does",
    ),
)

TOUCHPOINT = "touchpoint_on:"
"""`touchpoint_on:KIND` (Date): latest touchpoint of the kind that names this contact and that no touchpoint ask to this
contact followed. One such column for each kind in `Book.kinds`."""

ACCOUNT_TOUCHPOINT = "account_touchpoint_on:"
"""`account_touchpoint_on:KIND` (Date): the same, for touchpoints of the account as a whole."""


class Counts(NamedTuple):
    """Asks by one channel, and how many of them were answered (Int32). A Book has a column `sent_by:CHANNEL` and so on
    for each channel that the house delivers by."""

    sent_by: pl.Expr
    answered_by: pl.Expr
    tier_sent_by: pl.Expr
    tier_answered_by: pl.Expr


COUNTS = {
    "sent_by": "asks to this contact by the channel",
    "answered_by": "those of them that were answered",
    "tier_sent_by": "asks to all contacts of the account's tier by the channel, at the last count",
    "tier_answered_by": "those of them that were answered",
}


CHANNEL_ASKS = {"channel": pl.String, "today": pl.Date, "channel_asks": pl.Int32}
NO_CHANNEL_ASKS = pl.DataFrame(schema=CHANNEL_ASKS)

LIMIT_COLUMNS = (
    Column("channel", pl.String, "the way that was chosen, for those who would be asked today", "not asked, or no way"),
    Column(
        "channel_asks",
        pl.Int32,
        "asks of ours by that channel, sent today or waiting to be sent, in the whole house",
        "never",
    ),
)
"""What the Book has besides when limits are asked for."""


@dataclass(frozen=True)
class Book:
    """The frame with COLUMNS, two columns per touchpoint kind and COUNTS per channel. `book["name"]` is a checked
    column expression. `channel_asks`, as CHANNEL_ASKS: asks of the whole house that take a place of their channel."""

    frame: pl.DataFrame
    kinds: tuple[str, ...] = ()
    channel_asks: pl.DataFrame = field(default_factory=lambda: NO_CHANNEL_ASKS)

    @cached_property
    def names(self) -> frozenset[str]:
        """Of its columns."""
        return frozenset(self.frame.columns)

    def __getitem__(self, name: str) -> pl.Expr:
        if name not in self.names:
            raise PluginError(f"The Book has no column “{name}”.{nearest(name, self.frame.columns)}", about=name)
        return pl.col(name)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def for_guest(self) -> Self:
        """The same with a frame of its own: whoever changes it in place changes nothing for others."""
        return replace(self, frame=self.frame.clone())

    @property
    def today(self) -> pl.Expr:
        return pl.col("today")

    def named_touchpoint_on(self, kind: str) -> pl.Expr:
        """Latest touchpoint of this kind that names the contact and is not followed up (Date)."""
        return self[TOUCHPOINT + kind]

    def account_touchpoint_on(self, kind: str) -> pl.Expr:
        """Latest touchpoint of this kind that concerns the account as a whole and is not followed up (Date)."""
        return self[ACCOUNT_TOUCHPOINT + kind]

    def counts_by(self, channel: str) -> Counts:
        """How often asks by this channel were sent and answered; 0 where the Book knows no such channel."""
        names = [f"{name}:{channel}" for name in Counts._fields]
        return Counts(*(self[name] if name in self else pl.lit(0, pl.Int32) for name in names))


GRID_COLUMNS = (
    Column("answered_on", pl.Date, "this person's last answer to this question", "never answered"),
    Column("heard_on", pl.Date, "the question's construct was last heard from this account", "never heard"),
    Column("colleague_on", pl.Date, "a colleague at this account last answered, or was asked, this construct", "never"),
    Column(
        "low_on",
        pl.Date,
        "the person's last low score, where the question may be behind it: it is a reason that was ticked; where none "
        "was, it measures the same or belongs to the same part of the journey",
        "none, or it is not",
    ),
    Column(
        "promised_on",
        pl.Date,
        "the last promise to the person that is agreed or done and came from a low score, where the question may be "
        "behind that score",
        "none, or it is not",
    ),
    Column("known", pl.String, "what the record has of the fact that the question `knows`", "nothing, or no such fact"),
)
"""What a Grid of questions adds to the Book's columns."""


GRID_NAMES = frozenset(column.name for column in GRID_COLUMNS)


@dataclass(frozen=True)
class Grid(Book):
    """A Book seen for one question or one channel at a time: `grid.question`, `grid.channel` are plain values."""

    question: Question | None = None
    channel: str | None = None
    at: str = ""
    """What the frame's names of GRID_COLUMNS end with, where one frame carries them for several questions."""

    def for_guest(self) -> Self:
        return replace(super().for_guest(), question=deepcopy(self.question))

    def __getitem__(self, name: str) -> pl.Expr:
        return super().__getitem__(name + self.at if name in GRID_NAMES else name)


class SettingColumns:
    """A strategy's settings as column expressions: `settings.max_asks`. Every contact has a value, never null."""

    def __init__(self, strategy: str, columns: Mapping[str, pl.Expr]) -> None:
        self._strategy = strategy
        self._columns = columns

    def __getattr__(self, name: str) -> pl.Expr:
        try:
            return self._columns[name]
        except KeyError:
            raise PluginError(
                f"{self._strategy} has no setting “{name}”.{nearest(name, self._columns)}", about=self._strategy
            ) from None
