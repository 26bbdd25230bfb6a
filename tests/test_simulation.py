"""A simulation shows what settings lead to, side by side, and sets nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.data.store import EVERYTHING
from engine.decide.responses import draw, is_answered, open_streams
from engine.decide.simulation import Simulation
from engine.decide.summary import simulation_as_text
from engine.errors import InputError
from engine.house import Engine
from engine.operations.futures import simulate_book
from engine.operations.settings import list_settings
from tests.conftest import NOW
from tests.factories import make_account, make_contact, make_promise

TODAY = NOW.date()


@pytest.fixture
def book(engine: Engine) -> Engine:
    """Six accounts of three people who were never asked; the first brings half of all revenue."""
    with engine.store.write(EVERYTHING) as session:
        for place in range(6):
            revenue = 50_000.0 if place == 0 else 10_000.0
            account = make_account(session, key=f"A{place}", annual_revenue=revenue)
            for name in ("ada", "ben", "cleo"):
                make_contact(session, account, key=name)
    return engine


def simulate(engine: Engine, days: int = 90, **values: Any) -> Simulation:
    layers = {name: values.pop(name) for name in ("tier", "account", "seed") if name in values}
    pairs = {name.replace("__", "."): value for name, value in values.items()}
    return simulate_book(engine, pairs, on=TODAY, days=days, **layers)


def figure(found: Simulation, name: str) -> list[float]:
    (one,) = (each for each in found.figures if each.name == name)
    return [float(side.mean()) for side in one.sides]


def test_everybody_is_asked_once_and_two_of_an_account_in_a_month(book: Engine) -> None:
    found = simulate(book, days=20)
    assert figure(found, "asks") == figure(found, "people_asked") == [12]
    assert found.waits["account_share"][0] == (6 * 20, 6)
    assert figure(simulate(book, days=60), "people_asked") == [18]


def test_whom_a_setting_leaves_unheard_is_said_in_a_sentence(book: Engine) -> None:
    sure = simulate(book, relationship_tier__mode="off", tier="standard")
    assert sure.unheard[1] == (6, 100)
    assert "6 accounts with 100 % of revenue would not be heard within 90 days; today" in simulation_as_text(sure)
    assert [shift.asks[1] for shift in sure.lose] == [0] * 5


def test_nothing_is_set(book: Engine) -> None:
    before = list_settings(book)
    simulate(book, fatigue_limits__max_asks=1)
    assert list_settings(book) == before


def test_both_sides_are_the_same_where_nothing_differs(book: Engine) -> None:
    found = simulate(book, days=200, fatigue_limits__max_asks=4)
    for each in found.figures:
        np.testing.assert_array_equal(each.sides[0], each.sides[1])
    assert (found.gain, found.lose) == ([], [])


def test_the_same_seed_draws_the_same_and_another_one_does_not(book: Engine) -> None:
    first, again, other = (simulate(book, days=120, seed=seed).as_dict() for seed in (1, 1, 2))
    assert first == again
    assert first["figures"] != other["figures"]


def test_copies_share_nothing(book: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs of a small book, walked together, are what each would be by itself."""
    together = simulate(book, days=120).figures
    monkeypatch.setattr("engine.operations.futures.MOST_RUNS", 1)
    alone = [simulate(book, days=120, seed=seed).figures for seed in range(3)]
    for place, each in enumerate(together):
        assert each.sides[0][:3].tolist() == [figures[place].sides[0][0] for figures in alone]


def test_an_overdue_promise_keeps_its_contact_waiting_for_good(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, key="north"))
        make_promise(session, contact, due_on=TODAY - timedelta(days=3))
    assert simulate(engine, days=100).waits == {"promise_brake": [(100, 1)]}


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ({"fatigue_limits.max_askss": 1}, "max_asks"),
        ({"fatigue_limits.max_asks": 0}, "cannot be"),
        ({"consent.mode": "off"}, "own word"),
    ],
)
def test_settings_are_checked_as_if_they_were_set(book: Engine, pairs: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        simulate_book(book, pairs, on=TODAY, days=1)


def test_luck_is_even_and_independent() -> None:
    luck = np.stack([draw(open_streams(7, np.arange(20_000)), np.full(20_000, turn)) for turn in range(3)])
    assert 0 < luck.min() <= luck.max() <= 1
    assert abs(luck.mean() - 0.5) < 0.01
    assert np.abs(np.corrcoef(luck) - np.eye(3)).max() < 0.03
    assert abs(is_answered(np.full(20_000, 0.3), luck[0]).mean() - 0.3) < 0.02


def test_the_command_takes_several_settings_after_one_set(book: Engine, runner: CliRunner) -> None:
    options = ["simulate", "--on", "2026-11-24", "--days", "40"]
    tried = ["--set", "account_share.people=3", "account_share.window_days=10"]
    told = json.loads(runner.invoke(main, [*options, *tried, "--json"]).output)
    assert told["changed"] == {"account_share.people": 3, "account_share.window_days": 10}
    assert told["figures"][0]["changed"]["value"] >= told["figures"][0]["today"]["value"]
    wrong = runner.invoke(main, [*options, "account_share.people=3"])
    assert (wrong.exit_code, "write --set" in wrong.output) == (2, True)
