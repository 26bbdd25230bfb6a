"""Which questions each ask carries: anchors always, then what teaches most per second, within the budget.

The asks of one account take turns in the order of their rank, so that no two colleagues are asked the same driver in a
week; a turn is taken at all accounts at once. Pure: the same forms whatever the order of the asks, as long as whole
accounts come together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.decide.addressees import MOST_COPIES, count_copies, find_known, find_refused
from engine.decide.book import Grid
from engine.decide.forms import Counts, Floats, Forms, Mask, Sheet, Why, fill_whys
from engine.decide.hearing import NO_DAY, WEEK, Days, Hearing, Ids, Places, is_driver
from engine.decide.opinions import ask_all, hooked, only
from engine.decide.plan import Plan
from engine.decide.says import Strategy
from engine.private import Terms
from engine.survey.bank import SINCE_LAST_ASK
from engine.types import Question, Survey

NO_BUDGET = 1_000_000
NONE: Mapping[int, Terms] = {}

Number = TypeVar("Number", bound=np.generic)


def choose_questions(
    asks: Plan,
    surveys: Iterable[Survey],
    strategies: Iterable[Strategy],
    *,
    heard: pl.DataFrame,
    asked: pl.DataFrame,
    behind: pl.DataFrame,
    own_words: Collection[str],
    terms: Mapping[int, Terms] = NONE,
    kinds: Sequence[str] = (),
) -> Forms:
    """Choose for every row of `asks.frame`.

    It has the columns of the Book and of the settings, `occasion`, `survey` (null or unknown: nothing to ask), `rank`
    (integer: who comes first at an account), a count of what waits for the contact for each of `repeated_for` (Int32; a
    column that is not there counts as none), and last answers where conditions look at them (`last_column`). `heard`,
    `asked` and `behind`: HEARD_COLUMNS, ASKED_COLUMNS and BEHIND_COLUMNS. `own_words`: the question types that invite
    own words. `terms`: of the accounts that have any, by number. `kinds`: the Book's.
    """
    frame, banks = asks.frame, {survey.name: survey for survey in surveys}
    hearing = Hearing(frame, banks.values(), heard=heard, asked=asked, behind=behind)
    panel = _Panel(asks, hooked(strategies, "question_worth"), tuple(kinds), terms)
    names = frame["survey"].drop_nulls().unique().sort()
    tables = [
        _lay_out(banks[name], frame["survey"].eq(name).fill_null(value=False).arg_true(), panel, hearing, own_words)
        for name in names
        if name in banks
    ]
    taken = np.zeros((hearing.accounts.max(initial=-1) + 1, len(hearing.constructs)), dtype=bool)
    turns = _turns(frame)
    for turn in range(int(turns.max(initial=-1)) + 1):
        for table in tables:
            table.take_turn(np.flatnonzero(turns[table.rows] == turn), taken)
    return Forms([table.as_sheet() for table in tables], frame.height)


def _turns(frame: pl.DataFrame) -> Ids:
    """Each ask's turn at its account: 0 for the first by rank, then by contact."""
    account, rank, contact = (frame[name].to_numpy() for name in ("account_id", "rank", "contact_id"))
    order = np.lexsort((contact, rank, account))
    first = np.flatnonzero(np.diff(account[order], prepend=-1))
    turns = np.empty_like(account)
    turns[order] = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    return turns


