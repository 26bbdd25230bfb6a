"""Choosing under limits: what the vectors do is what taking turns one by one does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.allocation import Allocation, Shared, choose


def shared(
    group: list[int],
    at_most: list[int],
    taken: list[int],
    holds: list[bool] | None = None,
    binds: list[bool] | None = None,
    seat: list[int] | None = None,
) -> Shared:
    return Shared(
        np.array(group, dtype=np.int64),
        np.array(at_most, dtype=np.int64),
        np.array(taken, dtype=np.int64),
        np.array(holds or [False] * len(group), dtype=bool),
        np.array(binds or [True] * len(group), dtype=bool),
        np.array(seat, dtype=np.int64) if seat else None,
    )


def chosen(allocation: Allocation) -> list[bool]:
    return (allocation.bound_by < 0).tolist()


def take_turns(limits: list[Shared], order: list[int]) -> tuple[list[bool], list[list[int]]]:
    """The rule itself: in their order, a place in every limit or in none."""
    taken = [limit.taken.tolist() for limit in limits]
    seated: set[tuple[int, int]] = set()
    won, used = [False] * len(order), [[-1] * len(order) for _ in limits]
    for candidate in order:
        mine = [
            (place, int(limit.group[candidate])) for place, limit in enumerate(limits) if limit.group[candidate] >= 0
        ]
        for place, group in mine:
            if limits[place].at_most[candidate] >= 0:
                used[place][candidate] = taken[place][group]
        seats = {place: limit.seat[candidate] for place, limit in enumerate(limits) if limit.seat is not None}
        wants = [
            (place, group)
            for place, group in mine
            if not limits[place].holds[candidate] and (place, seats.get(place)) not in seated
        ]
        won[candidate] = all(
            taken[place][group] < limits[place].at_most[candidate] or not limits[place].binds[candidate]
            for place, group in wants
        )
        for place, group in wants if won[candidate] else ():
            taken[place][group] += 1
            seated |= {(place, seats[place])} if seats.get(place, -1) >= 0 else set()
    return won, used


def test_the_best_get_the_places() -> None:
    allocation = choose([shared([0, 0, 0], [2, 2, 2], [0])], np.array([2, 0, 1]))
    assert chosen(allocation) == [True, False, True]
    assert allocation.used[0].tolist() == [1, 2, 0]


def test_whoever_holds_a_place_takes_no_other() -> None:
    assert chosen(choose([shared([0, 0], [1, 1], [1], [True, False])], np.array([0, 1]))) == [True, False]


def test_one_person_takes_one_place_however_often_they_are_asked() -> None:
    allocation = choose([shared([0, 0, 0], [1, 1, 1], [0], seat=[7, -1, 7])], np.array([0, 1, 2]))
    assert chosen(allocation) == [True, False, True]
    assert allocation.used[0].tolist() == [0, 1, 1]


def test_a_candidate_refused_by_one_limit_takes_no_place_in_another() -> None:
    narrow, wide = shared([0, -1], [0, 0], [0]), shared([0, 0], [1, 1], [0])
    assert chosen(choose([narrow, wide], np.array([0, 1]))) == [False, True]


def test_who_is_not_bound_by_a_limit_takes_a_place_all_the_same() -> None:
    assert chosen(choose([shared([0, 0], [1, 1], [0], binds=[False, True])], np.array([0, 1]))) == [True, False]
    assert chosen(choose([shared([0, 0], [1, 1], [1], binds=[False, True])], np.array([0, 1]))) == [True, False]


def test_who_has_no_limit_takes_a_place_too_and_is_told_of_none() -> None:
    allocation = choose([shared([0, 0], [-1, 1], [0], binds=[False, True])], np.array([0, 1]))
    assert chosen(allocation) == [True, False]
    assert allocation.used[0].tolist() == [-1, 1]


def test_without_candidates_nothing_is_chosen() -> None:
    assert chosen(choose([shared([], [], [])], np.array([], dtype=np.int64))) == []


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[Shared], list[int]]:
    size = draw(st.integers(1, 12))
    limits = []
    for _ in range(draw(st.integers(0, 3))):
        groups = draw(st.integers(1, 4))
        group = draw(st.lists(st.integers(-1, groups - 1), min_size=size, max_size=size))
        person = draw(st.lists(st.integers(0, 5), min_size=size, max_size=size))
        seats = list(zip(group, person, strict=True))
        holders = draw(st.sets(st.sampled_from(seats)))
        at_most = draw(st.lists(st.integers(-1, 3), min_size=size, max_size=size))
        binds = draw(st.lists(st.booleans(), min_size=size, max_size=size))
        limits.append(
            shared(
                group,
                at_most,
                draw(st.lists(st.integers(0, 3), min_size=groups, max_size=groups)),
                [seat in holders for seat in seats],
                [bound and most >= 0 for bound, most in zip(binds, at_most, strict=True)],
                draw(
                    st.sampled_from([None, [10 * at + who if seats.count((at, who)) > 1 else -1 for at, who in seats]])
                ),
            )
        )
    return limits, draw(st.permutations(range(size)))


@given(problems())
def test_it_is_the_same_as_taking_turns_one_by_one(problem: tuple[list[Shared], list[int]]) -> None:
    limits, order = problem
    allocation = choose(limits, np.array(order, dtype=np.int64))
    won, used = take_turns(limits, order)
    assert chosen(allocation) == won
    assert [column.tolist() for column in allocation.used] == used
    for candidate, place in enumerate(allocation.bound_by.tolist()):
        if place >= 0:
            assert limits[place].group[candidate] >= 0
            assert allocation.used[place][candidate] >= limits[place].at_most[candidate]
