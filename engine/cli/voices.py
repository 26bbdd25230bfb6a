"""heed voices, heed voice"""

from __future__ import annotations

import textwrap
from typing import Any

import click

from engine.cli.common import Day, echo_json, json_option, open_engine
from engine.cli.promise_table import as_dict as promise_as_dict
from engine.cli.promise_table import in_full
from engine.data.models import Voice
from engine.operations import voices as operations
from engine.operations.promise_steps import name as promise_name


@click.command("voices")
@click.option("--account", metavar="A", help="Of this account only, by its key.")
@click.option("--most", metavar="N", type=click.IntRange(1, 10_000), default=50, help="So many.  [default: 50]")
@json_option
@click.pass_context
def voices(ctx: click.Context, account: str | None, most: int, as_json: bool) -> None:
    """List what clients said, in surveys and elsewhere, and what those who serve them say; the newest first.

    \b
    Example:
      heed voices --account northwind
    """
    found = operations.list_voices(open_engine(ctx), account=account, most=most)
    if as_json:
        echo_json([as_dict(voice) for voice in found])
        return
    for voice in found:
        whom = voice.contact.name or voice.contact.key if voice.contact else "somebody"
        ours = ", one of us" if voice.speaker == "employee" else ""
        led = f", led to P-{voice.promise_id}" if voice.promise_id else ""
        click.echo(
            f"{operations.name(voice)}  {whom} ({voice.account.key}{ours}), {in_full(voice.said_at.date())}, "
            f"{voice.source.replace('_', ' ')}{led}"
        )
        click.echo(textwrap.indent(f"“{voice.words}”", "  "))
    if not found:
        click.echo("Nothing was said yet.")


@click.group("voice")
def voice() -> None:
    """Record what a client said elsewhere, and let something follow from it. A voice is called V-7, or 7 for short.

    \b
    Example:
      heed voice add --account northwind --contact nadia --source call_note --text "The pack is always late."
    """


@voice.command("add")
@click.option("--account", metavar="A", required=True, help="The account, by its key.")
@click.option("--contact", metavar="C", help="Who said it, by key; of whom it is about, if one of us did.")
@click.option("--source", metavar="S", required=True, help=f"{', '.join(operations.SOURCES)} (one of us).")
@click.option("--text", "words", metavar="T", required=True, help="What was said, as it was said.")
@click.option("--said-on", type=Day(), help="When.  [default: now]")
@click.option("--link", metavar="URL", help="Where it stands, if it is public.")
@click.option("--cause", metavar="NAME", help="What is behind it: a construct, or a part of the journey.")
@json_option
@click.pass_context
def add(ctx: click.Context, /, as_json: bool, **values: Any) -> None:
    """Keep what was said in a call, a meeting, an e-mail or a review. Two days of quiet follow, as after any feedback.

    \b
    Example:
      heed voice add --account northwind --source review --link https://reviews.example/42 --text "Slow reports."
    """
    kept, drafts = operations.add_voice(open_engine(ctx), **values)
    if as_json:
        echo_json({**as_dict(kept), "drafts": [promise_as_dict(draft) for draft in drafts]})
        return
    click.echo(f"{operations.name(kept)} is kept.")
    for draft in drafts:
        due = in_full(draft.due_on)
        click.echo(f"{promise_name(draft)} is drafted: {draft.title}, due {due}, owned by {draft.owner_email}.")


@voice.command("promise")
@click.argument("number", metavar="V-7")
@click.option("--title", metavar="T", required=True, help="What we will do, in words that the client may read.")
@click.option("--owner", "owner_email", metavar="E", help="E-mail address of the one person who is accountable.")
@click.option("--due", "due_on", type=Day(), help="The day it is due.")
@json_option
@click.pass_context
def promise(ctx: click.Context, /, number: str, as_json: bool, **values: Any) -> None:
    """Draft a promise that answers what was said.

    \b
    Example:
      heed voice promise V-7 --title "Send the pack by the third"
    """
    made = operations.promise_from_voice(open_engine(ctx), operations.read_number(number), **values)
    if as_json:
        echo_json(promise_as_dict(made))
    else:
        due = in_full(made.due_on)
        click.echo(f"{promise_name(made)} is drafted: {made.title}, due {due}, owned by {made.owner_email}.")


def as_dict(voice: Voice) -> dict[str, Any]:
    return {
        "number": operations.name(voice),
        "account": voice.account.key,
        "contact": voice.contact.key if voice.contact else None,
        "source": voice.source,
        "speaker": voice.speaker,
        "said_at": voice.said_at.isoformat(),
        "words": voice.words,
        "link": voice.link,
        "cause": voice.cause,
        "author": voice.author,
        "promise": f"P-{voice.promise_id}" if voice.promise_id else None,
    }
