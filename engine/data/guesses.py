"""What the account team expected, beside what clients answered, as queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Float, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from engine.data.clients import AnyRow
from engine.data.models import Account, AnswerRow, Ask, Contact, Guess
from engine.data.search import holds

LATER = 5000
"""To put all that ever were in the order of their answers would take too long in a large house."""
NEAR = 1
"""Points that a guess may be off, and still be near."""


def list_guesses(session: Session, ask_id: int) -> Sequence[Guess]:
    return session.scalars(select(Guess).where(Guess.ask_id == ask_id).order_by(Guess.id)).all()


def list_gaps(
    session: Session, *, account_id: int | None = None, words: str = "", author: str = "", far: bool = False,
    skip: int = 0, most: int,
) -> Sequence[AnyRow]:  # fmt: skip
    """Guess, answer, account and contact, the latest answer first. `far`: only guesses that were not near.

    `words`: of the account or the person. A guess that has LATER ones is looked at no more: see has_older.
    """
    order = AnswerRow.answered_at.desc(), Guess.id.desc()
    pairs = _beside(select(Guess.id.label("guess"), AnswerRow.id.label("answer")).select_from(Guess), account_id)
    pairs = pairs.where(Guess.id.in_(_latest(account_id)))
    if words:
        named = ((Guess.account_id, Account), (Guess.contact_id, Contact))
        dialect = session.get_bind().dialect.name
        pairs = pairs.where(or_(*(of.in_(select(table.id).where(holds(table, words, dialect))) for of, table in named)))
    if author:
        pairs = pairs.where(Guess.author == author)
    if far:
        pairs = pairs.where(func.abs(Guess.score - AnswerRow.score, type_=Float) > NEAR)
    page = pairs.order_by(*order).offset(skip).limit(most).subquery()
    query = select(Guess, AnswerRow, Account, Contact).join(page, page.c.guess == Guess.id)
    query = query.join(AnswerRow, AnswerRow.id == page.c.answer)
    query = query.join(Account, Account.id == Guess.account_id).join(Contact, Contact.id == Guess.contact_id)
    return session.execute(query.order_by(*order)).all()


def _latest(account_id: int | None) -> Select[int]:
    query = select(Guess.id).order_by(Guess.id.desc()).limit(LATER)
    return query.where(Guess.account_id == account_id) if account_id else query


def has_older(session: Session) -> bool:
    """Whether there are guesses that list_gaps looks at no more."""
    return session.scalar(select(Guess.id).order_by(Guess.id.desc()).offset(LATER).limit(1)) is not None


def count_gaps(session: Session) -> Sequence[AnyRow]:
    """For each account: how many guesses were answered, how many were near, too high and too low; most first."""
    off = func.abs(Guess.score - AnswerRow.score, type_=Float)
    counts = (
        func.count().label("n"),
        func.count().filter(off <= NEAR).label("near"),
        func.count().filter(Guess.score > AnswerRow.score).label("high"),
        func.count().filter(Guess.score < AnswerRow.score).label("low"),
    )
    query = _beside(select(Guess.account_id, *counts).select_from(Guess)).group_by(Guess.account_id)
    return session.execute(query.order_by(counts[0].desc(), Guess.account_id)).all()


def _beside(query: Select[*tuple[Any, ...]], account_id: int | None = None) -> Select[*tuple[Any, ...]]:
    same = func.coalesce(AnswerRow.promise_id, 0) == func.coalesce(Guess.promise_id, 0)
    of = and_(AnswerRow.ask_id == Guess.ask_id, AnswerRow.question == Guess.question, same)
    query = query.join(AnswerRow, of).join(Ask, Ask.id == Guess.ask_id)
    query = query.where(AnswerRow.score.is_not(None), Ask.status == "answered")
    return query.where(Guess.account_id == account_id) if account_id else query
