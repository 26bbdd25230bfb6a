"""Who answers for a part of the journey at one account"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.data.types import Instant

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "part_owners",
        sa.Column("id", number, primary_key=True),
        sa.Column("account_id", number, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("owner_email", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.UniqueConstraint("account_id", "part"),
    )
