"""A bad plugin loses its own contribution and nothing else: it is named, and everyone else's say is unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from engine.app import open_house
from engine.config import Config
from engine.decide.ahead import Ahead
from engine.decide.course import Course
from engine.hookspecs import hookimpl
from engine.house import Engine
from engine.operations.decisions import explain_all
from engine.operations.imports import import_files
from engine.operations.installation import install_house
from engine.operations.rehearsal import rehearse
from engine.operations.surveys import list_surveys
from engine.registry import Watch, build_plugins
from engine.samples.book import write_book
from tests.conftest import NOW, SECRET
from tests.hostile_plugins import CALENDARS, HARMLESS, HOLDS, LASTING, OTHERS, TODAY, closed, hold, saying
from tests.test_forecast import foresee

# the oracle


@dataclass
class Told:
    """What was decided for the sample book, who failed, and what a rehearsal finds."""

    decisions: list[dict[str, Any]]
    watch: Watch
    found: dict[str, list[str]]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("house")
    house = open_house(Config(database_url=f"sqlite:///{folder}/heed.db", secret=SECRET), lambda: NOW)
    with closing(house.store):
        install_house(house)
        import_files(house, write_book(TODAY, folder / "book"))
        yield house


@pytest.fixture(scope="module")
def alone(house: Engine) -> list[dict[str, Any]]:
    """What is decided without any plugin but those that ship."""
    return decide_with(house).decisions


@pytest.fixture(scope="module")
def held(house: Engine) -> list[dict[str, Any]]:
    """What is decided where an honest strategy holds everyone until tomorrow."""
    return decide_with(house, hold_until=hold()).decisions


@pytest.fixture(scope="module")
def shut(house: Engine) -> list[dict[str, Any]]:
    """What is decided where an honest calendar shuts today."""
    return decide_with(house, hold_until=closed(lambda *_: {TODAY: "a holiday"})).decisions


def decide_with(house: Engine, *, rehearsed: bool = False, **hooks: Any) -> Told:
    """Have everything decided and tailored, with one plugin more; all that others said, and what went wrong."""
    made = {
        hook: hookimpl(of_grid(function) if hook in GRID else function, specname=hook)
        for hook, function in hooks.items()
    }
    extra = [SimpleNamespace(__name__="guest", **made)] if hooks else []
    house = replace(house, plugins=build_plugins(extra))
    with house.plugins.watched() as watch:
        decisions = [without_guest(each.as_dict()) for each in explain_all(house, TODAY)]
    found: dict[str, list[str]] = {}
    for finding in rehearse(house, list_surveys(house)) if rehearsed else ():
        found.setdefault(finding.where, []).append(finding.message)
    return Told(decisions, watch, found)


GRID = ("question_worth", "channel_worth")


def of_grid(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda grid, settings: function(grid, settings)


def without_guest(told: Any) -> Any:
    """An explanation without what the plugin itself said."""
    if isinstance(told, dict):
        return {name: without_guest(value) for name, value in told.items()}
    if isinstance(told, list):
        return [
            without_guest(each) for each in told if not (isinstance(each, dict) and each.get("strategy") == "guest")
        ]
    return told


def assert_named(told: Told, hook: str, words: str) -> None:
    """It alone failed, it is told in which hook and why, and a rehearsal says the same."""
    assert set(told.watch.errors.values()) == {"guest"}
    assert any(error.startswith(f"guest failed in {hook}: ") and words in error for error in told.watch.errors)
    health = told.watch.health["guest"]
    assert health["failures"] > 0
    assert health["last_error"] in told.watch.errors
    assert not any(other["failures"] for name, other in told.watch.health.items() if name != "guest")
    assert list(told.found) == ["plugin guest"]
    assert any(words in message for message in told.found["plugin guest"])


# the tests


@pytest.mark.parametrize("kind", HOLDS)
def test_a_hold_that_fails_closes_the_day_and_changes_nothing_else(
    house: Engine, held: list[dict[str, Any]], kind: str
) -> None:
    function, words = HOLDS[kind]
    told = decide_with(house, hold_until=function, rehearsed=True)
    assert told.decisions == held
    assert_named(told, "hold_until", words)


@pytest.mark.parametrize("kind", CALENDARS)
def test_a_calendar_that_fails_shuts_the_day_and_changes_nothing_else(
    house: Engine, shut: list[dict[str, Any]], kind: str
) -> None:
    function, words = CALENDARS[kind]
    told = decide_with(house, hold_until=function, rehearsed=True)
    assert told.decisions == shut
    assert_named(told, "hold_until", words)


@pytest.mark.parametrize("kind", OTHERS)
def test_whatever_else_fails_is_left_out_and_changes_nothing_else(
    house: Engine, alone: list[dict[str, Any]], kind: str
) -> None:
    hook, function, words = OTHERS[kind]
    told = decide_with(house, **{hook: function}, rehearsed=True)
    assert told.decisions == alone
    assert_named(told, hook, words)


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_a_plugin_does_to_its_own_copy_or_with_its_time_changes_nothing(
    house: Engine, alone: list[dict[str, Any]], kind: str
) -> None:
    hooks = dict.fromkeys(
        ("ask_from", "hold_until", "limit", "worth", "question_worth", "channel_worth", "send_at"), HARMLESS[kind]
    )
    told = decide_with(house, **hooks, rehearsed=True)
    assert told.decisions == alone
    assert (told.watch.errors, told.found) == ({}, {})
    assert told.watch.health["guest"]["calls"] >= len(hooks)


@pytest.mark.parametrize("lasting", LASTING.values(), ids=list(LASTING))
def test_whatever_a_limit_says_of_its_places_a_forecast_is_what_comes(house: Engine, lasting: Any) -> None:
    assert_foreseen(house, limit=lasting)


@pytest.mark.parametrize("factor", [0.0, 1e-300, 1e300])
def test_whatever_an_answer_is_worth_after_an_ask_a_forecast_is_what_comes(house: Engine, factor: float) -> None:
    asked = pl.col("last_asked_on").is_not_null()
    assert_foreseen(house, worth=saying(pl.when(asked).then(factor).otherwise(1.0)))


def assert_foreseen(house: Engine, **hooks: Any) -> None:
    guest = SimpleNamespace(__name__="guest", **{name: hookimpl(it, specname=name) for name, it in hooks.items()})
    house = replace(house, plugins=build_plugins([guest]))
    with house.plugins.watched():
        looking, jumping = (foresee(house, TODAY, 120, kind) for kind in (Ahead, Course))
    assert jumping.asks.height
    assert looking.asks.equals(jumping.asks)
