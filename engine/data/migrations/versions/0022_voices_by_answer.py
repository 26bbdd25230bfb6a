"""Voices are found by the answer that they are: where one is emptied, the database looks whether any still needs it"""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_index("ix_voices_answer_id", "voices", ["answer_id"])
