"""A guess at who is asked next: it saves looks, and is never what is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.decide import ahead
from engine.decide.ahead import Ahead
from engine.decide.likely import Candidate, Guess, Habits, Lasting
from tests.disagreements import Houses, bring_in
from tests.generated_books import random_scene
from tests.test_forecast import DAYS, foresee, foreseeable

SEEDS = (3001, 5001, 5003)
ACCOUNT: Any = None
"""What the limit says is of no concern here."""


def habits(people: int, *, rest: int = 90, places_for: int = 30, fades: float = 0.0) -> Habits:
    account = Lasting(ACCOUNT, [0] * people, [places_for] * people)
    return Habits(list(range(people)), [rest] * people, [fades] * people, [account])


def every_day(people: int, days: Sequence[int], *, places: int) -> list[Candidate]:
    """Everybody would be asked on each of the days; the first are worth most."""
    each = [(day, row) for day in days for row in range(people)]
    return [Candidate(place, row, day, -float(row), row, [places], [0]) for place, (day, row) in enumerate(each)]


def asked(guess: Guess, candidates: list[Candidate]) -> list[tuple[int, int]]:
    return [(candidates[place].day, candidates[place].row) for place in guess.make(candidates)]


def test_a_place_is_free_again_after_its_days() -> None:
    candidates = every_day(3, range(1, 70), places=1)
    assert asked(Guess(habits(3), {}), candidates) == [(1, 0), (31, 1), (61, 2)]


def test_whoever_was_asked_rests() -> None:
    candidates = every_day(1, range(1, 200), places=5)
    assert asked(Guess(habits(1, rest=90), {}), candidates) == [(1, 0), (91, 0), (181, 0)]


def test_whoever_is_worth_less_after_an_ask_comes_later() -> None:
    candidates = every_day(2, range(1, 70), places=1)
    fading, lasting = habits(2, rest=10, fades=-2.0), habits(2, rest=10)
    assert asked(Guess(fading, {}), candidates) == [(1, 0), (31, 1), (61, 0)]
    assert asked(Guess(lasting, {}), candidates) == [(1, 0), (31, 0), (61, 0)]


def test_a_place_that_was_only_supposed_to_be_taken_is_free() -> None:
    """Somebody was supposed to be asked on day 1, and the book of day 5 shows their place as taken."""
    candidate = Candidate(0, 1, 5, 1.0, 0, [1], [1])
    assert Guess(habits(2), {1: {0}}).make([candidate]) == [0]
    assert Guess(habits(2), {}).make([candidate]) == []


def test_who_needs_no_place_is_asked_where_there_is_none() -> None:
    assert Guess(habits(1), {}).make([Candidate(0, 0, 1, 1.0, 0, [-1], [9])]) == [0]


def test_guesses_save_looks_and_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    houses = Houses(tmp_path)
    guessed = [count_looks(houses, seed, monkeypatch) for seed in SEEDS]
    monkeypatch.setattr(ahead.Guess, "make", lambda self, candidates: [])
    blind = [count_looks(houses, seed, monkeypatch) for seed in SEEDS]
    assert all(one.equals(other) for (_, one), (_, other) in zip(guessed, blind, strict=True))
    assert sum(looks for looks, _ in guessed) < sum(looks for looks, _ in blind)


def count_looks(houses: Houses, seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, pl.DataFrame]:
    looks: list[int] = []
    look = Ahead._look
    with houses.new() as engine, monkeypatch.context() as patch:
        patch.setattr(Ahead, "_look", lambda *args: looks.append(args[2]) or look(*args))
        scene = bring_in(engine, foreseeable(random_scene(seed, contacts=12)), houses.folder)
        asks = foresee(engine, scene.on, 4 * DAYS, Ahead).asks
    return len(looks), asks
