"""What the account team expects of an answer, before it is given"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.data.types import Instant

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "guesses",
        sa.Column("id", number, primary_key=True),
        sa.Column("account_id", number, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("contact_id", number, sa.ForeignKey("contacts.id"), nullable=False),
        sa.Column("ask_id", number, sa.ForeignKey("asks.id"), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("promise_id", number, sa.ForeignKey("promises.id")),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    for column in ("account_id", "contact_id"):
        op.create_index(f"ix_guesses_{column}", "guesses", [column])
    promise = sa.text("coalesce(promise_id, 0)")
    op.create_index("uq_guesses_identity", "guesses", ["ask_id", "question", promise, "author"], unique=True)
