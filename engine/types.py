"""Values that travel between the engine and its plugins. They hold and check nothing but themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import polars as pl

NEVER = date(9999, 12, 31)
"""As a hold's `until`: until somebody takes it back."""

OCCASIONS = ("promise", "touchpoint", "renewal", "relationship")
"""Why Heed asks. The order breaks ties between occasions that fall on one day."""

TIERS = ("strategic", "key", "standard", "light")

Facts = Mapping[str, "pl.Expr"]
"""Extra values for a sentence, by name; computed for the one row that is shown."""


@dataclass(frozen=True)
class Moment:
    """When it is. `on` makes that day today for everyone; without it today is the local day of `now` (aware, UTC)."""

    now: datetime
    on: date | None = None

    def today(self, zone: str) -> date:
        return self.on or self.now.astimezone(ZoneInfo(zone)).date()


@dataclass(frozen=True)
class SettingValue:
    """A setting as somebody set it. `layer`: house, tier, account or contact; `layer_key`: the tier or the id."""

    name: str
    layer: str
    layer_key: str
    value: Any
    author: str = ""
    set_at: datetime | None = None


def clean_text(text: str) -> str:
    """Replace what no database and no client should be given, NUL and lone surrogates, by U+FFFD. Used at every edge.

    >>> clean_text("a\\x00b")
    'a\ufffdb'
    """
    cleaned = text.replace("\0", "\ufffd")
    return cleaned if text.isascii() else cleaned.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# What decision hooks return. Every expression is over the Book (one row = one contact at one account) and is
# row by row: it never looks at another row. Sentences name Book columns, settings (`strategy.setting`), facts and the
# value's own dates in braces: "last asked on {last_asked_on}, at least {fatigue_limits.min_gap_days} days apart".


@dataclass(frozen=True, kw_only=True)
class Reason:
    """From the day `on` there is a reason to ask, for one occasion. `on` and `expires`: Date; null: no reason.

    `about` (String): the kind of touchpoint it follows, which chooses the survey.
    """

    occasion: str
    on: pl.Expr
    because: str
    expires: pl.Expr | None = None
    about: pl.Expr | None = None
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """The days from `since` (None or null: always) up to, not including, `until` (Date; null: none) are covered.

    `except_for` and `only_for` name occasions: a tuple, or a List(String) expression where a setting decides.
    `not_before` replaces the date in words where the day itself would mislead ("before P-12 is kept").
    `unless` says what would lift it ("once P-12 is kept"); the day that would follow is worked out and shown with it.
    """

    until: pl.Expr
    because: str
    since: pl.Expr | None = None
    except_for: Sequence[str] | pl.Expr = ()
    only_for: Sequence[str] | pl.Expr | None = None
    not_before: str | None = None
    unless: str | None = None
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Closed:
    """Days shut by a calendar. `calendar`: String, the same text for all rows that share one calendar.

    `shut(calendar, first, last)` names the shut days from first to last, both included, and why: always the same for
    the same text, so that it is asked once per distinct calendar. `because` may use {day} (the first shut day) and
    {why}; `unless`: see Hold.
    """

    calendar: pl.Expr
    shut: Callable[[str, date, date], Mapping[date, str]]
    because: str
    unless: str | None = None
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Not more than `at_most` asks (integer; null: never refused, but counted) among the rows that share `per` columns.

    `used`: a Boolean says that this row's person already holds a place (asking them again takes none);
    an integer says how many places of the group are held (the same for every row of the group); None: none.
    `holds`, beside an integer: a Boolean that says that this row's person holds one of those.
    `since` and `frees_on`, beside a Boolean or `holds`: the day (Date) since which the row's person holds a place, and
    the one from which on they hold none any more.
    `unless` says what would make room ("with room for one more person").
    """

    per: Sequence[str]
    at_most: pl.Expr
    because: str
    used: pl.Expr | None = None
    holds: pl.Expr | None = None
    since: pl.Expr | None = None
    frees_on: pl.Expr | None = None
    unless: str | None = None
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Worth:
    """A factor (Float64) of what an answer counts where there is not room for everyone, and what makes it high.

    `because` is said of those who come before somebody else: "we asked them less". It names no values.
    """

    factor: pl.Expr
    because: str


# What is asked, and what comes back


@dataclass(frozen=True)
class Question:
    """One question of a survey's bank. Texts are by locale: {"en": "…"}. `seconds`: expected time to answer."""

    name: str
    type: str
    ask: Mapping[str, str]
    measures: str | None = None
    anchor: bool = False
    seconds: int = 10
    every_days: int = 90
    about: str | None = None
    roles: tuple[str, ...] = ()
    show_if: str | None = None
    require_if: str | None = None
    for_each: str | None = None
    touchpoints: tuple[str, ...] = ()
    """Kinds of touchpoint that it is repeated for; empty: every kind."""
    knows: str | None = None
    """The fact of the record that an answer would tell, such as contact.role: not asked where the record has it."""
    required: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    """What only its type understands: scale, choices, reasons, labels …"""

    def __hash__(self) -> int:
        return hash((self.name, self.type))


