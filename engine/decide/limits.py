"""Limits, from what strategies said to who is left out: candidates are those who would be asked today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
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
    left_out = np.zeros(decided.height, dtype=bool)
    left_out[candidates] = chosen.bound_by >= 0
    return [decided["decision"].set(pl.Series(left_out), "limited"), *spread]


def order_of(decided: pl.DataFrame, candidates: Integers) -> Integers:
    """The candidates' places, best first: by ORDER, in numbers, because texts take ten times as long to sort."""
    keys = decided.select(*ORDER)[candidates]
    worth, day = keys["worth"].to_numpy(), keys["reason_on"].cast(pl.Int32).to_numpy()
    account = _rank_runs(keys["account_key"])
    order = np.lexsort((account, day, -worth))
    return _break_ties(order, keys["contact_key"], (worth[order], day[order], account[order]))


def _rank_runs(names: pl.Series) -> Integers:
    """The names' ranks, of which each is worked out once for as many in a row as are the same."""
    runs = names.rle_id().to_numpy()
    first = np.flatnonzero(np.diff(runs, prepend=-1))
    rank: Integers = names[first].rank("dense").to_numpy().astype(np.int64)[runs]
    return rank


def _break_ties(order: Integers, names: pl.Series, sorted_by: Sequence[npt.NDArray[Any]]) -> Integers:
    """Neighbours that are alike in everything else go by name."""
    alike = np.ones(max(len(order) - 1, 0), dtype=bool)
    for values in sorted_by:
        alike &= values[1:] == values[:-1]
    if not alike.any():
        return order
    tied = np.flatnonzero(np.append(alike, False) | np.insert(alike, 0, False))
    run = np.insert(np.cumsum(~alike), 0, 0)[tied]
    ties = pl.DataFrame({"run": run, "place": order[tied]}).with_columns(names[order[tied]].alias("name"))
    order[tied] = ties.sort("run", "name", maintain_order=True)["place"].to_numpy()
    return order


def _spread(name: str, height: int, rows: Integers, values: Integers) -> pl.Series:
    """Values of some rows as a column; null elsewhere and where they are negative."""
    column = np.full(height, -1, dtype=np.int64)
    column[rows] = values
    return pl.Series(name, column).set(pl.Series(column < 0), None)


