"""heed promises, heed promise"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

import click

from engine.cli.common import Command, Day, echo_json, json_option, on_option, open_engine
from engine.cli.promise_table import as_dict, event_as_dict, in_full, show_history, show_table
from engine.data.models import Promise
from engine.operations import hand_overs, suggestions
from engine.operations import promises as operations
from engine.operations.news import preview_promise
from engine.operations.promise_steps import name, read_number


@click.command("promises")
@click.option("--account", metavar="A", help="Of this account only, by its key.")
@click.option("--owner", metavar="E", help="Of this owner only, by e-mail address.")
@on_option
@json_option
@click.pass_context
def promises(ctx: click.Context, account: str | None, owner: str | None, on: date | None, as_json: bool) -> None:
    """List what we promised: first what waits for us, by due date, then what is settled.

    \b
    Example:
      heed promises --account northwind
    """
    engine = open_engine(ctx)
    found = operations.list_promises(engine, account=account, owner=owner)
    if as_json:
        echo_json([as_dict(promise) for promise in found])
    elif found:
        show_table(found, engine.moment(on).today("UTC"))
    else:
        click.echo("Nothing is promised yet." if account is None else f"Nothing is promised to {account} yet.")


@click.group("promise")
def promise() -> None:
    """Make a promise, or take its next step. A promise is called P-12, or 12 for short.

    \b
    Example:
      heed promise move P-12 --due 2026-12-03 --reason "The auditors come first."
    """


due_option = click.option("--due", "due_on", type=Day(), help="The day it is due: a working day, from today on.")
owner_option = click.option("--owner", metavar="E", help="E-mail address of the one person who is accountable.")
number_argument = click.argument("number", metavar="P-12")
seen_option = click.option(
    "--seen", type=int, metavar="VERSION", help="Only if nobody changed it since this version, which `show` tells."
)


def reason_option(help: str, required: bool = True) -> Callable[[Command], Command]:
    return click.option("--reason", metavar="T", required=required, help=help)


def _step(command: str) -> Callable[[Command], click.Command]:
    """A step as a command: it takes the house, a number and options, and returns the promise and a sentence."""

    def register(take: Command) -> click.Command:
        def run(ctx: click.Context, /, as_json: bool, **values: Any) -> None:
            if "number" in values:
                values["number"] = read_number(values["number"])
            taken, told = take(open_engine(ctx), **values)
            echo_json(as_dict(taken)) if as_json else click.echo(told)

        run.__doc__ = take.__doc__
        run.__click_params__ = getattr(take, "__click_params__", [])  # type: ignore[attr-defined]
        return promise.command(command)(json_option(click.pass_context(run)))

    return register


@_step("make")
@click.option("--account", metavar="A", required=True, help="To whom: the account, by its key.")
@click.option("--contact", metavar="C", help="To whom at the account; without it, to the account as a whole.")
@click.option("--title", metavar="T", required=True, help="What we will do, in words that the client may read.")
@click.option("--said", metavar="T", help="The client's own words behind it.")
@click.option("--note", metavar="T", help="For the team; the client never sees it.")
@click.option("--agreed", is_flag=True, help="It stands already; nobody has to agree to it.")
@due_option
@owner_option
@on_option
def make(engine: Any, owner: str | None, **values: Any) -> tuple[Promise, str]:
    """Make a promise: a draft, until somebody agrees. Without --due it is due in ten working days.

    \b
    Example:
      heed promise make --account northwind --contact 7 --title "Send the pack two days earlier" --due 2026-12-15
    """
    made = operations.add_promise(engine, owner_email=owner, **values)
    return (
        made,
        f"{name(made)} is {made.status}: {made.title}, due {in_full(made.due_on)}, owned by {made.owner_email}.",
    )


@promise.command("show")
@number_argument
@on_option
@json_option
@click.pass_context
def show(ctx: click.Context, number: str, on: date | None, as_json: bool) -> None:
    """Show a promise with its whole history: who did what, when and why.

    \b
    Example:
      heed promise show P-12
    """
    engine = open_engine(ctx)
    found, events = operations.open_promise(engine, read_number(number))
    if as_json:
        echo_json({**as_dict(found), "events": [event_as_dict(event) for event in events]})
    else:
        show_history(found, events, engine.moment(on).today("UTC"))


@promise.command("preview")
@number_argument
@json_option
@click.pass_context
def preview(ctx: click.Context, number: str, as_json: bool) -> None:
    """Show exactly what the client sees of it, on their page and in a message; of a draft, what they would see.

    \b
    Example:
      heed promise preview P-12
    """
    seen = preview_promise(open_engine(ctx), read_number(number))
    if as_json:
        echo_json(asdict(seen))
        return
    unseen = "" if seen.shown else " (not shown yet; once it is agreed:)"
    said = [f"You said: “{seen.said}”"] if seen.said else []
    asked = ["Is it as you need it?"] if seen.waits_for_verdict else []
    page = [seen.title, *said, seen.state, f"{seen.owner} answers for it.", *seen.steps, *asked]
    click.echo(f"On their page{unseen}\n" + "\n".join(f"  {line}" for line in page))
    click.echo(
        f"\nIn a message: {seen.subject}\n" + "\n".join(f"  {line}".rstrip() for line in seen.message.splitlines())
    )


@_step("agree")
@number_argument
@click.option("--title", metavar="T", help="In other words than the draft's.")
@due_option
@seen_option
@on_option
def agree(engine: Any, **values: Any) -> tuple[Promise, str]:
    """Stand by a draft. From now on the client sees it.

    \b
    Example:
      heed promise agree P-12
    """
    agreed = operations.agree_promise(engine, **values)
    return agreed, f"{name(agreed)} is agreed, due {in_full(agreed.due_on)}, owned by {agreed.owner_email}."


@_step("move")
@number_argument
@click.option("--due", "due_on", type=Day(), required=True, help="The new day: a working day, from today on.")
@reason_option("Why; the client reads it.")
@seen_option
@on_option
def move(engine: Any, reason: str, **values: Any) -> tuple[Promise, str]:
    """Give a promise another date, and say why.

    \b
    Example:
      heed promise move P-12 --due 2026-12-03 --reason "The auditors come first."
    """
    moved = operations.move_promise(engine, reason=reason, **values)
    return moved, f"{name(moved)} moved to {in_full(moved.due_on)}, because: {reason}"


@_step("do")
@number_argument
@reason_option("What was done; the client reads it.")
@seen_option
@on_option
def do(engine: Any, reason: str, **values: Any) -> tuple[Promise, str]:
    """Say that a promise is done. Whether it was kept is for the client to say.

    \b
    Example:
      heed promise do P-12 --reason "The November pack came on the third."
    """
    done = operations.do_promise(engine, what=reason, **values)
    return done, f"{name(done)} was done on {in_full(done.done_on)}: {reason}"


@_step("decline")
@number_argument
@reason_option("Why; the client reads it.")
@seen_option
def decline(engine: Any, reason: str, **values: Any) -> tuple[Promise, str]:
    """Decide against it, in the open.

    \b
    Example:
      heed promise decline P-12 --reason "Too few clients need it; we will look again in spring."
    """
    declined = operations.decline_promise(engine, reason=reason, **values)
    return declined, f"{name(declined)} is declined, because: {reason}"


@_step("hand-over")
@number_argument
@click.option("--owner", metavar="E", required=True, help="E-mail address of who is to be accountable.")
@reason_option("Why, for the team.", required=False)
@seen_option
@on_option
def hand_over(engine: Any, owner: str, **values: Any) -> tuple[Promise, str]:
    """Ask somebody else to answer for it. Until they accept it stays with its owner.

    \b
    Example:
      heed promise hand-over P-12 --owner leila.haddad@example.com
    """
    offered = hand_overs.hand_over_promise(engine, owner_email=owner, **values)
    return offered, (
        f"{name(offered)} is offered to {offered.offered_to}. It stays with {offered.owner_email} until they accept it."
    )


@_step("accept")
@number_argument
def accept(engine: Any, number: int) -> tuple[Promise, str]:
    """Take over a promise that was offered. At the command line this is said for whoever it was offered to.

    \b
    Example:
      heed promise accept P-12
    """
    taken = hand_overs.accept_promise(engine, number)
    return taken, f"{name(taken)} is owned by {taken.owner_email} now."


@_step("refuse")
@number_argument
@reason_option("Why not, for the team.", required=False)
def refuse(engine: Any, number: int, reason: str | None) -> tuple[Promise, str]:
    """Say no to a promise that was offered. It stays with its owner.

    \b
    Example:
      heed promise refuse P-12 --reason "Billing has to answer this."
    """
    kept = hand_overs.refuse_promise(engine, number, reason=reason)
    return kept, f"{name(kept)} stays with {kept.owner_email}."


@_step("merge")
@number_argument
@click.option("--into", metavar="P-7", required=True, help="The promise that answers this one as well.")
def merge(engine: Any, number: int, into: str) -> tuple[Promise, str]:
    """Merge a draft into a promise that exists already. What the client said goes with it.

    \b
    Example:
      heed promise merge P-12 --into P-7
    """
    merged = suggestions.merge_promise(engine, number, into=read_number(into))
    return merged, f"{name(merged)} is merged into P-{merged.merged_into_id}."


@_step("dismiss")
@number_argument
@reason_option("Why nothing follows from it, for the team.")
def dismiss(engine: Any, number: int, reason: str) -> tuple[Promise, str]:
    """Put a draft aside: nothing follows from it, and the client has not seen it.

    \b
    Example:
      heed promise dismiss P-12 --reason "We talked about it on the phone today; nothing is left to do."
    """
    dismissed = suggestions.dismiss_promise(engine, number, reason=reason)
    return dismissed, f"{name(dismissed)} is dismissed: {reason}"


@_step("correct")
@number_argument
@click.option("--title", metavar="T", help="What we will do, as it should read.")
@click.option("--said", metavar="T", help="The client's words, as they should read.")
@reason_option("What was wrong, for the team.")
def correct(engine: Any, **values: Any) -> tuple[Promise, str]:
    """Put wording right. What stood before stays in the history.

    \b
    Example:
      heed promise correct P-12 --title "Send the pack by the third" --reason "A slip of the pen."
    """
    corrected = operations.correct_promise(engine, **values)
    return corrected, f"{name(corrected)} reads: {corrected.title}"


@_step("note")
@number_argument
@click.argument("text")
def note(engine: Any, number: int, text: str) -> tuple[Promise, str]:
    """Note something on a promise, for the team only.

    \b
    Example:
      heed promise note P-12 "Omar has the numbers."
    """
    noted = operations.note_promise(engine, number, text=text)
    return noted, f"Noted on {name(noted)}."
