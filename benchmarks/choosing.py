"""P6: choosing who is asked under all limits, and how near that comes to the best choice there can be.

For 1,000,000 contacts, of whom about a fifth would be asked today, and once more where everybody would be. The
baseline takes turns in a plain loop, one candidate after the other, for the same groups; it must choose the same. The
bound is the linear programme's, on 10,000 contacts (benchmarks/bound.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import polars as pl

from benchmarks.books import make_book
from benchmarks.bound import upper_bound
from benchmarks.deciding import MILLION
from benchmarks.figures import Figure, faster, near, within
from benchmarks.measures import alternate
from engine.decide.allocation import Integers, Shared
from engine.decide.book import Book
from engine.decide.limits import choose_asks, order_of, share_places
from engine.decide.plan import resolve
from engine.decide.planner import Decisions, decide
from engine.registry import build_plugins
from engine.types import Limit, SettingValue

ROUNDS = 5
BOUNDED = 10_000
ROOM = [SettingValue("owner_capacity.open_followups", "house", "", 60)]
"""For owners of 25 accounts."""


def measure(contacts: int) -> Iterator[Figure]:
    for name, asked in (("a fifth would be asked", False), ("everybody would be asked", True)):
        found = decide_house(make_book(contacts), contacts, asked=asked)
        taken = alternate({"ours": partial(_choose, found), "loop": partial(_take_turns, found)}, ROUNDS)
        ours, loop = taken["ours"], taken["loop"]
        note = f"{_candidates(found).size:,} candidates; CPU {ours.cpu:.2f} s"
        yield within(f"P6 choosing, {name}", ours.wall, 0.5 * contacts / MILLION, note=note)
        yield faster(f"P6 choosing, {name}, one by one", ours.wall, loop.wall, 1)
    total, bound = compare_with_bound(min(contacts, BOUNDED))
    yield near("P6 the best choice there can be, over ours", bound, total, 1.01, "worth")


def decide_house(book: Book, room: int, *, asked: bool = False) -> Decisions:
    """A house decided for under every built-in strategy; with `asked`, no hold has a say. `room`: e-mails a day."""
    plugins = build_plugins()
    plan = resolve(book, plugins.catalog, [*ROOM, SettingValue("channel_capacity.email", "house", "", room)])
    strategies = [each for each in plugins.strategies if not asked or "hold_until" not in each.hooks]
    return decide(book, plan, strategies, ("email",))


def compare_with_bound(contacts: int) -> tuple[float, float]:
    """The total worth of those who are asked, and the most that it could be.

    Every third contact is the same person as one at another account, so that limits cross each other: where each lies
    within the next, as accounts within owners, taking the best first is the best choice there is.
    """
    book = make_book(contacts)
    shared = pl.when(pl.col("contact_id") % 3 == 0).then(pl.col("contact_id") * 7 % contacts)
    persons = book.frame.with_columns(person_id=shared.otherwise("contact_id"))
    found = decide_house(Book(persons, book.kinds), contacts // 6, asked=True)
    worth, chosen = found.frame["worth"].to_numpy(), (found.frame["decision"] == "ask").to_numpy()
    return float(worth[chosen].sum()), upper_bound(_shared(found), worth[_candidates(found)])


def _candidates(found: Decisions) -> Integers:
    return found.frame["decision"].is_in(["ask", "limited"]).arg_true().to_numpy().astype(np.int64)


def _before(found: Decisions) -> pl.DataFrame:
    """As it was before limits chose."""
    return found.frame.with_columns(pl.col("decision").replace("limited", "ask"))


def _choose(found: Decisions) -> list[pl.Series]:
    return choose_asks(_before(found), found.said, found.plan.frame)


def _shared(found: Decisions) -> list[Shared]:
    candidates = _candidates(found)
    return [share_places(say, found.said.frame, found.plan.frame, candidates) for say in found.said.of(Limit)]


def _take_turns(found: Decisions) -> None:
    """The rule as one would first write it down."""
    candidates, limits = _candidates(found), _shared(found)
    taken = [limit.taken.tolist() for limit in limits]
    asked = np.zeros(candidates.size, dtype=bool)
    for candidate in order_of(found.frame, candidates).tolist():
        wants = [
            (place, limit.group[candidate])
            for place, limit in enumerate(limits)
            if limit.group[candidate] >= 0 and not limit.holds[candidate]
        ]
        if all(taken[place][group] < limits[place].at_most[candidate] for place, group in wants):
            asked[candidate] = True
            for place, group in wants:
                taken[place][group] += 1
    if not np.array_equal(asked, (found.frame["decision"][candidates] == "ask").to_numpy()):
        raise AssertionError("the loop chose others")
