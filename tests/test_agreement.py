"""The engine against the oracle on generated books, and what no book and no setting may bring about.

Thousands of books: `python -m tests.disagreements --books 5000`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from engine.data import models
from engine.data.store import EVERYTHING
from engine.errors import InputError
from engine.house import Engine
from engine.operations.decisions import explain_all, explain_contact
from engine.operations.planning import plan_asks
from engine.operations.settings import set_settings
from tests import oracle
from tests.disagreements import (
    CAN_CONTRADICT,
    Houses,
    as_code,
    as_decision,
    bring_in,
    disagreements,
    engine_decisions,
    oracle_decisions,
)
from tests.generated_books import CHOICES, MODED, Scene, random_scene, scenes
from tests.oracle import Account, Ask, Book, Contact, Setting

Layer = dict[str, str]
SOME = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Houses:
    return Houses(tmp_path_factory.mktemp("houses"))


@pytest.mark.parametrize("seed", range(1000, 1008))
def test_engine_and_oracle_decide_alike(engine: Engine, tmp_path: Path, seed: int) -> None:
    scene = random_scene(seed)
    differences = disagreements(engine, scene, tmp_path, Random(seed))
    assert not differences, as_code(scene)


@SOME
@given(scene=scenes())
def test_engine_and_oracle_decide_alike_on_any_book(houses: Houses, scene: Scene) -> None:
    assert not houses.compare(scene), as_code(scene)


TODAY = date(2026, 11, 23)
KNOWN = date(2020, 1, 1)
ONE_SEEN_TWICE = Book(
    (Account("A", tier="light"),),
    (
        Contact("A", "a", email="ann@a.example", created_on=KNOWN),
        Contact("A", "b", email="ann@a.example", created_on=KNOWN, timezone="Asia/Kolkata"),
    ),
    (Ask("A", "b", "promise", datetime(2026, 11, 23, 18, 30, tzinfo=UTC)),),
)
"""Asked at midnight in India: for one of the two contacts that is today, for the other tomorrow."""
TWICE_IN_A_SECOND = replace(
    ONE_SEEN_TWICE,
    asks=(
        Ask(
            "A",
            "a",
            "relationship",
            datetime(2026, 11, 2, 9, tzinfo=UTC),
            "answered",
            datetime(2026, 11, 3, tzinfo=UTC),
        ),
        Ask(
            "A",
            "b",
            "relationship",
            datetime(2026, 11, 2, 9, tzinfo=UTC),
            "answered",
            datetime(2026, 11, 26, tzinfo=UTC),
        ),
    ),
)
"""Of the two answers one is not known yet."""
ONE_REASON = Book((Account("A"),), (Contact("A", "a", created_on=KNOWN),))
SHUT_FOR_A_WHILE = Setting("quiet_times.blackouts", "2026-11-20..2026-12-31")


@pytest.mark.parametrize(
    "scene",
    [
        Scene(ONE_SEEN_TWICE, (), TODAY),
        Scene(TWICE_IN_A_SECOND, (Setting("unanswered_rest.n", 1),), TODAY),
        Scene(replace(ONE_SEEN_TWICE, asks=()), (Setting("one_live_ask.mode", "shadow"),), TODAY),
        Scene(ONE_REASON, (SHUT_FOR_A_WHILE, Setting("quiet_times.mode", "shadow")), TODAY),
        Scene(ONE_REASON, (replace(SHUT_FOR_A_WHILE, value="2026-11-20..2031-12-31"),), TODAY),
    ],
    ids=[
        "a person sees an ask on two days",
        "two asks in a second",
        "one person, one place",
        "shut days in shadow",
        "shut for longer than is searched",
    ],
)
def test_what_was_once_decided_differently_is_decided_alike(engine: Engine, tmp_path: Path, scene: Scene) -> None:
    assert not disagreements(engine, scene, tmp_path)


@pytest.mark.parametrize("seed", range(2000, 2004))
def test_whom_a_plan_asks_is_whom_the_oracle_would_ask(engine: Engine, tmp_path: Path, seed: int) -> None:
    scene = plannable(random_scene(seed, contacts=12))
    scene = bring_in(engine, scene, tmp_path)
    welcome = {key: d.occasion for key, d in oracle_decisions(engine, scene).items() if d.decision == "ask"}
    plan_asks(engine, scene.on)
    assert welcome
    assert planned(engine) == welcome


@pytest.mark.parametrize("allowed", ["live_ask.mode", "one_live_ask.mode"])
def test_no_setting_makes_two_live_asks_to_one_person(engine: Engine, tmp_path: Path, allowed: str) -> None:
    scene = Scene(ONE_SEEN_TWICE, (), TODAY)
    bring_in(engine, replace(scene, book=replace(scene.book, asks=())), tmp_path)
    set_settings(engine, {allowed: "off", "fatigue_limits.min_gap_days": 0, "relationship_tier.every_days": 1})
    plan_asks(engine, TODAY)
    with engine.store.write(EVERYTHING) as session:
        ask = session.scalars(select(models.Ask)).one()
        ask.status, ask.sent_at = "sent", datetime(2026, 11, 23, 10, tzinfo=UTC)
    plan_asks(engine, date(2026, 11, 25))
    assert len(planned(engine)) == 1


def test_planning_for_an_earlier_day_leaves_what_waits_as_it_is(engine: Engine, tmp_path: Path) -> None:
    bring_in(engine, Scene(replace(ONE_SEEN_TWICE, asks=()), (), TODAY), tmp_path)
    plan_asks(engine, date(2026, 12, 1))
    before = planned(engine)
    plan_asks(engine, TODAY)
    assert len(before) == 1
    assert planned(engine) == before


@pytest.mark.parametrize("seed", range(2100, 2103))
def test_a_person_never_has_two_live_asks_however_often_we_plan(engine: Engine, tmp_path: Path, seed: int) -> None:
    scene = random_scene(seed, contacts=12)
    bring_in(engine, replace(scene, settings=()), tmp_path)
    person_of = oracle.persons(scene.book)
    for seed_of_the_run in range(3):
        plan_asks(engine, scene.on, seed=seed_of_the_run)
        assert all(number == 1 for number in Counter(person_of[key] for key in planned(engine)).values())


@SOME
@given(scene=scenes(), random=st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_the_size_of_the_batch_changes_a_decision(
    houses: Houses, scene: Scene, random: Random
) -> None:
    with houses.new() as engine:
        bring_in(engine, scene, houses.folder)
        all_at_once = engine_decisions(engine, scene.on)
    shuffled = replace(scene.book, contacts=tuple(random.sample(scene.book.contacts, len(scene.book.contacts))))
    with houses.new() as engine:
        bring_in(engine, replace(scene, book=shuffled), houses.folder, random)
        assert engine_decisions(engine, scene.on) == all_at_once
        for key, decision in all_at_once.items():
            assert as_decision(explain_contact(engine, "/".join(key), scene.on).as_dict()) == decision


@SOME
@given(scene=scenes(), random=st.randoms(use_true_random=False))
def test_no_setting_at_any_layer_overrules_what_the_contact_wishes(
    houses: Houses, scene: Scene, random: Random
) -> None:
    with houses.new() as engine:
        bring_in(engine, scene, houses.folder)
        modes = {f"{name}.mode": random.choice(("on", "shadow", "off")) for name in (*MODED, *oracle.THEIR_OWN_WORD)}
        chosen = {name: random.choice(CHOICES[name]) for name in random.sample(list(CHOICES), 12)}
        for wanted in (modes, chosen):
            for layer, values in at_some_layers(wanted, scene.book, random):
                try_to_set(engine, values, layer)
        for told in (explanation.as_dict() for explanation in explain_all(engine, scene.on)):
            key = told["account"]["key"], told["contact"]["key"]
            if told["decision"] in ("ask", "limited"):
                assert not objection(scene, key, told["occasion"]), as_code(scene)


def objection(scene: Scene, key: oracle.Key, occasion: str) -> str | None:
    """What this contact's person said against being asked for the occasion on the day, read from the facts alone."""
    person_of = oracle.persons(scene.book)
    same = [c for c in scene.book.contacts if person_of[c.id] == person_of[key]]
    views = {c.id: c for c in same}
    if any(c.opted_out_on and c.opted_out_on <= scene.on for c in same):
        return "opted out"
    if any(c.paused_until and c.paused_until > scene.on for c in same):
        return "paused"
    if any(occasion in c.wish_occasions_off for c in same):
        return "switched off"
    wished = max((c.wish_min_interval or 0 for c in same), default=0)
    account = next(a for a in scene.book.accounts if a.key == key[0])
    zone_setting = tuple(s for s in scene.settings if s.name == "company.timezone")
    view = oracle.View(scene.book, zone_setting, person_of, views[key], account, scene.on)
    recent = view.last_asked_on and (scene.on - view.last_asked_on).days < wished
    return "too soon" if recent else None


