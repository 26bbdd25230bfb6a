"""S1, S2: how many clients can answer in a second, each answer on disk, beside the least a Flask survey could be.

A client opens the link, reads the page, sends six or so answers and reads the thanks, over one of eight connections
from the same machine. What was acknowledged is counted in the database afterwards. The bare app (benchmarks/bare.py)
has the same server, threads and durability. Both take turns, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, select, update

from benchmarks.database import NOW, make_database, open_bench
from benchmarks.figures import Figure, near, within
from benchmarks.measures import ROOT
from engine.cli.demo.catcher import free_port
from engine.cli.serve import WORKERS
from engine.data import models
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.links import PATHS, ask_token
from engine.operations.planning import plan_asks

CONTACTS, CONNECTIONS, ROUNDS = 40_000, 8, 3
WARM_UP = 50
WIRE, REQUESTS = 20_000, 3


def measure(contacts: int) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="heed-bench-") as folder:
        house = Path(folder) / "house.db"
        links = make_links(house)
        heed, bare = _take_turns(house, links)
        rate, baseline = heed.rate, bare.rate
        errors = [*heed.errors, *bare.errors]
        lost = WARM_UP + heed.thanked - count_answered(open_bench(house))
    note = f"{heed.thanked:,} answers, {len(errors)} errors, {lost} lost; at least 400/s wanted"
    ok = rate >= 400 and rate >= 0.25 * baseline and not errors and not lost
    target = "at least a quarter of the bare app, no error, nothing lost"
    yield Figure("S1 completed answers a second", rate, "/s", baseline, rate / baseline, target, ok, note)
    yield within("S2 first view, p99 at 8 connections", heed.p99("views"), 0.030, baseline=bare.p99("views"))
    yield near("S2 sending, p99 at 8 connections", heed.p99("sends"), bare.p99("sends"), 10)


def make_links(house: Path) -> list[str]:
    """The paths of clients' links, in a house whose plan was made and sent."""
    make_database(house, CONTACTS)
    engine = open_bench(house)
    plan_asks(engine)
    with engine.store.write(EVERYTHING) as session:
        planned = models.Ask.origin == "heed", models.Ask.status == "planned"
        session.execute(update(models.Ask).where(*planned).values(status="sent", sent_at=NOW))
        sent = session.scalars(select(models.Ask.id).where(models.Ask.origin == "heed")).all()
    engine.store.close()
    return [PATHS["ask"] + ask_token(engine.config.secret, ask) for ask in sent]


def count_answered(engine: Engine) -> int:
    with engine.store.read(EVERYTHING) as session:
        done = select(func.count()).where(models.Ask.origin == "heed", models.Ask.status == "answered")
        return session.scalar(done) or 0


@dataclass
class Answering:
    """What the clients of all rounds met."""

    seconds: float = 0
    thanked: int = 0
    errors: list[str] = field(default_factory=list)
    views: list[float] = field(default_factory=list)
    sends: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.thanked / self.seconds

    def p99(self, what: str) -> float:
        taken = sorted(getattr(self, what))
        return float(taken[int(len(taken) * 0.99)])

    def plus(self, other: Answering) -> Answering:
        return Answering(*(getattr(self, name) + getattr(other, name) for name in vars(self)))


def _take_turns(house: Path, links: Sequence[str]) -> tuple[Answering, Answering]:
    heed_port, bare_port = free_port(), free_port()
    own = {"HEED_SECRET": open_bench(house).config.secret, "HEED_TODAY": str(NOW.date())}
    own |= {"HEED_DATABASE_URL": f"sqlite:///{house}", "BARE_DATABASE": str(house.with_name("bare.db"))}
    command = f"from engine.cli import main; main(['serve', '--workers', '{WORKERS}', '--port', '{heed_port}'])"
    with (
        serving(heed_port, own, "-c", command),
        serving(bare_port, own, "-m", "benchmarks.bare", str(bare_port), str(WORKERS)),
    ):
        warm, rest = links[:WARM_UP], links[WARM_UP:]
        _let_answer(heed_port, warm), _let_answer(bare_port, warm)
        heed, bare = Answering(), Answering()
        for turn in range(ROUNDS):
            some = rest[turn::ROUNDS]
            heed, bare = heed.plus(_let_answer(heed_port, some)), bare.plus(_let_answer(bare_port, some))
    return heed, bare


def _let_answer(port: int, paths: Sequence[str]) -> Answering:
    command = [sys.executable, "-m", "benchmarks.clients", "127.0.0.1", str(port), str(CONNECTIONS)]
    said = subprocess.run(command, input="\n".join(paths), cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(said.stdout)
    return Answering(**found)


@contextmanager
def serving(port: int, environ: Mapping[str, str], *command: str) -> Iterator[None]:
    """A server as a process of its own, from its first answer to its end."""
    with subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=os.environ | environ, stdout=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for(port)
            yield
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
