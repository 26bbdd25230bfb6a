"""Both sides of the story: what the account team expects before a client answers, and how near that was afterwards.

A guess is written down while the answer is open, and stays as it is once there is one. It says something about us,
never about the client, and no client sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.data import calls, clients
from engine.data import guesses as data
from engine.data.accounts import list_accounts
from engine.data.models import LIVE, Account, AnswerRow, Ask, Contact, Guess
from engine.decide.shares import Share, share
from engine.errors import InputError, NotFoundError, StateError
from engine.house import Engine
from engine.language import ENGLISH
from engine.operations.figures import find_figures
from engine.operations.forms import Form, Item, read_forms
from engine.operations.learned import points_of
from engine.operations.letters import tell_item
from engine.operations.wordings import read_wordings

NAME = "guesses"
PAGE = 50
Point = tuple[str, str, float]


@dataclass(frozen=True)
class Expected:
    """A question to guess. `points`: value, word and score; `guesses`: value by author; `said`: the answer."""

    item: Item
    label: str
    points: Sequence[Point]
    guesses: Mapping[str, str]
    said: str | None


@dataclass(frozen=True)
class Sides:
    """An ask as both sides see it. `open`: what is expected may still be written down."""

    ask: Ask
    form: Form
    questions: Sequence[Expected]
    open: bool


@dataclass(frozen=True)
class Gap:
    guess: Guess
    answer: AnswerRow
    account: Account
    contact: Contact
    asked: str
    """The question, in words."""

    @property
    def at(self) -> datetime:
        return self.answer.answered_at

    @property
    def off(self) -> float:
        """By how many points we expected more than was said."""
        return self.guess.score - (self.answer.score or 0)


@dataclass(frozen=True)
class Nearness:
    """How near guesses were: within a point, too high, too low."""

    account_id: int | None
    name: str
    n: int
    near: Share
    high: Share
    low: Share


def open_sides(engine: Engine, ask_id: int) -> Sides:
    """Raises NotFoundError for an ask without a form of ours."""
    with engine.store.read(engine.scope) as session:
        ask, form = _read(engine, session, ask_id)
        guesses = data.list_guesses(session, ask_id)
        answered = ask.status == "answered"
        said = (
            {(row.question, row.promise_id): row for row in clients.read_answers(session, ask_id)} if answered else {}
        )
    questions = []
    for item, points in _guessable(engine, form):
        theirs = {one.author: one.value for one in guesses if (one.question, one.promise_id) == item.key[:2]}
        answer = said.get(item.key[:2])
        questions.append(
            Expected(item, tell_item(form, item, ENGLISH, form.facts), points, theirs, answer.value if answer else None)
        )
    return Sides(ask, form, questions, ask.status in LIVE)


def keep_guesses(engine: Engine, ask_id: int, given: Mapping[str, str]) -> int:
    """Write down what whoever acts expects, by field; an empty one is taken back. How many stand.

    Raises StateError once the ask is over, and InputError for a point that the question does not have.
    """
    with engine.store.write(engine.scope) as session:
        locked = clients.lock_ask(session, ask_id)
        ask, form = _read(engine, session, ask_id)
        if locked is None or ask.status not in LIVE:
            raise StateError("What was expected is written down before the answer, and stays as it is.")
        before = {(one.question, one.promise_id): one for one in data.list_guesses(session, ask_id)
                  if one.author == engine.author}  # fmt: skip
        kept = [_keep(engine, session, ask, item, given[item.field], points, before.get(item.key[:2]))
                for item, points in _guessable(engine, form) if item.field in given]  # fmt: skip
        return sum(kept)


def _keep(
    engine: Engine, session: Session, ask: Ask, item: Item, value: str, points: Sequence[Point],
    before: Guess | None,
) -> bool:  # fmt: skip
    if not value:
        if before:
            session.delete(before)
        return False
    score = {point: score for point, _, score in points}.get(value)
    if score is None:
        raise InputError(f"“{value[:40]}” is no point of this question.", about=item.field)
    guess = before or Guess(
        account_id=ask.account_id, contact_id=ask.contact_id, ask_id=ask.id, question=item.key[0],
        promise_id=item.key[1], author=engine.author,
    )  # fmt: skip
    guess.value, guess.score, guess.at = value, score, engine.clock()
    session.add(guess)
    return True


def list_gaps(
    engine: Engine, *, account_id: int | None = None, page: int = 1, size: int = PAGE, **wanted: Any
) -> tuple[list[Gap], bool]:
    """A page of guesses that were answered, and whether there are more. `wanted`: words, author, far."""
    with engine.store.read(engine.scope) as session:
        found = data.list_gaps(session, account_id=account_id, skip=(page - 1) * size, most=size + 1, **wanted)
    wordings = read_wordings(engine)
    gaps = [Gap(guess, answer, account, contact, wordings.tell(answer, account))
            for guess, answer, account, contact in found[:size]]  # fmt: skip
    return gaps, len(found) > size


@dataclass(frozen=True)
class Measured:
    """How near our guesses are: of all accounts together, and of those with most guesses.

    `counted_at`: None: just now.
    """

    all: Nearness
    accounts: Sequence[Nearness]
    counted_at: datetime | None = None


def older_than(engine: Engine) -> int | None:
    """After how many guesses list_gaps stops looking; None: it looks at all there are."""
    with engine.store.read(engine.scope) as session:
        return data.LATER if data.has_older(session) else None


def measure_guesses(engine: Engine) -> Measured:
    counts, counted_at = find_figures(engine, NAME) or (count_guesses(engine), None)
    with engine.store.read(engine.scope) as session:
        names = {one.id: one.name for one in list_accounts(session, [row[0] for row in counts["accounts"]])}
    each = [_nearness(number, names.get(number, ""), *of) for number, *of in counts["accounts"]]
    return Measured(_nearness(None, "", *counts["all"]), each, counted_at)


def sum_guesses(engine: Engine) -> Nearness:
    """Of all accounts together."""
    kept = find_figures(engine, NAME)
    return _nearness(None, "", *(kept[0] if kept else count_guesses(engine))["all"])


def measure_gaps(gaps: Sequence[Gap]) -> Nearness:
    """The same of guesses that are at hand."""
    off = [gap.off for gap in gaps]
    counts = (sum(abs(by) <= data.NEAR for by in off), sum(by > 0 for by in off), sum(by < 0 for by in off))
    return _nearness(None, "", len(off), *counts)


def count_guesses(engine: Engine) -> dict[str, Any]:
    """Guesses, near, too high, too low: of all, and beside their ids of the accounts with most guesses."""
    with engine.store.read(engine.scope) as session:
        rows = [tuple(row) for row in data.count_gaps(session)]
    return {"all": [sum(column) for column in list(zip(*rows, strict=True))[1:]] or [0] * 4,
            "accounts": [list(row) for row in rows[:PAGE]]}  # fmt: skip


def _nearness(account_id: int | None, name: str, n: int, near: int, high: int, low: int) -> Nearness:
    return Nearness(account_id, name, n, share(near, n), share(high, n), share(low, n))


def _read(engine: Engine, session: Session, ask_id: int) -> tuple[Ask, Form]:
    ask = calls.find_ask(session, ask_id)
    if ask is None or ask.survey_version_id is None:
        raise NotFoundError("There is no such ask of ours.", about=str(ask_id))
    return ask, read_forms(engine, session, clients.find_asks(session, [ask_id]))[0]


def _guessable(engine: Engine, form: Form) -> Iterator[tuple[Item, list[Point]]]:
    """The questions answered by a point on a scale, with the points. What happened is theirs alone to judge."""
    for item in form.items:
        points = list(points_of(engine.plugins.question_types[item.question.type], item.question))
        if points and not item.touchpoint:
            yield item, points
