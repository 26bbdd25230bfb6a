"""Answer counts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.data.types import Instant

revision = "0003"
down_revision = "0002"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "answer_counts",
        sa.Column("id", Id, nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("counted_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_answer_counts"),
        sa.UniqueConstraint("tier", "channel", name="uq_answer_counts_tier_channel"),
    )
