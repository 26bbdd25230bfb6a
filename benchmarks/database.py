"""A house as large as wanted: accounts of ten contacts, and a history for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy.orm import Session

from benchmarks.books import COUNTRIES, PER_ACCOUNT
from engine.app import open_house
from engine.config import Config
from engine.data import models
from engine.data.settings import put_setting
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.operations.installation import install_house
from engine.types import TIERS, SettingValue

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
"""A Tuesday."""
DAY = 86_400
ZONES = (
    "Europe/Berlin", "Europe/London", "America/New_York", "Europe/Paris", "Europe/Madrid", "Asia/Kolkata",
    "Asia/Tokyo", "America/Los_Angeles", "Australia/Sydney", "America/Sao_Paulo", "Asia/Singapore", "UTC",
)  # fmt: skip
ROLES = ("buyer", "user", "finance", "it")
KINDS = ("ticket_closed", "onboarding_done", "project_milestone", "feedback", "meeting_held")
CAUSES = ("responsiveness", "quality", "reporting", "price", "promises")
ACCOUNTS_PER_OWNER = 25

_NOW = int(NOW.timestamp())


def open_bench(database: Path | str) -> Engine:
    """The house in this file of SQLite's, or at this URL. Its clock stands still."""
    url = str(database) if "://" in str(database) else f"sqlite:///{database}"
    config = Config(database_url=url, secret="a secret of the benchmarks, not used elsewhere")
    return open_house(config, clock=lambda: NOW)


def make_database(
    database: Path | str,
    contacts: int,
    seed: int = 0,
    questions: Sequence[str] = ("recommend", "responsiveness"),
    unhappy: int = 0,
) -> None:
    """The same rows for the same seed, as an import would have left them: every account is to be planned.

    `questions`: those that every ask that was answered has an answer to. `unhappy`: every so many-th was answered with
    low scores, and with what is behind them; 0: none.
    """
    engine = open_bench(database)
    install_house(engine)
    maker = _Maker(contacts, np.random.default_rng(seed), questions, unhappy)
    with engine.store.write(EVERYTHING) as session:
        with _indexed_at_last(session):
            for table, rows in maker.tables():
                engine.store.insert_many(session, table, rows)
        for value in maker.settings():
            put_setting(session, value)
    engine.store.close()


@contextmanager
def _indexed_at_last(session: Session) -> Iterator[None]:
    """Rows go in without indexes, which are made when all are there: several times as fast by the ten million."""
    indexes = [index for table in models.Base.metadata.sorted_tables for index in table.indexes]
    for index in indexes:
        index.drop(session.connection())
    yield
    for index in indexes:
        index.create(session.connection())