@dataclass
class _Table:
    """The asks of one survey as rows × questions: what may be asked, what it would teach, what is picked."""

    survey: Survey
    rows: Places
    accounts: Places
    constructs: Places
    today: Days
    budget: Counts
    most: Counts
    first: Mask
    """Anchors, where they come first."""
    open: Mask
    """Per question: whether it invites own words."""
    refused: Counts
    """Whom a question is not meant for: a Why, or -1."""
    copies: Counts
    """How often a question can be asked: once, or once for each promise that waits, or thing that happened."""
    worth: Floats
    known: Mask
    """Whether the record has the fact that an answer would tell."""
    answered: Days
    heard: Days
    low: Days
    """When the person last gave a low score that it is behind."""
    promised: Days
    """When we last promised the person something that it is behind."""
    others: Days
    """When a colleague last answered, or was asked, the construct."""
    blocked: Mask
    """A colleague is asked the construct this week."""
    picked: Counts = field(init=False)
    reserved: Mask = field(init=False)

    def __post_init__(self) -> None:
        questions = self.survey.questions
        self.picked = np.zeros(self.worth.shape, dtype=np.int32)
        self.reserved = np.zeros(self.worth.shape, dtype=bool)
        self.seconds = np.array([question.seconds for question in questions], dtype=np.int32)
        self.repeated = np.array([question.for_each is not None for question in questions], dtype=bool)
        self.happened = np.array([question.for_each == SINCE_LAST_ASK for question in questions], dtype=bool)
        self.drivers = np.array([is_driver(question) for question in questions], dtype=bool)

    def take_turn(self, places: Places, taken: Mask) -> None:
        """Fill the forms at these places. `taken`, accounts × constructs: what colleagues were given before."""
        cell = np.ix_(self.accounts[places], self.constructs)
        self.blocked[places] |= taken[cell] & self.drivers
        form = _Filling(self, places)
        form.add_anchors()
        form.reserve_own_words()
        form.add_promises()
        form.add_drivers()
        self.picked[places], self.reserved[places] = form.picked, form.reserved
        row, question = np.nonzero((form.picked > 0) & self.drivers)
        taken[self.accounts[places][row], self.constructs[question]] = True

    def as_sheet(self) -> Sheet:
        why, number = np.zeros_like(self.picked), np.zeros_like(self.answered)
        fill_whys(why, number, [*self._whys_picked(), *self._whys_left_out()])
        return Sheet(self.survey, self.rows, self.picked, self.worth, why, number)

    def _whys_picked(self) -> Iterable[tuple[Why, Mask, Days | int]]:
        picked = self.picked > 0
        yield Why.TOUCHPOINT, picked & self.happened, 0
        yield Why.PROMISE, picked & self.repeated, 0
        yield Why.ANCHOR, picked & self.first, 0
        yield Why.OPEN, picked & self.reserved, 0
        yield Why.OFFER, picked & np.array([question.measures is None for question in self.survey.questions]), 0
        yield Why.LOW, picked & (self.low != NO_DAY), self._ago(self.low)
        yield Why.PROMISED, picked & (self.promised != NO_DAY), self._ago(self.promised)
        yield Why.NEVER_HEARD, picked & (self.heard == NO_DAY), 0
        yield Why.NOT_HEARD_FOR, picked, self._ago(self.heard)

    def _whys_left_out(self) -> Iterable[tuple[Why, Mask, Days | int]]:
        for why in (Why.TERMS, Why.ROLE, Why.ACCOUNT, Why.FOLLOW_UP):
            yield why, self.refused == why, 0
        yield Why.NO_TOUCHPOINT, (self.copies == 0) & self.happened, 0
        yield Why.NO_PROMISE, self.copies == 0, 0
        worthless = self.worth <= 0
        every_days = np.array([question.every_days for question in self.survey.questions], dtype=np.int32)
        answered, others = self._ago(self.answered), self._ago(self.others)
        yield Why.KNOWN, worthless & self.known, 0
        yield Why.ANSWERED, worthless & (self.answered != NO_DAY) & (answered < every_days), answered
        yield Why.COLLEAGUE_THIS_WEEK, self.blocked, 0
        yield Why.COLLEAGUE, worthless & self.drivers & (self.others != NO_DAY), others
        yield Why.WORTHLESS, worthless, 0
        full = self.picked.sum(axis=1, keepdims=True) >= self.most[:, None]
        yield Why.NO_PLACE, np.broadcast_to(full, worthless.shape), self.most[:, None]
        yield Why.NO_SECONDS, np.ones_like(worthless), self.budget[:, None]

    def _ago(self, days: Days) -> Days:
        return np.where(days == NO_DAY, 0, np.maximum(self.today[:, None] - days, 0)).astype(np.int32)


