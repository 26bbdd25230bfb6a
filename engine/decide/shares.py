"""Shares of small numbers, with how sure they are: Wilson's score interval, which is honest where few are counted.

E. B. Wilson, “Probable inference, the law of succession, and statistical inference”, Journal of the American
Statistical Association 22 (1927), 209–212.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.959964
"""Of the standard normal distribution: 95 % lie within."""


@dataclass(frozen=True)
class Share:
    """`of` out of `n`; `low` and `high` are where the true share lies with 95 % confidence; None where n is 0.

    >>> share(3, 4).rate, round(share(3, 4).low, 3), round(share(3, 4).high, 3)
    (0.75, 0.301, 0.954)
    >>> share(0, 0).rate is None
    True
    """

    of: int
    n: int
    rate: float | None
    low: float | None
    high: float | None

    def __str__(self) -> str:
        """`75 % (3 of 4; 30–95)`"""
        if self.rate is None or self.low is None or self.high is None:
            return "–"
        rate, low, high = (round(100 * number) for number in (self.rate, self.low, self.high))
        return f"{rate} % ({self.of} of {self.n}; {low}–{high})"


def share(of: int, n: int) -> Share:
    """A share with its interval."""
    if n == 0:
        return Share(of, n, None, None, None)
    rate = of / n
    middle, spread = rate + Z * Z / (2 * n), Z * sqrt(rate * (1 - rate) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return Share(of, n, rate, max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))
