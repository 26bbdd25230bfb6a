"""S4: every page of the desk in a large house, as whoever may see all of it opens it: its time and its queries.

A house of a million contacts has about ten million answers, a plan that was made today, and words of clients to search.
Pages are opened inside the process, each for several accounts; the first time loads what all need and is not counted.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from benchmarks.books import PER_ACCOUNT
from benchmarks.database import DAY, NOW, make_database, open_bench
from benchmarks.figures import Figure, within
from engine.app import create_app
from engine.data import models
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.operations.planning import plan_asks

QUESTIONS = ("recommend", *(f"driver_{number}" for number in range(7)))
"""With 4 asks a contact, of which three in ten are answered, this makes ten answers a contact."""
TIMES = 5
MILLISECONDS, MOST_QUERIES = 400, 15
ADMIN = "admin@house.example"
LEFT_OUT = ("security.", "desk.show_style", "desk.show_script", "desk.show_welcome")
"""Signing in is slow on purpose, and what a browser keeps is no page."""


def measure(contacts: int) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="heed-bench-") as folder:
        house = Path(folder) / "house.db"
        make_database(house, contacts, questions=QUESTIONS)
        engine = open_bench(house)
        _furnish(engine, contacts)
        plan_asks(engine)
        desk = _Desk(engine, contacts)
        pages = desk.open_all()
        answers = engine.store.frame(select(func.count(models.AnswerRow.id).label("answers"))).item()
        engine.store.close()
    took = {page: 1000 * float(np.percentile([seconds for seconds, _ in each], 95)) for page, each in pages.items()}
    slowest = sorted(took, key=lambda page: -took[page])
    note = f"{contacts:,} contacts, {answers:,} answers, {len(pages)} pages; slowest: " + ", ".join(
        f"{page} {took[page]:.0f}" for page in slowest[:6]
    )
    yield within("S4 the slowest page of the desk, p95", took[slowest[0]], MILLISECONDS, "ms", note=note)
    most = {page: max(queries for _, queries in each) for page, each in pages.items()}
    busiest = max(most, key=lambda page: most[page])
    yield within("S4 the most queries of a page", most[busiest], MOST_QUERIES, "queries", note=busiest)


def _furnish(engine: Engine, contacts: int) -> None:
    """Whoever looks, and what clients said in their own words: one in two contacts."""
    said = np.arange(1, contacts + 1, 2)
    with engine.store.write(EVERYTHING) as session:
        session.add(models.User(email=ADMIN, is_admin=True, created_at=NOW))
        session.flush()
        words = pl.DataFrame({"contact_id": said}).with_columns(
            account_id=(pl.col("contact_id") - 1) // PER_ACCOUNT + 1,
            source=pl.lit("call_note"),
            said_at=int(NOW.timestamp()) - pl.col("contact_id") % 500 * DAY,
            text=pl.format("The monthly report {} came late, and nobody told us why.", "contact_id"),
        )
        engine.store.insert_many(session, models.Voice, words)


class _Desk:
    def __init__(self, engine: Engine, contacts: int) -> None:
        self.engine, self.accounts = engine, contacts // PER_ACCOUNT
        self.app: Flask = create_app(engine)
        self.queries = 0
        event.listen(engine.store.engine, "before_cursor_execute", self._count)
        self.client = self._sign_in()

    def _count(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        self.queries += not statement.startswith("BEGIN")

    def _sign_in(self) -> FlaskClient:
        client = self.app.test_client()
        with self.engine.store.read(EVERYTHING) as session:
            mark = session.query(models.User).one().fs_uniquifier
        with client.session_transaction(path="/admin/") as kept:
            kept["_user_id"], kept["_fresh"] = mark, True
        return client

    def open_all(self) -> dict[str, list[tuple[float, int]]]:
        """Seconds and queries of every page, each time it was opened."""
        found: dict[str, list[tuple[float, int]]] = defaultdict(list)
        for turn in range(TIMES + 1):
            for page, url in self._pages(1 + turn * (self.accounts // (TIMES + 1))):
                taken = self._open(url)
                if turn and taken:
                    found[page].append(taken)
        return found

    def _open(self, url: str) -> tuple[float, int] | None:
        before, started = self.queries, time.perf_counter()
        answer = self.client.get(url)
        taken = time.perf_counter() - started
        if answer.status_code >= 500:
            raise AssertionError(f"{url} failed: {answer.status_code}")
        return (taken, self.queries - before) if answer.status_code == 200 else None

    def _pages(self, account: int) -> Iterator[tuple[str, str]]:
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
        yield "/admin/search?q=", f"/admin/search?q=report+{account}"

    def _known(self, account: int) -> dict[str, Any]:
        """What addresses name, of this account."""
        found: dict[str, Any] = {"account": account, "contact": account * PER_ACCOUNT, "tier": "key", "number": 1}
        tables = {"promise": models.Promise, "ask": models.Ask, "voice": models.Voice}
        for name, table in tables.items():
            here = select(func.max(table.id).label("id")).where(table.account_id == account)
            found[name] = self.engine.store.frame(here).item() or 1
        return found | {"name": "fatigue_limits", "step": "agree", "survey": "relationship"}
