"""heed promises, heed promise"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from engine.cli.common import Command, Day, echo_json, json_option, on_option, open_engine
from engine.data.models import Promise
from engine.operations import promises as operations
from engine.operations.promises import name, read_number


@click.command("promises")
@click.option("--account", metavar="A", help="Of this account only, by its key.")
@on_option
@json_option
@click.pass_context
def promises(ctx: click.Context, account: str | None, on: date | None, as_json: bool) -> None:
    """List what we promised: first what waits for us, by due date, then what is settled.

    \b
    Example:
      heed promises --account northwind
    """
    engine = open_engine(ctx)
    found = operations.list_promises(engine, account=account)
    if as_json:
        echo_json([as_dict(promise) for promise in found])
    elif found:
        _show(found, engine.moment(on).today("UTC"))
    else:
        click.echo("Nothing is promised yet." if account is None else f"Nothing is promised to {account} yet.")


@click.group("promise")
def promise() -> None:
    """Make a promise, or take its next step. A promise is called P-12, or 12 for short.

    \b
    Example:
      heed promise move P-12 --due 2026-12-03 --reason "The auditors come first."
    """


due_option = click.option("--due", type=Day(), help="The day it is due.")
owner_option = click.option("--owner", metavar="E", help="E-mail address of the one person who is accountable.")
number_argument = click.argument("number", metavar="P-12")


def reason_option(help: str) -> Callable[[Command], Command]:
    return click.option("--reason", metavar="T", required=True, help=help)


@promise.command("make")
@click.option("--account", metavar="A", required=True, help="To this account, by its key.")
@click.option("--contact", metavar="C", help="To this contact of the account, by its key.  [default: all of them]")
@click.option("--title", metavar="T", required=True, help="What we will do, in words that the client may read.")
@click.option("--said", metavar="T", help="The client's own words behind it.")
@click.option("--agreed", is_flag=True, help="It stands already; nobody has to agree to it.")
@due_option
@owner_option
@on_option
@click.pass_context
def make(ctx: click.Context, /, owner: str | None, due: date | None, **values: Any) -> None:
    """Make a promise: a draft, until somebody agrees. Without --due it is due in ten working days.

    \b
    Example:
      heed promise make --account northwind --contact 7 --title "Send the pack two days earlier" --due 2026-12-15
    """
    made = operations.add_promise(open_engine(ctx), due_on=due, owner_email=owner, **values)
    click.echo(f"{name(made)} is {made.status}: {made.title}, due {in_full(made.due_on)}, owned by {made.owner_email}.")


@promise.command("agree")
@number_argument
@due_option
@on_option
@click.pass_context
def agree(ctx: click.Context, number: str, due: date | None, on: date | None) -> None:
    """Stand by a draft. From now on the client sees it.

    \b
    Example:
      heed promise agree P-12
    """
    agreed = operations.agree_promise(open_engine(ctx), read_number(number), due_on=due, on=on)
    click.echo(f"{name(agreed)} is agreed, due {in_full(agreed.due_on)}, owned by {agreed.owner_email}.")


@promise.command("move")
@number_argument
@click.option("--due", type=Day(), required=True, help="The new day.")
@reason_option("Why; the client reads it.")
@on_option
@click.pass_context
def move(ctx: click.Context, number: str, due: date, reason: str, on: date | None) -> None:
    """Give a promise another date, and say why.

    \b
    Example:
      heed promise move P-12 --due 2026-12-03 --reason "The auditors come first."
    """
    moved = operations.move_promise(open_engine(ctx), read_number(number), due_on=due, reason=reason, on=on)
    click.echo(f"{name(moved)} moved to {in_full(moved.due_on)}, because: {reason}")


@promise.command("do")
@number_argument
@reason_option("What was done; the client reads it.")
@on_option
@click.pass_context
def do(ctx: click.Context, number: str, reason: str, on: date | None) -> None:
    """Say that a promise is done. Whether it was kept is for the client to say.

    \b
    Example:
      heed promise do P-12 --reason "The November pack came on the third."
    """
    done = operations.do_promise(open_engine(ctx), read_number(number), what=reason, on=on)
    click.echo(f"{name(done)} was done on {in_full(done.done_on)}: {reason}")


@promise.command("decline")
@number_argument
@reason_option("Why; the client reads it.")
@click.pass_context
def decline(ctx: click.Context, number: str, reason: str) -> None:
    """Decide against it, in the open.

    \b
    Example:
      heed promise decline P-12 --reason "Too few clients need it; we will look again in spring."
    """
    declined = operations.decline_promise(open_engine(ctx), read_number(number), reason=reason)
    click.echo(f"{name(declined)} is declined, because: {reason}")


@promise.command("hand-over")
@number_argument
@click.option("--owner", metavar="E", required=True, help="E-mail address of who is accountable from now on.")
@click.option("--reason", metavar="T", help="Why.")
@click.pass_context
def hand_over(ctx: click.Context, number: str, owner: str, reason: str | None) -> None:
    """Make somebody else accountable.

    \b
    Example:
      heed promise hand-over P-12 --owner leila.haddad@example.com
    """
    handed = operations.hand_over_promise(open_engine(ctx), read_number(number), owner_email=owner, reason=reason)
    click.echo(f"{name(handed)} is owned by {handed.owner_email} now.")


# How promises are shown


def as_dict(promise: Promise) -> dict[str, Any]:
    return {
        "number": name(promise),
        "account": promise.account.key,
        "contact": promise.contact.key if promise.contact else None,
        "title": promise.title,
        "said": promise.said,
        "owner_email": promise.owner_email,
        "made_on": promise.made_on,
        "due_on": promise.due_on,
        "done_on": promise.done_on,
        "status": promise.status,
        "verdict": promise.verdict,
    }


def _show(found: Sequence[Promise], today: date) -> None:
    """As a table; in a file or a pipe each promise stays one line."""
    table = Table("", "Promise", "For", "Owner", "Due", "State", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in (table.columns[0], *table.columns[3:]):
        column.no_wrap = True
    for promise in found:
        whom = promise.contact.name or promise.contact.key if promise.contact else "everyone"
        owner = promise.owner_email.partition("@")[0]
        where = f"{whom} ({promise.account.key})"
        table.add_row(name(promise), promise.title, where, owner, due_in_words(promise, today), state(promise))
    width = None if sys.stdout.isatty() else 200
    Console(highlight=False, markup=False, width=width).print(table)


def state(promise: Promise) -> str:
    """Where it stands, in a word or two."""
    if promise.verdict == "disputed" and promise.status == "agreed":
        return "disputed"
    if promise.status == "done":
        return promise.verdict or "done, no word yet"
    return "draft" if promise.status == "drafted" else promise.status


def due_in_words(promise: Promise, today: date) -> str:
    """`in 12 days`, `today`, `3 days overdue`; nothing for what is settled."""
    if promise.due_on is None or promise.status not in ("drafted", "agreed"):
        return ""
    days = (promise.due_on - today).days
    if abs(days) < 2:
        return {0: "today", 1: "tomorrow", -1: "1 day overdue"}[days]
    return f"in {days} days" if days > 0 else f"{-days} days overdue"


def in_full(day: date | None) -> str:
    """`Thu 3 Dec 2026`."""
    return f"{day:%a} {day.day} {day:%b %Y}" if day else "no day yet"
