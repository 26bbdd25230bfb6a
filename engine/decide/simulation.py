"""What a simulation found: today's settings beside changed ones, in figures that an account team can weigh.

People and accounts are heard when an answer comes within the days that are simulated. Revenue heard is the share that
these accounts bring of what all accounts state. Minutes are what the questions of each ask's survey take as far as the
form budget reaches; the real questioning leaves out what was heard before, so this is the upper end. Somebody waits on
each day on which they have a reason and are not asked; the day counts for what keeps them back longest: the hold that
reaches furthest, the shut days where no hold does, or the limit that was full. Accounts gain and lose by answers.

Where answers are drawn several times, a figure is the mean of the runs, with the lowest and the highest beside it; how
often is a matter of the size of the book. Twenty runs of a thousand contacts cost no more than one of a hundred
thousand under two settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from engine.decide.plan import Plan
from engine.decide.responses import Floats
from engine.decide.sides import Sides
from engine.decide.waits import Waits
from engine.language import ENGLISH, Language
from engine.survey.bank import survey_for
from engine.types import Survey

MOST_NAMED = 5
"""Accounts named of those that gain, and of those that lose."""
SIDES = ("today", "changed")
UNLIMITED = 1_000_000


@dataclass(frozen=True)
class Figure:
    """`sides`: one value per run for each side. `of`: out of how many people or accounts; None: a plain sum."""

    name: str
    sides: Floats
    of: int | None = None

    def as_dict(self) -> dict[str, Any]:
        sides = zip(SIDES, self.sides, strict=False)
        return {"name": self.name, "of": self.of} | {name: _spread(side) for name, side in sides}


def _spread(values: Floats) -> dict[str, float]:
    return {
        "value": round(float(values.mean()), 1),
        "low": round(float(values.min()), 1),
        "high": round(float(values.max()), 1),
    }


@dataclass(frozen=True)
class Shift:
    """What becomes of one account: asks and answers on each side, on average over the runs."""

    account: str
    asks: tuple[float, float]
    answers: tuple[float, float]


@dataclass(frozen=True)
class Simulation:
    """`changed`: the settings that were tried, and for whom; nothing: as it is. `waits`: by strategy, for each side the
    days that people with a reason waited, and how many people. `unheard`: for each side accounts, and their share of
    the revenue in percent."""

    start: date
    days: int
    seed: int
    runs: int
    contacts: int
    accounts: int
    changed: Mapping[str, Any]
    layer: str
    figures: Sequence[Figure]
    waits: Mapping[str, Sequence[tuple[float, float]]]
    unheard: Sequence[tuple[float, float]]
    gain: Sequence[Shift]
    lose: Sequence[Shift]
    errors: Sequence[str] = ()
    language: Language = ENGLISH

    def as_dict(self) -> dict[str, Any]:
        def by_side(values: Sequence[Any], *names: str) -> dict[str, Any]:
            return {side: dict(zip(names, value, strict=True)) for side, value in zip(SIDES, values, strict=False)}

        shifts = {name: [dict(vars(shift)) for shift in getattr(self, name)] for name in ("gain", "lose")}
        return {
            "from": self.start.isoformat(),
            **{name: getattr(self, name) for name in ("days", "seed", "runs", "contacts", "accounts", "layer")},
            "changed": dict(self.changed),
            "figures": [figure.as_dict() for figure in self.figures],
            "unheard": by_side(self.unheard, "accounts", "revenue_percent"),
            "waits": {name: by_side(sides, "days", "people") for name, sides in self.waits.items()},
            **shifts,
            "errors": list(self.errors),
        }


class Measures:
    """The asks of a course, all sides and runs, as figures. `seconds`: by ask, what its form takes to answer."""

    def __init__(self, sides: Sides, asks: pl.DataFrame, seconds: pl.Series, last: int) -> None:
        self.sides = sides
        book = sides.plan.frame.head(sides.rows).select("person_id", "account_id", "account_key", "revenue_ratio")
        self._people, self._accounts = book["person_id"].n_unique(), book["account_id"].n_unique()
        self._stated = book.unique("account_id")["revenue_ratio"].drop_nulls()
        row = pl.col("row")
        asks = asks.with_columns(seconds.alias("seconds"), copy=row // sides.rows, place=row % sides.rows)
        asks = asks.join(book.with_row_index("place").cast({"place": pl.Int64}), on="place")
        self._asks = asks.with_columns(heard=pl.col("heard_on") <= last)

    def figures(self) -> list[Figure]:
        heard = pl.col("heard")
        people, accounts = pl.col("person_id"), pl.col("account_id")
        return [
            Figure("asks", self._by_copy(pl.len())),
            Figure("people_asked", self._by_copy(people.n_unique()), self._people),
            Figure("people_heard", self._by_copy(people.filter(heard).n_unique()), self._people),
            Figure("accounts_heard", self._by_copy(accounts.filter(heard).n_unique()), self._accounts),
            Figure("revenue_heard", self._revenue_heard(), len(self._stated)),
            Figure("minutes_asked", self._by_copy(pl.col("seconds").sum() / 60)),
        ]

    def unheard(self) -> list[tuple[float, float]]:
        """For each side, accounts nobody answered at, and the percent of the revenue that they bring; on average."""
        heard = {figure.name: figure.sides.mean(axis=1) for figure in self.figures()}
        accounts = self._accounts - heard["accounts_heard"]
        revenue = 100 - heard["revenue_heard"] if len(self._stated) else np.zeros(len(accounts))
        return list(zip(accounts.tolist(), revenue.tolist(), strict=True))

    def shifts(self) -> tuple[list[Shift], list[Shift]]:
        """Accounts that are heard more on the second side, and those that are heard less; the largest change first."""
        side = pl.col("copy") // self.sides.runs
        counts = {
            f"{name}{number}": (counted & (side == number)).sum() / self.sides.runs
            for name, counted in (("asks", pl.lit(value=True)), ("answers", pl.col("heard")))
            for number in range(len(SIDES))
        }
        found = self._asks.group_by("account_key").agg(**counts)
        more = pl.struct(answers=pl.col("answers1") - pl.col("answers0"), asks=pl.col("asks1") - pl.col("asks0"))
        found = found.with_columns(more.struct.unnest())
        gains = (pl.col("answers") > 0) | ((pl.col("answers") == 0) & (pl.col("asks") > 0))
        loses = (pl.col("answers") < 0) | ((pl.col("answers") == 0) & (pl.col("asks") < 0))
        return _named(found.filter(gains), descending=True), _named(found.filter(loses), descending=False)

    def _revenue_heard(self) -> Floats:
        """In percent of what the accounts state."""
        accounts = self._asks.filter("heard").unique(["copy", "account_id"])
        heard = accounts.group_by("copy").agg(value=pl.col("revenue_ratio").sum())
        return self._spread(heard) * 100 / max(float(self._stated.to_numpy().sum()), 1e-9)

    def _by_copy(self, value: pl.Expr) -> Floats:
        return self._spread(self._asks.group_by("copy").agg(value=value))

    def _spread(self, values: pl.DataFrame) -> Floats:
        """A value by copy as sides × runs; 0 where a copy has none."""
        found = np.zeros(self.sides.copies)
        found[values["copy"].to_numpy()] = values["value"].to_numpy()
        return found.reshape(-1, self.sides.runs)


def _named(shifts: pl.DataFrame, *, descending: bool) -> list[Shift]:
    order = shifts.sort("answers", "asks", "account_key", descending=[descending, descending, False])
    return [
        Shift(row["account_key"], (row["asks0"], row["asks1"]), (row["answers0"], row["answers1"]))
        for row in order.head(MOST_NAMED).iter_rows(named=True)
    ]


def sum_waits(sides: Sides, waits: Waits) -> dict[str, list[tuple[float, float]]]:
    """By strategy, for each side, the days that people with a reason waited and how many waited; on average."""
    days = waits.days.reshape(-1, sides.runs, sides.rows, waits.days.shape[1])
    found = {}
    for place, name in enumerate(waits.strategies.categories):
        of_one = days[..., place]
        if of_one.any():
            found[name] = [(float(side.sum() / sides.runs), float((side > 0).sum() / sides.runs)) for side in of_one]
    return dict(sorted(found.items(), key=lambda item: -item[1][0][0]))


def form_seconds(surveys: Sequence[Survey], plan: Plan, asks: pl.DataFrame) -> pl.Series:
    """What each ask's form takes to answer: its survey's questions as far as the form budget reaches.

    The real questioning would know better: it leaves out what was heard, and there is less of that the more is asked.
    """
    budget = {name: _where_on(plan, name) for name in ("seconds", "most")}
    limits = plan.frame.select("contact_id", **budget)[asks["row"].to_numpy()]
    forms = asks.select("occasion", "about").hstack(limits.select("seconds", "most"))
    kinds = forms.unique()
    taken = [_seconds(survey_for(surveys, kind[0], kind[1]), *kind[2:]) for kind in kinds.iter_rows()]
    told = kinds.with_columns(taken=pl.Series(taken, dtype=pl.Int64))
    return forms.join(told, on=forms.columns, how="left", nulls_equal=True, maintain_order="left")["taken"]


def _where_on(plan: Plan, name: str) -> pl.Expr:
    return (
        pl.when(plan.columns["form_budget.mode"] == "on").then(plan.columns[f"form_budget.{name}"]).otherwise(UNLIMITED)
    )


def _seconds(survey: Survey | None, budget: int, most: int) -> int:
    """Anchors, whatever they take, then the others in their order where there is room."""
    questions = survey.questions if survey else ()
    picked = [question.seconds for question in questions if question.anchor]
    for question in questions:
        if not question.anchor and len(picked) < most and sum(picked) + question.seconds <= budget:
            picked.append(question.seconds)
    return sum(picked)
