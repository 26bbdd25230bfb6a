"""What is forecast is what comes: the same asks on the same days as when the days really go by."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from sqlalchemy import select

from engine.cli import main
from engine.data.book import read_book
from engine.data.marks import mark_persons
from engine.data.models import Account, Ask
from engine.data.settings import read_settings
from engine.data.store import EVERYTHING
from engine.decide import ahead
from engine.decide.ahead import Ahead
from engine.decide.book import Book
from engine.decide.calendars import Rows
from engine.decide.course import Course
from engine.decide.forecast import forecast_as_text
from engine.decide.plan import resolve
from engine.decide.planner import Decisions
from engine.decide.responses import answer_chance
from engine.errors import InputError, NotFoundError
from engine.house import Engine
from engine.operations.futures import forecast_account, make_world, read_start
from engine.operations.planning import plan_asks
from engine.operations.sending import send_due
from engine.types import Message, Moment, Receipt
from tests import oracle
from tests.conftest import NOW
from tests.disagreements import Houses, as_code, bring_in
from tests.factories import make_account, make_ask, make_contact, make_promise, make_touchpoint
from tests.generated_books import Scene, random_scene, scenes
from tests.oracle import Key

TODAY = NOW.date()
DAYS = 60
LAG = 3
RATE = 0.6
"""People answer a first ask, and many a second, but not the third within a few weeks."""
Told = tuple[str, str, date, str]


# the days go by in the house


class Letterbox:
    """A channel that delivers everything."""

    name, label = "email", "e-mail"

    @contextmanager
    def open(self, config: Any) -> Iterator[Letterbox]:
        yield self

    def deliver(self, message: Message) -> Receipt:
        return Receipt("sent")


@dataclass
class Life:
    """Each day answers come in, we plan, and we send. Who answers is as the response model says of the day's facts."""

    house: Engine
    today: date
    answers: dict[int, date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plugins = replace(self.house.plugins, channels={"email": Letterbox()})
        self.engine = replace(self.house, plugins=plugins, clock=self.now)
        self.decide_who_answers("sent", "opened", "started")

    def now(self) -> datetime:
        return datetime.combine(self.today, time(23, 59), UTC)

    def go_on(self, days: int) -> None:
        for _ in range(days):
            self.receive()
            if self.is_somebody_due() and plan_asks(self.engine, self.today).asked:
                self.decide_who_answers("planned")
                send_due(self.engine, on=self.today)
            self.today += timedelta(1)

    def receive(self) -> None:
        coming = [ask_id for ask_id, day in self.answers.items() if day == self.today]
        with self.engine.store.write(EVERYTHING) as session:
            for ask in session.scalars(select(Ask).where(Ask.id.in_(coming))):
                ask.status, ask.answered_at = "answered", datetime.combine(self.today, time(12), zone_of(ask))
                mark_persons(session, [ask.person_id])

    def is_somebody_due(self) -> bool:
        """Otherwise a plan does nothing: `test_only_accounts_that_are_due_are_considered`."""
        with self.engine.store.read(EVERYTHING) as session:
            return session.scalar(select(Account.id).where(Account.plan_on <= self.today).limit(1)) is not None

    def decide_who_answers(self, *statuses: str) -> None:
        chances = read_chances(self.engine, self.today)
        with self.engine.store.read(EVERYTHING) as session:
            for ask in session.scalars(select(Ask).where(Ask.status.in_(statuses))):
                sent_on = ask.sent_at.astimezone(zone_of(ask)).date() if ask.sent_at else self.today
                if chances[ask.contact_id] >= 0.5 and sent_on + timedelta(LAG) > self.today:
                    self.answers[ask.id] = sent_on + timedelta(LAG)

    def told(self) -> set[Told]:
        with self.engine.store.read(EVERYTHING) as session:
            asks = session.scalars(select(Ask).where(Ask.origin == "heed")).all()
            return {(ask.account.key, ask.contact.key, ask.planned_on, ask.occasion) for ask in asks}


def zone_of(ask: Ask) -> ZoneInfo:
    return ZoneInfo(ask.contact.timezone or ask.account.timezone or "UTC")


def read_chances(engine: Engine, on: date) -> dict[int, float]:
    book = read_book(engine.store, Moment(engine.clock(), on), channels=("email",))
    with engine.store.read(EVERYTHING) as session:
        plan = resolve(book, engine.plugins.catalog, read_settings(session))
    chance = answer_chance(Book(plan.frame, book.kinds), plan.settings("simulation"))
    return dict(plan.frame.select("contact_id", chance).iter_rows())


@pytest.mark.parametrize("seed", [3001])
def test_what_is_forecast_is_what_the_planner_does_when_the_days_go_by(
    engine: Engine, tmp_path: Path, seed: int
) -> None:
    scene = foreseeable(random_scene(seed, contacts=10))
    scene = bring_in(engine, scene, tmp_path)
    course = foresee(engine, scene.on, DAYS)
    life = Life(engine, scene.on)
    life.go_on(DAYS)
    assert course.asks.height
    assert foreseen(course) == life.told(), as_code(scene)
    assert_frame_equal(view_last_day(course), read_last_day(life, course), check_exact=True)


DATED_WHERE_THEY_ANSWER = {"account_heard_on", "role_heard_on"}
"""A forecast dates an answer where it is given; far away it is a day earlier or later. It orders who comes first."""


def view_last_day(course: Course) -> pl.DataFrame:
    """The Book as it will have been, in the columns that move."""
    frame = course.future.frame
    seen = course.future.view(frame, np.arange(frame.height), course.world.first + DAYS - 1)
    return seen.select(sorted(course.future.moving & set(frame.columns) - DATED_WHERE_THEY_ANSWER))


def read_last_day(life: Life, course: Course) -> pl.DataFrame:
    """The Book as it is then."""
    moment = Moment(life.now(), life.today - timedelta(1))
    book = read_book(life.engine.store, moment, channels=("email", "phone", "in_app")).frame
    return book.select(sorted(course.future.moving & set(book.columns) - DATED_WHERE_THEY_ANSWER))


# the days go by in the oracle


@dataclass
class Reading:
    """The same, read from the contract's text alone: one contact and one day at a time."""

    book: oracle.Book
    settings: tuple[oracle.Setting, ...]
    today: date
    answers: dict[oracle.Ask, date] = field(default_factory=dict)
    told: set[Told] = field(default_factory=set)
    free_on: dict[Key, date] = field(default_factory=dict)
    ours: set[datetime] = field(default_factory=set)

    def go_on(self, days: int) -> None:
        person_of = oracle.persons(self.book)
        for ask in self.book.asks:
            view = self.view((ask.account_key, ask.contact_key), person_of)
            answered_on = view.day(ask.sent_at) + timedelta(LAG)
            if (
                ask.status in oracle.OPEN
                and not ask.answered_at
                and chance(view, self.ours) >= 0.5
                and answered_on > self.today
            ):
                self.answers[ask] = answered_on
        for _ in range(days):
            self.receive()
            for key, decision in oracle.decide(self.book, self.settings, self.today).items():
                person = person_of[key]
                view = self.view(key, person_of)
                free = self.free_on.get(person, self.today) <= self.today
                if decision.decision == "ask" and free and oracle.way(view):
                    self.ask(view, decision.occasion or "", person)
            self.today += timedelta(1)

    def view(self, key: Key, person_of: dict[Key, Key]) -> oracle.View:
        contact = next(c for c in self.book.contacts if c.id == key)
        account = next(a for a in self.book.accounts if a.key == contact.account_key)
        return oracle.View(self.book, self.settings, person_of, contact, account, self.today)

    def ask(self, view: oracle.View, occasion: str, person: Key) -> None:
        ask = oracle.Ask(*view.contact.id, occasion, datetime.combine(self.today, time(10), view.zone))
        over_on = self.today + timedelta(view.value("live_ask.valid_days"))
        if chance(view, self.ours) >= 0.5 and self.today + timedelta(LAG) < over_on:
            over_on = self.answers[ask] = self.today + timedelta(LAG)
        self.free_on[person] = over_on
        self.ours.add(ask.sent_at)
        self.told.add((*view.contact.id, self.today, occasion))
        self.book = replace(self.book, asks=(*self.book.asks, ask))

    def receive(self) -> None:
        asks = []
        for ask in self.book.asks:
            if self.answers.get(ask) == self.today:
                zone = self.view((ask.account_key, ask.contact_key), oracle.persons(self.book)).zone
                ask = replace(ask, status="answered", answered_at=datetime.combine(self.today, time(12), zone))
            asks.append(ask)
        self.book = replace(self.book, asks=tuple(asks))


def chance(view: oracle.View, ours: Collection[datetime]) -> float:
    """docs/simulation.md, read once more. `ours`: when we asked; of imported asks nobody knows the channel."""
    recent = sum(1 for seen in view.asks if (view.today - seen.on).days < 90)
    known = [seen for seen in view.own_asks if seen.ask.sent_at in ours]
    answered = sum(1 for seen in known if seen.answered_on)
    return min(0.95, (3.0 * RATE + answered) / (3.0 + len(known)) * 0.9**recent)


@pytest.mark.parametrize("seed", range(4000, 4006))
def test_what_is_forecast_is_what_the_contract_says_day_by_day(engine: Engine, tmp_path: Path, seed: int) -> None:
    scene = foreseeable(random_scene(seed, contacts=10))
    scene = bring_in(engine, scene, tmp_path)
    reading = Reading(replace(scene.book, imported_at=engine.clock()), scene.settings, scene.on)
    reading.go_on(DAYS)
    assert foreseen(foresee(engine, scene.on, DAYS)) == reading.told, as_code(scene)


# every day


class DayByDay(Course):
    """Decides for everyone every day, whatever the decisions say of when to look again."""

    def _note(self, rows: Rows, decisions: Decisions, today: int) -> None:
        super()._note(rows, decisions, today)
        self._due[:] = today + 1


@pytest.mark.parametrize("seed", range(5000, 5006))
def test_days_that_are_jumped_over_or_looked_ahead_at_change_nothing(
    engine: Engine, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = bring_in(engine, foreseeable(random_scene(seed, contacts=12)), tmp_path)
    jumping, daily = (foresee(engine, scene.on, 2 * DAYS, kind) for kind in (Course, DayByDay))
    assert daily.asks.height
    assert_frame_equal(jumping.asks, daily.asks)
    for cells in (30, 1000):
        monkeypatch.setattr(ahead, "CELLS", cells)
        assert_frame_equal(foresee(engine, scene.on, 2 * DAYS, Ahead).asks, daily.asks)


@settings(max_examples=5, suppress_health_check=list(HealthCheck), print_blob=True)
@given(scene=scenes(), cells=st.sampled_from([1, 30, 300]))
def test_looking_ahead_finds_the_asks_of_any_book_day_by_day(houses: Houses, scene: Scene, cells: int) -> None:
    with houses.new() as engine, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead, "CELLS", cells)
        scene = bring_in(engine, scene, houses.folder)
        looking, daily = (foresee(engine, scene.on, DAYS, kind) for kind in (Ahead, DayByDay))
        assert looking.asks.equals(daily.asks), as_code(scene)


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Houses:
    return Houses(tmp_path_factory.mktemp("houses"))


# what both know


def foresee(engine: Engine, on: date, days: int, kind: type[Course] = Course) -> Course:
    """All accounts at once."""
    start = read_start(engine, Moment(engine.clock(), on), None)
    world = make_world(engine, start, resolve(start.book, engine.plugins.catalog, start.values))
    course = kind(world, start.under_way)
    course.run(world.first + days - 1)
    return course


def foreseen(course: Course) -> set[Told]:
    keys = course.world.plan.frame.select("account_key", "contact_key").with_row_index("row").cast({"row": pl.Int64})
    asks = course.asks.join(keys, on="row").with_columns(pl.col("on").cast(pl.Date))
    return set(asks.select("account_key", "contact_key", "on", "occasion").iter_rows())


HARD_TO_FORESEE = ("live_ask.valid_days", "live_ask.mode", "one_live_ask.mode")
"""A link that is over before it is sent; and who of a person's two contacts gets the one ask that we send anyway."""


def foreseeable(scene: Scene) -> Scene:
    """Everybody can be reached, and nothing is dated after the day: nobody could foresee it."""
    end = datetime.combine(scene.on, time(9), UTC)
    book = scene.book
    asks = (ask for ask in book.asks if ask.sent_at < end)
    known = replace(
        book,
        asks=tuple(replace(ask, answered_at=_before(ask.answered_at, end)) for ask in asks),
        touchpoints=tuple(t for t in book.touchpoints if t.happened_at < end),
        promises=tuple(p for p in book.promises if p.made_on <= scene.on and (p.done_on or scene.on) <= scene.on),
        contacts=tuple(
            replace(c, email=c.email or f"{c.key}@reachable.example", opted_out_on=None) for c in book.contacts
        ),
    )
    settings = (s for s in scene.settings if s.name not in HARD_TO_FORESEE)
    given = (oracle.Setting("simulation.answer_rate", RATE), oracle.Setting("usual_hour.mode", "off"))
    return Scene(known, (*settings, *given), scene.on)


def _before(instant: datetime | None, end: datetime) -> datetime | None:
    return instant if instant and instant < end else None


# one account


def test_a_forecast_names_contact_day_occasion_way_and_why(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(
            session, make_account(session, key="north", name="Northwind"), key="ada", name="Ada Lund"
        )
        make_ask(session, contact, sent_at=NOW - timedelta(days=170), answered_at=NOW - timedelta(days=169))
    told = forecast_account(engine, "north", TODAY, 30)
    (ask,) = told.as_dict()["asks"]
    assert told.as_dict() | {"asks": []} == {"account": "north", "from": "2026-11-24", "days": 30, "asks": []}
    assert (ask["contact"], ask["on"], ask["occasion"], ask["channel"]) == (
        "ada",
        "2026-12-04",
        "relationship",
        "email",
    )
    assert ask["because"].startswith("last asked how we are doing on Sun 7 Jun")
    assert forecast_as_text(told).splitlines()[:4] == [
        "Northwind: one ask to one person within 30 days from Tue 24 Nov.",
        "",
        "Week of Mon 30 Nov",
        f"  Fri 4 Dec, Ada Lund: relationship check-in by e-mail; {ask['because']}",
    ]


def test_a_promise_that_falls_due_holds_its_contact_back_from_then_on(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, key="north"), key="ada")
        make_ask(session, contact, sent_at=NOW - timedelta(days=170), answered_at=NOW - timedelta(days=169))
        make_promise(session, contact, due_on=TODAY + timedelta(days=5))
    assert not forecast_account(engine, "north", TODAY, 365).asks


def test_who_is_not_asked_is_named_with_why(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        north = make_account(session, key="north")
        make_contact(session, north, key="ada", name="Ada Lund", opted_out_on=TODAY - timedelta(days=9))
        late = make_contact(session, north, key="ben", name="Ben Ito")
        number = make_promise(session, late, due_on=TODAY - timedelta(days=2)).id
    told = forecast_account(engine, "north", TODAY, 90)
    assert dict(told.others) == {"Ada Lund": "do not ask.", "Ben Ito": f"not before P-{number} is kept."}


def test_what_is_planned_already_is_sent_first_and_counts(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        make_contact(session, make_account(session, key="north", plan_on=TODAY), key="ada")
    plan_asks(engine, TODAY)
    told = forecast_account(engine, "north", TODAY, 60)
    assert [(ask.on, ask.occasion) for ask in told.asks] == [(TODAY, "relationship")]


def test_what_a_person_is_asked_elsewhere_counts_and_is_not_shown(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        ada = make_contact(session, make_account(session, key="north"), key="ada", email="ada@both.example")
        south = make_account(session, key="south")
        twin = make_contact(session, south, ada.person, key="ada", email="ada@both.example")
        make_touchpoint(session, twin, kind="ticket_closed", happened_at=NOW - timedelta(days=3))
    days = {key: [ask.on for ask in forecast_account(engine, key, TODAY, 60).asks] for key in ("north", "south")}
    first, second = sorted(day for found in days.values() for day in found)
    assert first == TODAY
    assert (second - first).days >= 30


def test_an_account_without_contacts_and_one_there_is_not(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        make_account(session, key="empty", name="Empty")
    assert forecast_as_text(forecast_account(engine, "empty", TODAY)).startswith(
        "Empty: nobody will be asked within 90"
    )
    with pytest.raises(NotFoundError, match="There is no account"):
        forecast_account(engine, "emty")
    with pytest.raises(InputError, match="0 days ahead"):
        forecast_account(engine, "empty", TODAY, 0)


def test_the_command_answers_in_words_of_any_language_and_in_json(engine: Engine, runner: CliRunner) -> None:
    with engine.store.write(EVERYTHING) as session:
        make_contact(session, make_account(session, key="north", name="Northwind"), key="ada", name="Ada Lund")
    german = runner.invoke(main, ["forecast", "north", "--on", "2026-11-24", "--language", "de"])
    assert german.exit_code == 0, german.output
    assert german.output.startswith("Northwind: von")
    told = json.loads(runner.invoke(main, ["forecast", "north", "--on", "2026-11-24", "--days", "5", "--json"]).output)
    assert [ask["contact"] for ask in told["asks"]] == ["ada"]
