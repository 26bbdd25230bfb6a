"""Limits, from what strategies said to who is left out: candidates are those who would be asked today."""

from __future__ import annotations

import numpy as np
import polars as pl

from engine.decide.allocation import Integers, Mask, Shared, choose
from engine.decide.says import Said, Say, binding
from engine.types import Limit

ORDER = {"worth": True, "reason_on": False, "account_key": False, "contact_key": False}
"""What goes first: more worth, then the older reason, then the key. True: descending."""


def choose_asks(decided: pl.DataFrame, said: Said, frame: pl.DataFrame) -> list[pl.Series]:
    """`decision` (limited where somebody was left out), `bound_by`, `rank` and `used:N`, for every row.

    `decided`: decision, worth and reason_on of the rows; `frame`: the columns that limits share places by.
    """
    candidates = (decided["decision"] == "ask").arg_true().to_numpy().astype(np.int64)
    limits = [share_places(say, said.frame, frame, candidates) for say in said.of(Limit)]
    order = order_of(decided, candidates)
    chosen = choose(limits, order)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    columns = {"bound_by": chosen.bound_by, "rank": rank}
    columns |= {f"used:{place}": used for place, used in enumerate(chosen.used)}
    spread = [_spread(name, decided.height, candidates, column) for name, column in columns.items()]
    left_out = (spread[0] >= 0).fill_null(value=False)
    return [decided["decision"].set(left_out, "limited"), *spread]


def order_of(decided: pl.DataFrame, candidates: Integers) -> Integers:
    """The candidates' places, best first."""
    keys = decided.select(*ORDER)[candidates].with_row_index("place")
    return keys.sort(*ORDER, descending=[*ORDER.values()])["place"].to_numpy().astype(np.int64)


def _spread(name: str, height: int, rows: Integers, values: Integers) -> pl.Series:
    """Values of some rows as a column; null elsewhere and where they are negative."""
    column = np.full(height, -1, dtype=np.int64)
    column[rows] = values
    series = pl.Series(name, column)
    return series.set(series < 0, None)


def share_places(say: Say, said: pl.DataFrame, frame: pl.DataFrame, candidates: Integers) -> Shared:
    """A limit as the candidates meet it. Rows without a value in the shared columns are not limited."""
    assert isinstance(say.what, Limit)
    places = _column(say, "used", said)
    # who neither wants a place nor tells of any changes nothing
    wanted = np.zeros(said.height, dtype=bool)
    wanted[candidates] = True
    rows = np.flatnonzero((places > 0) | wanted)
    here = np.searchsorted(rows, candidates)
    number, groups = _number_groups(frame.select(say.what.per)[rows], here)
    at_most = said[say["at_most"]][candidates]
    group = np.where(at_most.is_null().to_numpy(), -1, number[here])
    binds = binding(say, said)[candidates]
    most = at_most.fill_null(0).to_numpy().astype(np.int64)
    if "used" in say.columns and said[say["used"]].dtype == pl.Boolean:
        seats = pl.DataFrame({"group": number, "person": frame["person_id"][rows]})
        holders = seats.filter(pl.Series(places[rows] > 0) & (pl.col("group") >= 0)).unique()
        taken = np.bincount(holders["group"].to_numpy(), minlength=groups)
        return Shared(group, most, taken, _hold(seats[here], holders), binds)
    holds = _column(say, "holds", said)[candidates] > 0
    return Shared(group, most, _taken(places[rows], number, groups), holds, binds)


def _column(say: Say, name: str, said: pl.DataFrame) -> Integers:
    """One of the limit's columns as numbers; nothing where it was not said."""
    if name not in say.columns:
        return np.zeros(said.height, dtype=np.int64)
    return said[say[name]].cast(pl.Int64).fill_null(0).to_numpy()


def _hold(seats: pl.DataFrame, holders: pl.DataFrame) -> Mask:
    """Who holds a place: the person, as whichever contact, so that nobody is refused the place they have."""
    told = seats.join(holders.with_columns(holds=True), on=["group", "person"], how="left", maintain_order="left")
    holds: Mask = told["holds"].fill_null(value=False).to_numpy()
    return holds


def _number_groups(keys: pl.DataFrame, candidates: Integers) -> tuple[Integers, int]:
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
