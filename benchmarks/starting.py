"""D3: how long a person waits for `heed --help`, and a server for `create_app`, beside bare click and bare Flask.

Each is a process of its own, from its start to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.database import open_bench
from benchmarks.figures import Figure, within
from benchmarks.measures import run_python
from engine.operations.installation import install_house

ROUNDS = 5
HELP = "from engine.cli import main; main(['--help'])"
CLICK = "import click; click.command()(lambda: None)(['--help'])"
APP = "from pathlib import Path; from benchmarks.database import open_bench; from engine.app import create_app; "
FLASK = "import flask; flask.Flask('bare')"


def measure(contacts: int) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="heed-bench-") as folder:
        house = Path(folder) / "house.db"
        install_house(open_bench(house))
        app = APP + f"create_app(open_bench(Path({str(house)!r})))"
        commands = {"help": HELP, "click": CLICK, "app": app, "flask": FLASK}
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                taken[name].append(run_python("-c", command).seconds.wall)
    wall = {name: median(seconds) for name, seconds in taken.items()}
    yield within("D3 heed --help, beside bare click", wall["help"], 0.5, baseline=wall["click"])
    yield within("D3 create_app, beside bare Flask", wall["app"], 2.0, baseline=wall["flask"])
