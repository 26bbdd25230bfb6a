"""Users who sign in, and asks that wait for approval"""

from __future__ import annotations

from secrets import token_hex

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("users", sa.Column("password", sa.String()))
    op.add_column("users", sa.Column("fs_uniquifier", sa.String()))
    op.add_column("users", sa.Column("is_admin", sa.Boolean(), server_default=sa.false(), nullable=False))
    _mark_users()
    with op.batch_alter_table("users") as users:
        users.alter_column("fs_uniquifier", existing_type=sa.String(), nullable=False)
        users.create_unique_constraint("uq_users_fs_uniquifier", ["fs_uniquifier"])
    op.add_column("asks", sa.Column("needs_approval", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("asks", sa.Column("personal_note", sa.Text()))


def _mark_users() -> None:
    """Until now only `heed init --admin` made users, so those there are may do everything."""
    users = sa.table("users", sa.column("id"), sa.column("fs_uniquifier"), sa.column("is_admin"))
    connection = op.get_bind()
    for number in connection.scalars(sa.select(users.c.id)).all():
        marked = sa.update(users).where(users.c.id == number)
        connection.execute(marked.values(fs_uniquifier=token_hex(16), is_admin=True))
