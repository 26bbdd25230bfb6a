"""What the account team says of its own programme, each time it is asked"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.data.types import Instant

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "self_assessments",
        sa.Column("id", number, primary_key=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("levels", sa.JSON(), nullable=False),
    )
