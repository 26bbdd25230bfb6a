"""Chosen forms: which questions each ask carries, which were left out, and why: a word of Why and its number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.decide.hearing import Days, Places
from engine.decide.sentences import Teller, Words
from engine.types import Survey

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]


class Why(IntEnum):
    """Why a question is in a form, or is not."""

    ANCHOR = 0
    PROMISE = 1
    OPEN = 2
    OFFER = 3
    NEVER_HEARD = 4
    NOT_HEARD_FOR = 5
    ROLE = 6
    ACCOUNT = 7
    NO_PROMISE = 8
    ANSWERED = 9
    COLLEAGUE_THIS_WEEK = 10
    COLLEAGUE = 11
    WORTHLESS = 12
    NO_SECONDS = 13
    NO_PLACE = 14
    KNOWN = 15
    LOW = 16
    PROMISED = 17
    FOLLOW_UP = 18
    TERMS = 19
    TOUCHPOINT = 20
    NO_TOUCHPOINT = 21


SENTENCES = {
    Why.ANCHOR: "asked of everyone, so that answers can be compared over time",
    Why.PROMISE: "we promised this person something, and only they can say whether it was kept",
    Why.OPEN: "room for their own words",
    Why.OFFER: "offered in case it suits them",
    Why.NEVER_HEARD: "nobody at this company has told us about it yet",
    Why.NOT_HEARD_FOR: "last heard from this company {number|=0 today|yesterday|# days ago}",
    Why.ROLE: "meant for people in other roles",
    Why.ACCOUNT: "not meant for this company",
    Why.NO_PROMISE: "no promise waits for their word",
    Why.ANSWERED: "answered {number|=0 today|yesterday|# days ago}",
    Why.COLLEAGUE_THIS_WEEK: "a colleague was asked this week",
    Why.COLLEAGUE: "a colleague was asked, or told us, {number|=0 today|yesterday|# days ago}",
    Why.WORTHLESS: "another rule keeps it for later",
    Why.NO_SECONDS: "it would take longer than {number|a second|# seconds} in all",
    Why.NO_PLACE: "there {number|is one question|are # questions} already",
    Why.KNOWN: "we know it already",
    Why.LOW: "it may be behind the low score that they gave {number|=0 today|yesterday|# days ago}",
    Why.FOLLOW_UP: "asked on the page, once another answer opens it",
    Why.TERMS: "the client's terms do not let us keep the answer",
    Why.TOUCHPOINT: "something happened since we last asked, and only they can say how it went",
    Why.NO_TOUCHPOINT: "nothing of the kind happened since we last asked",
    Why.PROMISED: "it may be behind what we promised them {number|=0 today|yesterday|# days ago}",
}
WHYS = [why.name.lower() for why in Why]
"""What a record keeps of each: once there, a name stays."""


def tell_why(said: Mapping[str, Any], tell: Teller) -> Words:
    """One question's why in words. `said`: a row of `Forms.picked` or `left_out`."""
    return tell(SENTENCES[Why[said["why"].upper()]], number=said["number"])


@dataclass(frozen=True)
class Sheet:
    """The asks of one survey: rows × questions. `rows`: where the asks stand in the frame they came in."""

    survey: Survey
    rows: Places
    picked: Counts
    """How many times each question is asked: more than once where it is repeated."""
    worth: Floats
    why: Counts
    number: Days
    """The number in the sentence: days, seconds or questions."""

    def long(self, picked: bool) -> pl.DataFrame:
        """One row per ask and question that is picked, or that is not."""
        times = self.picked if picked else (self.picked == 0).astype(np.int32)
        row, question = np.divmod(np.repeat(np.arange(times.size), times.ravel()), times.shape[1])
        cell = row, question
        names = pl.Series([question.name for question in self.survey.questions], dtype=pl.String)
        seconds = pl.Series([question.seconds for question in self.survey.questions], dtype=pl.Int64)
        later = pl.Series([not question.anchor for question in self.survey.questions], dtype=pl.Boolean)
        return pl.DataFrame(
            {
                "row": self.rows[row].astype(np.int64),
                "later": later[question],
                "name": names[question],
                "seconds": seconds[question],
                "worth": np.round(self.worth[cell], 4),
                "why": pl.Series(WHYS)[self.why[cell]],
                "number": self.number[cell],
            }
        )


@dataclass(frozen=True)
class Forms:
    """All forms. `asks`: how many asks there were."""

    sheets: Sequence[Sheet]
    asks: int

    @cached_property
    def picked(self) -> pl.DataFrame:
        """row (of the asks' frame), name, seconds, worth, why, number: anchors first, then in the survey's order.

        A question that is repeated stands once for each time.
        """
        found = self._long(picked=True).sort("row", "later", maintain_order=True)
        return found[["row", "name", "seconds", "worth", "why", "number"]]

    @cached_property
    def left_out(self) -> pl.DataFrame:
        """row, name, why, number: in the order of the survey."""
        return self._long(picked=False).sort("row", maintain_order=True)[["row", "name", "why", "number"]]

    @cached_property
    def seconds(self) -> pl.Series:
        """Per ask, the seconds its form should take (Int64); 0 where there is nothing to ask."""
        taken = np.zeros(self.asks, dtype=np.int64)
        np.add.at(taken, self.picked["row"].to_numpy(), self.picked["seconds"].to_numpy())
        return pl.Series("seconds", taken)

    def of(self, row: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """One ask's questions and what was left out."""
        picked, left_out = (frame.filter(row=row).to_dicts() for frame in (self.picked, self.left_out))
        for each in (*picked, *left_out):
            del each["row"]
        return picked, left_out

    def _long(self, *, picked: bool) -> pl.DataFrame:
        return pl.concat([_EMPTY, *(sheet.long(picked) for sheet in self.sheets)])


_EMPTY = pl.DataFrame(
    schema={
        "row": pl.Int64,
        "later": pl.Boolean,
        "name": pl.String,
        "seconds": pl.Int64,
        "worth": pl.Float64,
        "why": pl.String,
        "number": pl.Int32,
    }
)


def fill_whys(why: Counts, number: Days, whys: Iterable[tuple[Why, Mask, Days | int]]) -> None:
    """Note for each cell the first reason that is true of it, and the number it is told with."""
    undecided = np.ones(why.shape, dtype=bool)
    for reason, true, told in whys:
        cells = undecided & true
        why[cells] = reason
        number[cells] = np.broadcast_to(told, why.shape)[cells]
        undecided &= ~cells
