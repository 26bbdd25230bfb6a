"""P2: the first plan of a whole house on SQLite, from tables to asks, against the raw floor and the usual way.

Every account is due. Heed reads, decides, keeps limits, chooses ways and questions, and writes asks with their decision
records, in one transaction that is on disk at the end. The floor reads the same columns and inserts the same rows, and
does nothing between (benchmarks/floor.py). The usual way loads ORM objects and calls six plugins for each contact, on a
sample that is scaled (benchmarks/naive.py). Each runs in a process of its own, on a fresh copy of the file.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.database import make_database, open_bench
from benchmarks.figures import Figure, faster, near, within
from benchmarks.measures import Ended, Seconds, middle, run_python, timed
from engine.operations.planning import plan_asks

ROUNDS = 3
SAMPLE = 20_000


def measure(contacts: int) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="heed-bench-") as folder:
        house = Path(folder) / "house.db"
        make_database(house, contacts)
        rounds = [_Round(house, contacts) for _ in range(ROUNDS)]
    heed, floor, naive = (middle([getattr(each, name) for each in rounds]) for name in ("heed", "floor", "naive"))
    asks, megabytes = rounds[0].asks, max(each.megabytes for each in rounds)
    note = f"{asks:,} asks; wall {heed.wall:.1f} s against"
    yield near("P2 first plan, raw floor", heed.cpu, floor.cpu, 12, "CPU s", f"{note} {floor.wall:.1f} s")
    yield faster("P2 first plan, ORM and pluggy", heed.cpu, naive.cpu, 5, "CPU s", f"{note} {naive.wall:.1f} s")
    yield within("P2 peak memory", megabytes, 3000, "MB")


class _Round:
    """Each of the three once, so that whatever else the machine does meets all."""

    def __init__(self, house: Path, contacts: int) -> None:
        self._house = house
        planned = self._copy("planned.db")
        ended = run_python("-m", "benchmarks.planning", str(planned))
        said = json.loads(ended.said)
        self.heed, self.asks, self.megabytes = Seconds(*said["seconds"]), said["asks"], ended.megabytes
        reads = [self._on_copy("benchmarks.floor", how) for how in ("connectorx", "json")]
        read = min(reads, key=lambda seconds: seconds.cpu)
        self.floor = read.plus(self._on_copy("benchmarks.floor", "insert", str(planned)))
        sample = min(contacts, SAMPLE)
        naive = self._on_copy("benchmarks.naive", after=(str(sample),), read=lambda said: said["seconds"])
        self.naive = naive.times(contacts / sample)

    def _on_copy(
        self,
        module: str,
        *before: str,
        after: tuple[str, ...] = (),
        read: Callable[[Any], list[float]] = lambda said: said,
    ) -> Seconds:
        ended: Ended = run_python("-m", module, *before, str(self._copy("copy.db")), *after)
        return Seconds(*read(json.loads(ended.said)))

    def _copy(self, name: str) -> Path:
        copy = self._house.with_name(name)
        for left in copy.parent.glob(f"{name}-*"):
            left.unlink()
        shutil.copyfile(self._house, copy)
        return copy


def main(database: str) -> None:
    """Plan the house in this file or at this URL, and say what it took."""
    engine = open_bench(database)
    seconds, funnel = timed(lambda: plan_asks(engine))
    print(json.dumps({"seconds": seconds, "asks": sum(funnel.asked.values())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