@dataclass(frozen=True)
class Survey:
    name: str
    title: Mapping[str, str]
    occasions: tuple[str, ...]
    questions: tuple[Question, ...]
    touchpoints: tuple[str, ...] = ()
    """Kinds of touchpoint this survey follows; empty: any that no other survey names."""
    intro: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True)
class Given:
    """One answer as the client gave it. `value` is what was chosen, as text; `score` its number; `text` own words.

    `data`: whatever else its type keeps. Under `reasons`, `low` stands what is behind a low score: names of constructs,
    or of entries of the journey.
    """

    value: str | None = None
    score: float | None = None
    text: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Analysis:
    """How to sum up answers. `scale`: nominal, ordinal, interval, ratio, date, ranks, words or wish; `by`: figures."""

    scale: str
    by: tuple[str, ...]


class QuestionType(Protocol):
    """A kind of question.

    `html` is a Jinja template's source. It is rendered with autoescaping and sees `question`, `field` (the form name),
    `label` (the wording of the question), `texts`, `typed` (what stands in the fields: see `fill`), `withheld` (parts
    that the client's terms do not let us keep, so not to be asked) and `_` (gettext).

    Where a part of the answer's data tells a fact of the record, `tells = {"number": "contact.phone"}` says so.
    """

    name: str
    html: str
    own_words: bool
    """Whether it invites the client's own words: each form has at least one such question."""
    options: tuple[str, ...]
    """Keys of a question in YAML that only this type understands."""
    analysis: Analysis

    def low_up_to(self, question: Question) -> float | None:
        """The highest score that counts as low, so that it is followed up; None: no score does."""

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        """Say what is wrong with a question's own options, a sentence each, beginning with the option's key."""

    def texts(self, question: Question, locale: str, _: Callable[[str], str]) -> dict[str, Any]:
        """The words that `html` and `as_text` use, in the client's language."""

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        """What was posted to give this answer, by part: `{"": ["3"], "text": ["Too dear"]}` for `q1` and `q1.text`."""

    def read(self, question: Question, form: Mapping[str, Sequence[str]], field: str) -> Given | None:
        """Read the answer from posted fields named `field` or `field.…`. None: skipped. Raises InputError."""

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        """The question for a plain-text message or a call sheet."""


# How it is brought to the client


@dataclass(frozen=True)
class Picture:
    """A PNG that comes with a message, shown where its HTML says `src="cid:NAME"`."""

    name: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Message:
    """A rendered message. `headers` are extra ones, in order; `html` None: plain text only."""

    to: str
    to_name: str
    sender: str
    sender_name: str
    subject: str
    text: str
    message_id: str
    html: str | None = None
    reply_to: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What became of a delivery. `outcome`: sent, refused (for good), later (try again) or unknown (in doubt)."""

    outcome: str
    detail: str = ""


class Delivery(Protocol):
    """An open line to a mail server, gateway … Never raises for what the other side says: that is the receipt."""

    def deliver(self, message: Message) -> Receipt: ...


class Channel(Protocol):
    """A way to bring an ask to a client.

    Where it says `to_owner = True`, the account's owner is sent a call sheet, and the client is written nothing.
    """

    name: str
    label: str

    def open(self, config: Any) -> AbstractContextManager[Delivery]:
        """Connect. Raises HeedError with what to do where no connection can be had."""


# What comes of it


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A saved answer, as plugins see it. `about`: the journey entry the question belongs to.

    `band`: where the score lies on its scale: low, middle or high. `before`: what the same person said last time.
    `fallen`: by how much of the scale it has fallen since. `promise`: the number of the one that was asked about.
    """

    ask_id: int | None
    account_id: int
    contact_id: int
    survey: str
    question: str
    type: str
    given: Given
    answered_at: datetime
    about: str | None = None
    measures: str | None = None
    band: str | None = None
    before: float | None = None
    fallen: float | None = None
    promise: int | None = None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A promise that a plugin suggests. `agreed`: it stands at once, without waiting for the account team.

    `kind`: what it takes; of several drafts of one kind after one answer the first stands, with the others' notes.
    `about`: the part of the journey whose owner it goes to. `said`: the client's words; else the first ones they gave.
    """

    title: str
    working_days: int
    agreed: bool = False
    owner_email: str | None = None
    note: str = ""
    kind: str = "follow_up"
    about: str | None = None
    said: str | None = None