def at_some_layers(wanted: dict[str, object], book: Book, random: Random) -> Iterator[tuple[Layer, dict[str, object]]]:
    """Each value for the house, or for some tier, account or contact: where, and what is to be set there."""
    places: dict[str, tuple[Layer, dict[str, object]]] = {}
    for name, value in wanted.items():
        account, contact = random.choice(book.accounts), random.choice(book.contacts)
        tiers = [{"tier": account.tier}] if account.tier in oracle.TIERS else []
        layer = random.choice([{}, *tiers, {"account": account.key}, {"contact": "/".join(contact.id)}])
        places.setdefault(repr(layer), (layer, {}))[1][name] = value
    yield from places.values()


def try_to_set(engine: Engine, values: dict[str, object], layer: Layer) -> None:
    """All at once, or one by one; that some settings are refused is as good an answer as ignoring them."""
    try:
        set_settings(engine, values, **layer)
    except InputError:
        for name, value in values.items() if len(values) > 1 else ():
            try_to_set(engine, {name: value}, layer)
        (name, *others) = values
        assert others or name.partition(".")[0] in oracle.THEIR_OWN_WORD or name in CAN_CONTRADICT


def plannable(scene: Scene) -> Scene:
    """Everybody has an address and most have a reason, so that there is something to plan."""
    contacts = tuple(
        replace(
            c, email=c.email or f"{c.key}@reachable.example", created_on=KNOWN, opted_out_on=None, paused_until=None
        )
        for c in scene.book.contacts
    )
    every_day = Setting("quiet_times.mode", "off")
    return replace(scene, book=replace(scene.book, contacts=contacts, asks=scene.book.asks[::3]), settings=(every_day,))


def planned(engine: Engine) -> dict[oracle.Key, str]:
    with engine.store.read(EVERYTHING) as session:
        asks = session.scalars(select(models.Ask).where(models.Ask.origin == "heed")).all()
        return {(ask.account.key, ask.contact.key): ask.occasion for ask in asks}
