"""Calls of the account team: each try, and what came of it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.data.types import Day, Instant

revision = "0011"
down_revision = "0010"

OUTCOMES = "outcome IN ('answered', 'later', 'declined', 'not_reached', 'call_back')"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "calls",
        sa.Column("id", number, primary_key=True),
        sa.Column("account_id", number, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("contact_id", number, sa.ForeignKey("contacts.id"), nullable=False),
        sa.Column("ask_id", number, sa.ForeignKey("asks.id"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("again_on", Day()),
        sa.Column("note", sa.Text()),
        sa.Column("consented", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.CheckConstraint(OUTCOMES, name="outcome"),
    )
    for column in ("account_id", "contact_id", "ask_id"):
        op.create_index(f"ix_calls_{column}", "calls", [column])
