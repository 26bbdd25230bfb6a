"""Two houses to which the same happens: one decides for the accounts that are due, the other for everyone, every day.

`python -m tests.increments --books 100` lets so many pairs of houses live for sixty days each, and compares what they
asked, what they recorded, what they decided last and when they look again.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from engine.app import open_house
from engine.clock import Clock
from engine.config import Config
from engine.data.marks import mark_accounts
from engine.data.models import Account, Ask, Contact, DecisionRecord, PlanRun
from engine.data.store import EVERYTHING, Store
from engine.decide.records import SPEAKING, lines_from_json, read_record
from engine.house import Engine
from engine.operations.planning import plan_asks
from engine.operations.sending import send_due
from engine.types import Message, Receipt
from tests.disagreements import bring_in
from tests.generated_books import Scene, random_scene
from tests.happenings import Days, do

DAYS = 60
OUTCOMES = ("sent",) * 12 + ("later", "refused", "unknown")
FAR = 1000
"""Days ahead that are looked at alike: how far to search for a free day is counted from today."""


class Post:
    """Takes the place of e-mail. What becomes of a message depends on its address and the day."""

    name, label = "email", "E-mail"

    def __init__(self, clock: Clock, outcomes: tuple[str, ...] = OUTCOMES) -> None:
        self.clock = clock
        self.outcomes = outcomes

    @contextmanager
    def open(self, config: Any) -> Iterator[Post]:
        yield self

    def deliver(self, message: Message) -> Receipt:
        return Receipt(Random(f"{message.to} {self.clock():%F}").choice(self.outcomes))


@dataclass
class Twins:
    """`due` decides for whoever is due, `all` for everyone. They have one clock."""

    due: Engine
    all: Engine
    now: datetime
    considered: tuple[int, int] = (0, 0)
    waited: set[int] = field(default_factory=set)
    """Contacts whom a limit ever left out. Nothing new is decided of them until a place may be free, so that a weekend
    between is no change of outcome; where everyone is decided for it is one (docs/decisions.md)."""

    def live(self, days: Days, hour: int) -> list[str]:
        """One day: things happen, a plan is made, asks are sent. What differs afterwards, in words."""
        for happening in days.draw(self.due, self.now.date()):
            mine, theirs = do(happening, self.due), do(happening, self.all)
            assert mine == theirs, f"{mine} / {theirs}"
        self.now = self.now.replace(hour=hour)
        with self.all.store.write(EVERYTHING) as session:
            mark_accounts(session, None)
        due, everyone = plan_asks(self.due).considered, plan_asks(self.all).considered
        self.considered = self.considered[0] + due, self.considered[1] + everyone
        found = list(self._differences())
        self.now = self.now.replace(hour=23)
        send_due(self.due), send_due(self.all)
        self.now += timedelta(hours=2)
        return found

    def _differences(self) -> Iterator[str]:
        self.waited |= {contact for contact, outcome in outcomes(self.due).items() if outcome == "limited"}
        comparisons = {"asks": asks, "records": self._records, "outcomes": self._outcomes, "days": self._days}
        for what, tell in comparisons.items():
            mine, theirs = tell(self.due), tell(self.all)
            for key in sorted(mine.keys() | theirs.keys()):
                if mine.get(key) != theirs.get(key):
                    yield f"{self.now:%F} {what} {key}: due {mine.get(key)}, all {theirs.get(key)}"

    def _records(self, engine: Engine) -> dict[Any, Any]:
        """All of asks; of those who never waited for a place, every change."""
        told = records(engine)
        return {key: one for key, one in told.items() if one[0] == "ask" or key[1] not in self.waited}

    def _outcomes(self, engine: Engine) -> dict[Any, Any]:
        """What was decided last; that somebody waits for a place may be told as a hold."""
        waits = ("limited", "hold")
        return {
            contact: "waits" if outcome in waits and contact in self.waited else outcome
            for contact, outcome in outcomes(engine).items()
        }

    def _days(self, engine: Engine) -> dict[Any, Any]:
        far = self.now.date() + timedelta(days=FAR)
        waiting = {contact.account_id for contact in rows(engine, Contact) if contact.id in self.waited}
        days = {account.key: account.plan_on for account in rows(engine, Account) if account.id not in waiting}
        return {key: day and min(day, far) for key, day in days.items()}


def rows(engine: Engine, table: Any) -> list[Any]:
    with engine.store.read(EVERYTHING) as session:
        return list(session.scalars(select(table).order_by(table.id)))


def asks(engine: Engine) -> dict[Any, Any]:
    names = ("contact_id", "person_id", "occasion", "survey", "channel", "status", "planned_on", "send_at", "form")
    return {ask.id: [getattr(ask, name) for name in names] for ask in rows(engine, Ask)}


def records(engine: Engine) -> dict[Any, Any]:
    """By day, contact, decision and how many there were before. What is said counts, and not its place: a Book has a
    reason for each kind of touchpoint in the accounts that are read, and a mode that is the same for all of them is the
    outline's."""
    runs = {run.id: run.sentences for run in rows(engine, PlanRun)}
    found: dict[Any, Any] = {}
    for record in rows(engine, DecisionRecord):
        known = engine.store.url, record.id, repr(record.says)
        if known not in _meanings:
            _meanings[known] = meaning(record.says, runs[record.run_id])
        told = [record.decision, record.occasion, record.next_ask_on, _meanings[known]]
        key = record.on, record.contact_id, record.decision
        found[*key, sum(other[:3] == key for other in found)] = told
    return found


