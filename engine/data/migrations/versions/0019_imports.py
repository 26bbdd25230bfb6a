"""Imports, and what each did to which row"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.data.types import Instant

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "imports",
        sa.Column("id", number, primary_key=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("files", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("alive_at", Instant(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("undone", sa.JSON(), nullable=False),
        sa.CheckConstraint("state IN ('running', 'done', 'failed', 'undoing', 'undone')", name="state"),
    )
    op.create_table(
        "imported_rows",
        sa.Column("id", number, primary_key=True),
        sa.Column("import_id", number, sa.ForeignKey("imports.id"), nullable=False),
        sa.Column("account_id", number, nullable=False),
        sa.Column("contact_id", number, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("row_id", number, nullable=False),
        sa.Column("steps", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("mark", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_imported_rows_import_id", "imported_rows", ["import_id"])
