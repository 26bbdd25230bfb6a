"""Tailoring: for those who are to be asked, the minute, the survey and its few questions. The way is chosen before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from engine.decide.addressees import last_column
from engine.decide.channels import send_minutes, tell_channel
from engine.decide.forms import Forms, tell_why
from engine.decide.plan import Plan
from engine.decide.planner import Decisions
from engine.decide.questioning import choose_questions
from engine.decide.says import Strategy
from engine.decide.sentences import Teller
from engine.private import Terms
from engine.survey.bank import repeated_for, survey_for
from engine.types import Question, Survey

LAST_COLUMNS: dict[str, Any] = {"contact_id": pl.Int64, "survey": pl.String, "question": pl.String, "answer": pl.String}
WAITING_COLUMNS: dict[str, Any] = {
    "each": pl.String, "contact_id": pl.Int64, "promise_id": pl.Int64, "touchpoint_id": pl.Int64, "kind": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Supplies:
    """What tailoring needs besides decisions. `heard`, `asked`, `behind`: see engine.decide.hearing. `waiting`: what
    questions are repeated for, in order: each (of FOR_EACH), contact_id, promise_id or touchpoint_id, and the kind of
    touchpoint. `last`: each person's last answers that conditions look at: contact_id, survey, question, answer (JSON).
    """

    surveys: Mapping[str, Survey]
    own_words: Collection[str]
    heard: pl.DataFrame
    asked: pl.DataFrame
    behind: pl.DataFrame
    waiting: pl.DataFrame
    terms: Mapping[int, Terms] = field(default_factory=dict)
    """Of the accounts that have any, by number."""
    last: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LAST_COLUMNS))


@dataclass(frozen=True)
class Tailored:
    """Asks as they would be made. `frame`: contact_id, occasion, survey, channel, `score:…`, preferred_channel,
    send_at (minutes), valid_days (a link's life), in the order of `forms`."""

    frame: pl.DataFrame
    forms: Forms
    waiting: pl.DataFrame

    def tell(self, row: int, tell: Teller) -> dict[str, Any]:
        """Channel, questions, what was left out and seconds, as the interface has them."""
        picked, left_out = self.forms.of(row)
        return tell_tailored(self.frame.row(row, named=True) | {"questions": picked, "left_out": left_out}, tell)


def tell_tailored(ask: Mapping[str, Any], tell: Teller) -> dict[str, Any]:
    """How an ask was tailored, in words. A record keeps the same values, and is told the same way."""
    told = {"channel": tell_channel(ask, tell)}
    if not ask["survey"]:
        return told
    questions = [_tell_question(said, tell) for said in ask["questions"] or ()]
    left_out = [_tell_question(said, tell) for said in ask["left_out"] or ()]
    seconds = sum(said["seconds"] for said in questions)
    return told | {"questions": questions, "left_out": left_out, "seconds": seconds}


def _tell_question(said: Mapping[str, Any], tell: Teller) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "number"} | {"why": tell_why(said, tell)}


def tailor(
    decisions: Decisions, rows: pl.Series, kinds: Sequence[str], strategies: Iterable[Strategy], supplies: Supplies
) -> Tailored:
    """Tailor the asks of these rows of the decisions. Colleagues must come together: they share no driver."""
    strategies = list(strategies)
    here = decisions.frame[rows]
    decided = here[["occasion", "about", "rank"]].hstack([_surveys(here, supplies)])
    frame = decisions.plan.frame[rows].hstack(decided)
    for column in (*_counts(supplies), *_last_answers(supplies)):
        frame = frame.join(column, on="contact_id", how="left", maintain_order="left")
    plan = Plan(frame, decisions.plan.columns)
    forms = choose_questions(
        plan,
        supplies.surveys.values(),
        strategies,
        heard=supplies.heard,
        asked=supplies.asked,
        behind=supplies.behind,
        own_words=supplies.own_words,
        terms=supplies.terms,
        kinds=kinds,
    )
    chosen = plan.frame.select(
        "contact_id", "occasion", "survey", "preferred_channel", valid_days=plan.columns["live_ask.valid_days"]
    )
    ways = here.select("channel", "^(score|chance|why_not):.*$")
    chosen = chosen.hstack(ways).with_columns(send_minutes(plan, kinds, strategies))
    return Tailored(chosen, forms, supplies.waiting)


def waiting_for(question: Question, waiting: pl.DataFrame) -> pl.DataFrame:
    """What a repeated question is asked about, of everyone, in order."""
    found = waiting.filter(each=question.for_each) if waiting.height else waiting
    return found.filter(pl.col("kind").is_in(question.touchpoints)) if question.touchpoints else found


def _counts(supplies: Supplies) -> Iterator[pl.DataFrame]:
    """How often each repeated question waits for a contact, under the name of what it is repeated for."""
    questions = [question for survey in supplies.surveys.values() for question in survey.questions if question.for_each]
    for name, question in {repeated_for(question): question for question in questions}.items():
        waiting = waiting_for(question, supplies.waiting)
        if waiting.is_empty():  # no column counts as none
            continue
        yield waiting.group_by("contact_id").agg(pl.len().cast(pl.Int32).alias(name))


def _last_answers(supplies: Supplies) -> Iterator[pl.DataFrame]:
    """What each person answered last time, where a condition looks at it."""
    for (survey, question), found in supplies.last.group_by("survey", "question", maintain_order=True):
        yield found.select("contact_id", pl.col("answer").alias(last_column(str(survey), str(question))))


def _surveys(decided: pl.DataFrame, supplies: Supplies) -> pl.Series:
    """Each row's survey: by occasion, and for a follow-up by the kind of touchpoint; null where there is none."""
    pairs = decided[["occasion", "about"]].unique()
    found = [survey_for(supplies.surveys.values(), occasion, about) for occasion, about in pairs.iter_rows()]
    names = pairs.with_columns(survey=pl.Series([survey and survey.name for survey in found], dtype=pl.String))
    return decided.join(names, on=["occasion", "about"], how="left", maintain_order="left", nulls_equal=True)["survey"]
