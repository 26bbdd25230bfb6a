"""What strategies say of one way to ask: how probable an answer is, whether it is possible at all, which goes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, kw_only=True)
class Chance:
    """How probable it is that an ask by this channel is answered: a Beta distribution. Its mean is the worth.

    `alpha`, `beta`: Float64, never null nor below 0. `answered` of `sent` (Int32): what is known of this contact and
    channel.
    """

    alpha: pl.Expr
    beta: pl.Expr
    answered: pl.Expr
    sent: pl.Expr


@dataclass(frozen=True, kw_only=True)
class Possible:
    """Whether this channel can be used at all (Boolean; null: no), and in words why not, where it cannot."""

    possible: pl.Expr
    why_not: str


@dataclass(frozen=True, kw_only=True)
class Preference:
    """Among channels that suit about equally well, the one with the lowest `place` (Int32) is taken.

    `within`: by how much less than the best one's worth still counts as equal: 0.1, a tenth; 1, anything possible.
    """

    place: pl.Expr
    within: float
