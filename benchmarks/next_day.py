"""P3: the next day's plan, for the hundredth of accounts that is due, and the same work in a book a quarter as large.

What a plan costs is to follow what is due, not the size of the book: both houses have the same number of accounts due,
and the larger one is not to take much longer. Each is planned in a process of its own that has planned before, on a few
mornings, each with other accounts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import update

from benchmarks.books import PER_ACCOUNT
from benchmarks.database import NOW, make_database, open_bench
from benchmarks.figures import Figure, near, within
from benchmarks.measures import Seconds, middle, run_python, timed
from engine.data.models import Account
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.operations.planning import plan_asks

MORNINGS = 5
SHARE, TIMES = 100, 4


def measure(contacts: int) -> Iterator[Figure]:
    due = contacts // PER_ACCOUNT // SHARE
    small, large = _plan(contacts // TIMES, due), _plan(contacts, due)
    note = f"{due:,} accounts due, {large['asks']:.0f} asks; CPU {large['seconds'].cpu:.2f} s"
    yield within("P3 the next day's plan", large["seconds"].wall, 1.5, note=note)
    yield near(f"P3 at {TIMES} times the book", large["seconds"].wall, small["seconds"].wall, 1.3)


def _plan(contacts: int, due: int) -> dict[str, Seconds | float]:
    with TemporaryDirectory(prefix="heed-bench-") as folder:
        house = Path(folder) / "house.db"
        make_database(house, contacts)
        said = json.loads(run_python("-m", "benchmarks.next_day", str(house), str(due)).said)
    return {"seconds": Seconds(*said["seconds"]), "asks": said["asks"]}


def _wake(engine: Engine, first: int, due: int) -> None:
    """So many accounts are due from the first on, and nobody else."""
    with engine.store.write(EVERYTHING) as session:
        session.execute(update(Account).values(plan_on=None))
        here = Account.id.between(first, first + due - 1)
        session.execute(update(Account).where(here).values(plan_on=NOW.date()))


def main(database: str, due: str) -> None:
    """Plan on so many mornings after a first one, which is not counted: it loads what all need."""
    engine, found = open_bench(Path(database)), []
    for morning in range(MORNINGS + 1):
        _wake(engine, 1 + morning * int(due), int(due))
        found.append(timed(lambda: plan_asks(engine)))
    asks = sum(sum(funnel.asked.values()) for _, funnel in found[1:]) / MORNINGS
    print(json.dumps({"seconds": middle([seconds for seconds, _ in found[1:]]), "asks": asks}))


if __name__ == "__main__":
    main(*sys.argv[1:])
