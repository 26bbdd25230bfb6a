"""The reference pages, made from the code: strategies, settings, the command line, CSV columns, the Book.

`python -m docs` writes them; tests/test_house.py fails where one is out of date.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from engine.cli import COMMANDS, main
from engine.config import Config
from engine.decide import responses, terms
from engine.decide import simulation as simulation_figures
from engine.decide.book import ACCOUNT_TOUCHPOINT, COLUMNS, COUNTS, GRID_COLUMNS, LIMIT_COLUMNS, TOUCHPOINT
from engine.decide.plan import Company, Spec
from engine.intake import values
from engine.intake.kinds import ASK_STATUSES, KINDS, PROMISE_STATUSES, VERDICTS, Column, Kind
from engine.plugin import STRATEGY_HOOKS, Plugin
from engine.registry import Plugins, build_plugins
from engine.settings import as_text
from engine.types import TIERS, QuestionType

FOLDER = Path(__file__).parent
MADE = "<!-- Made by `python -m docs` from the code: change it there. -->"

PARTS = {
    "ask_from": "When there is a reason to ask",
    "hold_until": "When not to ask",
    "limit": "How many at once",
    "worth": "Who comes first when there is not room for everyone",
    "question_worth": "Which questions",
    "channel_worth": "Which way",
    "send_at": "At what hour",
    "register_channels": "Channels",
    "register_question_types": "Question types",
    "register_blueprints": "Pages",
}
"""The parts of strategies.md, in order; a plugin stands under the first hook it has."""


def write_pages(folder: Path = FOLDER) -> list[Path]:
    """Write every page and say where."""
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")
    return [folder / name for name in PAGES]


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", MADE, *parts]) + "\n"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


# strategies


def strategies() -> str:
    plugins = build_plugins()
    parts = []
    for hook, title in PARTS.items():
        chosen = [plugin for plugin in plugins.all.values() if _part(plugin) == hook]
        parts += [f"## {title}", *(_manual(plugins, plugin) for plugin in chosen)]
    return _page(
        "Strategies and other plugins that ship",
        "Each is one file in `plugins/`, and this is its manual page; `heed strategies NAME` shows the same with the "
        "values in force. How to write one: [hooks.md](hooks.md).",
        *parts,
    )


def _part(plugin: Plugin) -> str:
    return next((hook for hook in PARTS if hook in plugin.hooks), "question_worth")


def _manual(plugins: Plugins, plugin: Plugin) -> str:
    hooks = ", ".join(
        f"[`{hook}`](hooks.md#{hook})" for hook in [*STRATEGY_HOOKS, *_other_hooks(plugin)] if hook in plugin.hooks
    )
    specs = _own(plugins, plugin.name)
    parts = [f"### {plugin.name}", plugin.manual.strip()]
    parts += [_settings(specs)] if specs else []
    parts += [_analysis(kind) for kind in plugin.call("register_question_types") or ()]
    parts += [f"Hooks: {hooks}."] if hooks else []
    return "\n\n".join(parts)


def _analysis(kind: QuestionType) -> str:
    return f"Scale: {kind.analysis.scale}. Summed up as: {', '.join(kind.analysis.by)}."


def _own(plugins: Plugins, name: str) -> list[Spec]:
    """A plugin's settings without its mode, which every strategy has."""
    return [spec for spec in plugins.catalog if spec.name.startswith(f"{name}.") and spec.key != "mode"]


def _other_hooks(plugin: Plugin) -> list[str]:
    return [hook for hook in plugin.hooks if hook not in STRATEGY_HOOKS]


# settings


def _settings(specs: list[Spec]) -> str:
    return _table(
        ("setting", "default", "what it does"), [(f"`{spec.name}`", _default(spec), spec.help) for spec in specs]
    )


def _default(spec: Spec) -> str:
    tiers = [f"{tier} {as_text(spec.tiers[tier])}" for tier in TIERS if tier in spec.tiers]
    return ", ".join(tiers) or as_text(spec.default) or "none"


def settings() -> str:
    plugins = build_plugins()
    company = [spec for spec in plugins.catalog if not spec.decides]
    owners = {name: specs for name in plugins.all if (specs := _own(plugins, name))}
    return _page(
        "Settings",
        "`heed set NAME=VALUE` sets one for the whole house, with `--tier`, `--account` or `--contact` for some only; "
        "`heed settings [ACCOUNT]` shows each value and the layer that set it. The nearest layer wins: contact, "
        "account, tier, house, and last what ships. What ships may differ by tier. Lists are separated by commas, "
        "ranges of days written with two dots.",
        "Every strategy has a `mode`: `on`; `shadow`, evaluated and shown but never binding; `off`. `consent` and "
        "`wishes` carry the client's own word and stay on.",
        "## company",
        f"{Company.__doc__}",
        _settings(company),
        *(f"## {name}\n\n{_settings(specs)}" for name, specs in owners.items()),
        "## promises",
        f"{terms.Terms.__doc__}",
        _settings(_own(plugins, "promises")),
        "## simulation",
        f"{responses.Responses.__doc__}",
        _settings(_own(plugins, "simulation")),
        "## The installation",
        "Keys of `heed.toml` in the working directory or, as `HEED_NAME` in capitals, environment variables, which "
        "win. They are read once, when a command starts.",
        _table(("key", "default", "what it is"), [_option(option) for option in fields(Config)]),
    )


def _option(option: Any) -> tuple[str, ...]:
    default = str(option.default).lower() if isinstance(option.default, bool) else str(option.default)
    return f"`{option.name}`", f"`{default}`" if default else "empty", option.metadata["help"]


