"""heed strategies"""

from __future__ import annotations

from typing import Any

import click

from engine.cli.common import echo_json, json_option, open_engine
from engine.errors import NotFoundError, nearest
from engine.operations.settings import Shown, list_settings
from engine.registry import STRATEGY_HOOKS, Plugin
from engine.settings import as_text

TAKES_PART = {
    "ask_from": "reasons",
    "hold_until": "holds",
    "limit": "limits",
    "worth": "worth",
    "question_worth": "questions",
    "channel_worth": "channels",
    "send_at": "hours",
}


@click.command()
@click.argument("name", required=False)
@json_option
@click.pass_context
def strategies(ctx: click.Context, name: str | None, as_json: bool) -> None:
    """List the strategies that take part in decisions; with NAME, that one's manual page and settings.

    \b
    Examples:
      heed strategies
      heed strategies fatigue_limits
    """
    engine = open_engine(ctx)
    known = {plugin.name: plugin for plugin in engine.plugins.strategies}
    if name and name not in known:
        raise NotFoundError(f"There is no strategy “{name}”.{nearest(name, known)}", about=name)
    settings = list_settings(engine)
    if name and not as_json:
        _show_page(known[name], settings)
        return
    found = [_as_dict(plugin, settings) for plugin in known.values() if name in (None, plugin.name)]
    if as_json:
        echo_json(found[0] if name else found)
        return
    for strategy in found:
        part = ", ".join(strategy["takes_part_in"])
        click.echo(f"{strategy['name']:<22} {strategy['mode']:<7} {part:<16} {strategy['about']}")


def _as_dict(plugin: Plugin, settings: list[Shown]) -> dict[str, Any]:
    own = [setting for setting in _own(plugin, settings) if not setting.of]
    return {
        "name": plugin.name,
        "takes_part_in": [TAKES_PART[hook] for hook in STRATEGY_HOOKS if hook in plugin.hooks],
        "mode": next((setting.value for setting in own if setting.name.endswith(".mode")), "on"),
        "about": plugin.manual.strip().partition("\n")[0],
        "settings": {setting.name: setting.value for setting in own},
    }


def _own(plugin: Plugin, settings: list[Shown]) -> list[Shown]:
    return [setting for setting in settings if setting.name.startswith(f"{plugin.name}.")]


def _show_page(plugin: Plugin, settings: list[Shown]) -> None:
    click.echo(f"{plugin.name}\n\n{plugin.manual.strip()}\n")
    own = _own(plugin, settings)
    for setting in (setting for setting in own if not setting.of):
        tiers = ", ".join(f"{tier.of} {as_text(tier.value)}" for tier in own if tier.name == setting.name and tier.of)
        click.echo(f"{setting.name} = {as_text(setting.value)}{f' ({tiers})' if tiers else ''}")
        click.echo(f"    {setting.help}")
