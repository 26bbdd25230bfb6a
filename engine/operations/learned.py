"""What we learned of an account: for each construct, what its people last said of it, with how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.brought import GuardedType
from engine.data.models import AnswerRow
from engine.decide.means import Mean, mean
from engine.house import Engine
from engine.language import ENGLISH
from engine.operations.surveys import list_surveys
from engine.types import Question

FRESH = timedelta(days=365)
"""What was said longer ago is history."""
FIELD = "point"


@dataclass(frozen=True)
class Learned:
    """`first` to `last` is the scale; `on`: when it was heard last."""

    construct: str
    mean: Mean
    first: float
    last: float
    on: date


def learn(engine: Engine, answers: Iterable[AnswerRow], people: int, now: datetime) -> list[Learned]:
    """From an account's answers, the oldest first; `people`: how many there are. What was heard of most comes first."""
    scales = {(survey.name, question.name): (question.measures, ends)
              for survey in list_surveys(engine) for question in survey.questions
              if question.measures and (ends := _ends(engine, question))}  # fmt: skip
    heard: dict[tuple[str, tuple[float, float]], dict[int, tuple[float, datetime]]] = {}
    for row in answers:
        scale = scales.get((row.survey, row.question))
        if scale and row.score is not None and now - row.answered_at <= FRESH:
            heard.setdefault(scale, {})[row.contact_id] = (row.score, row.answered_at)
    found = [_learned(construct, ends, list(said.values()), people) for (construct, ends), said in heard.items()]
    return sorted(found, key=lambda one: (-one.mean.n, one.construct, one.last))


def _learned(construct: str, ends: tuple[float, float], said: Sequence[tuple[float, datetime]], people: int) -> Learned:
    told = mean([score for score, _ in said], people, *ends)
    return Learned(construct, told, *ends, on=max(at for _, at in said).date())


def _ends(engine: Engine, question: Question) -> tuple[float, float] | None:
    kind = engine.plugins.question_types.get(question.type)
    scores = [score for _, _, score in points_of(kind, question)] if kind else []
    return (min(scores), max(scores)) if scores else None


def points_of(kind: GuardedType, question: Question) -> Iterator[tuple[str, str, float]]:
    """Where a question is answered by a point on a scale: each one's value, word and score."""
    if kind.analysis.scale != "ordinal":
        return
    texts = kind.texts(question, ENGLISH.locale, ENGLISH.gettext)
    offered = [(str(key), str(key)) for key, _ in texts.get("points", ())] or list(texts.get("choices", ()))
    for key, word in offered:
        given = kind.read(question, {FIELD: [key]}, FIELD)
        if given is not None and given.score is not None:
            yield key, word, given.score
