"""The tables. Columns, constraints and small properties; nothing here sends, renders or decides.

Imported keys are unique where the import says so; Heed's own promises to people are constraints: one live ask per
person, one delivery per attempt, one result per submission, an owner for every promise. Histories refuse change by
triggers, made in the first migration.
"""

from __future__ import annotations

from datetime import date, datetime
from secrets import token_hex
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from engine.data.types import Day, Instant

OPEN = ("sent", "opened", "started")
DUE = ("planned", "approved")
WAITING = (*DUE, "sending")
LIVE = (*WAITING, *OPEN, "in_doubt")
"""Statuses of an ask that is under way. An ask in doubt may have arrived, so it counts as asked, and as live."""
TROUBLES = ("bounced", "in_doubt", "cancelled")
ASKED = (*OPEN, "answered", "expired", "declined", "in_doubt")
"""Statuses that count as asked."""
STATUSES = (*WAITING, *ASKED, "bounced", "cancelled")
PROMISE_STATUSES = ("drafted", "agreed", "done", "declined", "dismissed", "merged")
"""Dismissed and merged are drafts that came to nothing of their own; no client sees them."""
VERDICTS = ("kept", "disputed")
STEPS = (
    *PROMISE_STATUSES, *VERDICTS, "moved", "reopened", "offered", "refused", "handed_over", "covered", "corrected",
    "noted", "escalated", "imported",
)  # fmt: skip
ACTORS = ("team", "client", "importer", "clock")
SPEAKERS = ("client", "employee")
CALL_OUTCOMES = ("answered", "later", "declined", "not_reached", "call_back")
IMPORT_STATES = ("running", "done", "failed", "undoing", "undone")
MESSAGE_STATUSES = ("claimed", "sending", "sent", "refused", "later", "in_doubt")

Id = BigInteger().with_variant(Integer, "sqlite")


def _words(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _one_of(column: str, *words: str) -> CheckConstraint:
    """Refuse any other word. Null passes, as in every CHECK."""
    return CheckConstraint(f"{column} IN ({_words(words)})", name=column)


LIVE_BY_HEED = text(f"origin = 'heed' AND status IN ({_words(LIVE)})")
WAITING_BY_HEED = text(f"origin = 'heed' AND status IN ({_words(WAITING)})")
TROUBLED = text(f"origin = 'heed' AND status IN ({_words(TROUBLES)})")
TO_APPROVE = text("needs_approval")
REFUTED = text("promises.verdict = 'disputed'")
NO_WORD = text("coalesce(promises.status, '') = 'done' AND promises.verdict IS NULL")
UNCONFIRMED = text("coalesce(status, '') = 'done' AND verdict IS NULL")
DISPUTED = text("verdict = 'disputed'")
PRIVATE = text("CAST(private_fields AS TEXT) != '[]'")
"""Conditions that an index has too. Queries say them in these words, or SQLite does not know that it may use it."""
GONE_OUT = text("status IN ('claimed', 'sending', 'sent', 'in_doubt')")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        date: Day,
        datetime: Instant,
        dict[str, Any]: JSON,
        list[Any]: JSON(none_as_null=True),
        str: String(),
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)


class Account(Base):
    __tablename__ = "accounts"
    __table_args__ = (
        Index("ix_accounts_owner", text("lower(owner_email)")),
        Index("ix_accounts_name", "name", "id"),
        Index("ix_accounts_private", "id", sqlite_where=PRIVATE, postgresql_where=PRIVATE),
    )
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    tier: Mapped[str | None]
    segment: Mapped[str | None]
    owner_email: Mapped[str | None] = mapped_column(index=True)
    sponsor_email: Mapped[str | None]
    country: Mapped[str | None]
    region: Mapped[str | None]
    timezone: Mapped[str | None]
    locale: Mapped[str | None]
    annual_revenue: Mapped[float | None] = mapped_column(index=True)
    currency: Mapped[str | None]
    renewal_on: Mapped[date | None]
    private_fields: Mapped[list[Any]] = mapped_column(default=list)
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    imported_at: Mapped[datetime]
    plan_on: Mapped[date | None] = mapped_column(index=True)
    """When to decide next; null: nothing to decide before something happens. engine.data.marks keeps it right."""
    outcomes: Mapped[str | None] = mapped_column(Text)
    """What was decided last: `CONTACT:DECISION` for each contact by id, separated by spaces."""
    expected: Mapped[str | None] = mapped_column(Text)
    """Whom we expect to ask: `CONTACT:DAY:OCCASION`, as it was decided last, for contacts whose day is ahead."""
    contacts: Mapped[list[Contact]] = relationship(back_populates="account")


