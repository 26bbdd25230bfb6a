"""heed strategies"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from engine.cli.common import echo_json, json_option, open_engine, plural
from engine.errors import NotFoundError, nearest
from engine.operations.planning import read_health
from engine.operations.settings import Shown, list_settings
from engine.plugin import STRATEGY_HOOKS, Plugin
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

    The seconds are those that each took of the last plan. A strategy that failed in it says why on the line below.

    \b
    Examples:
      heed strategies
      heed strategies fatigue_limits
    """
    engine = open_engine(ctx)
    known = {plugin.name: plugin for plugin in engine.plugins.strategies}
    if name and name not in known:
        raise NotFoundError(f"There is no strategy “{name}”.{nearest(name, known)}", about=name)
    settings, health = list_settings(engine), read_health(engine)
    if name and not as_json:
        _show_page(known[name], settings, health.get(name))
        return
    found = [
        _as_dict(plugin, settings, health.get(plugin.name)) for plugin in known.values() if name in (None, plugin.name)
    ]
    if as_json:
        echo_json(found[0] if name else found)
        return
    for strategy in found:
        part = ", ".join(strategy["takes_part_in"])
        took = strategy["last_plan"]
        seconds = f"{took['seconds']:.2f} s" if took else ""
        click.echo(f"{strategy['name']:<22} {strategy['mode']:<7} {part:<16} {seconds:>8}  {strategy['about']}")
        if took and took["failures"]:
            click.echo(f"  ! {_tell_failures(took)}")
    for error in engine.plugins.errors:
        click.echo(f"! {error}")


def _tell_failures(health: Mapping[str, Any]) -> str:
    return f"failed {plural(health['failures'], 'time')} in the last plan: {health['last_error']}"


def _as_dict(plugin: Plugin, settings: list[Shown], health: Mapping[str, Any] | None) -> dict[str, Any]:
    own = [setting for setting in _own(plugin, settings) if not setting.of]
    return {
        "name": plugin.name,
        "takes_part_in": [TAKES_PART[hook] for hook in STRATEGY_HOOKS if hook in plugin.hooks],
        "mode": next((setting.value for setting in own if setting.name.endswith(".mode")), "on"),
        "about": plugin.manual.strip().partition("\n")[0],
        "settings": {setting.name: setting.value for setting in own},
        "last_plan": health,
    }


def _own(plugin: Plugin, settings: list[Shown]) -> list[Shown]:
    return [setting for setting in settings if setting.name.startswith(f"{plugin.name}.")]


def _show_page(plugin: Plugin, settings: list[Shown], health: Mapping[str, Any] | None) -> None:
    click.echo(f"{plugin.name}\n\n{plugin.manual.strip()}\n")
    if health:
        calls = plural(health["calls"], "call")
        click.echo(f"In the last plan: {calls}, {health['seconds']:.2f} s, {plural(health['failures'], 'failure')}.")
        click.echo(f"{_tell_failures(health)}\n" if health["failures"] else "")
    own = _own(plugin, settings)
    for setting in (setting for setting in own if not setting.of):
        tiers = ", ".join(f"{tier.of} {as_text(tier.value)}" for tier in own if tier.name == setting.name and tier.of)
        click.echo(f"{setting.name} = {as_text(setting.value)}{f' ({tiers})' if tiers else ''}")
        click.echo(f"    {setting.help}")
