"""S1, S2, S3: how many clients can answer in a second, each answer on disk, beside the least a Flask survey could be.

A client opens the link, reads the page, sends six or so answers and reads the thanks, over one of eight connections
from the same machine; others only look, or save answer by answer. What was acknowledged is counted in the database
afterwards. The bare app (benchmarks/bare.py) has the same server, threads and durability. Both take turns, so that
whatever else the machine does meets both.
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
from benchmarks.measures import ROOT, cpu_seconds
from engine.cli.demo.catcher import free_port
from engine.cli.serve import WORKERS
from engine.data import models
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.links import PATHS, ask_token
from engine.operations.planning import plan_asks

CONTACTS, CONNECTIONS, ROUNDS = 40_000, 8, 9
WARM_UP, LOOKED_AT, SAVED = 100, 1500, 300
"""So many clients come before anything counts; so many only look; so many save answer by answer."""


def measure(contacts: int) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="heed-bench-") as folder:
        house = Path(folder) / "house.db"
        links = make_links(house)
        with _both(house) as (heed, bare):
            heed.let(links[:WARM_UP]), bare.let(links[:WARM_UP])
            yield from _compare_views(heed, bare, links[WARM_UP:])
            yield _time_saving(heed, links[-SAVED:])
            yield from _compare_answers(heed, bare, links[WARM_UP:-SAVED], house)


def _compare_views(heed: Server, bare: Server, links: Sequence[str]) -> Iterator[Figure]:
    ours, theirs = _take_turns(heed, bare, links[:LOOKED_AT], "view")
    assert not ours.errors, ours.errors[:3]
    yield within("S2 first view, p99 at 8 connections", ours.p99("views"), 0.030, baseline=theirs.p99("views"))


def _time_saving(heed: Server, links: Sequence[str]) -> Figure:
    saving = heed.let(links, "save")
    assert not saving.errors, saving.errors[:3]
    note = f"{len(saving.saves):,} answers, half of them within {saving.middle('saves') * 1000:.0f} ms"
    return within("S3 saving one answer, p99 at 8 connections", saving.p99("saves"), 0.080, note=note)


def _compare_answers(heed: Server, bare: Server, links: Sequence[str], house: Path) -> Iterator[Figure]:
    ours, theirs = _take_turns(heed, bare, links, "answer")
    errors, rate, baseline = [*ours.errors, *theirs.errors], ours.rate, theirs.rate
    lost = WARM_UP + ours.thanked - count_answered(open_bench(house))
    note = f"{ours.thanked:,} answers, {len(errors)} errors, {lost} lost; at least 400/s wanted"
    ok = rate >= 400 and rate >= 0.25 * baseline and not errors and not lost
    target = "at least a quarter of the bare app, no error, nothing lost"
    yield Figure("S1 completed answers a second", rate, "/s", baseline, rate / baseline, target, ok, note)
    note = "of servers and clients; a machine that others use too changes this less"
    yield near("S1 CPU time of an answer", ours.cpu / ours.thanked, theirs.cpu / theirs.thanked, 4, note=note)
    yield near("S1 sending, p99 at 8 connections", ours.p99("sends"), theirs.p99("sends"), 10)


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
class Met:
    """What the clients of all rounds met. `cpu`: seconds of servers and clients."""

    seconds: float = 0
    cpu: float = 0
    thanked: int = 0
    errors: list[str] = field(default_factory=list)
    views: list[float] = field(default_factory=list)
    sends: list[float] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.thanked / self.seconds

    def p99(self, what: str) -> float:
        return self._at(what, 0.99)

    def middle(self, what: str) -> float:
        return self._at(what, 0.5)

    def _at(self, what: str, share: float) -> float:
        taken = sorted(getattr(self, what))
        return float(taken[int(len(taken) * share)])

    def plus(self, other: Met) -> Met:
        return Met(*(getattr(self, name) + getattr(other, name) for name in vars(self)))


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def let(self, paths: Sequence[str], what: str = "answer") -> Met:
        """Let clients come by these links, over eight connections."""
        command = [sys.executable, "-m", "benchmarks.clients", "127.0.0.1", str(self.port), str(CONNECTIONS), what]
        before = cpu_seconds(self.pid)
        said = subprocess.run(command, input="\n".join(paths), cwd=ROOT, capture_output=True, text=True, check=True)
        met: dict[str, Any] = json.loads(said.stdout)
        return Met(**met | {"cpu": met["cpu"] + cpu_seconds(self.pid) - before})


def _take_turns(heed: Server, bare: Server, links: Sequence[str], what: str) -> tuple[Met, Met]:
    ours, theirs = Met(), Met()
    for turn in range(ROUNDS):
        some = links[turn::ROUNDS]
        ours, theirs = ours.plus(heed.let(some, what)), theirs.plus(bare.let(some, what))
    return ours, theirs


@contextmanager
def _both(house: Path) -> Iterator[tuple[Server, Server]]:
    heed, bare = free_port(), free_port()
    own = {"HEED_SECRET": open_bench(house).config.secret, "HEED_TODAY": str(NOW.date())}
    own |= {"HEED_DATABASE_URL": f"sqlite:///{house}", "BARE_DATABASE": str(house.with_name("bare.db"))}
    command = f"from engine.cli import main; main(['serve', '--workers', '{WORKERS}', '--port', '{heed}'])"
    with (
        serving(heed, own, "-c", command) as heed_pid,
        serving(bare, own, "-m", "benchmarks.bare", str(bare), str(WORKERS)) as bare_pid,
    ):
        yield Server(heed, heed_pid), Server(bare, bare_pid)


@contextmanager
def serving(port: int, environ: Mapping[str, str], *command: str) -> Iterator[int]:
    """A server as a process of its own, from its first answer to its end; its number."""
    with subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=os.environ | environ, stdout=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for(port)
            yield process.pid
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
