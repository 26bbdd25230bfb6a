"""What is known of whoever has answered, for those who suggest what to promise: revenue, promises, earlier answers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.orm import Session

from engine.data.models import Account, AnswerRow, Ask, Contact, Promise


def list_unsuggested_asks(session: Session, most: int) -> Sequence[int]:
    """Asks with answers for which nothing was suggested yet, the newest first: one that fails keeps no other back."""
    return session.scalars(select(Ask.id).where(Ask.suggest).order_by(Ask.id.desc()).limit(most)).all()


def is_among_the_largest(session: Session, account: Account, share: float) -> bool:
    """Whether no more than this share of the accounts whose revenue is known have as much."""
    if account.annual_revenue is None:
        return False
    more = select(func.count()).where(Account.annual_revenue >= account.annual_revenue)
    every = select(func.count()).where(Account.annual_revenue.is_not(None))
    return (session.scalar(more.select_from(Account)) or 0) <= share * (session.scalar(every.select_from(Account)) or 0)


def count_promises(session: Session, contact_id: int, today: date) -> tuple[int, int]:
    """How many promises to a contact were kept, and how many are overdue or disputed."""
    theirs = select(func.count()).select_from(Promise).where(Promise.contact_id == contact_id)
    let_down = or_(Promise.verdict == "disputed", Promise.due_on < today)
    broken = theirs.where(Promise.status == "agreed", let_down)
    return session.scalar(theirs.where(Promise.verdict == "kept")) or 0, session.scalar(broken) or 0


def read_scores_before(
    session: Session, contact_id: int, survey: str, before: datetime, ask_id: int
) -> dict[str, float]:
    """What a contact last answered to each question of a survey, in an earlier ask."""
    query = select(AnswerRow.question, AnswerRow.score).where(
        AnswerRow.contact_id == contact_id, AnswerRow.survey == survey, AnswerRow.answered_at < before,
        func.coalesce(AnswerRow.ask_id, 0) != ask_id, AnswerRow.score.is_not(None),
    )  # fmt: skip
    rows = session.execute(query.order_by(AnswerRow.answered_at, AnswerRow.id))
    return {row.question: row.score for row in rows}


def count_named(
    session: Session, account_id: int, since: datetime, lows: Mapping[tuple[str, str], tuple[float, str]]
) -> dict[str, int]:
    """How many people of an account named each cause since a moment.

    `lows`: for each survey and question the highest low score, and what a low score then is about.
    """
    query = select(Contact.person_id, *CAUSED)
    query = query.join(Contact, Contact.id == AnswerRow.contact_id)
    people: dict[str, set[int]] = defaultdict(set)
    for row in session.execute(query.where(AnswerRow.account_id == account_id, AnswerRow.answered_at >= since)):
        for cause in causes_of(row, lows):
            people[cause].add(row.person_id)
    return {cause: len(named) for cause, named in people.items()}


CAUSED = (AnswerRow.survey, AnswerRow.question, AnswerRow.score, cast(AnswerRow.data, Text).label("data"))
"""What `causes_of` looks at."""


def causes_of(row: Any, lows: Mapping[tuple[str, str], tuple[float, str]]) -> Iterator[str]:
    """What is behind a low answer: the reasons that were ticked, else what its question is about."""
    named = _reasons(row.data)
    most, about = lows.get((row.survey, row.question), (None, ""))
    if named:
        yield from named
    elif most is not None and row.score is not None and row.score <= most and about:
        yield about


@lru_cache(maxsize=4096)
def _reasons(data: str | None) -> tuple[str, ...]:
    """Thousands of answers say one of a few things, so each is read once."""
    return tuple(((json.loads(data or "{}") or {}).get("reasons") or {}).get("low") or ())