class _Filling:
    """Some rows of a table while their forms are filled, all at once, one question a step."""

    def __init__(self, table: _Table, places: Places) -> None:
        self.table = table
        self.meant = (table.refused[places] < 0) & (table.copies[places] > 0)
        self.able = self.meant & (table.worth[places] > 0) & ~table.blocked[places]
        self.copies, self.worth, self.first = table.copies[places], table.worth[places], table.first[places]
        self.budget, self.most = table.budget[places], table.most[places]
        self.picked = np.zeros_like(self.copies)
        self.reserved = np.zeros(self.able.shape, dtype=bool)
        self.rows = np.arange(len(places))

    def add_anchors(self) -> None:
        """Whatever the budget: scores without them would compare with nothing."""
        self.picked += self.meant & self.first

    def reserve_own_words(self) -> None:
        """Each form has an open question. Where all rest, one is asked all the same: it is theirs to answer or not."""
        usual = np.flatnonzero(self.table.open & ~self.table.repeated)
        if not len(usual):
            return
        best = usual[self._best_first(usual)[:, 0]]
        missing: Mask = np.asarray(~((self.picked > 0) & self.table.open).any(axis=1))
        missing &= self.meant[:, usual].any(axis=1)
        self.reserved[self.rows[missing], best[missing]] = True
        self._add(best, missing)

    def _best_first(self, usual: Places) -> Places:
        """Which of these questions to take, the best first: those that may be asked, what fits, what teaches most."""
        able, meant = self.able[:, usual], self.meant[:, usual]
        fits = np.stack([self._has_room(question) for question in usual], axis=1)
        return np.lexsort((-self._density()[:, usual], ~fits, ~able, ~meant))

    def add_promises(self) -> None:
        """Promises that wait, and what happened since, come before anything that rotates."""
        for _ in range(MOST_COPIES):
            for question in np.flatnonzero(self.table.repeated):
                wanted = self.meant[:, question] & (self.picked[:, question] < self.copies[:, question])
                self._add(question, np.asarray(wanted & self._has_room(question)))

    def add_drivers(self) -> None:
        """Best worth per second first; what does not fit leaves its room to the next."""
        order = np.argsort(-self._density(), axis=1, kind="stable")
        free = self.able & ~self.first & ~self.table.repeated
        for question in order.T:
            wanted = free[self.rows, question] & (self.picked[self.rows, question] == 0)
            self._add(question, wanted & self._has_room(question))

    def _density(self) -> Floats:
        density: Floats = self.worth / self.table.seconds
        return density

    def _has_room(self, question: Places | np.intp) -> Mask:
        taken = self.picked @ self.table.seconds + self.table.seconds[question]
        room: Mask = (taken <= self.budget) & (self.picked.sum(axis=1) < self.most)
        return room

    def _add(self, question: Places | np.intp, mask: Mask) -> None:
        self.picked[self.rows, question] += mask


# what may be asked, and what it would teach


