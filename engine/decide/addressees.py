"""Whom a question is meant for: by role and condition, by what it is repeated for, by what the record knows already."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from engine.decide.forms import Counts, Mask, Why
from engine.private import Terms
from engine.survey.bank import repeated_for
from engine.survey.logic import LAST, last_in_condition, opened_by
from engine.survey.wording import CONDITION_FACTS, KNOWN_FACTS, check_condition, holds
from engine.types import Question

MOST_COPIES = 3
"""A form asks about so many promises, or things that happened, at most: as many as the page shows."""


def last_column(survey: str, question: str) -> str:
    """Where a frame has a person's last answer to a question, as JSON."""
    return f"{LAST}{survey}.{question}"


def find_refused(question: Question, frame: pl.DataFrame, terms: Mapping[int, Terms], survey: str) -> Counts:
    """Why a question is not meant for a row: its role, what its condition says, its account's terms; -1: it is."""
    refused = np.full(frame.height, -1, dtype=np.int32)
    if opened_by(question):
        refused[:] = Why.FOLLOW_UP
    elif question.show_if is not None:
        refused[~_holds(question.show_if, frame, survey)] = Why.ACCOUNT
    if question.roles:
        refused[~frame["role"].is_in(list(question.roles)).fill_null(value=False).to_numpy()] = Why.ROLE
    closed = [account for account, one in terms.items() if one.forbid_answer(question)]
    if closed:
        refused[frame["account_id"].is_in(closed).to_numpy()] = Why.TERMS
    return refused


def _holds(condition: str, frame: pl.DataFrame, survey: str) -> Mask:
    """A condition, evaluated once for each different set of facts it looks at."""
    known = CONDITION_FACTS | {
        f"{LAST}{name}.value": last_column(survey, name) for name in last_in_condition(condition)
    }
    paths = [path for path in check_condition(condition, known) if known.get(path) in frame.columns]
    if not paths:
        return np.full(frame.height, holds(condition, {}))
    columns = [known[path] for path in paths]
    cases = frame.select(columns).unique()
    true = [holds(condition, _facts(dict(zip(paths, case, strict=True)))) for case in cases.iter_rows()]
    cases = cases.with_columns(pl.Series("true", true, dtype=pl.Boolean))
    found = frame.select(columns).join(cases, on=columns, how="left", nulls_equal=True, maintain_order="left")
    return found["true"].to_numpy()


def _facts(values: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for path, value in values.items():
        group, _, name = path.partition(".")
        if group == "last":
            facts.setdefault(group, {})[name.partition(".")[0]] = {"value": json.loads(value) if value else None}
        else:
            facts.setdefault(group, {})[name] = value
    return facts


def count_copies(question: Question, frame: pl.DataFrame) -> Counts:
    if question.for_each is None:
        return np.ones(frame.height, dtype=np.int32)
    column = repeated_for(question)
    if column not in frame.columns:
        return np.zeros(frame.height, dtype=np.int32)
    return frame[column].fill_null(0).clip(0, MOST_COPIES).to_numpy().astype(np.int32)


def find_known(questions: Iterable[Question], frame: pl.DataFrame) -> pl.DataFrame:
    """What the record has of the fact that an answer to each would tell: a column `known:…` for each question."""
    facts = {question.name: question.knows and KNOWN_FACTS[question.knows] for question in questions}
    known = {
        f"known:{name}": (pl.col(fact) if fact in frame.columns else pl.lit(None)).cast(pl.String)
        for name, fact in facts.items()
    }
    found = frame.select("contact_id", **known)  # which makes a literal a column
    found.drop_in_place("contact_id")
    return found
