"""P4: explaining one contact of a large house, inside the process, beside reading that contact by its key."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import select

from benchmarks.database import make_database, open_bench
from benchmarks.figures import Figure, within
from benchmarks.measures import Seconds, middle, run_python, timed
from engine.cli.serve import ONE_THREAD, leave_in_peace
from engine.data.models import Account, Contact
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.operations.decisions import explain_contact, find_one_contact
from engine.operations.surveys import sync_surveys

SAMPLE = 40
HELD, WANTED = ("hold", "no_reason"), ("ask", "limited")
EXPLAINED = {
    "one contact": (*HELD, *WANTED),
    "one who is held": HELD,
    "one who would be asked": WANTED,
}
"""For those who would be asked, the way, the questions and who else wants the same places are worked out, too."""


def measure(contacts: int) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="heed-bench-") as folder:
        house = Path(folder) / "house.db"
        make_database(house, contacts)
        command = "-m", "benchmarks.explaining", str(house), str(contacts)
        said = json.loads(run_python(*command, environ=ONE_THREAD).said)
    told = [(decision, Seconds(*seconds)) for decision, seconds in said["told"]]
    for what, decisions in EXPLAINED.items():
        some = [seconds for decision, seconds in told if decision in decisions]
        if not some:
            continue
        ours = middle(some)
        note = f"median of {len(some)}; CPU {1000 * ours.cpu:.0f} ms"
        yield within(f"P4 explain {what}", 1000 * ours.wall, 60, "ms", 1000 * said["found"], note)


def main(database: str, contacts: int) -> None:
    """Explain some in a process as those that serve this house, and say what each took."""
    engine = open_bench(Path(database))
    sync_surveys(engine)
    names = _names(engine, contacts)
    leave_in_peace()
    for name in names[:3]:  # the first ones pay for what later ones find ready
        explain_contact(engine, name)
    told = [timed(lambda name=name: explain_contact(engine, name)) for name in names]
    found = median(timed(lambda name=name: _find(engine, name))[0].wall for name in names)
    print(json.dumps({"told": [(one.decision, seconds) for seconds, one in told], "found": found}))


def _names(engine: Engine, contacts: int) -> list[str]:
    ids = range(1, contacts, max(1, contacts // SAMPLE))
    query = select(Account.key, Contact.key).join(Contact.account).where(Contact.id.in_(ids))
    with engine.store.read(EVERYTHING) as session:
        return ["/".join(row) for row in session.execute(query)]


def _find(engine: Engine, name: str) -> None:
    with engine.store.read(EVERYTHING) as session:
        find_one_contact(session, name)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
