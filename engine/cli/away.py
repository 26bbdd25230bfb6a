"""heed away"""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from engine.cli.common import Day, echo_json, json_option, on_option, open_engine, plural
from engine.cli.promise_table import in_full
from engine.operations import hand_overs


@click.command("away")
@click.argument("email", required=False)
@click.option("--from", "from_on", type=Day(), help="The first day.")
@click.option("--until", "until_on", type=Day(), help="The last day; without it, for good.")
@click.option("--deputy", "deputy_email", metavar="E", help="Who looks after their promises; else the account's owner.")
@on_option
@json_option
@click.pass_context
def away(ctx: click.Context, /, email: str | None, on: date | None, as_json: bool, **values: Any) -> None:
    """Say that somebody of ours is away, and who stands in. Without an address: who is away.

    \b
    Example:
      heed away tom@example.com --from 2026-12-21 --until 2027-01-03 --deputy leila@example.com
    """
    engine = open_engine(ctx)
    if email:
        values["from_on"] = values["from_on"] or engine.moment(on).today("UTC")
        moved = hand_overs.add_absence(engine, email, **values)
        if not as_json:
            click.echo(f"Noted. {plural(len(moved), 'promise')} changed hands.")
            return
    found = hand_overs.list_absences(engine, on)
    names = ("email", "from_on", "until_on", "deputy_email")
    if as_json:
        echo_json([{each: getattr(absence, each) for each in names} for absence in found])
    for absence in () if as_json else found:
        until = f"until {in_full(absence.until_on)}" if absence.until_on else "for good"
        click.echo(f"{absence.email}: from {in_full(absence.from_on)} {until}, deputy {absence.deputy_email or 'none'}")
    if not found and not as_json:
        click.echo("Nobody is away.")
