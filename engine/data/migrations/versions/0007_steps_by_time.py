"""Steps of promises are looked for by when they were taken."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("ix_promise_events_at", "promise_events", ["at"])
