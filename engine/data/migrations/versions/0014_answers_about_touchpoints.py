"""Answers to questions that were repeated for what happened"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    refers = "CONSTRAINT fk_answers_touchpoint_id REFERENCES touchpoints (id)"
    op.execute(f"ALTER TABLE answers ADD COLUMN touchpoint_id {kind} {refers}")
    op.drop_index("uq_answers_identity", "answers")
    once = "contact_id, survey, question, answered_at, coalesce(promise_id, 0), coalesce(touchpoint_id, 0)"
    op.execute(f"CREATE UNIQUE INDEX uq_answers_identity ON answers ({once})")
