"""P4: explaining one contact of a large house, inside the process, beside reading that contact by its key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import select

from benchmarks.database import make_database, open_bench
from benchmarks.figures import Figure, within
from benchmarks.measures import timed
from engine.data.models import Account, Contact
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.operations.decisions import explain_contact, find_one_contact
from engine.operations.surveys import sync_surveys

SAMPLE = 40


def measure(contacts: int) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="heed-bench-") as folder:
        house = Path(folder) / "house.db"
        make_database(house, contacts)
        engine = open_bench(house)
        sync_surveys(engine)
        names = _names(engine, contacts)
        for name in names[:3]:  # the first ones pay for what later ones find ready
            explain_contact(engine, name)
        told = median(timed(lambda name=name: explain_contact(engine, name))[0].wall for name in names)
        found = median(timed(lambda name=name: _find(engine, name))[0].wall for name in names)
        engine.store.close()
    yield within("P4 explain one contact", told * 1000, 60, "ms", found * 1000, f"median of {len(names)} contacts")


def _names(engine: Engine, contacts: int) -> list[str]:
    ids = range(1, contacts, max(1, contacts // SAMPLE))
    query = select(Account.key, Contact.key).join(Contact.account).where(Contact.id.in_(ids))
    with engine.store.read(EVERYTHING) as session:
        return ["/".join(row) for row in session.execute(query)]


def _find(engine: Engine, name: str) -> None:
    with engine.store.read(EVERYTHING) as session:
        find_one_contact(session, name)
