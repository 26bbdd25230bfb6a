"""The planner: (Book, plan, strategies) → for every contact the next day to ask, why, and whether it is today.

For each reason the first day on or after max(reason date, today) that no hold covers and no calendar shuts; the
earliest occasion wins; for those who would be asked today the way is chosen; then limits, which may count by the way,
choose among them. Pure: no SQL, no clock, the same whatever the batch or the order of its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.decide.book import Book
from engine.decide.calendars import NEVER_DAY, Days
from engine.decide.channels import choose_channels
from engine.decide.limits import choose_asks
from engine.decide.plan import Plan
from engine.decide.rule import NO_DAY, Found, Mask, Rule, in_order
from engine.decide.says import Rules, Said, Say, Strategy, binding, hear_strategies, work_out
from engine.types import Limit


@dataclass(frozen=True)
class Decisions:
    """What was decided. `frame`, one row per contact in the Book's order: contact_id, account_id, person_id, today,
    decision (ask, hold, limited, no_reason), occasion, next_ask_on (null: never), reason (its place in `reasons`; -1:
    none), reason_on, about (kind of touchpoint it follows), worth, `left:N` (whether the N-th reason is left). Of those
    who are asked or limited, null for others: channel (null: no way is possible), `score:NAME` of each channel (null:
    impossible), rank (who comes first under limits), bound_by (the place of the limit that left them out), `used:N`
    (places taken at the N-th limit when their turn came; null: not limited by it). `plan.frame` has LIMIT_COLUMNS.
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


def decide(
    book: Book,
    plan: Plan,
    strategies: Iterable[Strategy],
    channels: Collection[str] = (),
    contact_id: int | None = None,
) -> Decisions:
    """Decide for every row of the Book. Limits choose among these rows: give whole accounts and whole persons.

    `contact_id`: it matters for this contact only. Where they would not be asked they meet no limit, and neither ways
    nor limits are there.
    """
    strategies = list(strategies)

    def find_ways(asked: Plan) -> pl.DataFrame:
        return choose_channels(asked, book.kinds, strategies, channels)

    rules = hear_strategies(book, plan, strategies)
    days = find_days(rules, plan)
    if contact_id is not None and not _is_asked(days, contact_id):
        return days
    return give_places(days, rules, find_ways, book.channel_asks)


def _is_asked(days: Decisions, contact_id: int) -> bool:
    return bool(((days.frame["contact_id"] == contact_id) & (days.frame["decision"] == "ask")).any())


def find_days(rules: Rules, plan: Plan) -> Decisions:
    """Each row by itself: what would be decided without limits. Ways and limits are not there yet."""
    said = work_out(rules.before_limits, plan.frame)
    decided = plan.frame[["contact_id", "account_id", "person_id", "contact_key", "account_key", "today"]]
    rule = Rule(plan.frame, said)
    return Decisions(plan, said, decided.hstack([*_outcome(rule.find(), rule, said), _worth(said, plan.frame.height)]))


def give_places(
    days: Decisions, rules: Rules, find_ways: Callable[[Plan], pl.DataFrame], channel_asks: pl.DataFrame
) -> Decisions:
    """Choose the ways of those who would be asked, and who of them is asked under the limits."""
    ways = _spread_ways(days.plan, find_ways, channel_asks, days.frame["decision"] == "ask")
    plan = days.plan.on(days.plan.frame.with_columns(ways["channel"], ways["channel_asks"].fill_null(0)))
    said = days.said.with_more(work_out(rules.limits, plan.frame))
    decided = days.frame.hstack(ways.drop("channel_asks"))
    return Decisions(plan, said, decided.with_columns(*choose_asks(decided, said, plan.frame)))


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


# ways and worth


def _spread_ways(
    plan: Plan, find_ways: Callable[[Plan], pl.DataFrame], channel_asks: pl.DataFrame, asked: pl.Series
) -> pl.DataFrame:
    """The way of those who would be asked, with how many are asked by it already; null for everyone else."""
    here = plan.on(plan.frame[asked.arg_true()])
    ways = find_ways(here)
    if channel_asks.height:
        ways = ways.with_columns(here.frame["today"])
        ways = ways.join(channel_asks, on=["channel", "today"], how="left", maintain_order="left").drop("today")
    else:
        ways = ways.hstack([pl.Series("channel_asks", [None], pl.Int32).new_from_index(0, ways.height)])
    return ways[(asked.cum_sum() - 1).set(~asked, None)]


def _worth(said: Said, height: int) -> pl.Series:
    """The factors multiplied. What is no number counts as 1; each stays between a millionth and a million million."""
    worth = np.ones(height)
    for say in said.of(pl.Expr):
        worth *= factor_of(say, said)
    return pl.Series("worth", worth)


def factor_of(say: Say, said: Said) -> npt.NDArray[np.float64]:
    """How many times each row's answer counts by one strategy; 1 where it is not on."""
    factor = np.nan_to_num(said.frame[say["worth"]].to_numpy(), nan=1).clip(1e-6, 1e12)  # null comes as NaN
    return np.where(binding(say, said.frame), factor, 1)
