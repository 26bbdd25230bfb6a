"""Hand-over, cover, drafts to respond to, news for clients, digests, voices from elsewhere, initiatives"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.data.migrations.checks import replace_check
from engine.data.types import Day, Instant

revision = "0006"
down_revision = "0005"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATUSES = "'drafted', 'agreed', 'done', 'declined', 'dismissed', 'merged'"
STEPS = (
    f"{STATUSES}, 'kept', 'disputed', 'moved', 'reopened', 'offered', 'refused', 'handed_over', 'covered', "
    "'corrected', 'noted', 'escalated', 'imported'"
)
MESSAGES = "status IN ('claimed', 'sending', 'sent', 'refused', 'later', 'in_doubt')"
GONE_OUT = sa.text("status IN ('claimed', 'sending', 'sent', 'in_doubt')")


def upgrade() -> None:
    op.add_column("contacts", sa.Column("wish_no_news", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("asks", sa.Column("suggest", sa.Boolean(), nullable=False, server_default=sa.false()))
    suggest = sa.text("suggest")
    op.create_index("ix_asks_suggest", "asks", ["id"], sqlite_where=suggest, postgresql_where=suggest)
    _change_promises()
    _change_voices()
    _create_absences()
    _create_messages()
    _create_initiatives()


def _change_promises() -> None:
    op.add_column("promises", sa.Column("kind", sa.String(), nullable=False, server_default="follow_up"))
    op.add_column("promises", sa.Column("respond_by", Day()))
    op.add_column("promises", sa.Column("offered_to", sa.String()))
    op.add_column("promises", sa.Column("covers_for", sa.String()))
    op.add_column("promises", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    _refer("promises", "touchpoint_id", "touchpoints")
    _refer("promises", "merged_into_id", "promises")
    replace_check("promises", "status", f"status IN ({STATUSES})")
    op.add_column("promise_events", sa.Column("note", sa.Text()))
    op.add_column("promise_events", sa.Column("owner_email", sa.String()))
    _word("promise_events", "actor", "'team', 'client', 'importer', 'clock'")
    replace_check("promise_events", "step", f"step IN ({STEPS})")


def _change_voices() -> None:
    for name in ("link", "cause", "author"):
        op.add_column("voices", sa.Column(name, sa.String()))
    _refer("voices", "promise_id", "promises")
    _word("voices", "speaker", "'client', 'employee'", "NOT NULL DEFAULT 'client'")


def _create_absences() -> None:
    op.create_table(
        "absences",
        sa.Column("id", Id, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("from_on", Day(), nullable=False),
        sa.Column("until_on", Day()),
        sa.Column("deputy_email", sa.String()),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_absences_until_on")),
        sa.PrimaryKeyConstraint("id", name="pk_absences"),
    )
    op.create_index("ix_absences_email", "absences", ["email"])


def _create_messages() -> None:
    op.create_table(
        "news",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("on", Day(), nullable=False),
        sa.Column("through_id", Id, nullable=False),
        *_message_columns("news"),
        *(
            sa.ForeignKeyConstraint([f"{one}_id"], [f"{one}s.id"], name=f"fk_news_{one}_id")
            for one in ("account", "contact", "person")
        ),
    )
    op.create_index("ix_news_account_id", "news", ["account_id"])
    op.create_index("ix_news_contact_id", "news", ["contact_id"])
    op.create_table(
        "digests",
        sa.Column("id", Id, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("on", Day(), nullable=False),
        *_message_columns("digests"),
    )
    for table, whose in (("news", "person_id"), ("digests", "email")):
        op.create_index(
            f"uq_{table}_day", table, [whose, "on"], unique=True, sqlite_where=GONE_OUT, postgresql_where=GONE_OUT
        )


def _message_columns(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("claimed_at", Instant(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.CheckConstraint(MESSAGES, name=op.f(f"ck_{table}_status")),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def _create_initiatives() -> None:
    op.create_table(
        "initiatives",
        sa.Column("id", Id, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("owner_email", sa.String(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("made_on", Day(), nullable=False),
        sa.Column("changed_on", Day()),
        sa.Column("outcome", sa.Text()),
        sa.Column("author", sa.String(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'published')", name=op.f("ck_initiatives_status")),
        sa.CheckConstraint(
            "owner_email <> '' AND owner_email = trim(owner_email)", name=op.f("ck_initiatives_owner_email")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_initiatives"),
    )
    op.create_table(
        "initiative_links",
        sa.Column("id", Id, nullable=False),
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("promise_id", Id),
        sa.Column("voice_id", Id),
        sa.CheckConstraint("(promise_id IS NULL) <> (voice_id IS NULL)", name=op.f("ck_initiative_links_one")),
        *(
            sa.ForeignKeyConstraint([f"{one}_id"], [f"{one}s.id"], name=f"fk_initiative_links_{one}_id")
            for one in ("initiative", "account", "promise", "voice")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_initiative_links"),
        *(
            sa.UniqueConstraint("initiative_id", f"{one}_id", name=f"uq_initiative_links_initiative_id_{one}_id")
            for one in ("promise", "voice")
        ),
    )
    op.create_index("ix_initiative_links_account_id", "initiative_links", ["account_id"])


def _refer(table: str, column: str, to: str) -> None:
    """A column that refers to another table; Alembic does not add constraints to a table of SQLite's."""
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} CONSTRAINT fk_{table}_{column} REFERENCES {to} (id)")


def _word(table: str, column: str, words: str, more: str = "") -> None:
    """A column that holds one of these words; as above."""
    check = f"CONSTRAINT ck_{table}_{column} CHECK ({column} IN ({words}))"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR {more} {check}")