# forecasts and simulations


def simulation() -> str:
    return _page(
        "Forecasts and simulations",
        "`heed forecast ACCOUNT` says who of an account will be asked in the months ahead. `heed simulate --set "
        "KEY=VALUE` walks the whole book through the days under changed settings, beside today's. Both decide by the "
        "planner itself, with every strategy that is on, for the accounts whose day has come; nothing is written. What "
        "nobody can know is how people answer.",
        f"{inspect.getdoc(responses)}",
        "## Settings",
        _settings(_own(build_plugins(), "simulation")),
        "## What the figures are",
        f"{inspect.getdoc(simulation_figures)}",
    )


# the command line


def cli() -> str:
    parts = [_help("heed", main)]
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        parts += _helps(f"heed {name}", command)
    return _page(
        "The command line",
        "What `heed COMMAND --help` says, all of it. Exit code 0: done, 1: something was wrong with the data, 2: wrong "
        "usage.",
        *parts,
    )


def _helps(name: str, command: click.Command) -> Iterator[str]:
    yield _help(name, command)
    for child, found in getattr(command, "commands", {}).items():
        yield from _helps(f"{name} {child}", found)


def _help(name: str, command: click.Command) -> str:
    names = main.context_settings  # a command keeps the first names of --help that it is given
    with click.Context(command, info_name=name, max_content_width=100, terminal_width=100, **names) as context:
        text = command.get_help(context)
    return f"## {name}\n\n```text\n{text.strip()}\n```"


# CSV columns

FORMS = {
    values.TEXT: "text",
    values.EMAIL: "e-mail address",
    values.DAY: "day, `2026-11-24`",
    values.INSTANT: "time, `2026-11-24T09:30:00Z`; without an offset it is in the house's zone",
    values.NUMBER: "number, `1200000.50`",
    values.COUNTRY: "country, ISO 3166-1 alpha-2",
    values.CURRENCY: "currency, ISO 4217",
    values.TIMEZONE: "time zone, `Europe/Vienna`",
    values.LOCALE: "locale, `de-AT`",
    values.WORD: "word",
    values.WORDS: "words separated by spaces",
}
CHOICES = {
    ("asks", "status"): ASK_STATUSES,
    ("promises", "status"): PROMISE_STATUSES,
    ("promises", "verdict"): VERDICTS,
}


def csv() -> str:
    return _page(
        "CSV columns",
        "`heed import FILE…` tells by the header what the rows are. UTF-8 is best; other encodings, a byte order mark, "
        "and semicolons or tabs between fields are recognised. An empty field is unknown. Columns that Heed does not "
        "know become attributes of accounts and contacts. Rows are matched with what is there by the columns marked "
        "*identity*: the same file twice changes nothing. A row that cannot be used is named with file, line, field "
        "and why; the others go in.",
        *(f"## {name}\n\n{_table(('column', 'what', 'needed'), _columns(kind))}" for name, kind in KINDS.items()),
    )


def _columns(kind: Kind) -> list[tuple[str, ...]]:
    return [(f"`{column.name}`", _form(kind, column), _needed(kind, column)) for column in kind.columns]


def _form(kind: Kind, column: Column) -> str:
    choices = CHOICES.get((kind.name, column.name))
    form = ", ".join(f"`{word}`" for word in choices) if choices else FORMS[column.reader]
    usual = f"; usually {', '.join(f'`{word}`' for word in column.usual)}" if column.usual else ""
    return form + usual


def _needed(kind: Kind, column: Column) -> str:
    words = [word for word, true in (("identity", column.name in kind.identity), ("needed", column.needed)) if true]
    return ", ".join(words)


# the Book


def book() -> str:
    head = ("column", "type", "meaning", "null means")
    return _page(
        "The Book",
        "What every strategy can see: one row is one contact at one account, as known at the end of `today`. Days are "
        'where the contact is. “Asked” means an ask that was sent and did not bounce. `book["name"]` is a checked '
        "Polars expression for a column.",
        _table(head, [_column(column) for column in COLUMNS]),
        "## Touchpoints",
        "For each kind in `book.kinds`, the latest touchpoint that no touchpoint ask to this contact followed (Date; "
        "null: none):",
        f"- `{TOUCHPOINT}KIND`, of those that name this contact: `book.named_touchpoint_on(kind)`\n"
        f"- `{ACCOUNT_TOUCHPOINT}KIND`, of those that concern the account as a whole: "
        "`book.account_touchpoint_on(kind)`",
        "## Channels",
        "For each channel that the house delivers by (Int32, never null); `book.counts_by(channel)` has all four:",
        "\n".join(f"- `{name}:CHANNEL`: {meaning}" for name, meaning in COUNTS.items()),
        "## Limits",
        "When limits are asked for, the way is chosen for those who would be asked today, and the Book says so.",
        _table(head, [_column(column) for column in LIMIT_COLUMNS]),
        "## The Grid",
        "A Grid is the Book seen for one question or one channel at a time: `grid.question` and `grid.channel` are "
        "plain values. A grid of questions has three columns more.",
        _table(head, [_column(column) for column in GRID_COLUMNS]),
    )


def _column(column: Any) -> tuple[str, ...]:
    kind = re.sub(r"<class '.*\.(\w+)'>", r"\1", str(column.dtype))
    return f"`{column.name}`", kind, column.meaning, column.null


PAGES: dict[str, Callable[[], str]] = {
    "strategies.md": strategies,
    "settings.md": settings,
    "simulation.md": simulation,
    "cli.md": cli,
    "csv.md": csv,
    "book.md": book,
}
