"""Choosing among competing asks under shared limits: greedily by worth, the same whatever order they come in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shared:
    """One limit, for the candidates in their order. A group is the candidates that share its columns."""

    group: Integers
    """Each candidate's group; -1: not limited."""
    at_most: Integers
    taken: Integers
    """Per group: the places that are already held."""
    holds: npt.NDArray[np.bool_]
    """Candidates whose person already holds a place of the group: asking them takes none."""


@dataclass(frozen=True)
class Allocation:
    bound_by: Integers
    """Per candidate: the place of the limit that left them out; -1: chosen."""
    used: tuple[Integers, ...]
    """Per limit and candidate: places of the group that were taken when their turn came; -1: not limited by it."""


def choose(limits: Sequence[Shared], order: Integers) -> Allocation:
    """Give each candidate a place in all of their limits, or in none, best first. `order`: candidates, best first."""
    # plain lists: in a loop that reads single items they are several times faster than arrays
    tables = [(s.group.tolist(), s.at_most.tolist(), s.taken.tolist(), s.holds.tolist()) for s in limits]
    used = [[-1] * len(order) for _ in limits]
    bound_by = [-1] * len(order)
    for candidate in order.tolist():
        takes = []
        for place, (group, at_most, taken, holds) in enumerate(tables):
            shared = group[candidate]
            if shared < 0:
                continue
            used[place][candidate] = taken[shared]
            if holds[candidate]:
                continue
            if taken[shared] >= at_most[candidate] and bound_by[candidate] < 0:
                bound_by[candidate] = place
            takes.append((taken, shared))
        if bound_by[candidate] < 0:
            for taken, shared in takes:
                taken[shared] += 1
    return Allocation(np.array(bound_by, dtype=np.int64), tuple(np.array(column, dtype=np.int64) for column in used))