def share_places(say: Say, said: pl.DataFrame, frame: pl.DataFrame, candidates: Integers) -> Shared:
    """A limit as the candidates meet it. Rows without a value in the shared columns are not limited."""
    assert isinstance(say.what, Limit)
    at_most, binds = said[say["at_most"]], binding(say, said)[candidates]
    nobody = np.zeros(len(candidates), dtype=bool)
    limited = at_most[candidates].is_not_null().to_numpy() if at_most.null_count() else ~nobody
    if not limited.any():
        nowhere = np.full(len(candidates), -1, dtype=np.int64)
        return Shared(nowhere, nowhere, np.zeros(0, dtype=np.int64), nobody, binds)
    places = _column(say, "used", said)
    # who neither wants a place nor tells of any changes nothing
    wanted = places > 0
    wanted[candidates] = True
    rows, here = np.flatnonzero(wanted), (np.cumsum(wanted) - 1)[candidates]
    number, groups = _number_groups(frame.select(say.what.per)[rows], here)
    group = _where_some_are_limited(number[here], limited, groups)
    most, binds = np.where(limited, _numbers(at_most)[candidates], -1), binds & limited
    if "used" in say.columns and said[say["used"]].dtype == pl.Boolean:
        person = frame["person_id"].to_numpy()[rows]
        span = int(person.max(initial=0)) + 1
        seats = number * span + person
        holders = _distinct(seats[(places[rows] > 0) & (number >= 0)])
        taken = np.bincount(holders // span, minlength=groups)
        return Shared(group, most, taken, _among(seats[here], holders), binds, _find_twins(seats[here]))
    holds = _column(say, "holds", said)[candidates] > 0
    return Shared(group, most, _taken(places[rows], number, groups), holds, binds)


def _where_some_are_limited(group: Integers, limited: Mask, groups: int) -> Integers:
    """Who is not limited takes a place all the same, wherever somebody is who may be left without it."""
    some = np.zeros(groups + 1, dtype=bool)  # the last is that of no group
    some[group[limited]] = True
    some[-1] = False
    return np.where(some[group], group, -1)


def _column(say: Say, name: str, said: pl.DataFrame) -> Integers:
    """One of the limit's columns as numbers; nothing where it was not said."""
    if name not in say.columns:
        return np.zeros(said.height, dtype=np.int64)
    return _numbers(said[say[name]])


def _numbers(column: pl.Series) -> Integers:
    """Nothing counts as 0."""
    values = column.cast(pl.Int64).to_numpy()  # where some are null they come as floats, and those as NaN
    return np.nan_to_num(values).astype(np.int64) if column.null_count() else values


def _distinct(values: Integers) -> Integers:
    """Sorted, each once. NumPy's own way, by a hash table, takes several times as long."""
    ordered = np.sort(values)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def _among(values: Integers, known: Integers) -> Mask:
    """Which values are among the known ones, which are sorted."""
    if not len(known):
        return np.zeros(len(values), dtype=bool)
    found: Mask = known[np.minimum(np.searchsorted(known, values), len(known) - 1)] == values
    return found


def _find_twins(seats: Integers) -> Integers | None:
    """The seats that several candidates share, who are one person; -1 for all others. None: there are none."""
    ordered = np.sort(seats)
    shared = ordered[1:][ordered[1:] == ordered[:-1]]
    return np.where(_among(seats, shared), seats, -1) if len(shared) else None


ROOMY = 4
"""Ids that lie no further apart than so many times their number are numbered by a table."""


def _number_groups(keys: pl.DataFrame, candidates: Integers) -> tuple[Integers, int]:
    """Each row's group, of those that candidates are in, and how many there are. -1: none, or a key is not known."""
    if keys.width == 1 and (ids := keys.to_series()).dtype == pl.Int64 and not ids.null_count():
        place: Integers = ids.to_numpy()
        place = place - (place.min() if len(place) else 0)
        span = int(place.max(initial=0)) + 1
        if span <= ROOMY * len(place):
            return _number_ids(place, candidates, span)
    if keys.height < FEW:
        return _number_few(keys, candidates)
    groups = keys[candidates].unique(maintain_order=True).with_row_index("number")
    numbers = keys.join(groups, on=keys.columns, how="left", maintain_order="left", nulls_equal=True)
    known = pl.all_horizontal(pl.col(keys.columns).is_not_null())
    number = numbers.select(pl.when(known).then(pl.col("number").cast(pl.Int64)).fill_null(-1)).to_series().to_numpy()
    return number, groups.height


FEW = 10_000
"""So many rows are numbered in arrays: quicker than to join them."""


def _number_few(keys: pl.DataFrame, candidates: Integers) -> tuple[Integers, int]:
    number, groups = np.zeros(keys.height, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for column in keys:
        code = _numbers(column.rank("dense")) - 1
        number = np.where((number < 0) | (code < 0), -1, number * keys.height + code)
        groups = _distinct(number[candidates])
        groups = groups[groups >= 0]
        number = np.where(_among(number, groups), np.searchsorted(groups, number), -1)
    return number, len(groups)


def _number_ids(ids: Integers, candidates: Integers, span: int) -> tuple[Integers, int]:
    wanted = np.zeros(span, dtype=bool)
    wanted[ids[candidates]] = True
    numbers = np.where(wanted, np.cumsum(wanted) - 1, -1)
    return numbers[ids], int(wanted.sum())


def _taken(places: Integers, group: Integers, groups: int) -> Integers:
    """Places held before the choice, as each row says it of its group."""
    taken = np.zeros(groups, dtype=np.int64)
    rows = np.flatnonzero((places > 0) & (group >= 0))
    np.maximum.at(taken, group[rows], places[rows])
    return taken
