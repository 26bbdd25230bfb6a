"""heed terms"""

from __future__ import annotations

import click

from engine.cli.common import echo_json, json_option, open_engine
from engine.operations.terms import TermsKept, read_account_terms, set_terms, tell_removed


@click.command()
@click.argument("account")
@click.argument("fields", nargs=-1)
@click.option("--none", "nothing", is_flag=True, help="Nothing is private any more.")
@json_option
@click.pass_context
def terms(ctx: click.Context, account: str, fields: tuple[str, ...], nothing: bool, as_json: bool) -> None:
    """Say which fields of an account are never kept, or which they are to be from now on.

    FIELDS are columns of its contacts and of the account itself, further columns, the note of touchpoints, the text and
    value of answers, questions and what they measure. They replace those named before. What is kept of them is removed
    at once and cannot be brought back; no file brings it in again.

    \b
    Example:
      heed terms northwind phone role text
    """
    if fields and nothing:
        raise click.UsageError("Name fields, or say --none.", ctx)
    engine = open_engine(ctx)
    kept = set_terms(engine, account, fields) if fields or nothing else read_account_terms(engine, account)
    if as_json:
        echo_json({"account": kept.account, "private_fields": kept.fields, "removed": dict(kept.removed)})
    else:
        _show(kept)


def _show(kept: TermsKept) -> None:
    click.echo(f"Never kept of {kept.account}: {', '.join(kept.fields) or 'nothing; all that is imported is kept'}")
    for gone in tell_removed(kept.removed):
        click.echo(f"Removed: {gone}")
    for fault in kept.faults:
        click.echo(f"note: {fault}", err=True)
