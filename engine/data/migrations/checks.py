"""CHECK constraints that say something else than before."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op


def replace_check(table: str, name: str, condition: str) -> None:
    """Let a table's CHECK `name` hold another condition. Rows, triggers and references stay as they are.

    SQLite cannot alter a constraint. What does not change how rows are kept may be changed in the schema itself, as
    its makers describe (https://www.sqlite.org/lang_altertable.html, section 7); a new table in the old one's place
    would lose the triggers, and the rows that refer to it for a moment.
    """
    full, connection = f"ck_{table}_{name}", op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(full), table)
        op.create_check_constraint(op.f(full), table, condition)
        return
    made = connection.scalar(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table"), {"table": table}
    )
    changed, found = re.subn(rf"(CONSTRAINT {full} CHECK )\((?:[^()]|\([^()]*\))*\)", rf"\g<1>({condition})", made)
    if found != 1:
        raise LookupError(f"{table} has no CHECK {full}")
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table"),
        {"sql": changed, "table": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