class Person(Base):
    """Who stands behind one or more contacts: all that is known is on those; this only says that they are one."""

    __tablename__ = "persons"
    contacts: Mapped[list[Contact]] = relationship(back_populates="person")


class Contact(Base):
    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_contacts_name", "name", "id"),
        CheckConstraint("wish_min_interval > 0", name="wish_min_interval"),
        CheckConstraint("wish_every_days > 0", name="wish_every_days"),
    )
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    key: Mapped[str] = mapped_column(index=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(index=True)
    """Trimmed and case-folded: what tells persons apart."""
    phone: Mapped[str | None]
    mobile_key: Mapped[str | None] = mapped_column(index=True)
    """E.164, where the number is a mobile's."""
    role: Mapped[str | None]
    influence: Mapped[str | None]
    locale: Mapped[str | None]
    timezone: Mapped[str | None]
    channels: Mapped[str | None]
    """Separated by spaces; null: by address."""
    preferred_channel: Mapped[str | None]
    created_on: Mapped[date | None]
    opted_out_on: Mapped[date | None]
    paused_until: Mapped[date | None]
    bounced_channels: Mapped[str | None]
    wish_min_interval: Mapped[int | None]
    wish_every_days: Mapped[int | None]
    wish_occasions_off: Mapped[str | None]
    wish_channel: Mapped[str | None]
    wish_locale: Mapped[str | None]
    wish_no_news: Mapped[bool] = mapped_column(default=False, server_default=false())
    """They do not want to be written to about promises."""
    shares_promises: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether colleagues may see what was promised to them: by their own act."""
    link_round: Mapped[int] = mapped_column(default=0, server_default="0")
    """In their links; those of an earlier round open nothing any more."""
    erased_on: Mapped[date | None]
    """Forgotten at their own wish. The key stays, so that no import brings them back."""
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    imported_at: Mapped[datetime]
    account: Mapped[Account] = relationship(back_populates="contacts")
    person: Mapped[Person] = relationship(back_populates="contacts")


class Touchpoint(Base):
    __tablename__ = "touchpoints"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    kind: Mapped[str]
    happened_at: Mapped[datetime]
    owner_email: Mapped[str | None]
    note: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index(
            "uq_touchpoints_identity", "account_id", text("coalesce(contact_id, 0)"), "kind", "happened_at", unique=True
        ),
    )


class PartOwner(Base):
    """Who answers for a part of the journey at one account, where it is not whoever the journey's file names."""

    __tablename__ = "part_owners"
    __table_args__ = (UniqueConstraint("account_id", "part"),)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    part: Mapped[str]
    owner_email: Mapped[str]
    author: Mapped[str]
    set_at: Mapped[datetime]


class SurveyVersion(Base):
    """A survey as it stood when asks were made from it. `content` is the bank as in the YAML file."""

    __tablename__ = "survey_versions"
    __table_args__ = (UniqueConstraint("survey", "digest"), UniqueConstraint("survey", "version"))
    survey: Mapped[str]
    version: Mapped[int]
    digest: Mapped[str]
    """Of the version and what it says; no two are the same."""
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    standing: Mapped[str] = mapped_column(default="file", server_default="file")
    """file: it follows its file; desk: it is as it was saved at the desk; retired: no ask is made from it."""
    author: Mapped[str | None]
    """Who saved it; null: it came from its file."""
    comment: Mapped[str | None] = mapped_column(Text)


class PlanRun(Base):
    """One run of the planner. `sentences` are the templates that its decision records are told with."""

    __tablename__ = "plan_runs"
    on: Mapped[date]
    seed: Mapped[int]
    rules: Mapped[str | None]
    """What the strategies were, as a digest: when they change, everyone is decided for anew."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    sentences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    funnel: Mapped[dict[str, Any]] = mapped_column(default=dict)


class DecisionRecord(Base):
    """What was decided for one contact and day, with every strategy's say."""

    __tablename__ = "decision_records"
    __table_args__ = (_one_of("decision", "ask", "hold", "no_reason", "limited"),)
    run_id: Mapped[int] = mapped_column(ForeignKey("plan_runs.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    on: Mapped[date]
    decision: Mapped[str]
    occasion: Mapped[str | None]
    next_ask_on: Mapped[date | None]
    says: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Ask(Base):
    __tablename__ = "asks"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    origin: Mapped[str]
    """heed or import."""
    occasion: Mapped[str]
    survey: Mapped[str | None]
    survey_version_id: Mapped[int | None] = mapped_column(ForeignKey("survey_versions.id"))
    record_id: Mapped[int | None] = mapped_column(ForeignKey("decision_records.id"))
    channel: Mapped[str | None]
    status: Mapped[str]
    planned_on: Mapped[date | None]
    """The day, where the contact is, that it was planned for; if it leaves later, the day on which it left."""
    send_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    needs_approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Somebody of the account team has to approve it before it leaves."""
    personal_note: Mapped[str | None] = mapped_column(Text)
    """What the account team wrote above the message."""
    form: Mapped[list[Any] | None]
    """The tailored form: [{"question": name, "promise": number or null, "touchpoint": id, if any}, …] in order."""
    why: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Where the status needs it: why it was cancelled, what the mail server said. See engine.decide.endings."""
    suggest: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Answers have come in for which nothing was suggested yet."""
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact] = relationship()
    survey_version: Mapped[SurveyVersion | None] = relationship()
    __table_args__ = (
        Index(
            "uq_asks_live_person", "person_id", unique=True, sqlite_where=LIVE_BY_HEED, postgresql_where=LIVE_BY_HEED
        ),
        Index(
            "uq_asks_imported",
            "contact_id",
            "sent_at",
            unique=True,
            sqlite_where=text("origin = 'import'"),
            postgresql_where=text("origin = 'import'"),
        ),
        Index("ix_asks_due", "send_at", sqlite_where=WAITING_BY_HEED, postgresql_where=WAITING_BY_HEED),
        Index("ix_asks_expires", "expires_at", sqlite_where=LIVE_BY_HEED, postgresql_where=LIVE_BY_HEED),
        Index("ix_asks_coming", "planned_on", sqlite_where=WAITING_BY_HEED, postgresql_where=WAITING_BY_HEED),
        Index("ix_asks_way", "channel", sqlite_where=LIVE_BY_HEED, postgresql_where=LIVE_BY_HEED),
        Index("ix_asks_to_approve", "send_at", sqlite_where=TO_APPROVE, postgresql_where=TO_APPROVE),
        Index("ix_asks_troubled", "id", sqlite_where=TROUBLED, postgresql_where=TROUBLED),
        Index(
            "ix_asks_day",
            "status",
            "planned_on",
            "channel",
            sqlite_where=text("planned_on IS NOT NULL"),
            postgresql_where=text("planned_on IS NOT NULL"),
        ),
        Index("ix_asks_suggest", "id", sqlite_where=text("suggest"), postgresql_where=text("suggest")),
        _one_of("origin", "heed", "import"),
        _one_of("status", *STATUSES),
        CheckConstraint(f"sent_at IS NOT NULL OR status NOT IN ({_words((*OPEN, 'answered'))})", name="sent_at"),
    )


class Delivery(Base):
    """One attempt to bring an ask to a client. An attempt number is used once, whatever happens."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("ask_id", "attempt"),
        _one_of("status", *MESSAGE_STATUSES),
    )
    ask_id: Mapped[int] = mapped_column(ForeignKey("asks.id"))
    attempt: Mapped[int]
    status: Mapped[str]
    """claimed, sending, sent, refused, later, in_doubt."""
    claimed_by: Mapped[str]
    claimed_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    message_id: Mapped[str | None]
    detail: Mapped[str | None] = mapped_column(Text)


class Call(Base):
    """One try to reach somebody by the account team's own call, and what came of it."""

    __tablename__ = "calls"
    __table_args__ = (_one_of("outcome", *CALL_OUTCOMES),)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    ask_id: Mapped[int] = mapped_column(ForeignKey("asks.id"), index=True)
    at: Mapped[datetime]
    author: Mapped[str]
    """Who called, and wrote down what was said."""
    outcome: Mapped[str]
    again_on: Mapped[date | None]
    """When to call again."""
    note: Mapped[str | None] = mapped_column(Text)
    consented: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The client said yes to their answers being written down."""


class Submission(Base):
    """A form as it came in. The same id again gives the same result."""

    __tablename__ = "submissions"
    submission_id: Mapped[str] = mapped_column(unique=True)
    ask_id: Mapped[int] = mapped_column(ForeignKey("asks.id"), index=True)
    action: Mapped[str]
    received_at: Mapped[datetime]
    digest: Mapped[str]


class AnswerRow(Base):
    __tablename__ = "answers"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    ask_id: Mapped[int | None] = mapped_column(ForeignKey("asks.id"), index=True)
    promise_id: Mapped[int | None] = mapped_column(ForeignKey("promises.id"))
    touchpoint_id: Mapped[int | None] = mapped_column(ForeignKey("touchpoints.id"))
    """The promise, or what happened, that a repeated question was about."""
    survey: Mapped[str]
    question: Mapped[str]
    answered_at: Mapped[datetime]
    value: Mapped[str | None]
    score: Mapped[float | None]
    words: Mapped[str | None] = mapped_column("text", Text)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    __table_args__ = (
        Index(
            "uq_answers_identity",
            "contact_id",
            "survey",
            "question",
            "answered_at",
            text("coalesce(promise_id, 0)"),
            text("coalesce(touchpoint_id, 0)"),
            unique=True,
        ),
    )


class Guess(Base):
    """What somebody of the account team expected a client to answer, written down before they did."""

    __tablename__ = "guesses"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    ask_id: Mapped[int] = mapped_column(ForeignKey("asks.id"))
    question: Mapped[str]
    promise_id: Mapped[int | None] = mapped_column(ForeignKey("promises.id"))
    author: Mapped[str]
    value: Mapped[str]
    score: Mapped[float]
    at: Mapped[datetime]
    __table_args__ = (
        Index("uq_guesses_identity", "ask_id", "question", text("coalesce(promise_id, 0)"), "author", unique=True),
    )


class Voice(Base):
    """A verbatim, as it was said. `source`: survey, call_note, review …"""

    __tablename__ = "voices"
    __table_args__ = (_one_of("speaker", *SPEAKERS),)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id"), index=True)
    source: Mapped[str]
    said_at: Mapped[datetime] = mapped_column(index=True)
    words: Mapped[str] = mapped_column("text", Text)
    speaker: Mapped[str] = mapped_column(default="client", server_default="client")
    """client, or employee: someone who serves the client."""
    link: Mapped[str | None]
    """Where a review stands."""
    cause: Mapped[str | None]
    """What is behind it, by the name of a construct or of a part of the journey."""
    author: Mapped[str | None]
    """Who recorded it; null: the client themself."""
    promise_id: Mapped[int | None] = mapped_column(ForeignKey("promises.id"))
    """What it led to."""
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact | None] = relationship()


class Promise(Base):
    """What we will do. The row is where it stands now; `events` are how it came there and are only ever added to."""

    __tablename__ = "promises"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    ask_id: Mapped[int | None] = mapped_column(ForeignKey("asks.id"))
    origin: Mapped[str]
    """import, team or the plugin that drafted it."""
    title: Mapped[str]
    said: Mapped[str | None] = mapped_column(Text)
    """The client's own words behind it."""
    note: Mapped[str | None] = mapped_column(Text)
    owner_email: Mapped[str]
    made_on: Mapped[date]
    due_on: Mapped[date | None]
    status: Mapped[str]
    """drafted, agreed, done, declined."""
    done_on: Mapped[date | None]
    verdict: Mapped[str | None]
    """kept or disputed, in the client's word."""
    kind: Mapped[str] = mapped_column(default="follow_up", server_default="follow_up")
    """What it takes: call_back, call, message, follow_up."""
    touchpoint_id: Mapped[int | None] = mapped_column(ForeignKey("touchpoints.id"))
    respond_by: Mapped[date | None]
    """Until when a draft is agreed, merged or dismissed."""
    offered_to: Mapped[str | None]
    """Who was asked to take it over and has not answered yet."""
    covers_for: Mapped[str | None]
    """Whose it is, while somebody looks after it because they are away."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("promises.id"))
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Rises with every step, so that nobody changes what they have not seen."""
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact | None] = relationship()
    events: Mapped[list[PromiseEvent]] = relationship(back_populates="promise", order_by="PromiseEvent.id")
    __table_args__ = (
        Index("uq_promises_identity", "account_id", text("coalesce(contact_id, 0)"), "title", "made_on", unique=True),
        Index("ix_promises_owner", text("lower(owner_email)"), "status", "made_on", "done_on"),
        Index("ix_promises_due", "status", "due_on"),
        Index("ix_promises_made", "made_on", "id"),
        Index("ix_promises_no_word", "done_on", sqlite_where=UNCONFIRMED, postgresql_where=UNCONFIRMED),
        Index("ix_promises_disputed", "id", sqlite_where=DISPUTED, postgresql_where=DISPUTED),
        _one_of("status", *PROMISE_STATUSES),
        _one_of("verdict", *VERDICTS),
        CheckConstraint("owner_email <> '' AND owner_email = trim(owner_email)", name="owner_email"),
    )


OWNER = func.lower(Promise.owner_email, type_=String())
"""What tells one owner from another, as far as a database can; ix_promises_owner is by it."""


class PromiseEvent(Base):
    """A step of a promise. Rows are never changed or deleted: triggers refuse it."""

    __tablename__ = "promise_events"
    __table_args__ = (_one_of("step", *STEPS), _one_of("actor", *ACTORS))
    promise_id: Mapped[int] = mapped_column(ForeignKey("promises.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    author: Mapped[str]
    step: Mapped[str]
    """One of STEPS."""
    due_on: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(Text)
    """As the client reads it, where the step is theirs to see."""
    note: Mapped[str | None] = mapped_column(Text)
    """As only the team reads it."""
    actor: Mapped[str | None]
    """One of ACTORS; null in a history from before this was kept."""
    owner_email: Mapped[str | None]
    promise: Mapped[Promise] = relationship(back_populates="events")


class Absence(Base):
    """Somebody of ours is away, and who looks after their promises meanwhile. Null `until_on`: for good."""

    __tablename__ = "absences"
    __table_args__ = (CheckConstraint("until_on >= from_on", name="until_on"),)
    email: Mapped[str] = mapped_column(index=True)
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    deputy_email: Mapped[str | None]
    author: Mapped[str]
    made_at: Mapped[datetime]


class News(Base):
    """One short message that told a client what became of promises; at most one a day goes out to a person."""

    __tablename__ = "news"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    on: Mapped[date]
    """The day where the client is."""
    through_id: Mapped[int] = mapped_column(Id)
    """The last step that it tells."""
    status: Mapped[str]
    claimed_at: Mapped[datetime]
    message_id: Mapped[str]
    detail: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index("uq_news_day", "person_id", "on", unique=True, sqlite_where=GONE_OUT, postgresql_where=GONE_OUT),
        _one_of("status", *MESSAGE_STATUSES),
    )


class Digest(Base):
    """The one message that somebody of ours gets on a day about their promises."""

    __tablename__ = "digests"
    email: Mapped[str]
    on: Mapped[date]
    status: Mapped[str]
    claimed_at: Mapped[datetime]
    message_id: Mapped[str]
    detail: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index("uq_digests_day", "email", "on", unique=True, sqlite_where=GONE_OUT, postgresql_where=GONE_OUT),
        _one_of("status", *MESSAGE_STATUSES),
    )


class Initiative(Base):
    """A change that answers many voices and promises with one cause. What was done to it is in the audit."""

    __tablename__ = "initiatives"
    __table_args__ = (
        _one_of("status", "open", "published"),
        CheckConstraint("owner_email <> '' AND owner_email = trim(owner_email)", name="owner_email"),
    )
    title: Mapped[str]
    """What will change, as clients read it."""
    cause: Mapped[str]
    """As in Voice.cause."""
    owner_email: Mapped[str]
    note: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str]
    made_on: Mapped[date]
    changed_on: Mapped[date | None]
    """From when on the change holds: what is before, and what is after."""
    outcome: Mapped[str | None] = mapped_column(Text)
    """What was done, as clients read it."""
    author: Mapped[str]


