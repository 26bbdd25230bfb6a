"""What commands share: the house they work on, options, and how they show that something takes time."""

from __future__ import annotations

import getpass
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from engine.config import Config, load_config
from engine.errors import InputError
from engine.house import Engine, open_house


def read_config(ctx: click.Context) -> Config:
    """The configuration: `--database` over HEED_* over heed.toml."""
    return load_config(os.environ, database_url=ctx.find_root().ensure_object(dict).get("database"))


def open_engine(ctx: click.Context, *, current: bool = True) -> Engine:
    """The house of this command, acting as whoever runs it. `current`: its database must be up to date."""
    house = open_house(read_config(ctx))
    if current:
        house.store.check_current()
    return house.acting_as(_user(), house.scope)


def _user() -> str:
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):
        return "command line"


YEARS = range(1970, 2200)
"""Days of other years are slips of the finger."""


class Day(click.ParamType[date]):
    """A date as ISO 8601 writes it."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
                raise ValueError
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(f"“{value}” is no date; write it as 2026-11-24.", param, ctx)
        if day.year not in YEARS:
            self.fail(f"“{value}” is not between {YEARS[0]} and {YEARS[-1]}.", param, ctx)
        return day


Command = Callable[..., Any]


def on_option(command: Command) -> Command:
    return click.option("--on", type=Day(), help="Make this day today, for everyone.  [default: now]")(command)


def language_option(command: Command) -> Command:
    help = "Tell it in this language: en, de, fr, or one with a catalog.  [default: the house's]"
    return click.option("--language", metavar="LANGUAGE", help=help)(command)


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(command)


def echo_json(value: Any, *, lines: bool = False) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=None if lines else 2, default=str))


@contextmanager
def showing_progress(doing: str) -> Iterator[Callable[[str, int], None]]:
    """Shows on a terminal how many of what are done; elsewhere nothing. The callback takes (what, how many more)."""
    if not sys.stderr.isatty():
        yield lambda what, more: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def advance(what: str, more: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(f"{doing} {what}".strip(), total=None)
            bar.advance(tasks[what], more)

        yield advance


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 row`, `3 rows`, `1,200 rows`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def read_pairs(pairs: Sequence[str], read: Callable[[str], tuple[str, Any]]) -> dict[str, Any]:
    """Settings as they are typed, each by its name. Raises InputError."""
    values = dict(map(read, pairs))
    if len(values) < len(pairs):
        raise InputError("The same setting is named twice; which value is meant?")
    return values


def read_pair(pair: str) -> tuple[str, str]:
    """KEY=VALUE. Raises InputError."""
    name, equals, value = pair.partition("=")
    if not equals:
        raise InputError(f"“{pair}” sets nothing; write {name}=VALUE, or --reset to take it back.", about=name)
    return name.strip(), value.strip()
