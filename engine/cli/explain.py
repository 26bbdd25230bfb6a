"""heed explain"""

from __future__ import annotations

from datetime import date

import click

from engine.cli.common import echo_json, json_option, language_option, on_option, open_engine
from engine.decide.page import explanation_as_text
from engine.operations.decisions import explain_all, explain_contact
from engine.operations.readers import find_language


@click.command()
@click.argument("contact", required=False)
@click.option("--all", "everyone", is_flag=True, help="Every contact, one JSON line each; with --json.")
@on_option
@language_option
@json_option
@click.pass_context
def explain(
    ctx: click.Context, contact: str | None, everyone: bool, on: date | None, language: str | None, as_json: bool
) -> None:
    """Say why a contact is asked now, later or not at all. CONTACT: e-mail address, key or ACCOUNT/KEY.

    \b
    Examples:
      heed explain nadia@northwind.example
      heed explain nadia@northwind.example --language de
      heed explain northwind/7 --on 2026-12-24 --json
      heed explain --all --json
    """
    if everyone == bool(contact):
        raise click.UsageError("Name one CONTACT, or write --all --json for everyone.", ctx)
    engine = open_engine(ctx)
    speaking = find_language(engine, language)
    if contact:
        found = explain_contact(engine, contact, on, speaking)
        if as_json:
            echo_json(found.as_dict())
        else:
            click.echo(explanation_as_text(found))
        return
    if not as_json:
        raise click.UsageError("--all answers in JSON, one line per contact; write --all --json.", ctx)
    for found in explain_all(engine, on, speaking):
        echo_json(found.as_dict(), lines=True)
