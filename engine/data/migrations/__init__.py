"""The tables' history, by Alembic. It travels inside the package and needs no file beside it.

A new revision: change models.py, run `python -m engine.data.migrations`, read what was written, set HEAD.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from engine.errors import HeedError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0022"
FORGOTTEN = "forgotten"
"""In the place of a name, in tables that are histories."""


def upgrade(connection: Connection) -> None:
    """Bring the tables to HEAD inside the connection's transaction. Raises HeedError where they are newer."""
    from alembic import command  # a quarter of a second, which every command would pay and one needs
    from alembic.util import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('heed upgrade'))"))
    try:
        command.upgrade(configure(connection), HEAD)
    except CommandError:
        raise HeedError(
            f"The database is at revision {find_revision(connection)}, which this version of Heed does not know. "
            "Install the newer Heed it was made by, or name another database."
        ) from None


def find_revision(connection: Connection) -> str | None:
    """Where the tables stand; None: there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def find_others(connection: Connection) -> list[str]:
    """Tables in a database where there are none of ours: it is somebody else's."""
    names = inspect(connection).get_table_names()
    return [] if "alembic_version" in names else sorted(names)[:3]


def configure(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
