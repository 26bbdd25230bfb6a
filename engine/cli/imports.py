"""heed import"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from engine.cli.common import echo_json, json_option, open_engine, plural, showing_progress
from engine.house import Engine
from engine.intake.kinds import KINDS
from engine.intake.report import ImportReport
from engine.operations.import_records import list_imports
from engine.operations.imports import import_files
from engine.operations.undoing import undo_import, weigh_undo
from engine.survey.reader import GROUP, TEXT, Reader


@click.command("import")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(list(KINDS)), help="What the rows are.  [default: told by the header]")
@click.option(
    "--map",
    "map_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file that maps columns.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@click.option("--list", "listed", is_flag=True, help="Show the latest imports, with their numbers.")
@click.option("--undo", type=int, metavar="NUMBER", help="Undo an import, but for what later things depend on.")
@json_option
@click.pass_context
def import_(
    ctx: click.Context, /, files: tuple[Path, ...], undo: int | None, listed: bool, as_json: bool, **how: Any
) -> None:
    """Import accounts, contacts, asks, touchpoints, promises and answers from CSV files.

    Rows are matched with what is there: the same file twice changes nothing. Good rows go in; every other row is named
    with file, line, field and why. Exit code 0: all rows went in, or all were undone; 1: some were rejected, or are
    kept because something depends on them; 2: wrong usage.

    \b
    Example:
      heed import accounts.csv contacts.csv touchpoints.csv --dry-run
      heed import --undo 12 --dry-run

    \b
    A map for columns of another system (--map crm.yaml):
      kind: contacts
      columns: {Account ID: account_key, Contact ID: key, Work e-mail: email}
    """
    if sum((bool(files), undo is not None, listed)) != 1:
        raise click.UsageError("Name files to import, or use --undo NUMBER or --list.")
    engine = open_engine(ctx)
    if listed:
        _show_list(engine, as_json)
    elif undo is not None:
        ctx.exit(_undo(engine, undo, as_json, how["dry_run"]))
    else:
        ctx.exit(_import(engine, files, as_json, **how))


def _import(
    engine: Engine, files: tuple[Path, ...], as_json: bool, kind: str | None, map_file: Path | None, dry_run: bool
) -> int:
    mapping = _read_map(map_file) if map_file else None
    with showing_progress("importing") as progress:
        report = import_files(engine, files, kind=kind, mapping=mapping, dry_run=dry_run, progress=progress)
    if as_json:
        echo_json(report.as_dict())
    else:
        _show(report)
    return 1 if report.rejected else 0


def _undo(engine: Engine, number: int, as_json: bool, dry_run: bool) -> int:
    undo = weigh_undo(engine, number) if dry_run else undo_import(engine, number)
    if as_json:
        echo_json(undo.as_dict())
        return 1 if undo.kept else 0
    for kind, counts in undo.counts.items():
        click.echo(f"{kind:<12} {counts['removed']:>9,} removed {counts['restored']:>9,} as before"
                   f" {counts['kept']:>9,} kept")  # fmt: skip
    for one in undo.kept:
        click.echo(f"kept: {one.kind}: {one.name}{f' ({one.who})' if one.who else ''}: {one.why}")
    if not undo.counts:
        click.echo("There is nothing of it to undo.")
    if dry_run:
        click.echo("Nothing was written (--dry-run).")
    return 1 if undo.kept else 0


def _show_list(engine: Engine, as_json: bool) -> None:
    found, _ = list_imports(engine)
    if as_json:
        echo_json([{"import": one.number, "at": one.entry.at, "author": one.entry.author, "files": one.entry.files,
                    "state": one.state, "rows": one.entry.rows}
                   for one in found])  # fmt: skip
        return
    for one in found:
        click.echo(f"{one.number:>6}  {one.entry.at:%Y-%m-%d %H:%M}  {one.state:<8} {one.entry.rows:>9,} rows  "
                   f"{', '.join(one.entry.files)}, by {one.entry.author}")  # fmt: skip
    if not found:
        click.echo("Nothing was imported yet.")


def _show(report: ImportReport) -> None:
    for kind, counts in report.counts.items():
        click.echo(
            f"{kind:<12} {counts.new:>9,} new {counts.changed:>9,} changed {counts.unchanged:>9,} unchanged"
            f" {counts.rejected:>9,} rejected"
        )
    if report.dry_run:
        click.echo("Nothing was written (--dry-run).")
    for note in report.notes:
        click.echo(f"note: {note}", err=True)
    for rejection in report.rejections:
        click.echo(str(rejection))
    if report.rejected and not report.dry_run:
        click.echo(f"{plural(report.rejected, 'row')} rejected; the others are in.")
    if report.number and any(counts.new + counts.changed for counts in report.counts.values()):
        click.echo(f"This is import {report.number}; `heed import --undo {report.number}` undoes it.")


def _read_map(path: Path) -> dict[str, Any]:
    """Raises InputError naming the file, the line and the key."""
    reader = Reader(str(path))
    found = reader.keys(reader.load(path.read_bytes()), {"kind": TEXT, "columns": GROUP})
    reader.conclude()
    return found
