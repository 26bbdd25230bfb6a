"""What was heard, from whom and when: for asks about to be made, the latest days as arrays, question by question.

A construct is what a question measures; one that measures nothing stands for itself. Answers count for the person
wherever they gave them, for the account whoever gave them, and for a colleague who is any other person at the account.
Days are on the clock of whoever is asked, so that everything comes once for each `timezone` it is looked at from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.types import Question, Survey

Days = npt.NDArray[np.int32]
Places = npt.NDArray[np.intp]
Ids = npt.NDArray[np.int64]

NO_DAY = np.iinfo(np.int32).min
WEEK = 7
"""Two colleagues asked within so many days share no driver."""

HEARD_COLUMNS = {
    "account_id": pl.Int64,
    "person_id": pl.Int64,
    "timezone": pl.String,
    "survey": pl.String,
    "question": pl.String,
    "answered_on": pl.Date,
}
"""Answers; the latest of each person to each question is enough."""

ASKED_COLUMNS = {
    "account_id": pl.Int64,
    "person_id": pl.Int64,
    "timezone": pl.String,
    "survey": pl.String,
    "question": pl.String,
    "asked_on": pl.Date,
}
"""Questions of asks that were sent or wait to be sent: at least those of the last week."""

BEHIND_COLUMNS = {
    "person_id": pl.Int64,
    "timezone": pl.String,
    "survey": pl.String,
    "question": pl.String,
    "reasons": pl.List(pl.String),
    "on": pl.Date,
    "promised": pl.Boolean,
}
"""Low answers: those of a person's last low score, and (`promised`) those that the last promise to them came from, `on`
the day it was made. `reasons`: what was ticked with the score; null or empty where nothing was."""


def construct_of(survey: str, question: Question) -> str:
    return question.measures or f"{survey}:{question.name}"


def is_driver(question: Question) -> bool:
    """Whether colleagues take turns: anchors compare people, and a promise is one person's own."""
    return not question.anchor and question.for_each is None


@dataclass(frozen=True)
class Latest:
    """Per view of an account and construct: the latest day, whose it is, and the latest day of anyone else."""

    day: Days
    person: Ids
    others_day: Days

    def of_others(self, views: Places, constructs: Places, persons: Ids) -> Days:
        """Rows × constructs: the latest day that is not this person's own."""
        cell = np.ix_(views, constructs)
        return np.where(self.person[cell] == persons[:, None], self.others_day[cell], self.day[cell])


