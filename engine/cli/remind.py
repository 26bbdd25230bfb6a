"""heed remind, heed calendar"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import click

from engine.cli.common import echo_json, json_option, on_option, open_engine, plural
from engine.operations.calendars import find_calendar
from engine.operations.reminders import list_waiting, send_reminders, write_digest


@click.command("remind")
@click.option("--dry-run", is_flag=True, help="Print the digests; send none.")
@on_option
@json_option
@click.pass_context
def remind(ctx: click.Context, dry_run: bool, on: date | None, as_json: bool) -> None:
    """Send each of our people what waits for them: one digest a day, on working days, nothing where nothing waits.

    Run it every morning. It also drafts what is still to be suggested, and gives the promises of those who are away to
    whoever stands in.

    \b
    Example:
      heed remind --dry-run
    """
    engine = open_engine(ctx)
    if dry_run:
        for each in list_waiting(engine, on):
            message = write_digest(engine, each, engine.moment(on).today("UTC"))
            click.echo(f"To {message.to}: {message.subject}\n\n{message.text}")
        return
    sent = send_reminders(engine, on)
    if as_json:
        echo_json(asdict(sent))
        return
    failed = sent.refused + sent.later + sent.in_doubt + sent.failed
    click.echo(f"{plural(sent.sent, 'digest')} sent{f', {failed} not' if failed else ''}.")


@click.command("calendar")
@click.argument("email")
@json_option
@click.pass_context
def calendar(ctx: click.Context, email: str, as_json: bool) -> None:
    """Print the address of somebody's calendar of promises, for their calendar program to subscribe to.

    \b
    Example:
      heed calendar tom@example.com
    """
    found = find_calendar(open_engine(ctx), email)
    if as_json:
        echo_json({"email": email, "calendar": found})
    else:
        click.echo(found)
