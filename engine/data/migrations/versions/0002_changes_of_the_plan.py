"""Changes of the plan. Those made before this revision stay where they were written: in the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.data.migrations.histories import refuse_change
from engine.data.types import Instant

revision = "0002"
down_revision = "0001"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "plan_changes",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("layer_key", sa.String(), nullable=False),
        sa.Column("account_id", Id),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("reverts_id", Id),
        sa.CheckConstraint("layer IN ('house', 'tier', 'account', 'contact')", name=op.f("ck_plan_changes_layer")),
        sa.CheckConstraint(
            "(account_id IS NOT NULL) = (layer IN ('account', 'contact'))", name=op.f("ck_plan_changes_account_id")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_plan_changes_account_id"),
        sa.ForeignKeyConstraint(["reverts_id"], ["plan_changes.id"], name="fk_plan_changes_reverts_id"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_changes"),
    )
    op.create_index("ix_plan_changes_account_id", "plan_changes", ["account_id"])
    refuse_change("plan_changes")
