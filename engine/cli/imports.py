"""heed import"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from engine.cli.common import echo_json, json_option, open_engine, plural, showing_progress
from engine.intake.kinds import KINDS
from engine.intake.report import ImportReport
from engine.operations.imports import import_files
from engine.survey.reader import GROUP, TEXT, Reader


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(list(KINDS)), help="What the rows are.  [default: told by the header]")
@click.option(
    "--map",
    "map_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file that maps columns.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@json_option
@click.pass_context
def import_(
    ctx: click.Context, files: tuple[Path, ...], kind: str | None, map_file: Path | None, dry_run: bool, as_json: bool
) -> None:
    """Import accounts, contacts, asks, touchpoints, promises and answers from CSV files.

    Rows are matched with what is there: the same file twice changes nothing. Good rows go in; every other row is named
    with file, line, field and why. Exit code 0: all rows went in, 1: some were rejected, 2: wrong usage.

    \b
    Example:
      heed import accounts.csv contacts.csv touchpoints.csv --dry-run

    \b
    A map for columns of another system (--map crm.yaml):
      kind: contacts
      columns: {Account ID: account_key, Contact ID: key, Work e-mail: email}
    """
    mapping = _read_map(map_file) if map_file else None
    with showing_progress("importing") as progress:
        report = import_files(open_engine(ctx), files, kind=kind, mapping=mapping, dry_run=dry_run, progress=progress)
    if as_json:
        echo_json(report.as_dict())
    else:
        _show(report)
    ctx.exit(1 if report.rejected else 0)


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


def _read_map(path: Path) -> dict[str, Any]:
    """Raises InputError naming the file, the line and the key."""
    reader = Reader(str(path))
    found = reader.keys(reader.load(path.read_bytes()), {"kind": TEXT, "columns": GROUP})
    reader.conclude()
    return found
