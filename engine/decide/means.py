"""Means of few people's points, with how sure they are: Student's interval, corrected for how many people there are.

Of an account's five people three were heard: what is unknown is what the other two would say, so the interval narrows
as fewer are left (the finite population correction; Cochran, Sampling Techniques, 1977, section 2.6). Points are whole,
so that even people who agree differ by what rounding hides (standard deviation 1/√12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
     2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042)  # fmt: skip
"""Of Student's distribution with 1, 2, 3 … degrees of freedom: 95 % lie within."""
LARGE = 1.96
ROUNDING = 1 / sqrt(12)


@dataclass(frozen=True)
class Mean:
    """The mean of `n` people's points, out of `of` people; None for `low` and `high` where one alone was heard.

    >>> str(mean([8, 7, 7], 5, 0, 10)), str(mean([8], 5, 0, 10)), str(mean([8, 6], 2, 0, 10))
    ('7.3 (3 of 5 people; 6.4–8.2)', '8.0 (1 of 5 people)', '7.0 (2 of 2 people)')
    """

    value: float
    n: int
    of: int
    low: float | None
    high: float | None

    def __str__(self) -> str:
        sure = f"; {self.low:.1f}–{self.high:.1f}" if self.low is not None and self.low != self.high else ""
        return f"{self.value:.1f} ({self.n} of {self.of} people{sure})"


def mean(points: Sequence[float], of: int, first: float, last: float) -> Mean:
    """A mean with its interval, on a scale from `first` to `last`. At least one point."""
    n, value = len(points), fmean(points)
    of = max(of, n)
    if n == of:
        return Mean(value, n, of, value, value)
    if n == 1:
        return Mean(value, n, of, None, None)
    spread = max(stdev(points), ROUNDING) * sqrt((1 - n / of) / n)
    half = (T[n - 2] if n - 1 <= len(T) else LARGE) * spread
    return Mean(value, n, of, max(first, value - half), min(last, value + half))
