"""Languages, links, sharing and being forgotten, as clients wish"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.data.migrations.histories import allow_forgetting
from engine.data.types import Day

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("contacts", sa.Column("wish_locale", sa.String()))
    op.add_column("contacts", sa.Column("shares_promises", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("contacts", sa.Column("link_round", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("contacts", sa.Column("erased_on", Day()))
    kept = ("id", "promise_id", "at", "step", "due_on", "actor", "owner_email")
    allow_forgetting("promise_events", kept, blank=("reason", "note"))
    allow_forgetting("audit", ("id", "at", "action", "subject"), blank=("before", "after"))
