"""S4: every page of the desk in a large house, as those open it who may see all of it, much of it and little of it.

A house of a million contacts has about ten million answers, a plan that was made today, and words of clients to search.
Pages are opened inside the process, each for several accounts, lists also narrowed and in other orders; the first time
loads what all need and is not counted. `python -m benchmarks.desk DATABASE` makes a house in a file, or takes the one
that is there, and tells of every page.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from benchmarks.books import PER_ACCOUNT
from benchmarks.database import make_database, open_bench
from benchmarks.figures import Figure, within
from benchmarks.furnishing import ADMIN, LEAD, OF_TEAM, OWNER, furnish
from engine.app import create_app
from engine.data import models
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.operations.planning import plan_asks
from engine.operations.recounts import count_figures

QUESTIONS = ("recommend", *(f"driver_{number}" for number in range(7)))
"""With 4 asks a contact, of which three in ten are answered, this makes ten answers a contact."""
UNHAPPY = 10
TIMES = 5
MILLISECONDS, MOST_QUERIES = 400, 15
VISITORS = (ADMIN, LEAD, OWNER)
LEFT_OUT = ("security.", "desk.show_style", "desk.show_script", "desk.show_welcome")
"""Signing in is slow on purpose, and what a browser keeps is no page."""
ALSO = (
    "search?q=report+{account}", "search?q=northwind", "voices?words=prices", "accounts?words=wind+{account}",
    "accounts?order=renewal&tier=key", "accounts?page=40", "asks?show=all", "asks?show=answered&page=40",
    "asks?show=to+approve", "asks?words=northwind+{account}", "asks?order=person", "asks?whose=mine",
    "promises?state=all&page=40", "promises?state=overdue", "promises?words=report+{contact}", "promises?order=account",
    "promises?order=owner", "ledger?by=tier&days=730", "calendar?weeks=13", "calendar?whose=mine",
    "today?whose=everybody", "changes?words=account", "changes?words=owner7",
)  # fmt: skip


class Opened(NamedTuple):
    """One time that a page was opened. CPU seconds are of the whole process, the database with it."""

    seconds: float
    cpu: float
    queries: int


Pages = dict[str, list[Opened]]


def measure(contacts: int) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="heed-bench-") as folder:
        house = Path(folder) / "house.db"
        make_house(house, contacts)
        engine = open_bench(house)
        for visitor in VISITORS:
            yield from _figures(visitor, open_pages(engine, visitor, contacts))
        engine.store.close()


def make_house(database: Path, contacts: int) -> None:
    make_database(database, contacts, questions=QUESTIONS, unhappy=UNHAPPY)
    engine = open_bench(database)
    furnish(engine, contacts)
    plan_asks(engine)
    count_figures(engine)
    engine.store.close()


def _figures(visitor: str, pages: Pages) -> Iterator[Figure]:
    who = visitor.partition("@")[0]
    took = {page: p95(each) for page, each in pages.items()}
    slowest = sorted(took, key=lambda page: -took[page])
    note = f"{len(pages)} pages, {sum(took[page] > MILLISECONDS for page in pages)} slower than that; " + ", ".join(
        f"{page} {took[page]:.0f}" for page in slowest[:6]
    )
    yield within(f"S4 the slowest page of the desk, p95, as {who}", took[slowest[0]], MILLISECONDS, "ms", note=note)
    most = {page: max(one.queries for one in each) for page, each in pages.items()}
    busiest = max(most, key=lambda page: most[page])
    yield within(f"S4 the most queries of a page, as {who}", most[busiest], MOST_QUERIES, "queries", note=busiest)


def p95(opened: list[Opened]) -> float:
    """Milliseconds."""
    return 1000 * float(np.percentile([one.seconds for one in opened], 95))


def open_pages(engine: Engine, visitor: str, contacts: int) -> Pages:
    """Every page that the visitor may open, each time it was opened."""
    desk, found = _Desk(engine, visitor), defaultdict(list)
    accounts = contacts // PER_ACCOUNT
    step = OF_TEAM * (accounts // (TIMES + 1) // OF_TEAM)
    for turn in range(TIMES + 1):
        # all of them in the lead's team; the owner's are those of one number
        account = 175 + turn if visitor == OWNER else 1 + turn * step
        for page, url in desk.pages(account):
            taken = desk.open(url)
            if turn and taken:
                found[page].append(taken)
    return found


class _Desk:
    def __init__(self, engine: Engine, visitor: str) -> None:
        self.engine = engine
        self.app: Flask = create_app(engine)
        self.queries = 0
        event.listen(engine.store.engine, "before_cursor_execute", self._count)
        self.client = self._sign_in(visitor)

    def _count(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        self.queries += not statement.startswith("BEGIN")

    def _sign_in(self, visitor: str) -> FlaskClient:
        client = self.app.test_client()
        with self.engine.store.read(EVERYTHING) as session:
            mark = session.query(models.User).filter_by(email=visitor).one().fs_uniquifier
        with client.session_transaction(path="/admin/") as kept:
            kept["_user_id"], kept["_fresh"] = mark, True
        return client

    def open(self, url: str) -> Opened | None:
        """None: it is not theirs to see, or leads elsewhere."""
        before, started, cpu = self.queries, time.perf_counter(), time.process_time()
        answer = self.client.get(url)
        taken = Opened(time.perf_counter() - started, time.process_time() - cpu, self.queries - before)
        if answer.status_code >= 500:
            raise AssertionError(f"{url} failed: {answer.status_code}")
        return taken if answer.status_code == 200 else None

    def pages(self, account: int) -> Iterator[tuple[str, str]]:
        known = self._known(account)
        rules = [rule for rule in self.app.url_map.iter_rules() if rule.rule.startswith("/admin")]
        for rule in rules:
            if (
                "GET" in (rule.methods or ())
                and not rule.endpoint.startswith(LEFT_OUT)
                and rule.arguments <= set(known)
            ):
                with self.app.test_request_context():
                    url = self.app.url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
                yield rule.rule, url
        yield from ((f"/admin/{each}", f"/admin/{each.format(**known)}") for each in ALSO)

    def _known(self, account: int) -> dict[str, Any]:
        """What addresses name, of this account."""
        found: dict[str, Any] = {"account": account, "contact": account * PER_ACCOUNT, "tier": "key", "number": 1}
        tables = {"promise": models.Promise, "ask": models.Ask, "voice": models.Voice}
        for name, table in tables.items():
            here = select(func.max(table.id).label("id")).where(table.account_id == account)
            found[name] = self.engine.store.frame(here).item() or 1
        return found | {"name": "fatigue_limits", "step": "agree", "survey": "relationship"}


def main(database: str, contacts: str = "1000000", *visitors: str) -> None:
    house = Path(database)
    if not house.exists():
        make_house(house, int(contacts))
    engine = open_bench(house)
    engine.store.upgrade()
    for visitor in visitors or VISITORS:
        pages = open_pages(engine, visitor, int(contacts))
        print(f"as {visitor}: p95 ms, least CPU ms, most queries")
        for page, each in sorted(pages.items(), key=lambda pair: -p95(pair[1])):
            cpu, queries = 1000 * min(one.cpu for one in each), max(one.queries for one in each)
            print(f"{p95(each):8.0f} {cpu:8.0f} {queries:4}  {page}")


if __name__ == "__main__":
    main(*sys.argv[1:])
