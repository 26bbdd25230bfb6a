"""The day of an ask"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

WITH_A_DAY = sa.text("planned_on IS NOT NULL")


def upgrade() -> None:
    columns = ["status", "planned_on", "channel"]
    op.create_index("ix_asks_day", "asks", columns, sqlite_where=WITH_A_DAY, postgresql_where=WITH_A_DAY)
