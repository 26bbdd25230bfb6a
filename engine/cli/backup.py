"""heed backup"""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.common import echo_json, json_option, open_engine
from engine.operations.installation import back_up_house


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@click.pass_context
def backup(ctx: click.Context, file: Path, as_json: bool) -> None:
    """Copy the whole database to FILE as it stands at one moment, while all goes on running.

    To go back to it, stop Heed, put the copy in the database's place, and begin again with `heed init`, which brings
    one of an older version up to date. It holds all that is known of everybody, and what signs links: keep it as safe
    as the database. With PostgreSQL, use pg_dump.

    \b
    Example:
      heed backup heed-2026-11-24.db
    """
    size = back_up_house(open_engine(ctx), file)
    if as_json:
        echo_json({"file": str(file), "bytes": size})
    else:
        click.echo(f"{file}: {size / 1_000_000:,.1f} MB, looked through and sound.")
