"""heed simulate"""

from __future__ import annotations

from datetime import date

import click

from engine.cli.common import (
    echo_json,
    json_option,
    language_option,
    on_option,
    open_engine,
    read_pair,
    read_pairs,
    showing_progress,
)
from engine.decide.summary import simulation_as_text
from engine.operations.futures import simulate_book
from engine.operations.readers import find_language


@click.command()
@click.option("--days", type=int, default=365, show_default=True, help="How far to look ahead.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE…", help="What to try; write several after one --set.")
@click.argument("more", nargs=-1, metavar="")
@click.option("--tier", metavar="T", help="Try it for accounts of this tier.")
@click.option("--account", metavar="A", help="Try it for this account, by its key.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same answers.")
@on_option
@language_option
@json_option
@click.pass_context
def simulate(
    ctx: click.Context,
    days: int,
    pairs: tuple[str, ...],
    more: tuple[str, ...],
    tier: str | None,
    account: str | None,
    seed: int,
    on: date | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Try settings on the whole book before they are saved: asks, coverage and waiting, beside today's settings.

    Nothing is set. Without --set it shows where today's settings lead.

    \b
    Examples:
      heed simulate
      heed simulate --days 180 --set relationship_tier.every_days=60 account_share.people=3 --tier key
    """
    if more and not pairs:
        raise click.UsageError(f"“{more[0]}” stands alone; write --set {more[0]}.", ctx)
    engine = open_engine(ctx)
    with showing_progress("simulating") as progress:
        found = simulate_book(
            engine,
            read_pairs((*pairs, *more), read_pair),
            on=on,
            days=days,
            seed=seed,
            tier=tier,
            account=account,
            language=find_language(engine, language),
            progress=progress,
        )
    if as_json:
        echo_json(found.as_dict())
    else:
        click.echo(simulation_as_text(found))