class Hearing:
    """What was heard from the accounts of these asks. `accounts`: each ask's place among them; `views`: its place among
    accounts as they are seen from the time zones of those who are asked."""

    def __init__(
        self,
        asks: pl.DataFrame,
        surveys: Iterable[Survey],
        *,
        heard: pl.DataFrame,
        asked: pl.DataFrame,
        behind: pl.DataFrame,
    ) -> None:
        self._banks = {survey.name: survey for survey in surveys}
        names = [construct_of(survey.name, question) for survey, question in self._questions()]
        self.constructs = {name: place for place, name in enumerate(dict.fromkeys(names))}
        self.accounts = np.unique(asks["account_id"].to_numpy(), return_inverse=True)[1]
        self._views, self.views = _number(asks, "account_id")
        self.persons = asks["person_id"].to_numpy()
        self._asks, self._heard, self._behind = asks, heard, self._words(behind)
        catalog = self._catalog()
        answers = self._events(heard, "answered_on", catalog)
        turns = self._events(asked, "asked_on", catalog.filter("driver")) if len(asked) else asked
        self.heard = self._latest(answers)
        self.asked = self._latest(turns)
        self.turns = self._latest(pl.concat(filter(len, [answers, turns]))) if len(turns) else self.heard

    def places(self, survey: str, questions: Sequence[Question]) -> Places:
        """Each question's construct, as its place in the arrays."""
        return np.array([self.constructs[construct_of(survey, question)] for question in questions], dtype=np.intp)

    def answered(self, survey: str, questions: Sequence[Question], rows: Places) -> Days:
        """Rows × questions: the day this person last answered it, anywhere."""
        names = pl.DataFrame({"place": range(len(questions)), "question": [question.name for question in questions]})
        found = self._heard.filter(survey=survey).join(names, on="question")
        return self._of_persons(found, "answered_on", rows, len(questions))

    def behind(self, survey: str, questions: Sequence[Question], rows: Places, *, promised: bool) -> Days:
        """Rows × questions: the day of the person's last low score, or last promise, that it may be behind."""
        if self._behind.is_empty():
            return _full((len(rows), len(questions)))
        words = [(place, word) for place, each in enumerate(questions) for word in _words_of(survey, each)]
        places = pl.DataFrame(words, schema={"place": pl.Int64, "word": pl.String}, orient="row")
        found = self._behind.filter(promised=promised).join(places, on="word")
        return self._of_persons(found, "on", rows, len(questions))

    def _of_persons(self, found: pl.DataFrame, on: str, rows: Places, questions: int) -> Days:
        """Rows × questions: the latest of these days (person_id, timezone, place, and the day that is called so)."""
        if not found.height:
            return _full((len(rows), questions))
        persons, person = _number(self._asks[rows], "person_id")
        found = found.join(persons, on=["person_id", "timezone"])
        days = _full((persons.height, questions))
        np.maximum.at(days, (found["view"].to_numpy(), found["place"].to_numpy()), _days(found[on]))
        return days[person]

    def _questions(self) -> Iterable[tuple[Survey, Question]]:
        return ((survey, question) for survey in self._banks.values() for question in survey.questions)

    def _catalog(self) -> pl.DataFrame:
        rows = [
            (survey.name, question.name, self.constructs[construct_of(survey.name, question)], is_driver(question))
            for survey, question in self._questions()
        ]
        schema: Mapping[str, type[pl.DataType]] = {
            "survey": pl.String,
            "question": pl.String,
            "construct": pl.Int64,
            "driver": pl.Boolean,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _events(self, frame: pl.DataFrame, on: str, catalog: pl.DataFrame) -> pl.DataFrame:
        """One row per view, construct and person; what no survey asks any more is left out."""
        if frame.is_empty():
            return frame
        found = frame.join(self._views, on=["account_id", "timezone"]).join(catalog, on=["survey", "question"])
        return found.group_by("view", "construct", "person_id").agg(day=pl.col(on).max())

    def _words(self, behind: pl.DataFrame) -> pl.DataFrame:
        """The words for what is behind each low answer: its reasons; without any, what was asked about."""
        if behind.is_empty():
            return behind
        words = [
            (survey.name, question.name, list(_words_of(survey.name, question)))
            for survey, question in self._questions()
        ]
        schema: Mapping[str, Any] = {"survey": pl.String, "question": pl.String, "word": pl.List(pl.String)}
        found = behind.join(pl.DataFrame(words, schema=schema, orient="row"), on=["survey", "question"])
        reasons = pl.when(pl.col("reasons").list.len() > 0).then("reasons").otherwise("word")
        return found.select("person_id", "timezone", "on", "promised", word=reasons).explode("word")

    def _latest(self, events: pl.DataFrame) -> Latest:
        shape = self._views.height, len(self.constructs)
        latest = Latest(_full(shape), np.full(shape, -1, dtype=np.int64), _full(shape))
        if events.is_empty():
            return latest
        events = events.sort("day", "person_id")
        cell = events["view"].to_numpy(), events["construct"].to_numpy()
        person, day = events["person_id"].to_numpy(), _days(events["day"])
        latest.day[cell], latest.person[cell] = day, person  # sorted: the last one stays
        others = person != latest.person[cell]
        np.maximum.at(latest.others_day, (cell[0][others], cell[1][others]), day[others])
        return latest


def _words_of(survey: str, question: Question) -> set[str]:
    """What a question is about: what it measures, and its part of the journey."""
    return {construct_of(survey, question), *filter(None, [question.about])}


def _number(asks: pl.DataFrame, by: str) -> tuple[pl.DataFrame, Places]:
    """Everything the asks share by this column, seen from their time zones, as `view` numbers; and each ask's."""
    keys = asks.select(by, "timezone")
    views = keys.unique(maintain_order=True).with_row_index("view")
    return views, keys.join(views, on=keys.columns, how="left", maintain_order="left")["view"].to_numpy()


def _full(shape: tuple[int, int]) -> Days:
    return np.full(shape, NO_DAY, dtype=np.int32)


def _days(dates: pl.Series) -> Days:
    values = dates.cast(pl.Date).cast(pl.Int32).to_numpy()  # where some are null they come as floats, and those as NaN
    return np.where(np.isnan(values), NO_DAY, values).astype(np.int32) if dates.null_count() else values
