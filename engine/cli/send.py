"""heed send"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import click

from engine.cli.common import echo_json, json_option, on_option, open_engine, plural, showing_progress
from engine.operations.sending import Sent, send_due


@click.command()
@on_option
@json_option
@click.pass_context
def send(ctx: click.Context, on: date | None, as_json: bool) -> None:
    """Deliver what is due, once. Each ask is decided again first: a hold that has come up takes it back.

    \b
    Example:
      heed send
    """
    with showing_progress("sending") as progress:
        sent = send_due(open_engine(ctx), on=on, progress=progress)
    if as_json:
        echo_json(asdict(sent))
    else:
        click.echo(_tell(sent))


def _tell(sent: Sent) -> str:
    told = {
        "sent": sent.sent,
        "held when it was to be sent, and decided anew": sent.held,
        "put off by the mail server, tried again later": sent.later,
        "refused by the mail server": sent.refused,
        "in doubt: it may have arrived, and is not sent again": sent.in_doubt,
        "that could not be written": sent.failed,
    }
    lines = [f"{plural(number, 'ask')} {words}" for words, number in told.items() if number]
    return "\n".join(lines) or "Nothing is due."
