"""heed initiatives, heed initiative"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

import click

from engine.cli.common import Day, echo_json, json_option, on_option, open_engine, plural
from engine.cli.promise_table import as_dict as promise_as_dict
from engine.operations import initiatives as operations
from engine.operations import voices
from engine.operations.causes import Weight
from engine.operations.initiatives import Standing, name, read_number
from engine.operations.promise_steps import read_number as read_promise

MOST = 10
"""Causes listed below."""


@click.command("initiatives")
@on_option
@json_option
@click.pass_context
def initiatives(ctx: click.Context, on: date | None, as_json: bool) -> None:
    """List what we are changing because several clients named it, and what they name besides; the weightiest first.

    \b
    Example:
      heed initiatives
    """
    engine = open_engine(ctx)
    found, causes = operations.list_initiatives(engine, on), operations.list_causes(engine, on)
    if as_json:
        echo_json({"initiatives": [_as_dict(each) for each in found], "causes": [asdict(each) for each in causes]})
        return
    for each in found:
        one = each.initiative
        click.echo(f"{name(one)}  {one.title} ({one.cause}, {one.status})")
        click.echo(f"  owned by {one.owner_email}; {_weight(each.weight)}")
        click.echo(f"  answers {plural(each.promises, 'promise')} and {plural(each.voices, 'voice')}")
        click.echo(f"  named in {each.before} of answers before, {each.after} since")
    taken = {each.initiative.cause for each in found}
    free = [cause for cause in causes if cause.cause not in taken][:MOST]
    if free:
        click.echo("Named in the last year, without an initiative:")
    for cause in free:
        click.echo(f"  {cause.cause}: {_weight(cause)}")
    if not found and not free:
        click.echo("No cause was named yet.")


@click.group("initiative")
def initiative() -> None:
    """Answer many voices and promises that have one cause by one change. An initiative is called I-3, or 3 for short.

    \b
    Example:
      heed initiative make --title "Reports come on the third working day" --cause reporting --owner omar@example.com
    """


@initiative.command("make")
@click.option("--title", metavar="T", required=True, help="What will change, in words that clients may read.")
@click.option("--cause", metavar="NAME", required=True, help="What is behind it, as `heed initiatives` lists causes.")
@click.option("--owner", "owner_email", metavar="E", required=True, help="Who sees to it, across all teams.")
@click.option("--note", metavar="T", help="For us only.")
@on_option
@json_option
@click.pass_context
def make(ctx: click.Context, /, as_json: bool, **values: Any) -> None:
    """Begin an initiative.

    \b
    Example:
      heed initiative make --title "Reports come on the third working day" --cause reporting --owner omar@example.com
    """
    made = operations.make_initiative(open_engine(ctx), **values)
    if as_json:
        echo_json(_fields(made))
    else:
        click.echo(f"{name(made)} is open: {made.title}, owned by {made.owner_email}.")


@initiative.command("add")
@click.argument("number", metavar="I-3")
@click.argument("members", metavar="P-12|V-7…", nargs=-1)
@click.option("--by-cause", is_flag=True, help="Every voice that was recorded with this cause.")
@json_option
@click.pass_context
def add(ctx: click.Context, number: str, members: tuple[str, ...], by_cause: bool, as_json: bool) -> None:
    """Let an initiative answer promises and voices.

    \b
    Example:
      heed initiative add I-3 P-12 V-7
    """
    said = [voices.read_number(each) for each in members if each.upper().startswith("V")]
    promised = [read_promise(each) for each in members if not each.upper().startswith("V")]
    engine, which = open_engine(ctx), read_number(number)
    added = operations.add_to_initiative(engine, which, promises=promised, voices=said, by_cause=by_cause)
    if as_json:
        echo_json({"number": f"I-{which}", "added": added})
    else:
        click.echo(f"I-{which} answers {added} more.")


@initiative.command("publish")
@click.argument("number", metavar="I-3")
@click.option("--outcome", metavar="T", required=True, help="What has changed; every client who raised it reads this.")
@click.option("--since", "changed_on", type=Day(), help="From when on it holds.  [default: today]")
@on_option
@json_option
@click.pass_context
def publish(ctx: click.Context, /, number: str, as_json: bool, **values: Any) -> None:
    """Tell every client who raised it what has changed, and ask for their word.

    \b
    Example:
      heed initiative publish I-3 --outcome "All month-end reports now come on the third working day."
    """
    told = operations.publish_initiative(open_engine(ctx), read_number(number), **values)
    if as_json:
        echo_json([promise_as_dict(promise) for promise in told])
    else:
        click.echo(f"Published: {plural(len(told), 'promise')} to clients done.")


def _weight(weight: Weight) -> str:
    money = " and ".join(f"{amount:,.0f} {currency}".strip() for currency, amount in sorted(weight.revenue.items()))
    again = f", {weight.again} of them more than once" if weight.again else ""
    worth = f" with {money} a year" if money else ""
    people, accounts = plural(weight.people, "person", "people"), plural(weight.accounts, "account")
    return f"{people}{again}, {accounts}{worth}, named {plural(weight.times, 'time')}"


def _as_dict(each: Standing) -> dict[str, Any]:
    counted = {"promises": each.promises, "voices": each.voices}
    rates = {"before": asdict(each.before), "after": asdict(each.after)}
    return {**_fields(each.initiative), "weight": asdict(each.weight), **counted, **rates}


def _fields(initiative: Any) -> dict[str, Any]:
    names = ("title", "cause", "owner_email", "note", "status", "made_on", "changed_on", "outcome")
    return {"number": name(initiative), **{each: getattr(initiative, each) for each in names}}
