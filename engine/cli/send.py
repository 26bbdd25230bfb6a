"""heed send"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import click

from engine.cli.common import echo_json, json_option, on_option, open_engine, plural, showing_progress
from engine.operations.dispatch import Posted
from engine.operations.news import send_news
from engine.operations.sending import Sent, send_due


@click.command()
@on_option
@json_option
@click.pass_context
def send(ctx: click.Context, on: date | None, as_json: bool) -> None:
    """Deliver what is due, once. Each ask is decided again first: a hold that has come up takes it back.

    Then clients are told what became of promises, where they were not told by an invitation: at most once a day.

    \b
    Example:
      heed send
    """
    with showing_progress("sending") as progress:
        engine = open_engine(ctx)
        sent, news = send_due(engine, on=on, progress=progress), send_news(engine, on)
    if as_json:
        echo_json({**asdict(sent), "news": asdict(news)})
    else:
        click.echo(_tell(sent, news))


def _tell(sent: Sent, news: Posted) -> str:
    told = {
        "sent": sent.sent,
        "held when it was to be sent, and decided anew": sent.held,
        "put off by the mail server, tried again later": sent.later,
        "refused by the mail server": sent.refused,
        "in doubt: it may have arrived, and is not sent again": sent.in_doubt,
        "that could not be written": sent.failed,
    }
    lines = [f"{plural(number, 'ask')} {words}" for words, number in told.items() if number]
    failed = news.refused + news.later + news.in_doubt + news.failed
    if news.sent or failed:
        lines.append(
            f"{plural(news.sent, 'client')} told what became of promises" + (f", {failed} not" if failed else "")
        )
    return "\n".join(lines) or "Nothing is due."
