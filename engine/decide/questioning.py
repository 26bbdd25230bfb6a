"""Which questions each ask carries: anchors always, what would teach most per second, within the budget.

Asks of one account take turns in the order of their rank, so that no two colleagues are asked the same driver in a
week; turns are rounds over all accounts at once. Pure: the same forms whatever the order of the asks, as long as
whole accounts come together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.decide.book import Grid
from engine.decide.forms import Forms, Sheet
from engine.decide.hearing import Days, Hearing, Ids, Places, is_driver
from engine.decide.says import Planned, Strategy
from engine.errors import PluginError
from engine.survey.wording import CONDITION_FACTS, check_condition, holds
from engine.types import Question, Survey

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

WEEK = 7
"""Two colleagues asked within so many days share no driver."""
MOST_PROMISES = 3
"""One form asks about so many promises at most: as many as the page shows."""
NO_BUDGET = 1_000_000


def choose_questions(
    asks: Planned,
    surveys: Iterable[Survey],
    strategies: Iterable[Strategy],
    *,
    heard: pl.DataFrame,
    asked: pl.DataFrame,
    own_words: Collection[str],
    kinds: Sequence[str] = (),
) -> Forms:
    """Choose for every row of `asks.frame`: the Book's columns, settings, and

    occasion, survey (String; null or unknown: nothing to ask), rank (integer: who comes first at an account), and a
    count per `for_each` ("promises.done_without_verdict", Int32; a missing column counts as none).

    `heard`, `asked`: see HEARD_COLUMNS and ASKED_COLUMNS. `own_words`: the question types that invite own words.
    """
    frame = asks.frame
    banks = {survey.name: survey for survey in surveys}
    hearing = Hearing(frame, banks.values(), heard, asked)
    asking = [strategy for strategy in strategies if "question_worth" in strategy.hooks]
    errors: list[PluginError] = []
    tables = [
        _Table(banks[name], rows, asks, hearing, asking, own_words, tuple(kinds), errors)
        for name, rows in _rows_by_survey(frame)
        if name in banks
    ]
    _take_turns(tables, hearing, _turns(frame))
    return Forms([table.sheet for table in tables], frame.height, tuple(errors))


def _rows_by_survey(frame: pl.DataFrame) -> list[tuple[str, Places]]:
    groups = frame.select("survey").with_row_index("row").drop_nulls().group_by("survey").agg("row").sort("survey")
    return [(name, rows.to_numpy().astype(np.intp)) for name, rows in groups.iter_rows() for rows in [pl.Series(rows)]]


def _turns(frame: pl.DataFrame) -> Ids:
    """Each ask's turn at its account: 0 for the first by rank, then by contact."""
    order = frame.select("account_id", "rank", "contact_id").with_row_index("row").sort("rank", "contact_id")
    order = order.with_columns(turn=pl.int_range(pl.len()).over("account_id"))
    return order.sort("row")["turn"].to_numpy()


def _take_turns(tables: Sequence[_Table], hearing: Hearing, turns: Ids) -> None:
    taken = np.zeros((len(hearing.accounts), len(hearing.constructs)), dtype=bool)
    for turn in range(int(turns.max(initial=-1)) + 1):
        for table in tables:
            places = np.flatnonzero(turns[table.rows] == turn)
            if len(places):
                table.fill(places, taken)


@dataclass(frozen=True)
class _Table:
    """The asks of one survey as rows × questions."""

    survey: Survey
    rows: Places
    asks: Planned
    hearing: Hearing
    strategies: Sequence[Strategy]
    own_words: Collection[str]
    kinds: tuple[str, ...]
    errors: list[PluginError]

    @cached_property
    def frame(self) -> pl.DataFrame:
        return self.asks.frame[self.rows]

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        return self.survey.questions
