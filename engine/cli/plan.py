"""heed plan"""

from __future__ import annotations

from datetime import date

import click

from engine.cli.common import echo_json, json_option, language_option, on_option, open_engine, showing_progress
from engine.operations.planning import plan_asks
from engine.operations.readers import find_language


@click.command()
@click.option("--dry-run", is_flag=True, help="Decide, and write nothing.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed and book give the same decisions.")
@on_option
@language_option
@json_option
@click.pass_context
def plan(ctx: click.Context, dry_run: bool, seed: int, on: date | None, language: str | None, as_json: bool) -> None:
    """Decide for everyone who is due: who is asked, who is not, and why not. Asks are made, not yet sent.

    \b
    Example:
      heed plan --dry-run --on 2026-11-24
    """
    engine = open_engine(ctx)
    speaking = find_language(engine, language)
    with showing_progress("deciding") as progress:
        funnel = plan_asks(engine, on, dry_run=dry_run, seed=seed, progress=progress)
    if as_json:
        echo_json(funnel.as_dict())
    else:
        click.echo(funnel.as_text(speaking))
        if dry_run:
            click.echo("Nothing was written (--dry-run).")