@dataclass(frozen=True)
class _Panel:
    """The strategies that judge questions, and the settings they judge by."""

    asks: Plan
    strategies: Sequence[Strategy]
    kinds: tuple[str, ...]
    terms: Mapping[int, Terms]

    def judge(self, questions: Sequence[Question], frame: pl.DataFrame) -> Floats:
        """What each answer would teach: the opinions multiplied. None, or one that is no number, counts as 1."""
        grids = [Grid(frame, self.kinds, question=question, at=f":{question.name}") for question in questions]
        worth = np.ones((frame.height, len(questions)))
        opinions = ask_all(self.strategies, "question_worth", self.asks.on(frame), grids, only(pl.Float64()))
        for column, said in enumerate(opinions):
            for opinion in said:
                worth[:, column] *= np.nan_to_num(opinion.where_on(1.0).to_numpy(), nan=1.0)  # null comes as NaN
        return worth.clip(0, 1e12)

    def settings(self, frame: pl.DataFrame) -> tuple[Counts, Counts, Mask]:
        """How many seconds and questions a form may have, where form_budget binds; and whether anchors come first."""
        within = pl.when(self._binds("form_budget"))
        seconds, most = (
            within.then(self.asks.columns[f"form_budget.{name}"]).otherwise(NO_BUDGET) for name in ("seconds", "most")
        )
        found = frame.select("contact_id", seconds=seconds, most=most, first=self._binds("anchors_first"))
        budget, number, first = (found[name].to_numpy() for name in ("seconds", "most", "first"))
        return budget.astype(np.int32), number.astype(np.int32), first

    def _binds(self, strategy: str) -> pl.Expr:
        return self.asks.columns[f"{strategy}.mode"] == "on"


def _lay_out(survey: Survey, rows: pl.Series, panel: _Panel, hearing: Hearing, own_words: Collection[str]) -> _Table:
    frame, places, questions = panel.asks.frame[rows], rows.to_numpy().astype(np.intp), survey.questions
    views, constructs = hearing.views[places], hearing.places(survey.name, questions)
    persons, today = hearing.persons[places], frame["today"].to_physical().to_numpy()
    answered = hearing.answered(survey.name, questions, places)
    heard = hearing.heard.day[np.ix_(views, constructs)]
    others = hearing.turns.of_others(views, constructs, persons)
    low, promised = (hearing.behind(survey.name, questions, places, promised=each) for each in (False, True))
    drivers = np.array([is_driver(question) for question in questions], dtype=bool)
    this_week = hearing.asked.of_others(views, constructs, persons) > today[:, None] - WEEK
    days = {"answered_on": answered, "heard_on": heard, "colleague_on": np.where(drivers, others, NO_DAY)}
    days |= {"low_on": low, "promised_on": promised}
    known = find_known(questions, frame)
    budget, most, anchors_first = panel.settings(frame)
    return _Table(
        survey=survey,
        rows=places,
        accounts=hearing.accounts[places],
        constructs=constructs,
        today=today,
        budget=budget,
        most=most,
        first=np.outer(anchors_first, [question.anchor for question in questions]),
        open=np.array([question.type in own_words and not question.knows for question in questions], dtype=bool),
        refused=_columns([find_refused(question, frame, panel.terms, survey.name) for question in questions]),
        copies=_columns([count_copies(question, frame) for question in questions]),
        worth=panel.judge(questions, _grid_frame(frame, questions, days, known)),
        known=known.select(pl.all().is_not_null()).to_numpy(),
        answered=answered,
        heard=heard,
        low=low,
        promised=promised,
        others=others,
        blocked=this_week & drivers,
    )


def _columns(columns: Sequence[npt.NDArray[Number]]) -> npt.NDArray[Number]:
    return np.stack(columns, axis=1)


def _grid_frame(
    frame: pl.DataFrame, questions: Sequence[Question], days: Mapping[str, Days], known: pl.DataFrame
) -> pl.DataFrame:
    """The frame with each of `days`, rows × questions, and with what the record knows, as a column per question."""
    names = [f"{name}:{question.name}" for name in days for question in questions]
    # as one that is cut up: each conversion has its price
    dates = pl.Series(_dates(np.concatenate([table.T.ravel() for table in days.values()])))
    columns = [dates.slice(place * frame.height, frame.height).alias(name) for place, name in enumerate(names)]
    return frame.hstack([*columns, *known])


def _dates(days: Days) -> npt.NDArray[np.datetime64]:
    """Days as dates; none is NaT, which a frame takes for null."""
    dates = days.astype("datetime64[D]")
    dates[days == NO_DAY] = np.datetime64("NaT")
    return dates