class _Maker:
    def __init__(self, contacts: int, rng: np.random.Generator, questions: Sequence[str], unhappy: int) -> None:
        self.rng, self.questions, self.unhappy = rng, questions, unhappy
        self.accounts = np.arange(1, contacts // PER_ACCOUNT + 1)
        self.contacts = np.arange(1, contacts + 1)
        self.persons = self._share_persons()

    def tables(self) -> Any:
        asks = self._asks()
        yield models.Account, self._accounts()
        yield models.Person, pl.DataFrame({"id": self.contacts})
        yield models.Contact, self._contacts()
        yield models.Ask, asks
        yield models.AnswerRow, self._answers(asks)
        yield models.Touchpoint, self._touchpoints()
        yield models.Promise, self._promises()

    def settings(self) -> list[SettingValue]:
        """Some accounts have their own number of asks a year, and owners have room for more than usual."""
        own = [
            SettingValue("fatigue_limits.max_asks", "account", str(account), 1 + int(account) % 6, "bench", NOW)
            for account in self.accounts[::100]
        ]
        return [SettingValue("owner_capacity.open_followups", "house", "", 60, "bench", NOW), *own]

    def _share_persons(self) -> Any:
        """One contact in thirty is the same person as the first contact of an account far away."""
        shared = self.contacts % 30 == 0
        return np.where(
            shared, (self.contacts * 7) % self.contacts.size // PER_ACCOUNT * PER_ACCOUNT + 1, self.contacts
        )

    def _accounts(self) -> pl.DataFrame:
        size = self.accounts.size
        return pl.DataFrame({"id": self.accounts}).with_columns(
            key=pl.format("A{}", "id"),
            name=pl.format("Northwind {}", "id"),
            tier=_cycle(TIERS, self.accounts),
            country=_cycle(COUNTRIES, self.accounts),
            timezone=_cycle(ZONES, self.accounts),
            owner_email=pl.format("owner{}@house.example", pl.col("id") // ACCOUNTS_PER_OWNER),
            annual_revenue=pl.Series(self.rng.lognormal(11, 1, size).round()),
            renewal_on=pl.Series(_NOW // DAY + self.rng.integers(-30, 400, size)),
            private_fields=pl.lit("[]"),
            attributes=pl.lit("{}"),
            imported_at=pl.lit(_NOW - DAY),
            plan_on=pl.lit(_NOW // DAY - 1),
        )

    def _contacts(self) -> pl.DataFrame:
        size = self.contacts.size
        people = {"id": self.contacts, "account_id": _account_of(self.contacts), "person_id": self.persons}
        email = pl.format("client{}@client.example", "person_id")
        return pl.DataFrame(people).with_columns(
            key=pl.format("C{}", "id"),
            name=pl.format("Ada Client {}", "id"),
            email=email,
            email_key=email,
            role=_cycle(ROLES, self.contacts),
            influence=_cycle(("user", "champion", "user", "decision_maker", "user"), self.contacts),
            created_on=pl.Series(_NOW // DAY - self.rng.integers(1, 1500, size)),
            opted_out_on=self._some(0.02, _NOW // DAY - self.rng.integers(1, 500, size)),
            attributes=pl.lit("{}"),
            imported_at=pl.lit(_NOW - DAY),
        )

    def _asks(self) -> pl.DataFrame:
        """None to eight a contact in two years, none in the last weeks; the older ones are answered or have run out."""
        contact = np.repeat(self.contacts, self.rng.integers(0, 9, self.contacts.size))
        age = self.rng.integers(20 * DAY, 730 * DAY, contact.size)
        answered = self.rng.random(contact.size) < 0.3
        status = np.where(answered, 0, np.where(age > 30 * DAY, 1, 2))
        sent = pl.Series(_NOW - age)
        asks = pl.DataFrame({"contact_id": contact, "sent_at": sent}).with_columns(
            account_id=pl.Series(_account_of(contact)),
            person_id=pl.Series(self.persons[contact - 1]),
            origin=pl.lit("import"),
            occasion=pl.Series(["relationship", "touchpoint", "renewal"]).gather(self.rng.integers(0, 3, contact.size)),
            channel=pl.lit("email"),
            status=pl.Series(["answered", "expired", "sent"]).gather(status),
            answered_at=pl.when(pl.Series(answered)).then(pl.min_horizontal(sent + 7200, pl.lit(_NOW - 60))),
        )
        asks = asks.unique(["contact_id", "sent_at"], maintain_order=True)
        return asks.with_columns(id=pl.int_range(1, pl.len() + 1))

    def _answers(self, asks: pl.DataFrame) -> pl.DataFrame:
        answered = asks.drop_nulls("answered_at").select("account_id", "contact_id", "answered_at", ask_id="id")
        low = pl.col("ask_id") % self.unhappy == 0 if self.unhappy else pl.lit(False)
        score = pl.when(low).then(3.0).otherwise(8.0)
        reasons = pl.Series([f'{{"reasons": {{"low": ["{cause}"]}}}}' for cause in CAUSES])
        return pl.concat(
            answered.with_columns(
                survey=pl.lit("relationship"),
                question=pl.lit(question),
                value=score.cast(pl.Int8).cast(pl.String),
                score=score,
                data=pl.when(low).then(reasons.gather(answered["ask_id"] % len(CAUSES))).otherwise(pl.lit("{}")),
            )
            for question in self.questions
        ).unique(["contact_id", "question", "answered_at"], maintain_order=True)

    def _touchpoints(self) -> pl.DataFrame:
        size = self.contacts.size // 4
        contact = np.sort(self.rng.choice(self.contacts, size, replace=False))
        return pl.DataFrame(
            {
                "account_id": _account_of(contact),
                "contact_id": self._some(0.8, contact),
                "kind": _cycle(KINDS, contact),
                "happened_at": _NOW - self.rng.integers(DAY, 200 * DAY, size),
            }
        ).unique(["account_id", "contact_id", "kind", "happened_at"], maintain_order=True)

    def _promises(self) -> pl.DataFrame:
        size = self.contacts.size // 10
        contact = np.sort(self.rng.choice(self.contacts, size, replace=False))
        made = _NOW // DAY - self.rng.integers(1, 300, size)
        done = self.rng.random(size) < 0.8
        return pl.DataFrame(
            {"account_id": _account_of(contact), "contact_id": contact, "made_on": made, "done": done}
        ).select(
            pl.exclude("done"),
            origin=pl.lit("team"),
            title=pl.format("Report {}", "contact_id"),
            owner_email=pl.format("owner{}@house.example", pl.col("account_id") // ACCOUNTS_PER_OWNER),
            due_on=pl.col("made_on") + 30,
            status=pl.when("done").then(pl.lit("done")).otherwise(pl.lit("agreed")),
            done_on=pl.when("done").then(pl.min_horizontal(pl.col("made_on") + 20, pl.lit(_NOW // DAY))),
        )

    def _some(self, share: float, values: Any) -> pl.Series:
        return pl.Series(values).set(pl.Series(self.rng.random(len(values)) >= share), None)


def _account_of(contacts: Any) -> Any:
    return (contacts - 1) // PER_ACCOUNT + 1


def _cycle(words: tuple[str, ...], numbers: Any) -> pl.Series:
    return pl.Series(words).gather(numbers % len(words))
