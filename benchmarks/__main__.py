"""`python -m benchmarks [NAME …]`: run them, all or those named, and say how fast we are."""

from __future__ import annotations

import json
from importlib import import_module

import click

from benchmarks.figures import Figure

BENCHMARKS = {
    "P1": "benchmarks.deciding",
    "P2": "benchmarks.planning",
    "P2-postgresql": "benchmarks.planning_postgresql",
    "P3": "benchmarks.next_day",
    "P4": "benchmarks.explaining",
    "P5": "benchmarks.simulating",
    "P6": "benchmarks.choosing",
    "S1": "benchmarks.serving",
    "S4": "benchmarks.desk",
    "D3": "benchmarks.starting",
    "D4": "benchmarks.demo",
}
"""One module each, loaded when it runs. Its docstring says what is measured against what; `measure` yields figures."""


@click.command(help=f"Measure speed. NAMES: {', '.join(BENCHMARKS)}; all of them where none is named.")
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHMARKS), case_sensitive=False))
@click.option("--contacts", default=1_000_000, show_default=True, help="The size of the book.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each figure.")
def main(names: tuple[str, ...], contacts: int, as_json: bool) -> None:
    for name in names or BENCHMARKS:
        module = import_module(BENCHMARKS[name])
        if not as_json:
            click.echo(f"\n{(module.__doc__ or name).splitlines()[0]}")
        for figure in module.measure(contacts):
            click.echo(_line(figure) if as_json else f"  {figure.as_text()}")


def _line(figure: Figure) -> str:
    return json.dumps(figure.as_dict(), ensure_ascii=False)


if __name__ == "__main__":
    main()
