"""Five minutes for the programme itself: twelve questions, some answered by what Heed knows, and a short plan of steps.

Nobody is compared with anybody: each time is kept with its day, so that a team sees what has changed since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.data import assessments as data
from engine.data.models import SelfAssessment
from engine.decide.shares import Share, share
from engine.errors import InputError
from engine.house import Engine
from engine.operations.figures import find_figures
from engine.operations.guesses import sum_guesses
from engine.operations.ledger import sum_ledger

HALF_A_YEAR, YEAR, SETTLED = timedelta(days=182), timedelta(days=365), timedelta(days=30)
LEVELS = ("not yet", "now and then", "mostly", "always")
BOUNDS = (0.4, 0.7, 0.9)
"""From which share on a fact speaks for the next level."""
MOST_STEPS = 4
NAME = "programme"


@dataclass(frozen=True)
class Topic:
    """A question on the programme, and what to do where it is weak; `place`: the page of the desk that helps."""

    name: str
    asks: str
    step: str
    place: str


TOPICS = (
    Topic("owners", "Does every client have somebody of ours who looks after them?",
          "Name an owner for each account that has none.", "accounts"),
    Topic("coverage", "Do we hear from every client within half a year?",
          "Look at who is asked in the weeks ahead, and whom nobody is planned to hear.", "calendar"),
    Topic("deciders", "Do we hear those who decide, and not only those who use what we deliver?",
          "Call one decision maker who has gone silent this week.", "today"),
    Topic("response", "Do people answer when we ask them?",
          "Look at who did not answer; ask them less, otherwise, or by a call.", "unanswered"),
    Topic("close", "Does every answer that needs something lead to somebody’s promise?",
          "Agree to the drafts that wait, or put them aside with a reason.", "drafts"),
    Topic("kept", "Do we do what we promised by the day we said?",
          "Move what cannot be done in time, with the reason; do what is overdue first.", "overdue"),
    Topic("confirmed", "Do clients confirm that what we call done is done?",
          "Ask those who have not said a word whether it holds.", "ledger"),
    Topic("openly", "Do we say no openly, with a reason that the client reads?",
          "Decline one promise that we will not keep, in the open.", "promises"),
    Topic("causes", "Do we change what is behind many complaints, and tell everybody who raised it?",
          "Begin an initiative for the cause that most people name.", "initiatives"),
    Topic("words", "Do we read clients’ own words every week, before the scores?",
          "Read what clients said since yesterday, together, first thing on Monday.", "voices"),
    Topic("guesses", "Do we know beforehand what our clients will say?",
          "Write down a guess before the next three answers.", "sides"),
    Topic("tailored", "Is each client asked in the way that suits them, and no more than that?",
          "Go through the plan of your largest account with the forecast beside it.", "accounts"),
)  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """What Heed knows: in words with how many, and the level that it speaks for."""

    words: str
    share: Share

    @property
    def level(self) -> int | None:
        rate = self.share.rate
        return None if rate is None else sum(rate >= bound for bound in BOUNDS)


@dataclass(frozen=True)
class Standing:
    """A topic as it was answered last, and the time before that."""

    topic: Topic
    level: int | None
    before: int | None


def read_facts(engine: Engine) -> tuple[dict[str, Fact], datetime | None]:
    """By topic, where Heed knows something, over all accounts that may be seen; and when it was counted, if not now."""
    kept, counted_at = find_figures(engine, NAME) or (count_facts(engine), None)
    return {name: Fact(f"{of} of {n} {WORDS[name]}", share(of, n)) for name, (of, n) in kept.items() if n}, counted_at


WORDS = {
    "owners": "accounts have an owner", "coverage": "accounts were heard in half a year",
    "deciders": "people who decide were heard in a year", "response": "asks of the last year were answered",
    "causes": "initiatives were published", "kept": "promises done were done in time",
    "confirmed": "words of clients say that it was kept", "guesses": "guesses were within a point",
}  # fmt: skip


def count_facts(engine: Engine) -> dict[str, Any]:
    """So many of so many, by topic."""
    now = engine.clock()
    ledger, near = sum_ledger(engine, YEAR.days), sum_guesses(engine).near
    with engine.store.read(engine.scope) as session:
        return {
            "owners": data.count_owned(session),
            "coverage": data.count_heard(session, now - HALF_A_YEAR),
            "deciders": data.count_deciders(session, now - YEAR),
            "response": data.count_answered(session, now - YEAR, now - SETTLED),
            "causes": data.count_initiatives(session),
            "kept": (ledger.on_time.of, ledger.on_time.n),
            "confirmed": (ledger.confirmed.of, ledger.confirmed.n),
            "guesses": (near.of, near.n),
        }


def keep_assessment(engine: Engine, given: Mapping[str, str]) -> SelfAssessment:
    """Keep a level for each topic that was answered. Raises InputError where none was, or for a level there is not."""
    levels = {}
    for topic in TOPICS:
        text = given.get(topic.name, "")
        if text and text not in ("0", "1", "2", "3"):
            raise InputError(f"“{text[:40]}” is no answer to this.", about=topic.name)
        if text:
            levels[topic.name] = int(text)
    if not levels:
        raise InputError("Answer at least one of the questions.")
    with engine.store.write(engine.scope) as session:
        kept = SelfAssessment(at=engine.clock(), author=engine.author, levels=levels)
        session.add(kept)
        session.flush()
        return kept


def list_assessments(engine: Engine) -> Sequence[SelfAssessment]:
    """The latest first."""
    with engine.store.read(engine.scope) as session:
        return data.list_assessments(session)


def compare(found: Sequence[SelfAssessment]) -> list[Standing]:
    """Each topic now and the time before."""
    now, before = (found[place].levels if len(found) > place else {} for place in (0, 1))
    return [Standing(topic, now.get(topic.name), before.get(topic.name)) for topic in TOPICS]


def plan_steps(standings: Sequence[Standing]) -> list[Standing]:
    """What to do next: the weakest first, at most MOST_STEPS, and nothing that is always so."""
    weak = [one for one in standings if one.level is not None and one.level < len(LEVELS) - 1]
    return sorted(weak, key=lambda one: one.level or 0)[:MOST_STEPS]
