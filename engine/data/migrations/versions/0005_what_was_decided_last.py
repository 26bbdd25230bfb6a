"""What was decided last, and by which rules"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("outcomes", sa.Text()))
    op.add_column("plan_runs", sa.Column("rules", sa.String()))
