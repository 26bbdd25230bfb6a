"""What the desk looks for: accounts by owner, promises by due date, asks to approve, voices by when they were heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

WAITING = sa.text("needs_approval")


def upgrade() -> None:
    op.create_index("ix_accounts_owner", "accounts", [sa.text("lower(owner_email)")])
    op.create_index("ix_promises_due", "promises", ["status", "due_on"])
    op.create_index("ix_asks_to_approve", "asks", ["send_at"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_voices_said_at", "voices", ["said_at"])
