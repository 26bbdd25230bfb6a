"""Write a revision by comparing models.py with a database in PostgreSQL: SQLite cannot show indexes of expressions."""

from __future__ import annotations

import click
from alembic import command

from engine.data.connections import connect, read_url
from engine.data.migrations import HEAD, configure, upgrade


@click.command()
@click.argument("database_url")
@click.argument("revision")
@click.argument("message")
def write_revision(database_url: str, revision: str, message: str) -> None:
    """Write REVISION (four digits). DATABASE_URL is an empty database; nothing is kept in it."""
    with connect(read_url(database_url)).connect() as connection:
        if HEAD:
            upgrade(connection)
        command.revision(configure(connection), message, autogenerate=True, rev_id=revision)


write_revision()
