"""heed erase"""

from __future__ import annotations

import click

from engine.cli.common import open_engine
from engine.operations.personal import forget_contact


@click.command()
@click.argument("contact")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@click.pass_context
def erase(ctx: click.Context, contact: str, yes: bool) -> None:
    """Forget a person, at every account. CONTACT: e-mail address, key or ACCOUNT/KEY.

    Names, addresses, own words and notes are taken out of everything, and no import brings them back; points that they
    gave stay in the counts, as nobody's. It cannot be undone.

    \b
    Example:
      heed erase nadia@northwind.example
    """
    engine = open_engine(ctx)
    if not yes:
        click.confirm(f"Forget {contact} for good?", abort=True)
    for key in forget_contact(engine, contact):
        click.echo(f"Forgotten: {key}")
