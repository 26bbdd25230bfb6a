"""Chances told honestly: how sure one can be of a share that was seen a few times only."""

from __future__ import annotations

from math import exp, lgamma, log, log1p, sqrt

SHARE = 0.9
"""How much of what is believed an interval holds."""
HALVINGS = 40


def interval(alpha: float, beta: float, share: float = SHARE) -> tuple[float, float]:
    """Where a Beta distribution has this share, with as much left out below as above.

    >>> [round(end, 3) for end in interval(1, 1)]
    [0.05, 0.95]
    """
    rest = (1 - share) / 2
    return _quantile(rest, alpha, beta), _quantile(1 - rest, alpha, beta)


def _quantile(share: float, alpha: float, beta: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if cumulative(middle, alpha, beta) < share else (low, middle)
    return (low + high) / 2


def cumulative(x: float, alpha: float, beta: float) -> float:
    """The regularised incomplete beta function I_x(alpha, beta), for 0 < x < 1.

    By the continued fraction of DLMF 8.17.22, which converges quickly below x = (alpha + 1) / (alpha + beta + 2); above
    that the other tail is worked out (8.17.4).
    """
    if x > (alpha + 1) / (alpha + beta + 2):
        return 1 - _tail(1 - x, beta, alpha)
    return _tail(x, alpha, beta)


def _tail(x: float, a: float, b: float) -> float:
    fraction = 1.0
    for m in range(10 + int(2 * sqrt(max(a, b))), -1, -1):
        fraction = 1 - (a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)) / fraction
        if m:
            fraction = 1 + m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)) / fraction
    scale = a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)
    return exp(scale) / (a * fraction)
