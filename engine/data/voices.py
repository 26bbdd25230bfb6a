"""Voices as queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, insert, select
from sqlalchemy.orm import Session, joinedload

from engine.data.models import AnswerRow, Touchpoint, Voice
from engine.data.prepared import write


def find_voice(session: Session, number: int) -> Voice | None:
    """The voice with its account and contact, kept from other writers until the transaction ends."""
    query = select(Voice).where(Voice.id == number).with_for_update(of=Voice)
    return session.scalar(query.options(joinedload(Voice.account), joinedload(Voice.contact)))


def list_voices(session: Session, account_id: int | None, most: int) -> Sequence[Voice]:
    query = select(Voice).order_by(Voice.said_at.desc(), Voice.id.desc()).limit(most)
    if account_id is not None:
        query = query.where(Voice.account_id == account_id)
    return session.scalars(query.options(joinedload(Voice.account), joinedload(Voice.contact))).all()


def list_unanswered(session: Session, sources: Collection[str], since: datetime) -> Sequence[int]:
    """Voices of clients from elsewhere that nothing has followed from yet."""
    query = select(Voice.id).where(Voice.source.in_(sources), Voice.speaker == "client", Voice.said_at >= since)
    return session.scalars(query.where(Voice.contact_id.is_not(None), Voice.promise_id.is_(None))).all()


def has_feedback(session: Session, contact_id: int, at: datetime) -> bool:
    query = select(Touchpoint.id).where(Touchpoint.contact_id == contact_id, Touchpoint.kind == "feedback")
    return session.scalar(query.where(Touchpoint.happened_at == at).limit(1)) is not None


def add_voices(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    write(session, _NEW_VOICE, rows)


def add_heard(session: Session, ask_id: int, since: datetime, **row: Any) -> None:
    """Make voices of the words in an ask's answers since then, unless they were heard before, in the order in which
    the answers were first kept.

    `row`: what else they have in common, by the names of the table's columns.
    """
    write(session, _NEW_HEARD, [{"ask": ask_id, "since": since, **row}])


_NEW_VOICE = insert(Voice).inline()
_COMMON = {column.name: bindparam(column.name, type_=column.type) for column in (
    Voice.account_id, Voice.contact_id, Voice.author, Voice.speaker, Voice.source, Voice.said_at,
)}  # fmt: skip
# In one statement, because the index of words is written anew for each.
_NEW_HEARD = insert(Voice).from_select(
    [*_COMMON, "text", "answer_id"],
    select(*_COMMON.values(), AnswerRow.words, AnswerRow.id)
    .where(
        AnswerRow.ask_id == bindparam("ask"),
        AnswerRow.answered_at >= bindparam("since"),
        AnswerRow.words != "",
        ~exists().where(Voice.answer_id == AnswerRow.id, Voice.words == AnswerRow.words),
    )
    .order_by(AnswerRow.id),
    include_defaults=False,
)
