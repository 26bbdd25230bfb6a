"""Choosing among competing asks under shared limits: greedily by worth, the same whatever order they come in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
TURN = 32
"""Bits that tell candidates apart."""


@dataclass(frozen=True)
class Shared:
    """One limit, for the candidates in their order. A group is the candidates that share its columns."""

    group: Integers
    """Each candidate's group; -1: none, or one in which nobody is limited."""
    at_most: Integers
    """-1: as many as there are."""
    taken: Integers
    """Per group: the places that are already held."""
    holds: Mask
    """Candidates whose person already holds a place of the group: asking them takes none."""
    binds: Mask
    """Candidates whom it may refuse. The others, who have no limit or for whom it is on trial or off, take a place all
    the same."""
    seat: Integers | None = None
    """Candidates with the same number are one person, and take one place together; -1: nobody else is this person.
    None: so it is for everybody."""


@dataclass(frozen=True)
class Allocation:
    bound_by: Integers
    """Per candidate: the place of the limit that left them out; -1: chosen."""
    used: tuple[Integers, ...]
    """Per limit and candidate: places of the group that were taken when their turn came; -1: not limited by it."""


def choose(limits: Sequence[Shared], order: Integers) -> Allocation:
    """Give each candidate a place in all of their limits, or in none, best first. `order`: candidates, best first."""
    bound_by = np.full(len(order), -1, dtype=np.int64)
    limits = [limit if len(limit.taken) else replace(limit, taken=np.zeros(1, dtype=np.int64)) for limit in limits]
    for place, limit in reversed(list(enumerate(limits))):
        # a group that is full from the start refuses everyone, whatever their turn
        refuses = _takes(limit) & limit.binds & (limit.taken[limit.group] >= limit.at_most)
        if limit.seat is not None:
            refuses &= limit.seat < 0  # the same person may have got in as somebody whom it may not refuse
        bound_by[refuses] = place
    open_ = bound_by < 0
    contended = [
        (place, limit, _takes(limit) & open_ & _is_contended(limit, open_)) for place, limit in enumerate(limits)
    ]
    anywhere = np.zeros(len(order), dtype=bool)
    for _, _, here in contended:
        anywhere |= here
    _take_turns(contended, order[anywhere[order]], bound_by)
    return Allocation(bound_by, tuple(_used(limit, order, bound_by < 0) for limit in limits))


def _takes(limit: Shared) -> Mask:
    """Who would take a place."""
    takes: Mask = (limit.group >= 0) & ~limit.holds
    return takes


def _is_contended(limit: Shared, open_: Mask) -> Mask:
    """Whose group may run out of places: where not, nobody needs to take turns."""
    takes = _takes(limit) & open_
    wanted = limit.taken + np.bincount(limit.group[takes], minlength=len(limit.taken))
    short = np.zeros(len(limit.taken), dtype=bool)
    refusable = takes & limit.binds
    short[limit.group[refusable][wanted[limit.group[refusable]] > limit.at_most[refusable]]] = True
    contended: Mask = short[limit.group] & takes
    return contended


def _take_turns(contended: Sequence[tuple[int, Shared, Mask]], order: Integers, bound_by: Integers) -> None:
    # plain lists: in a loop that reads single items they are several times faster than arrays
    contended = [each for each in contended if each[2].any()]
    tables = [
        (place, np.where(here, limit.group, -1).tolist(), _refuses_at(limit).tolist(), limit.taken.tolist())
        for place, limit, here in contended
    ]
    twins = _find_twins(contended, [table[1] for table in tables])
    for candidate in order.tolist():
        takes = []
        for place, group, at_most, taken in tables:
            shared = group[candidate]
            if shared < 0:
                continue
            if taken[shared] >= at_most[candidate]:
                bound_by[candidate] = place
                break
            takes.append((taken, shared))
        else:
            for taken, shared in takes:
                taken[shared] += 1
            if candidate in twins:
                for group, other in twins[candidate]:
                    group[other] = -1


def _find_twins(
    contended: Sequence[tuple[int, Shared, Mask]], groups: Sequence[list[int]]
) -> dict[int, list[tuple[list[int], int]]]:
    """By candidate, who needs no place of their own once they are chosen, because it is the same person: and where."""
    found: dict[int, list[tuple[list[int], int]]] = {}
    for (_, limit, _), group in zip(contended, groups, strict=True):
        if limit.seat is None:
            continue
        places = np.flatnonzero(limit.seat >= 0)
        by_seat: dict[int, list[int]] = {}
        for place, seat in zip(places.tolist(), limit.seat[places].tolist(), strict=True):
            by_seat.setdefault(seat, []).append(place)
        for alike in by_seat.values():
            for one in alike:
                found.setdefault(one, []).extend((group, other) for other in alike if other != one)
    return found


def _refuses_at(limit: Shared) -> Integers:
    """How many places are taken when a candidate is refused; more than there can be where they never are."""
    return np.where(limit.binds, limit.at_most, np.iinfo(np.int64).max)


def _used(limit: Shared, order: Integers, chosen: Mask) -> Integers:
    """Places of each candidate's group that were taken when their turn came; -1: the limit does not concern them."""
    if limit.group.max(initial=-1) < 0:
        return np.full(len(order), -1, dtype=np.int64)
    # group and turn in one number: sorted without a stable sort, which takes several times as long
    turns = order[np.sort((limit.group[order] << TURN) | np.arange(len(order))) & ((1 << TURN) - 1)]
    group, takes = limit.group[turns], (_takes(limit) & chosen)[turns]
    if limit.seat is not None:
        _seat_once(limit.seat[turns], takes)
    before: Integers = np.cumsum(takes) - takes
    starts = np.flatnonzero(np.diff(group, prepend=-2))
    offset: Integers = np.repeat(before[starts], np.diff(np.append(starts, len(group))))
    used = np.full(len(order), -1, dtype=np.int64)
    used[turns] = np.where((group >= 0) & (limit.at_most[turns] >= 0), limit.taken[group] + before - offset, -1)
    return used


def _seat_once(seats: Integers, takes: Mask) -> None:
    """Let only the first of each person take a place."""
    shared = np.flatnonzero(takes & (seats >= 0))
    _, first = np.unique(seats[shared], return_index=True)
    takes[np.delete(shared, first)] = False
