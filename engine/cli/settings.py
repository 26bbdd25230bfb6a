"""heed set, heed settings"""

from __future__ import annotations

import click

from engine.cli.common import echo_json, json_option, open_engine, plural
from engine.errors import InputError
from engine.operations.settings import Shown, list_settings, set_settings
from engine.settings import as_text


@click.command("set")
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE…")
@click.option("--tier", metavar="T", help="For accounts of this tier.")
@click.option("--account", metavar="A", help="For this account, by its key.")
@click.option("--contact", metavar="C", help="For this contact: e-mail address, key or ACCOUNT/KEY.")
@click.pass_context
def set_(
    ctx: click.Context, pairs: tuple[str, ...], tier: str | None, account: str | None, contact: str | None
) -> None:
    """Change settings: of the whole house, or of one tier, account or contact.

    All of them are changed, or none. Lists are separated by commas, date ranges written with two dots.

    \b
    Examples:
      heed set fatigue_limits.max_asks=3 --tier key
      heed set quiet_times.blackouts=2026-12-24..2027-01-01 fatigue_limits.mode=shadow
    """
    values = dict(map(_read_pair, pairs))
    if len(values) < len(pairs):
        raise InputError("The same setting is named twice; which value is meant?")
    for warning in set_settings(open_engine(ctx), values, tier=tier, account=account, contact=contact):
        click.echo(f"note: {warning}", err=True)
    whose = f"account {account}" if account and not contact else f"contact {contact}" if contact else f"tier {tier}"
    click.echo(
        f"{plural(len(values), 'setting')} changed for {whose if tier or account or contact else 'the whole house'}."
    )


def _read_pair(pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not equals:
        raise InputError(f"“{pair}” sets nothing; write {name}=VALUE.", about=name)
    return name.strip(), value.strip()


@click.command("settings")
@click.argument("account", required=False)
@json_option
@click.pass_context
def settings(ctx: click.Context, account: str | None, as_json: bool) -> None:
    """Show every setting, its value, and the layer that set it: default, house, tier, account or contact.

    Without ACCOUNT those of the house, and where tiers differ; with its key those of one account and its contacts.

    \b
    Example:
      heed settings northwind
    """
    shown = list_settings(open_engine(ctx), account)
    if as_json:
        echo_json([setting.as_dict() for setting in shown])
        return
    width = max(len(_name(setting)) for setting in shown)
    values = max(min(40, len(as_text(setting.value))) for setting in shown)
    for setting in shown:
        click.echo(f"{_name(setting):<{width}}  {as_text(setting.value):<{values}}  {_layer(setting)}".rstrip())


def _name(setting: Shown) -> str:
    return setting.name


def _layer(setting: Shown) -> str:
    layer = (
        f"{setting.layer} {setting.of}".strip()
        if setting.layer != "default" or not setting.of
        else f"default, {setting.of}"
    )
    if setting.set_at is None:
        return layer
    return f"{layer}, by {setting.author}, {setting.set_at:%a} {setting.set_at.day} {setting.set_at:%b %Y}"
