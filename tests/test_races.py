"""Planners side by side: tests/races.py with threads, and few rounds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.races import furnish, race


def test_planners_side_by_side_keep_every_promise(database: str) -> None:
    furnish(database)
    with ThreadPoolExecutor(5) as executor:
        said = race(database, executor, planners=4, rounds=6)
    assert said.total() == 30
    assert said["asked"] >= 6
