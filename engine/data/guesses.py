"""What the account team expected, beside what clients answered, as queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Float, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from engine.data.clients import AnyRow
from engine.data.models import Account, AnswerRow, Ask, Contact, Guess

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

    A guess that has LATER ones is looked at no more.
    """
    order = AnswerRow.answered_at.desc(), Guess.id.desc()
    pairs = _beside(select(Guess.id.label("guess"), AnswerRow.id.label("answer")).select_from(Guess), account_id)
    pairs = pairs.where(Guess.id.in_(_latest(account_id)))
    if words:
        pairs = pairs.join(Account, Account.id == Guess.account_id).join(Contact, Contact.id == Guess.contact_id)
        pairs = pairs.where(or_(*(name.icontains(words, autoescape=True) for name in (Account.name, Contact.name))))
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


def count_gaps(session: Session, account_id: int | None = None) -> Sequence[AnyRow]:
    """For each account: how many guesses were answered, how many were near, too high and too low; most first."""
    off = func.abs(Guess.score - AnswerRow.score, type_=Float)
    counts = (
        func.count().label("n"),
        func.count().filter(off <= NEAR).label("near"),
        func.count().filter(Guess.score > AnswerRow.score).label("high"),
        func.count().filter(Guess.score < AnswerRow.score).label("low"),
    )
    query = _beside(select(Guess.account_id, *counts).select_from(Guess), account_id).group_by(Guess.account_id)
    return session.execute(query.order_by(counts[0].desc(), Guess.account_id)).all()


def _beside(query: Select[*tuple[Any, ...]], account_id: int | None) -> Select[*tuple[Any, ...]]:
    same = func.coalesce(AnswerRow.promise_id, 0) == func.coalesce(Guess.promise_id, 0)
    of = and_(AnswerRow.ask_id == Guess.ask_id, AnswerRow.question == Guess.question, same)
    query = query.join(AnswerRow, of).join(Ask, Ask.id == Guess.ask_id)
    query = query.where(AnswerRow.score.is_not(None), Ask.status == "answered")
    return query.where(Guess.account_id == account_id) if account_id else query
