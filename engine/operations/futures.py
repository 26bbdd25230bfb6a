"""What will come: the forecast of one account, and the whole book under other settings. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from typing import Any

import numpy as np
import polars as pl

from engine.data.accounts import find_account
from engine.data.book import linked_to, read_book
from engine.data.localtime import day_number
from engine.data.models import Account
from engine.data.settings import read_settings
from engine.data.under_way import read_under_way
from engine.decide.ahead import Ahead
from engine.decide.book import Book
from engine.decide.channels import choose_channels
from engine.decide.course import Course, World
from engine.decide.explanation import Explanation, explain
from engine.decide.forecast import Coming, Forecast, because, name_of
from engine.decide.outline import outline, values_of
from engine.decide.page import headline
from engine.decide.plan import Plan, resolve
from engine.decide.planner import decide
from engine.decide.responses import Counts
from engine.decide.says import hear_strategies
from engine.decide.sentences import Words
from engine.decide.sides import Sides, keep_apart, lay_side_by_side
from engine.decide.simulation import Measures, Simulation, form_seconds, sum_waits
from engine.decide.waits import Waits
from engine.errors import InputError
from engine.house import Engine
from engine.language import ENGLISH, Language
from engine.operations.company import read_company
from engine.operations.decisions import read_names, who
from engine.operations.settings import try_settings
from engine.operations.surveys import list_surveys
from engine.survey.bank import survey_for
from engine.types import Moment, SettingValue, Survey

LONGEST = 3650
"""Days ahead at most."""
MOST_RUNS, AFFORDABLE = 20, 100_000
"""Answers are drawn so often at most, as long as no more than so many contacts are walked through the days."""

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Start:
    """What is known on the first day."""

    moment: Moment
    book: Book
    values: Sequence[SettingValue]
    surveys: Mapping[str, Survey]
    under_way: pl.DataFrame

    @property
    def day(self) -> date:
        assert self.moment.on is not None
        return self.moment.on


def forecast_account(
    engine: Engine, key: str, on: date | None = None, days: int = 90, language: Language = ENGLISH
) -> Forecast:
    """Whom of an account we will ask. Accounts that share people with it are looked at, too. Raises NotFoundError."""
    with engine.store.read(engine.scope) as session:
        account = find_account(session, key)
    return forecast_from(engine, start_of(engine, account, on, days), account, days, language)


def start_of(engine: Engine, account: Account, on: date | None, days: int) -> Start:
    """What is known of an account, and of those that share people with it."""
    return read_start(engine, _first_day(engine, on, days), linked_to(engine.store, [account.id]))


def forecast_from(
    engine: Engine,
    start: Start,
    account: Account,
    days: int,
    language: Language,
    values: Sequence[SettingValue] | None = None,
) -> Forecast:
    """The forecast under what is set or, instead, `values`."""
    plan = resolve(start.book, engine.plugins.catalog, start.values if values is None else values)
    with engine.plugins.watched() as watch:
        reader = _Reader(engine, start, plan.columns, language)
        asks = _tell_asks(reader, plan, days, [account.key])
        others = _tell_others(reader, plan.frame, account.key, {ask.contact for ask in asks})
    return Forecast(account.key, account.name, start.day, days, asks, others, list(watch.errors), language)


def _first_day(engine: Engine, on: date | None, days: int) -> Moment:
    """The future goes by days, the same everywhere: without `on` from today where the house is."""
    if not 1 <= days <= LONGEST:
        raise InputError(f"{days} days ahead cannot be told; choose from 1 to {LONGEST}.")
    with engine.store.read(engine.scope) as session:
        zone = read_company(engine, session).timezone
    return Moment(engine.clock(), on or engine.moment().today(zone))


def read_start(engine: Engine, moment: Moment, account_ids: Collection[int] | None) -> Start:
    with engine.store.read(engine.scope) as session:
        values = read_settings(session)
    book = read_book(engine.store, moment, account_ids=account_ids, channels=tuple(engine.plugins.channels))
    with engine.store.snapshot() as snapshot:
        under_way = read_under_way(snapshot, book.frame, moment)
    return Start(moment, book, values, {survey.name: survey for survey in list_surveys(engine)}, under_way)


def make_world(engine: Engine, start: Start, plan: Plan, luck: Counts | None = None) -> World:
    kinds, strategies, channels = start.book.kinds, engine.plugins.strategies, tuple(engine.plugins.channels)
    return World(
        plan=plan,
        rules=hear_strategies(Book(plan.frame, kinds), plan, strategies),
        kinds=kinds,
        channel_asks=start.book.channel_asks,
        find_ways=lambda asked: choose_channels(asked, kinds, strategies, channels, told=False),
        has_survey=cache(lambda occasion, about: survey_for(start.surveys.values(), occasion, about) is not None),
        first=day_number(start.day),
        luck=luck,
    )


# simulating


def simulate_book(
    engine: Engine,
    pairs: Mapping[str, Any],
    *,
    on: date | None = None,
    days: int = 365,
    seed: int = 0,
    tier: str | None = None,
    account: str | None = None,
    language: Language = ENGLISH,
    progress: Progress = lambda what, more: None,
) -> Simulation:
    """The whole book for so many days, as it is and with the settings of `pairs` (name → value) at one layer.

    Nothing is set. Raises InputError for a setting that cannot be set, NotFoundError for an unknown account.
    """
    start = read_start(engine, _first_day(engine, on, days), engine.scope.accounts)
    draft = try_settings(engine, pairs, tier=tier, account=account)
    settings = [draft.before, draft.after] if pairs else [draft.before]
    plans = [resolve(start.book, engine.plugins.catalog, values) for values in settings]
    sides = lay_side_by_side(plans, _runs(start.book.frame.height), seed)
    with engine.plugins.watched() as watch:
        course, waits = _walk(engine, start, sides, days, progress)
    seconds = form_seconds(list(start.surveys.values()), sides.plan, course.asks)
    measures = Measures(sides, course.asks, seconds, course.world.first + days - 1)
    gain, lose = measures.shifts() if pairs else ([], [])
    return Simulation(
        start=start.day,
        days=days,
        seed=seed,
        runs=sides.runs,
        contacts=sides.rows,
        accounts=start.book.frame["account_id"].n_unique(),
        changed=draft.wanted.values,
        layer=f"account {account}" if account else f"tier {tier}" if tier else "the whole house",
        figures=measures.figures(),
        waits=sum_waits(sides, waits),
        unheard=measures.unheard(),
        gain=gain,
        lose=lose,
        errors=list(watch.errors),
        language=language,
    )


def _walk(engine: Engine, start: Start, sides: Sides, days: int, progress: Progress) -> tuple[Course, Waits]:
    world = make_world(engine, start, sides.plan, sides.luck)
    waits = Waits(sides.plan.frame.height, [strategy.name for strategy in engine.plugins.strategies])
    course = Course(replace(world, rules=keep_apart(world.rules)), sides.repeat(start.under_way), waits.watch)
    for day in range(world.first, world.first + days):
        course.run(day)
        progress("days", 1)
    waits.end(np.arange(sides.plan.frame.height), world.first + days)
    return course, waits


def _runs(contacts: int) -> int:
    """How often answers are drawn: as often as is affordable, because many rows cost little more than a few."""
    return max(1, min(MOST_RUNS, AFFORDABLE // max(contacts, 1)))


# telling


@dataclass(frozen=True)
class _Reader:
    """Explains rows of the Book, whatever their day."""

    engine: Engine
    start: Start
    columns: Mapping[str, pl.Expr]
    language: Language

    def explain(self, frame: pl.DataFrame) -> Iterator[Explanation]:
        """Each row on its own day and by itself, so that no limit counts."""
        plan = Plan(frame, self.columns)
        decisions = decide(Book(frame, self.start.book.kinds), plan, self.engine.plugins.strategies)
        lines = outline(decisions)
        for row in values_of(decisions).to_dicts():
            yield explain(lines, row, who(self.names[row["contact_id"]]), self.language)

    @cached_property
    def names(self) -> dict[int, dict[str, Any]]:
        return read_names(self.engine, self.start.book.frame["contact_id"].to_list())

    def choose_channels(self, frame: pl.DataFrame) -> pl.Series:
        plugins = self.engine.plugins
        plan = Plan(frame, self.columns)
        return choose_channels(plan, self.start.book.kinds, plugins.strategies, plugins.channels)["channel"]


def _tell_asks(reader: _Reader, plan: Plan, days: int, accounts: Collection[str]) -> list[Coming]:
    """The asks of these accounts, each told from the Book as it will be on its day."""
    course = Ahead(make_world(reader.engine, reader.start, plan), reader.start.under_way)
    course.run(day_number(reader.start.day) + days - 1)
    if not course.seen:
        return []
    here = (frame := pl.concat(course.seen, rechunk=True))["account_key"].is_in(list(accounts))
    frame, asks = frame.filter(here), course.asks.filter(here)
    told = zip(reader.explain(frame), asks["occasion"], reader.choose_channels(frame), strict=True)
    found = [
        Coming(each.account["key"], each.contact["key"], name_of(each), each.on, occasion, channel,
               because(each, occasion))
        for each, occasion, channel in told
    ]  # fmt: skip
    return sorted(found, key=lambda ask: (ask.on, ask.account, ask.contact))


def _tell_others(reader: _Reader, frame: pl.DataFrame, account: str, asked: Collection[str]) -> list[tuple[str, Words]]:
    """Who of the account is not among those asked, and what is decided for them on the first day."""
    others = (pl.col("account_key") == account) & ~pl.col("contact_key").is_in(list(asked))
    return [(name_of(each), headline(each)) for each in reader.explain(frame.filter(others))]
