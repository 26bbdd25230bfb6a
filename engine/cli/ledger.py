"""heed ledger"""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from engine.cli.common import echo_json, json_option, on_option, open_engine, plural
from engine.cli.promise_table import in_full
from engine.data.ledger import Entry
from engine.operations.ledger import BY, YEAR, Ledger, Line, read_ledger

MOST = 20
"""Promises listed below the table."""


@click.command("ledger")
@click.option("--by", metavar="|".join(BY), help="Beside all of them, those of each.")
@click.option("--days", type=click.IntRange(1, 3650), default=YEAR, help="Made in so many days.  [default: 365]")
@on_option
@json_option
@click.pass_context
def ledger(ctx: click.Context, by: str | None, days: int, on: date | None, as_json: bool) -> None:
    """Count what was said, done and confirmed, with how sure that is; and list what clients see differently.

    \b
    Example:
      heed ledger --by owner
    """
    found = read_ledger(open_engine(ctx), by=by, days=days, on=on)
    if as_json:
        echo_json(_as_dict(found))
        return
    click.echo(f"Promises made since {in_full(found.since)}")
    _show(found)
    _list("We say done, the client says no:", found.differing)
    _list("Done, and nobody has said whether it is kept:", found.unconfirmed)


def _show(found: Ledger) -> None:
    table = Table(
        "", "said", "done of those due", "on time", "confirmed by clients", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for heading in ("no word", "disputed", "moved", "declined", "overdue", "days to reply", "to done", "to kept"):
        table.add_column(heading, justify="right")
    for line in found.lines:
        table.add_row(*_cells(line))
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 220).print(table)


def _cells(line: Line) -> list[str]:
    counts = (line.unconfirmed, line.disputed, line.moved, line.declined, line.overdue)
    days = (line.days_to_reply, line.days_to_done, line.days_to_kept)
    told = [f"{day:g}" if day is not None else "–" for day in days]
    return [line.of, str(line.said), str(line.done), str(line.on_time), str(line.confirmed), *map(str, counts), *told]


def _list(heading: str, entries: tuple[Entry, ...]) -> None:
    if entries:
        click.echo(heading)
        for entry in entries[:MOST]:
            done = f", done on {in_full(entry.done_on)}" if entry.done_on else ""
            click.echo(f"  P-{entry.number}  {entry.title} ({entry.account}, {entry.owner}{done})")
        if len(entries) > MOST:
            click.echo(f"  and {plural(len(entries) - MOST, 'other')}")


def _as_dict(found: Ledger) -> dict[str, Any]:
    return {
        "since": found.since,
        "lines": [asdict(line) for line in found.lines],
        "differing": [_entry(entry) for entry in found.differing],
        "unconfirmed": [_entry(entry) for entry in found.unconfirmed],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    names = ("account", "owner", "touchpoint", "tier", "title", "due_on", "done_on", "status", "verdict")
    return {"number": f"P-{entry.number}", **{name: getattr(entry, name) for name in names}}
