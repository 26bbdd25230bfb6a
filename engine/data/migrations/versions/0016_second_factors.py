"""A second factor for those who sign in: its secret, the last code that was used, and codes for when it is lost"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("users", sa.Column("factor_secret", sa.Text()))
    op.add_column("users", sa.Column("factor_counter", sa.Integer()))
    op.add_column("users", sa.Column("recovery_codes", sa.JSON(none_as_null=True)))