class InitiativeLink(Base):
    """A voice or promise that an initiative is to answer."""

    __tablename__ = "initiative_links"
    __table_args__ = (
        UniqueConstraint("initiative_id", "promise_id"),
        UniqueConstraint("initiative_id", "voice_id"),
        CheckConstraint("(promise_id IS NULL) <> (voice_id IS NULL)", name="one"),
    )
    initiative_id: Mapped[int] = mapped_column(ForeignKey("initiatives.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    promise_id: Mapped[int | None] = mapped_column(ForeignKey("promises.id"))
    voice_id: Mapped[int | None] = mapped_column(ForeignKey("voices.id"))


class Import(Base):
    """Files that were brought in together: how far it is, what came of it, and whether it was undone."""

    __tablename__ = "imports"
    __table_args__ = (_one_of("state", *IMPORT_STATES),)
    at: Mapped[datetime]
    author: Mapped[str]
    files: Mapped[list[Any]]
    """Their names."""
    state: Mapped[str]
    lines: Mapped[int]
    """How many there are in the files, about as many as rows."""
    rows: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many are done."""
    alive_at: Mapped[datetime]
    """When whoever does it last said so, by the clock of the machine."""
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """As ImportReport.as_dict has it, without what stood in rejected rows."""
    problem: Mapped[str | None] = mapped_column(Text)
    """Why it ended half-way."""
    undone: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """When, by whom, and how many rows of each kind were removed, put back and kept."""


class ImportedRow(Base):
    """What an import did to one row: its mark where it was new, else {column: [before, after]}.

    Kept for as long as it can be undone. What a client's terms forbid, and whoever is forgotten, goes here, too.
    """

    __tablename__ = "imported_rows"
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"), index=True)
    account_id: Mapped[int] = mapped_column(Id)
    contact_id: Mapped[int | None] = mapped_column(Id)
    kind: Mapped[str]
    row_id: Mapped[int] = mapped_column(Id)
    steps: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    mark: Mapped[int | None] = mapped_column(BigInteger)
    """A digest of all that a new row held."""


class AnswerCount(Base):
    """How many asks of a tier were sent by a channel, and how many answered, when they were last counted."""

    __tablename__ = "answer_counts"
    __table_args__ = (UniqueConstraint("tier", "channel"),)
    tier: Mapped[str]
    channel: Mapped[str]
    sent: Mapped[int]
    answered: Mapped[int]
    counted_at: Mapped[datetime]


class Figures(Base):
    """What was counted over all there is of a large house, to be looked at until it is counted again."""

    __tablename__ = "figures"
    name: Mapped[str] = mapped_column(unique=True)
    counted_at: Mapped[datetime]
    value: Mapped[dict[str, Any]]
    """Numbers, ids, owners' addresses and teams' names. No client is named: that is read when it is shown."""


class SettingRow(Base):
    __tablename__ = "settings"
    __table_args__ = (
        UniqueConstraint("name", "layer", "layer_key"),
        _one_of("layer", "house", "tier", "account", "contact"),
    )
    name: Mapped[str]
    layer: Mapped[str]
    """house, tier, account or contact."""
    layer_key: Mapped[str] = mapped_column(default="")
    """The tier's name, the account's or contact's id; empty for the house."""
    value: Mapped[Any] = mapped_column(JSON)
    author: Mapped[str]
    set_at: Mapped[datetime]


class PlanChange(Base):
    """One change of the plan, of which the id is the number. Rows are never changed or deleted: triggers refuse it."""

    __tablename__ = "plan_changes"
    __table_args__ = (
        _one_of("layer", "house", "tier", "account", "contact"),
        CheckConstraint("(account_id IS NOT NULL) = (layer IN ('account', 'contact'))", name="account_id"),
    )
    at: Mapped[datetime]
    author: Mapped[str]
    comment: Mapped[str] = mapped_column(Text)
    layer: Mapped[str]
    layer_key: Mapped[str]
    """As in SettingRow."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    """Whose it is, or whose contact's."""
    steps: Mapped[dict[str, Any]]
    """{setting: [before, after]}; null: nothing was set there, because no setting is ever null."""
    reverts_id: Mapped[int | None] = mapped_column(ForeignKey("plan_changes.id"))


class AuditEntry(Base):
    """Who changed what else, when. Rows are never changed or deleted: triggers refuse it."""

    __tablename__ = "audit"
    at: Mapped[datetime]
    author: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    before: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))


