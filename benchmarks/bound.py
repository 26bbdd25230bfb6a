"""What no choice under limits can surpass: the optimum of the linear programme, by HiGHS (https://highs.dev).

A choice gives each candidate a place in all of their limits, or none. Where halves are allowed, too, the best total is
a bound for every whole choice.
"""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np
import numpy.typing as npt

from engine.decide.allocation import Shared

Floats = npt.NDArray[np.float64]


def upper_bound(limits: Sequence[Shared], worth: Floats) -> float:
    """The most that a choice can be worth in total. Raises where HiGHS finds no optimum."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.passModel(_programme(limits, worth))
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise ArithmeticError(f"HiGHS: {solver.modelStatusToString(solver.getModelStatus())}")
    return float(solver.getInfo().objective_function_value)


def _programme(limits: Sequence[Shared], worth: Floats) -> highspy.HighsLp:
    """Maximise the worth of those chosen, each at most once; one row for each group of each limit."""
    candidates = np.arange(len(worth))
    rows = np.cumsum([0, *(len(limit.taken) for limit in limits)])
    takes = [(limit.group >= 0) & ~limit.holds for limit in limits]
    column = np.concatenate([candidates[mask] for mask in takes])
    row = np.concatenate([limit.group[mask] + first for limit, mask, first in zip(limits, takes, rows, strict=False)])
    order = np.lexsort((row, column))
    programme = highspy.HighsLp()
    programme.num_col_, programme.num_row_ = len(worth), int(rows[-1])
    programme.sense_ = highspy.ObjSense.kMaximize
    programme.col_cost_ = worth
    programme.col_lower_, programme.col_upper_ = np.zeros(len(worth)), np.ones(len(worth))
    programme.row_lower_ = np.full(rows[-1], -highspy.kHighsInf)
    programme.row_upper_ = np.concatenate([_room(limit, mask) for limit, mask in zip(limits, takes, strict=True)])
    programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    programme.a_matrix_.start_ = np.searchsorted(column[order], np.arange(len(worth) + 1)).astype(np.int32)
    programme.a_matrix_.index_ = row[order].astype(np.int32)
    programme.a_matrix_.value_ = np.ones(len(order))
    return programme


def _room(limit: Shared, takes: npt.NDArray[np.bool_]) -> Floats:
    """Places left in each group, for whoever has the most generous setting."""
    most = np.zeros(len(limit.taken), dtype=np.int64)
    np.maximum.at(most, limit.group[takes], limit.at_most[takes])
    return np.maximum(most - limit.taken, 0).astype(np.float64)
