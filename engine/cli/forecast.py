"""heed forecast"""

from __future__ import annotations

from datetime import date

import click

from engine.cli.common import echo_json, json_option, language_option, on_option, open_engine
from engine.decide.forecast import forecast_as_text
from engine.operations.futures import forecast_account
from engine.operations.readers import find_language


@click.command()
@click.argument("account")
@click.option("--days", type=int, default=90, show_default=True, help="How far to look ahead.")
@on_option
@language_option
@json_option
@click.pass_context
def forecast(ctx: click.Context, account: str, days: int, on: date | None, language: str | None, as_json: bool) -> None:
    """Say who of an account will be asked what, when, by which channel, and why. ACCOUNT: its key.

    \b
    Examples:
      heed forecast northwind
      heed forecast northwind --days 365 --language de
    """
    engine = open_engine(ctx)
    found = forecast_account(engine, account, on, days, find_language(engine, language))
    if as_json:
        echo_json(found.as_dict())
    else:
        click.echo(forecast_as_text(found))