class User(Base):
    __tablename__ = "users"
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    password: Mapped[str | None]
    """As Argon2 keeps it; null: none was chosen yet, so nobody signs in."""
    fs_uniquifier: Mapped[str] = mapped_column(unique=True, default=lambda: token_hex(16))
    """What a session names the user by. Another one ends every session, and every set-up link that is out."""
    is_admin: Mapped[bool] = mapped_column(default=False, server_default=false())
    factor_secret: Mapped[str | None] = mapped_column(Text)
    """What an app on their phone makes codes from, encrypted; null: a password is enough."""
    factor_counter: Mapped[int | None]
    """The half minute of the code that was used last: none is taken twice."""
    recovery_codes: Mapped[list[Any] | None]
    """Codes that stand in for the app, each for one time, encrypted."""


class Team(Base):
    __tablename__ = "teams"
    name: Mapped[str] = mapped_column(unique=True)


class TeamUser(Base):
    __tablename__ = "team_users"
    __table_args__ = (UniqueConstraint("team_id", "user_id"), _one_of("role", "lead", "owner", "member", "viewer"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str]
    """lead, owner, member or viewer."""


class TeamAccount(Base):
    __tablename__ = "team_accounts"
    __table_args__ = (UniqueConstraint("team_id", "account_id"),)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))


class SelfAssessment(Base):
    """What somebody of the account team said of the programme itself."""

    __tablename__ = "self_assessments"
    at: Mapped[datetime]
    author: Mapped[str]
    levels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """By topic, from 0 (not yet) to 3 (always)."""


class Lease(Base):
    """Who may do what only one may do at a time."""

    __tablename__ = "leases"
    name: Mapped[str] = mapped_column(unique=True)
    holder: Mapped[str]
    until: Mapped[datetime]


class HouseFact(Base):
    """What the installation knows of itself: its secret, when it was made."""

    __tablename__ = "house"
    name: Mapped[str] = mapped_column(unique=True)
    value: Mapped[str]


ACCOUNT_SCOPED: tuple[type[Base], ...] = (
    Contact, Touchpoint, PartOwner, Ask, Call, AnswerRow, Guess, Voice, Promise, TeamAccount, News, InitiativeLink,
    ImportedRow,
)  # fmt: skip
"""Tables whose rows belong to one account, by `account_id`. Account itself is scoped by its id."""
