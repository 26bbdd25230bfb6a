"""What was heard, from whom and when: for asks about to be made, the latest days as arrays, question by question.

A construct is what a question measures; one that measures nothing stands for itself. Answers count for the person
wherever they gave them, for the account whoever gave them, and for a colleague who is any other person at the account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.types import Question, Survey

Days = npt.NDArray[np.int32]
Places = npt.NDArray[np.intp]
Ids = npt.NDArray[np.int64]

NO_DAY = np.iinfo(np.int32).min

HEARD_COLUMNS = {
    "account_id": pl.Int64,
    "person_id": pl.Int64,
    "survey": pl.String,
    "question": pl.String,
    "answered_on": pl.Date,
}
"""Answers; the latest of each person to each question is enough."""

ASKED_COLUMNS = {
    "account_id": pl.Int64,
    "person_id": pl.Int64,
    "survey": pl.String,
    "question": pl.String,
    "asked_on": pl.Date,
}
"""Questions of asks that were sent or wait to be sent: at least those of the last week."""


def construct_of(survey: str, question: Question) -> str:
    return question.measures or f"{survey}:{question.name}"


def is_driver(question: Question) -> bool:
    """Whether colleagues take turns: anchors compare people, and a promise is one person's own."""
    return not question.anchor and question.for_each is None


@dataclass(frozen=True)
class Latest:
    """Per account and construct: the latest day, whose it is, and the latest day of anyone else."""

    day: Days
    person: Ids
    others_day: Days

    def of_others(self, accounts: Places, constructs: Places, persons: Ids) -> Days:
        """Rows × constructs: the latest day that is not this person's own."""
        cell = np.ix_(accounts, constructs)
        return np.where(self.person[cell] == persons[:, None], self.others_day[cell], self.day[cell])


class Hearing:
    """What was heard from the accounts of these asks. `accounts`: each ask's place among them."""

    def __init__(self, asks: pl.DataFrame, surveys: Iterable[Survey], heard: pl.DataFrame, asked: pl.DataFrame) -> None:
        self._banks = {survey.name: survey for survey in surveys}
        names = [construct_of(survey.name, question) for survey, question in self._questions()]
        self.constructs = {name: place for place, name in enumerate(dict.fromkeys(names))}
        self._account_ids, self.accounts = np.unique(asks["account_id"].to_numpy(), return_inverse=True)
        self.persons = asks["person_id"].to_numpy()
        self._heard = heard
        catalog = self._catalog()
        answers = self._events(heard.rename({"answered_on": "day"}), catalog)
        turns = self._events(asked.rename({"asked_on": "day"}), catalog.filter("driver"))
        self.heard = self._latest(answers)
        self.asked = self._latest(turns)
        self.turns = self._latest(pl.concat([answers, turns]))

    def places(self, survey: str, questions: Sequence[Question]) -> Places:
        """Each question's construct, as its place in the arrays."""
        return np.array([self.constructs[construct_of(survey, question)] for question in questions], dtype=np.intp)

    def answered(self, survey: str, questions: Sequence[Question], rows: Places) -> Days:
        """Rows × questions: the day this person last answered it, anywhere."""
        persons, person = np.unique(self.persons[rows], return_inverse=True)
        names = pl.DataFrame({"question": [question.name for question in questions]}).with_row_index("place")
        found = self._heard.filter(pl.col("survey") == survey, pl.col("person_id").is_in(persons.tolist()))
        found = found.join(names, on="question")
        at = np.searchsorted(persons, found["person_id"].to_numpy())
        days = np.full((len(persons), len(questions)), NO_DAY, dtype=np.int32)
        np.maximum.at(days, (at, found["place"].to_numpy()), _days(found["answered_on"]))
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

    def _events(self, frame: pl.DataFrame, catalog: pl.DataFrame) -> pl.DataFrame:
        """One row per account, construct and person; what no survey asks any more is left out."""
        ids = pl.Series(self._account_ids)
        here = frame.filter(pl.col("account_id").is_in(ids.implode()))
        found = here.join(catalog, on=["survey", "question"])
        return found.group_by("account_id", "construct", "person_id").agg(pl.col("day").max())

    def _latest(self, events: pl.DataFrame) -> Latest:
        shape = len(self._account_ids), len(self.constructs)
        events = events.sort("day", "person_id")
        account = np.searchsorted(self._account_ids, events["account_id"].to_numpy())
        cell = account, events["construct"].to_numpy()
        person, day = events["person_id"].to_numpy(), _days(events["day"])
        latest = Latest(_full(shape), np.full(shape, -1, dtype=np.int64), _full(shape))
        latest.day[cell], latest.person[cell] = day, person  # sorted: the last one stays
        others = person != latest.person[cell]
        np.maximum.at(latest.others_day, (cell[0][others], cell[1][others]), day[others])
        return latest


def _full(shape: tuple[int, int]) -> Days:
    return np.full(shape, NO_DAY, dtype=np.int32)


def _days(dates: pl.Series) -> Days:
    return dates.cast(pl.Date).to_physical().fill_null(NO_DAY).to_numpy().astype(np.int32, copy=False)
