"""The planner: (Book, plan, strategies) → for every contact the next day to ask, why, and whether it is today.

For each reason the first day on or after max(reason date, today) that no hold covers and no calendar shuts; the
earliest occasion wins; then limits choose among those who would be asked today. Pure: no SQL, no clock, the same
whatever the batch or the order of its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from engine.decide.allocation import Integers, Shared, choose
from engine.decide.book import Book
from engine.decide.calendars import NEVER_DAY, Days, Rows
from engine.decide.plan import Plan
from engine.decide.rule import NO_DAY, Found, Mask, Rule, in_order
from engine.decide.says import Said, Say, Strategy, ask_strategies
from engine.types import Limit


@dataclass(frozen=True)
class Decisions:
    """What was decided. `frame`, one row per contact in the Book's order: contact_id, account_id, person_id, today,
    decision (ask, hold, limited, no_reason), occasion, next_ask_on (null: never), reason (its place in `reasons`; -1:
    none), reason_on, about (kind of touchpoint it follows), worth, rank (who comes first under limits), bound_by (the
    place of the limit that left them out; -1: none), `left:N` (whether the N-th reason is left), `used:N` (places taken
    at the N-th limit when their turn came; null: not limited by it).
    """

    plan: Plan
    said: Said
    frame: pl.DataFrame

    @property
    def reasons(self) -> list[Say]:
        return in_order(self.said)

    @property
    def limits(self) -> list[Say]:
        return self.said.of(Limit)


def decide(book: Book, plan: Plan, strategies: Iterable[Strategy]) -> Decisions:
    """Decide for every row of the Book. Limits choose among these rows: give whole accounts and whole persons."""
    return weigh(ask_strategies(book, plan, strategies), plan)


def weigh(said: Said, plan: Plan) -> Decisions:
    """Decide from what the strategies said of the rows of the plan."""
    decided = plan.frame.select("contact_id", "account_id", "person_id", "contact_key", "account_key", "today")
    rule = Rule(plan.frame, said)
    decided = decided.hstack([*_outcome(rule.find(), rule, said), _worth(said, plan.frame.height)])
    return Decisions(plan, said, decided.with_columns(*_limit(decided, said, plan.frame)))


# the rule


def _outcome(found: Found, rule: Rule, said: Said) -> list[pl.Series]:
    """`left:N`, about, decision, occasion, reason, next_ask_on and reason_on of each row, before any limit."""
    reason = pl.Series("reason", found.reason)
    return [
        *(pl.Series(f"left:{number}", left) for number, left in enumerate(found.left)),
        _about(said, reason),
        *rule.tell(found),
        reason,
        _dates("next_ask_on", found.day, found.day >= NEVER_DAY),
        _dates("reason_on", found.reason_on, found.reason_on == NO_DAY),
    ]


def _about(said: Said, reason: pl.Series) -> pl.Series:
    """What the reason is about, where it says so."""
    told = [
        pl.when(reason == place).then(say["about"])
        for place, say in enumerate(in_order(said))
        if "about" in say.columns
    ]
    if not told:
        return pl.Series("about", [None], dtype=pl.String).new_from_index(0, len(reason))
    return said.frame.select(about=pl.coalesce(told)).to_series()


def _dates(name: str, days: Days, null: Mask) -> pl.Series:
    dates = days.astype("datetime64[D]")
    dates[null] = np.datetime64("NaT")
    return pl.Series(name, dates, dtype=pl.Date)


# limits


def _worth(said: Said, height: int) -> pl.Series:
    """The factors multiplied. What is no number counts as 1; each stays between a millionth and a million million."""
    worth = np.ones(height)
    for say in said.of(pl.Expr):
        factor = np.nan_to_num(said.frame[say["worth"]].to_numpy(), nan=1).clip(1e-6, 1e12)  # null comes as NaN
        worth *= np.where(_binding(say, said.frame), factor, 1)
    return pl.Series("worth", worth)


def _limit(decided: pl.DataFrame, said: Said, frame: pl.DataFrame) -> list[pl.Series]:
    """Choose among those who would be asked today."""
    asked = decided["decision"] == "ask"
    candidates = asked.arg_true().to_numpy().astype(np.intp)
    limits = [_shared(say, said.frame, frame, candidates) for say in said.of(Limit)]
    keys = decided[candidates].select("worth", "reason_on", "account_key", "contact_key")
    order = keys.with_row_index("place").sort(*keys.columns, descending=[True, False, False, False])["place"].to_numpy()
    chosen = choose(limits, order.astype(np.int64))
    bound_by = np.full(decided.height, -1)
    bound_by[candidates] = chosen.bound_by
    decision = decided["decision"].set(pl.Series(bound_by >= 0), "limited")
    columns = {"rank": np.argsort(order)} | {f"used:{place}": column for place, column in enumerate(chosen.used)}
    spread = [_spread(name, decided.height, candidates, column) for name, column in columns.items()]
    return [decision, pl.Series("bound_by", bound_by), *spread]


def _spread(name: str, height: int, rows: Rows, values: Integers) -> pl.Series:
    """Values of some rows as a column; null elsewhere and where they are negative."""
    column = np.full(height, -1, dtype=np.int64)
    column[rows] = values
    series = pl.Series(name, column)
    return series.set(series < 0, None)


def _shared(say: Say, said: pl.DataFrame, frame: pl.DataFrame, candidates: Rows) -> Shared:
    """A limit as the candidates meet it. Rows without a value in the shared columns are not limited."""
    assert isinstance(say.what, Limit)
    used = said[say["used"]] if "used" in say.columns else pl.repeat(value=False, n=said.height, eager=True)
    places = used.cast(pl.Int64).fill_null(0).to_numpy()
    # who neither wants a place nor tells of any changes nothing
    rows = np.flatnonzero((places > 0) | _mask(said.height, candidates))
    here = np.searchsorted(rows, candidates)
    number, groups = _number_groups(frame.select(say.what.per)[rows], here)
    group = np.where(_binding(say, said)[candidates], number[here], -1)
    at_most = said[say["at_most"]].fill_null(0).to_numpy()[candidates].astype(np.int64)
    if used.dtype != pl.Boolean:
        return Shared(group, at_most, _taken(places[rows], number, groups), np.zeros(len(candidates), dtype=bool))
    seats = pl.DataFrame({"group": number, "person": frame["person_id"][rows]})
    holders = seats.filter(pl.Series(places[rows] > 0) & (pl.col("group") >= 0)).unique()
    taken = np.bincount(holders["group"].to_numpy(), minlength=groups)
    return Shared(group, at_most, taken, _hold(seats[here], holders))


def _hold(seats: pl.DataFrame, holders: pl.DataFrame) -> Mask:
    """Who holds a place: the person, as whichever contact, so that nobody is refused the place they have."""
    told = seats.join(holders.with_columns(holds=True), on=["group", "person"], how="left", maintain_order="left")
    holds: Mask = told["holds"].fill_null(value=False).to_numpy()
    return holds


def _number_groups(keys: pl.DataFrame, candidates: Rows) -> tuple[Integers, int]:
    """Each row's group, of those that candidates are in, and how many there are. -1: none, or a key is not known."""
    groups = keys[candidates].unique(maintain_order=True).with_row_index("number")
    numbers = keys.join(groups, on=keys.columns, how="left", maintain_order="left", nulls_equal=True)
    known = pl.all_horizontal(pl.col(keys.columns).is_not_null())
    number = numbers.select(pl.when(known).then(pl.col("number").cast(pl.Int64)).fill_null(-1)).to_series().to_numpy()
    return number, groups.height


def _taken(places: Integers, group: Integers, groups: int) -> Integers:
    """Places held before the choice, as each row says it of its group."""
    taken = np.zeros(groups, dtype=np.int64)
    rows = np.flatnonzero((places > 0) & (group >= 0))
    np.maximum.at(taken, group[rows], places[rows])
    return taken


# columns


def _binding(say: Say, frame: pl.DataFrame) -> Mask:
    """Where a say decides; in shadow it is only shown."""
    if say.mode is not None:
        return np.full(frame.height, say.mode == "on")
    on: Mask = (frame[say["mode"]] == "on").to_numpy()
    return on


def _mask(height: int, rows: Rows) -> Mask:
    mask = np.zeros(height, dtype=bool)
    mask[rows] = True
    return mask
