"""Whom a question is meant for: by role and condition, by promises that wait, by what the record knows already."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from engine.decide.forms import Counts, Mask, Why
from engine.private import Terms
from engine.survey.logic import opened_by
from engine.survey.wording import CONDITION_FACTS, KNOWN_FACTS, check_condition, holds
from engine.types import Question

MOST_PROMISES = 3
"""A form asks about so many promises at most: as many as the page shows."""


def find_refused(question: Question, frame: pl.DataFrame, terms: Mapping[int, Terms]) -> Counts:
    """Why a question is not meant for a row: its role, what its condition says, its account's terms; -1: it is."""
    refused = np.full(frame.height, -1, dtype=np.int32)
    if opened_by(question):
        refused[:] = Why.FOLLOW_UP
    elif question.show_if is not None:
        refused[~_holds(question.show_if, frame)] = Why.ACCOUNT
    if question.roles:
        refused[~frame["role"].is_in(list(question.roles)).fill_null(value=False).to_numpy()] = Why.ROLE
    closed = [account for account, one in terms.items() if one.forbid_answer(question)]
    if closed:
        refused[frame["account_id"].is_in(closed).to_numpy()] = Why.TERMS
    return refused


def _holds(condition: str, frame: pl.DataFrame) -> Mask:
    """A condition, evaluated once for each different set of facts it looks at."""
    paths = [path for path in check_condition(condition) if path in CONDITION_FACTS]
    if not paths:
        return np.full(frame.height, holds(condition, {}))
    columns = [CONDITION_FACTS[path] for path in paths]
    cases = frame.select(columns).unique()
    true = [holds(condition, _facts(dict(zip(paths, case, strict=True)))) for case in cases.iter_rows()]
    cases = cases.with_columns(pl.Series("true", true, dtype=pl.Boolean))
    found = frame.select(columns).join(cases, on=columns, how="left", nulls_equal=True, maintain_order="left")
    return found["true"].to_numpy()


def _facts(values: dict[str, object]) -> dict[str, dict[str, object]]:
    facts: dict[str, dict[str, object]] = {}
    for path, value in values.items():
        group, _, name = path.partition(".")
        facts.setdefault(group, {})[name] = value
    return facts


def count_copies(question: Question, frame: pl.DataFrame) -> Counts:
    if question.for_each is None:
        return np.ones(frame.height, dtype=np.int32)
    if question.for_each not in frame.columns:
        return np.zeros(frame.height, dtype=np.int32)
    return frame[question.for_each].fill_null(0).clip(0, MOST_PROMISES).to_numpy().astype(np.int32)


def find_known(question: Question, frame: pl.DataFrame) -> pl.Series:
    """What the record has of the fact that an answer would tell."""
    if question.knows is None or KNOWN_FACTS[question.knows] not in frame.columns:
        return pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    return frame[KNOWN_FACTS[question.knows]].cast(pl.String)
