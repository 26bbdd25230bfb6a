"""What the account team expected, beside what clients answered, as queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Float, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from engine.data.clients import AnyRow
from engine.data.models import Account, AnswerRow, Ask, Contact, Guess

NEAR = 1
"""Points that a guess may be off, and still be near."""


def list_guesses(session: Session, ask_id: int) -> Sequence[Guess]:
    return session.scalars(select(Guess).where(Guess.ask_id == ask_id).order_by(Guess.id)).all()


def list_gaps(
    session: Session, *, account_id: int | None = None, words: str = "", author: str = "", far: bool = False,
    skip: int = 0, most: int,
) -> Sequence[AnyRow]:  # fmt: skip
    """Guess, answer, account and contact, the latest answer first. `far`: only guesses that were not near."""
    query = _beside(select(Guess, AnswerRow, Account, Contact), account_id)
    query = query.join(Account, Account.id == Guess.account_id).join(Contact, Contact.id == Guess.contact_id)
    if words:
        query = query.where(or_(*(name.icontains(words, autoescape=True) for name in (Account.name, Contact.name))))
    if author:
        query = query.where(Guess.author == author)
    if far:
        query = query.where(func.abs(Guess.score - AnswerRow.score, type_=Float) > NEAR)
    query = query.order_by(AnswerRow.answered_at.desc(), Guess.id.desc()).offset(skip).limit(most)
    return session.execute(query).all()


def count_gaps(session: Session, account_id: int | None = None) -> Sequence[AnyRow]:
    """For each account, by name: how many guesses were answered, how many were near, too high and too low."""
    off = func.abs(Guess.score - AnswerRow.score, type_=Float)
    counts = (
        func.count().label("n"),
        func.count().filter(off <= NEAR).label("near"),
        func.count().filter(Guess.score > AnswerRow.score).label("high"),
        func.count().filter(Guess.score < AnswerRow.score).label("low"),
    )
    query = _beside(select(Account.id, Account.name, *counts).select_from(Guess), account_id)
    query = query.join(Account, Account.id == Guess.account_id)
    return session.execute(query.group_by(Account.id, Account.name).order_by(Account.name)).all()


def _beside(query: Select[*tuple[Any, ...]], account_id: int | None) -> Select[*tuple[Any, ...]]:
    same = func.coalesce(AnswerRow.promise_id, 0) == func.coalesce(Guess.promise_id, 0)
    of = and_(AnswerRow.ask_id == Guess.ask_id, AnswerRow.question == Guess.question, same)
    query = query.join(AnswerRow, of).join(Ask, Ask.id == Guess.ask_id)
    query = query.where(AnswerRow.score.is_not(None), Ask.status == "answered")
    return query.where(Guess.account_id == account_id) if account_id else query
