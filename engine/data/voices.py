"""Voices as queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, insert, select
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


def add_heard(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make voices of answers, unless they were heard before: each by the names of the table's columns, and by the
    ask, question, promise and touchpoint (0: none) that tell its answer from others.
    """
    write(session, _NEW_HEARD, rows)


_NEW_VOICE = insert(Voice).inline()
_SAID = {column.name: bindparam(column.name, type_=column.type) for column in (
    Voice.account_id, Voice.contact_id, Voice.author, Voice.speaker, Voice.source, Voice.said_at, Voice.words,
)}  # fmt: skip
# Of the contact's own voices, which an index has.
_HEARD = Voice.contact_id == _SAID["contact_id"], Voice.answer_id == AnswerRow.id, Voice.words == _SAID["text"]
_NEW_HEARD = insert(Voice).from_select(
    [*_SAID, "answer_id"],
    select(*_SAID.values(), AnswerRow.id).where(
        AnswerRow.ask_id == bindparam("ask"),
        AnswerRow.question == bindparam("question"),
        func.coalesce(AnswerRow.promise_id, 0) == bindparam("promise"),
        func.coalesce(AnswerRow.touchpoint_id, 0) == bindparam("touchpoint"),
        ~exists().where(*_HEARD),
    ),
    include_defaults=False,
)
