"""How much causes weigh: people, accounts, revenue, and how often each was named, day by day, by how many answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from engine.data import initiatives as data
from engine.data.initiatives import Heard
from engine.data.models import Initiative
from engine.house import Engine
from engine.operations.figures import find_figures, pack_days, unpack_days
from engine.operations.suggestions import read_lows

NAME = "causes"
BEFORE = timedelta(days=182)
"""How far back “before the change” reaches."""
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Weight:
    """How much a cause weighs. `times`: forms and voices that named it in the last year; `again`: people who did so
    more than once. `revenue`: by currency, of the accounts it touches."""

    cause: str
    people: int = 0
    accounts: int = 0
    revenue: dict[str, float] = field(default_factory=dict)
    times: int = 0
    again: int = 0

    @property
    def rank(self) -> tuple[int, int, float, int]:
        return self.people, self.accounts, sum(self.revenue.values()), self.times


@dataclass(frozen=True)
class Causes:
    """What was named. `forms`: how many were answered on each day; `named`: how many of them named each cause.

    `raised`: how many contacts spoke of what each initiative is about. `counted_at`: None: just now.
    """

    weights: Mapping[str, Weight]
    forms: Mapping[date, int]
    named: Mapping[str, Mapping[date, int]]
    raised: Mapping[int, int]
    counted_at: datetime | None = None

    @property
    def ranked(self) -> Sequence[Weight]:
        """The weightiest first."""
        return sorted(self.weights.values(), key=lambda each: each.rank, reverse=True)

    def weight(self, cause: str) -> Weight:
        return self.weights.get(cause) or Weight(cause)

    def count(self, cause: str, since: date, until: date) -> tuple[int, int]:
        """In how many forms it was named, of how many, from a day until before another."""
        named = self.named.get(cause, {})
        return tuple(  # type: ignore[return-value]
            sum(count for day, count in counts.items() if since <= day < until) for counts in (named, self.forms)
        )


def read_causes(engine: Engine, on: date | None = None) -> Causes:
    """As they were counted last, where the house is large; as they stand, for a day that is named."""
    kept = None if on else find_figures(engine, NAME)
    return _unpack(*kept) if kept else count_causes(engine, on)


def count_causes(engine: Engine, on: date | None = None) -> Causes:
    today = engine.moment(on).today("UTC")
    tomorrow = today + timedelta(days=1)
    with engine.store.read(engine.scope) as session:
        initiatives = data.list_initiatives(session)
        first = min([today - YEAR, *(day for each in initiatives for day in _looks_back(each, today))])
        heard = [each for each in read_named(engine, session, first) if each.on <= today]
        forms = data.count_forms(session, midnight(first), midnight(tomorrow)) if initiatives else {}
        revenue, linked = data.read_revenue(session), data.list_linked_contacts(session)
    recent = _by_cause(each for each in heard if each.on >= today - YEAR)
    named = _by_cause(each for each in heard if each.answered)
    weights = {cause: _weigh(cause, each, revenue) for cause, each in recent.items()}
    days = {cause: Counter(each.on for each in of) for cause, of in named.items()}
    raised = {each.id: len(_raised(each, heard) | linked.get(each.id, set())) for each in initiatives}
    return Causes(weights, forms, days, raised)


def pack_causes(found: Causes) -> dict[str, Any]:
    return {
        "weights": [asdict(weight) for weight in found.weights.values()],
        "forms": pack_days(found.forms),
        "named": {cause: pack_days(days) for cause, days in found.named.items()},
        "raised": {str(number): count for number, count in found.raised.items()},
    }


def _unpack(kept: Mapping[str, Any], counted_at: datetime) -> Causes:
    return Causes(
        {weight["cause"]: Weight(**weight) for weight in kept["weights"]},
        unpack_days(kept["forms"]),
        {cause: unpack_days(days) for cause, days in kept["named"].items()},
        {int(number): count for number, count in kept["raised"].items()},
        counted_at,
    )


def read_named(engine: Engine, session: Session, first: date) -> list[Heard]:
    """Every form and voice that named a cause since a day."""
    return data.read_named(session, midnight(first), read_lows(engine, session))


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _looks_back(initiative: Initiative, today: date) -> tuple[date, date]:
    return (initiative.changed_on or today) - BEFORE, initiative.made_on - YEAR


def _by_cause(heard: Iterable[Heard]) -> dict[str, list[Heard]]:
    found: dict[str, list[Heard]] = defaultdict(list)
    for each in heard:
        for cause in each.causes:
            found[cause].append(each)
    return found


def _weigh(cause: str, named: Sequence[Heard], revenue: Mapping[int, tuple[str, float]]) -> Weight:
    people = Counter(each.person_id for each in named if each.person_id is not None)
    accounts = {each.account_id for each in named}
    sums: dict[str, float] = defaultdict(float)
    for account_id in accounts & revenue.keys():
        currency, amount = revenue[account_id]
        sums[currency] += amount
    again = sum(times > 1 for times in people.values())
    return Weight(cause, len(people), len(accounts), dict(sums), len(named), again)


def _raised(initiative: Initiative, heard: Sequence[Heard]) -> set[int]:
    since = initiative.made_on - YEAR
    named = (each for each in heard if initiative.cause in each.causes and each.on >= since)
    return {each.contact_id for each in named if each.contact_id is not None}
