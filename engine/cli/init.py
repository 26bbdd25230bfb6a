"""heed init"""

from __future__ import annotations

import click

from engine.cli.common import open_engine
from engine.links import WELCOME_DAYS
from engine.operations.installation import install_house

SECRETS = {
    "configured": "Clients' links are signed with HEED_SECRET.",
    "generated": "A secret was generated and is kept in the database; it signs clients' links.",
    "kept": "The secret in the database signs clients' links.",
}


@click.command()
@click.option("--admin", metavar="EMAIL", help="Make this person an admin of the web interface.")
@click.pass_context
def init(ctx: click.Context, admin: str | None) -> None:
    """Create the database, or bring it up to date. Doing it twice does no harm.

    \b
    Example:
      heed init --admin maria@example.com
    """
    engine = open_engine(ctx, current=False)
    installed = install_house(engine, admin=admin)
    click.echo(f"The database is {'ready' if installed.new else 'up to date'}: {engine.store.shown}")
    click.echo(SECRETS[installed.secret])
    if installed.admin:
        known = "is noted as an admin" if installed.admin_new else "was a user already"
        click.echo(f"{installed.admin} {known}.")
        if installed.admin_link:
            click.echo(f"Choose a password here, once, within {WELCOME_DAYS} days: {installed.admin_link}")
            click.echo("The link answers while `heed serve` runs.")
    click.echo("Next: heed import accounts.csv contacts.csv")
