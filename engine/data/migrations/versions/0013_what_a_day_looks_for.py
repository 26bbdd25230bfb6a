"""What a day's work looks for, whatever a house has behind it: asks that are due or run out, accounts with terms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

WAITING = sa.text("origin = 'heed' AND status IN ('planned', 'approved', 'sending')")
TROUBLED = sa.text("origin = 'heed' AND status IN ('bounced', 'in_doubt', 'cancelled')")
LIVE = sa.text(
    "origin = 'heed' AND status IN ('planned', 'approved', 'sending', 'sent', 'opened', 'started', 'in_doubt')"
)
PRIVATE = sa.text("CAST(private_fields AS TEXT) != '[]'")


def upgrade() -> None:
    op.drop_index("ix_asks_due", "asks")
    op.create_index("ix_asks_due", "asks", ["send_at"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_asks_troubled", "asks", ["id"], sqlite_where=TROUBLED, postgresql_where=TROUBLED)
    op.create_index("ix_asks_expires", "asks", ["expires_at"], sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_index("ix_accounts_private", "accounts", ["id"], sqlite_where=PRIVATE, postgresql_where=PRIVATE)
