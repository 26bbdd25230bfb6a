"""Versions of the plan, as changes: what was set where, by whom and why; applied, compared, and taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.types import SettingValue

Where = tuple[str, str]
"""A layer and whose, as in SettingValue."""


@dataclass(frozen=True)
class Step:
    """One setting of a change. None: nothing is set there, so that the layer above counts."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """Settings that were changed together, at one layer. `reverts`: the number of the change that this one undid."""

    number: int
    at: datetime
    author: str
    comment: str
    where: Where
    steps: tuple[Step, ...]
    reverts: int | None = None


def find_steps(values: Iterable[SettingValue], where: Where, wanted: Mapping[str, Any]) -> tuple[Step, ...]:
    """What is to be done so that `wanted` stands there (None: nothing); without what stands so already."""
    there = {value.name: value.value for value in values if (value.layer, value.layer_key) == where}
    steps = (Step(name, there.get(name), value) for name, value in wanted.items())
    return tuple(step for step in steps if step.before != step.after)


def apply_steps(
    values: Iterable[SettingValue], where: Where, steps: Iterable[Step], author: str = "", at: datetime | None = None
) -> list[SettingValue]:
    """What is set once the steps are done."""
    after = {step.name: step.after for step in steps}
    kept = [value for value in values if (value.layer, value.layer_key) != where or value.name not in after]
    return kept + [SettingValue(name, *where, value, author, at) for name, value in after.items() if value is not None]


def compare(changes: Iterable[Change]) -> dict[tuple[str, Where], tuple[Any, Any]]:
    """Before the first and after the last of these changes, which are in order: what differs, by setting and layer."""
    ends: dict[tuple[str, Where], tuple[Any, Any]] = {}
    for change in changes:
        for step in change.steps:
            key = step.name, change.where
            ends[key] = ends.get(key, (step.before, None))[0], step.after
    return {key: (before, after) for key, (before, after) in ends.items() if before != after}


def find_later(change: Change, later: Iterable[Change]) -> dict[str, Change]:
    """Those of its settings that a later change touched, each with the last one. What was taken back counts no more."""
    own = {step.name for step in change.steps}
    undone: set[int] = set()
    found: dict[str, Change] = {}
    for other in sorted(later, key=lambda other: other.number, reverse=True):
        if other.number in undone or other.where != change.where:
            continue
        if other.reverts is not None and other.reverts > change.number:
            undone.add(other.reverts)
            continue
        for name in own & {step.name for step in other.steps}:
            found.setdefault(name, other)
    return found
