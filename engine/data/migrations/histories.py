"""Tables that are histories: triggers refuse to change or delete what was written, whoever asks."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

from engine.data.migrations import FORGOTTEN


def refuse_change(table: str) -> None:
    """History is only ever added to."""
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table}: rows are never changed or deleted'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuses_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table}: rows are never changed or deleted'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuses_change()"
    )


def allow_forgetting(table: str, kept: Sequence[str], blank: Sequence[str] = ()) -> None:
    """Who said something in a history, and what, may be blanked at their wish; everything else stays refused.

    A row may change where the columns `kept` stay as they are, `author` stays or becomes FORGOTTEN, and those of
    `blank` stay or become null.
    """
    same = "CAST(NEW.{0} AS TEXT) IS NOT DISTINCT FROM CAST(OLD.{0} AS TEXT)"
    blanks = [f"(NEW.{column} IS NULL OR {same.format(column)})" for column in blank]
    author = f"(NEW.author = OLD.author OR NEW.author = '{FORGOTTEN}')"
    blanked = " AND ".join([*map(same.format, kept), author, *blanks])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {table}_refuses_update")
        op.execute(
            f"CREATE TRIGGER {table}_refuses_update BEFORE UPDATE ON {table} "
            f"WHEN NOT ({blanked.replace('IS NOT DISTINCT FROM', 'IS')}) "
            f"BEGIN SELECT RAISE(ABORT, '{table}: rows are never changed or deleted'); END"
        )
        return
    op.execute(f"DROP TRIGGER {table}_refuses_change ON {table}")
    for when in ("DELETE OR TRUNCATE ON {} FOR EACH STATEMENT", f"UPDATE ON {{}} FOR EACH ROW WHEN (NOT ({blanked}))"):
        name = f"{table}_refuses_{when.split()[0].lower()}"
        op.execute(f"CREATE TRIGGER {name} BEFORE {when.format(table)} EXECUTE FUNCTION {table}_refuses_change()")