_meanings: dict[tuple[str, int, str], list[Any]] = {}
"""What was read of a record yesterday is what it means today, as long as it says the same."""


def meaning(says: dict[str, Any], sentences: dict[str, Any]) -> list[Any]:
    values = read_record(says, sentences)
    lines = lines_from_json(sentences["lines"])
    of_lines = tuple(line.at for line in lines)
    decided = {
        name: value
        for name, value in values.items()
        if name != "reason" and not name.startswith(("left:", *of_lines)) and value is not None
    }
    words = []
    for line in lines:
        own = {name[len(line.at) :]: value for name, value in values.items() if name.startswith(line.at)}
        told = {name: value for name, value in own.items() if value is not None} | {"mode": line.mode or own["mode"]}
        if SPEAKING[line.kind] in told and (line.kind != "worth" or decided["decision"] == "limited"):
            words.append((line.strategy, line.kind, line.because, repr(sorted(told.items()))))
    return [decided, sorted(words), says.get("tailored")]


def outcomes(engine: Engine) -> dict[int, str]:
    """What was decided last of each contact."""
    told = " ".join(account.outcomes or "" for account in rows(engine, Account)).split()
    return {int(contact): outcome for contact, _, outcome in (one.partition(":") for one in told)}


@contextmanager
def twins(urls: tuple[str, str], scene: Scene, folder: Path) -> Iterator[Twins]:
    """Two houses in these empty databases, with the scene's book and settings, in the morning of its day."""
    pair = Twins(None, None, datetime.combine(scene.on, datetime.min.time(), UTC).replace(hour=1))  # type: ignore[arg-type]
    clock = lambda: pair.now  # noqa: E731
    houses = []
    for url in urls:
        house = open_house(Config(database_url=url, secret="s" * 32), clock)
        plugins = replace(house.plugins, channels=dict(house.plugins.channels) | {"email": Post(clock)})
        houses.append(replace(house, plugins=plugins))
        bring_in(houses[-1], scene, folder)
    pair.due, pair.all = houses
    yield pair
    for house in houses:
        house.store.close()


def compare(urls: tuple[str, str], seed: int, folder: Path, days: int = DAYS) -> tuple[list[str], tuple[int, int]]:
    """What differs on the first day on which something does; and how many contacts each house looked at."""
    scene, random = random_scene(seed, contacts=40, accounts=10), Random(seed)
    with twins(urls, scene, folder) as pair:
        life = Days(scene, random, folder)
        for _ in range(days):
            if found := pair.live(life, random.choice((3, 6, 9, 12, 20))):
                return found, pair.considered
        return [], pair.considered


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--books", type=int, default=20)
    options.add_argument("--first", type=int, default=0, help="the first seed")
    options.add_argument("--days", type=int, default=DAYS)
    chosen = options.parse_args()
    differ, due, everyone, began = 0, 0, 0, time.monotonic()
    with TemporaryDirectory() as name:
        folder = Path(name)
        store = Store(f"sqlite:///{folder / 'template.db'}")
        store.upgrade()
        store.close()
        for seed in range(chosen.first, chosen.first + chosen.books):
            found, considered = compare(copies(folder), seed, folder, chosen.days)
            due, everyone = due + considered[0], everyone + considered[1]
            differ += bool(found)
            if found:
                print(f"seed {seed}", *found[:6], sep="\n  ", flush=True)
    print(f"{chosen.books} pairs, {differ} differ; {due:,} decisions where the other house made {everyone:,}")
    print(f"{time.monotonic() - began:.0f} s")
    return bool(differ)


def copies(folder: Path) -> tuple[str, str]:
    for old in [*folder.glob("due.db*"), *folder.glob("all.db*")]:
        old.unlink()
    for name in ("due", "all"):
        shutil.copy(folder / "template.db", folder / f"{name}.db")
    return f"sqlite:///{folder / 'due.db'}", f"sqlite:///{folder / 'all.db'}"


if __name__ == "__main__":
    sys.exit(main())
