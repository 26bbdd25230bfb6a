"""heed set, heed settings"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import click

from engine.cli.common import echo_json, json_option, open_engine, plural, read_pair, read_pairs
from engine.errors import InputError
from engine.operations.plan_changes import (
    Changed,
    Difference,
    ToldChange,
    diff_changes,
    list_changes,
    revert_change,
)
from engine.operations.settings import Shown, list_settings, reset_settings, set_settings
from engine.settings import as_text

comment_option = click.option("--comment", metavar="TEXT", default="", help="Why, for those who read it later.")


@click.command("set")
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE…")
@click.option("--tier", metavar="T", help="For accounts of this tier.")
@click.option("--account", metavar="A", help="For this account, by its key.")
@click.option("--contact", metavar="C", help="For this contact: e-mail address, key or ACCOUNT/KEY.")
@click.option("--reset", is_flag=True, help="Take back what is set there for each KEY, so that the layer above counts.")
@comment_option
@click.pass_context
def set_(ctx: click.Context, /, pairs: tuple[str, ...], reset: bool, comment: str, **layer: str | None) -> None:
    """Change settings: of the whole house, or of one tier, account or contact.

    All of them are changed, or none, and it is one change of the plan: see heed settings --history. Settings that
    contradict each other, or others in force, are refused. Lists are separated by commas, date ranges written with
    two dots.

    \b
    Examples:
      heed set fatigue_limits.max_asks=3 --tier key --comment "Agreed in the review"
      heed set quiet_times.blackouts=2026-12-24..2027-01-01 fatigue_limits.mode=shadow
      heed set fatigue_limits.max_asks --tier key --reset
    """
    values = read_pairs(pairs, _read_name if reset else read_pair)
    change: Callable[..., Changed] = reset_settings if reset else set_settings
    _tell(change(open_engine(ctx), values, comment=comment, **layer), f" for {_whose(**layer)}")


def _whose(tier: str | None, account: str | None, contact: str | None) -> str:
    if contact:
        return f"contact {contact}"
    return f"account {account}" if account else f"tier {tier}" if tier else "the whole house"


def _tell(changed: Changed, whose: str = "", *, as_json: bool = False) -> None:
    for warning in changed.warnings:
        click.echo(f"note: {warning}", err=True)
    if as_json:
        echo_json({"number": changed.number, "settings": [vars(step) for step in changed.steps]})
    elif changed.number is None:
        click.echo("Nothing changed: it stands so already.")
    else:
        click.echo(f"{plural(len(changed.steps), 'setting')} changed{whose}: change {changed.number} of the plan.")


def _read_name(name: str) -> tuple[str, None]:
    if "=" in name:
        raise InputError(f"“{name}” has a value; with --reset write {name.partition('=')[0]} alone.", about=name)
    return name.strip(), None


@click.command("settings")
@click.argument("account", required=False)
@click.option("--history", is_flag=True, help="Show every change instead, the newest first.")
@click.option("--diff", metavar="N[..M]", help="Show what differs from the plan after change N; after M, or now.")
@click.option("--revert", type=int, metavar="N", help="Put back what stood before change N. It is a change, too.")
@click.option("--force", is_flag=True, help="Revert, though a later change touched the same settings.")
@comment_option
@json_option
@click.pass_context
def settings(
    ctx: click.Context,
    account: str | None,
    history: bool,
    diff: str | None,
    revert: int | None,
    force: bool,
    comment: str,
    as_json: bool,
) -> None:
    """Show every setting, its value, and the layer that set it: default, house, tier, account or contact.

    Without ACCOUNT those of the house, and where tiers differ; with its key those of one account and its contacts.
    Changes are numbered; with ACCOUNT, those of the house, its tier, itself and its contacts are shown.

    \b
    Examples:
      heed settings northwind
      heed settings northwind --history
      heed settings --diff 3..7
      heed settings --revert 7 --comment "Too many at once"
    """
    if sum((history, diff is not None, revert is not None)) > 1:
        raise InputError("Ask for one thing: --history, --diff or --revert.")
    if revert is None and (force or comment):
        raise InputError("--force and --comment go with --revert.")
    engine = open_engine(ctx)
    if revert is not None:
        if account:
            raise InputError("A change is named by its number alone; leave out the account.", about=account)
        _tell(revert_change(engine, revert, comment=comment, force=force), as_json=as_json)
    elif history:
        _show(list_changes(engine, account), _change_lines, as_json)
    elif diff is not None:
        _show(diff_changes(engine, *_read_versions(diff), account), _difference_lines, as_json)
    else:
        _show(list_settings(engine, account), _setting_lines, as_json)


def _read_versions(text: str) -> tuple[int, int | None]:
    """`3` is from change 3 to now, `3..7` to change 7."""
    since, dots, until = text.partition("..")
    try:
        return int(since), int(until) if dots else None
    except ValueError:
        raise InputError(f"“{text}” is no pair of versions; write 3, or 3..7.", about=text) from None


def _show(found: Sequence[Any], as_lines: Callable[[Sequence[Any]], Iterable[str]], as_json: bool) -> None:
    if as_json:
        echo_json([one.as_dict() for one in found])
    else:
        click.echo("\n".join(as_lines(found)) or "Nothing was changed.")


def _setting_lines(found: Sequence[Shown]) -> Iterator[str]:
    width = max(len(setting.name) for setting in found)
    values = max(min(40, len(as_text(setting.value))) for setting in found)
    for setting in found:
        yield f"{setting.name:<{width}}  {as_text(setting.value):<{values}}  {_layer(setting)}".rstrip()


def _layer(setting: Shown) -> str:
    layer = (
        f"{setting.layer} {setting.of}".strip()
        if setting.layer != "default" or not setting.of
        else f"default, {setting.of}"
    )
    if setting.set_at is None:
        return layer
    return f"{layer}, by {setting.author}, {setting.set_at:%a} {setting.set_at.day} {setting.set_at:%b %Y}"


def _change_lines(found: Sequence[ToldChange]) -> Iterator[str]:
    for told in found:
        change, (layer, _) = told.change, told.change.where
        at = f"{change.at:%a} {change.at.day} {change.at:%b %Y, %H:%M} UTC"
        yield f"{change.number}  {at}, {f'{layer} {told.of}'.strip()}, by {change.author}"
        yield from (f"    {step.name}  {_said(step.before)} → {_said(step.after)}" for step in change.steps)
        if change.reverts:
            yield f"    takes back change {change.reverts}"
        if change.comment:
            yield f"    “{change.comment}”"


def _difference_lines(found: Sequence[Difference]) -> Iterator[str]:
    for one in found:
        yield f"{one.name}  {_said(one.before)} → {_said(one.after)}  {f'{one.layer} {one.of}'.strip()}"


def _said(value: Any) -> str:
    return "not set" if value is None else as_text(value) or "none"
