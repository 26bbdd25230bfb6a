"""heed link"""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.common import open_engine
from engine.errors import InputError
from engine.operations.asking import PRINTED, draw_code, find_link

KINDS = (".svg", ".png")


@click.command()
@click.argument("contact")
@click.option("--qr", type=click.Path(dir_okay=False, path_type=Path), help="Write a QR code: a file .svg or .png.")
@click.pass_context
def link(ctx: click.Context, contact: str, qr: Path | None) -> None:
    """Print the address of the survey that is under way for a contact, to be handed over by hand.

    It is the same survey that was sent: answered once, it is answered. Whoever has the address can answer, so give it
    to nobody else. CONTACT: e-mail address, key or ACCOUNT/KEY.

    \b
    Example:
      heed link nadia@northwind.example --qr nadia.svg
    """
    if qr and qr.suffix.lower() not in KINDS:
        raise InputError(f"A QR code is written to a file that ends in {' or '.join(KINDS)}.", about=str(qr))
    address = find_link(open_engine(ctx), contact)
    click.echo(address)
    if qr:
        draw_code(address).save(str(qr), **PRINTED)
        click.echo(f"Written: {qr}", err=True)
