"""Surveys that are edited at the desk: where each version comes from, who made it and why"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("survey_versions", sa.Column("standing", sa.String(), nullable=False, server_default="file"))
    op.add_column("survey_versions", sa.Column("author", sa.String()))
    op.add_column("survey_versions", sa.Column("comment", sa.Text()))
