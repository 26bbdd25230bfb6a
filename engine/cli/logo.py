"""heed logo"""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.common import open_engine
from engine.operations.looks import SETTING, set_logo
from engine.operations.settings import reset_settings


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tier", help="For the accounts of a tier that have none of their own.")
@click.option("--account", help="For an account, by its key.")
@click.option("--contact", help="For a contact, by e-mail address, key or ACCOUNT/KEY.")
@click.option("--none", "nothing", is_flag=True, help="Take it back, so that the layer above counts again.")
@click.pass_context
def logo(
    ctx: click.Context, file: Path | None, tier: str | None, account: str | None, contact: str | None, nothing: bool
) -> None:
    """Set the logo of clients' pages and messages, a PNG file of at most 4 KB.

    It is shown at most 240 by 40 pixels, on white where it is dark, with the company's name for those who do not see
    it. `heed settings` shows where one is set. The name, colour and fonts are set by heed set company.name=… and so on.

    \b
    Example:
      heed logo harbour.png
      heed logo northwind.png --account northwind
    """
    if (file is None) != nothing:
        raise click.UsageError("Name a file, or say --none.", ctx)
    engine = open_engine(ctx)
    if file is None:
        changed = reset_settings(engine, [SETTING], tier=tier, account=account, contact=contact)
    else:
        changed = set_logo(engine, file.read_bytes(), tier=tier, account=account, contact=contact)
    click.echo("It stands so already." if changed.number is None else f"It is change {changed.number} of the plan.")
