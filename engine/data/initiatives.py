"""Initiatives, what they are to answer, and how often their cause was named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, Text, and_, case, cast, func, or_, select, type_coerce
from sqlalchemy.orm import Session, joinedload

from engine.data.models import Account, AnswerRow, Contact, Initiative, InitiativeLink, Promise, Voice
from engine.data.suggesting import CAUSED, causes_of
from engine.data.types import EPOCH

DAY = 86_400
Lows = Mapping[tuple[str, str], tuple[float, str]]


@dataclass(frozen=True)
class Heard:
    """One time that somebody answered, or that something was said elsewhere, and the causes that were named then."""

    contact_id: int | None
    person_id: int | None
    account_id: int
    on: date
    answered: bool
    causes: frozenset[str]


def find_initiative(session: Session, number: int) -> Initiative | None:
    return session.scalar(select(Initiative).where(Initiative.id == number).with_for_update())


def list_initiatives(session: Session) -> Sequence[Initiative]:
    return session.scalars(select(Initiative).order_by(Initiative.id)).all()


def list_links(session: Session, number: int) -> Sequence[InitiativeLink]:
    return session.scalars(select(InitiativeLink).where(InitiativeLink.initiative_id == number)).all()


def count_links(session: Session) -> dict[int, tuple[int, int]]:
    """How many promises and voices each initiative is to answer."""
    counts = func.count(InitiativeLink.promise_id), func.count(InitiativeLink.voice_id)
    query = select(InitiativeLink.initiative_id, *counts).group_by(InitiativeLink.initiative_id)
    return {number: (promises, voices) for number, promises, voices in session.execute(query)}


def list_linked_contacts(session: Session) -> dict[int, set[int]]:
    """For each initiative the clients whose promises and voices it is to answer."""
    promises = select(InitiativeLink.initiative_id, Promise.contact_id)
    promises = promises.join(Promise, Promise.id == InitiativeLink.promise_id).where(Promise.contact_id.is_not(None))
    voices = select(InitiativeLink.initiative_id, Voice.contact_id).join(Voice, Voice.id == InitiativeLink.voice_id)
    voices = voices.where(Voice.contact_id.is_not(None), Voice.speaker == "client")
    found: dict[int, set[int]] = defaultdict(set)
    for number, contact_id in (*session.execute(promises), *session.execute(voices)):
        found[number].add(contact_id or 0)
    return found


def list_linked_promises(session: Session, number: int, *, most: int | None = None) -> Sequence[Promise]:
    """Without `most` all of them, kept from other writers until the transaction ends."""
    query = select(Promise).join(InitiativeLink, InitiativeLink.promise_id == Promise.id)
    query = query.where(InitiativeLink.initiative_id == number).order_by(Promise.id)
    query = query.with_for_update(of=Promise) if most is None else query.limit(most)
    return session.scalars(query.options(joinedload(Promise.account), joinedload(Promise.contact))).all()


def list_linked_voices(session: Session, number: int, *, most: int | None = None) -> Sequence[Voice]:
    query = select(Voice).join(InitiativeLink, InitiativeLink.voice_id == Voice.id)
    query = query.where(InitiativeLink.initiative_id == number).order_by(Voice.id).limit(most)
    return session.scalars(query.options(joinedload(Voice.account), joinedload(Voice.contact))).all()


def list_voices_about(session: Session, cause: str) -> Sequence[Voice]:
    return session.scalars(select(Voice).where(Voice.cause == cause).order_by(Voice.id)).all()


def find_contact(session: Session, contact_id: int) -> Contact:
    return session.get_one(Contact, contact_id, options=[joinedload(Contact.account)])


def count_forms(session: Session, since: datetime, until: datetime) -> dict[date, int]:
    """How many forms were answered on each day; one that was answered over several counts for the first."""
    at = type_coerce(AnswerRow.answered_at, BigInteger)
    day, alone = at // DAY, AnswerRow.ask_id.is_(None)
    form = (AnswerRow.contact_id, AnswerRow.ask_id, case((alone, AnswerRow.survey)), case((alone, day)))
    answered = AnswerRow.answered_at >= since, AnswerRow.answered_at < until
    forms = select(func.min(day).label("day")).where(*answered).group_by(*form).subquery()
    counts = session.execute(select(forms.c.day, func.count()).group_by(forms.c.day))
    return {EPOCH + timedelta(days=number): count for number, count in counts}


def read_named(session: Session, since: datetime, lows: Lows) -> list[Heard]:
    """Every form since a moment that named a cause, as one; and every voice from elsewhere that did, as one."""
    query = select(
        AnswerRow.contact_id, Contact.person_id, AnswerRow.account_id, AnswerRow.ask_id, AnswerRow.answered_at, *CAUSED,
    ).join(Contact, Contact.id == AnswerRow.contact_id)  # fmt: skip
    query = query.where(AnswerRow.answered_at >= since, _may_name(lows))
    forms: dict[tuple[object, ...], tuple[Heard, set[str]]] = {}
    for row in session.execute(query):
        on = row.answered_at.date()
        key = (row.contact_id, row.ask_id or (row.survey, on))
        heard = Heard(row.contact_id, row.person_id, row.account_id, on, True, frozenset())
        forms.setdefault(key, (heard, set()))[1].update(causes_of(row, lows))
    told = [replace(heard, causes=frozenset(causes)) for heard, causes in forms.values() if causes]
    return [*told, *_read_voices(session, since)]


def _may_name(lows: Lows) -> ColumnElement[bool]:
    """Low scores, and answers with reasons for one."""
    low = (
        and_(AnswerRow.survey == survey, AnswerRow.question == question, AnswerRow.score <= most)
        for (survey, question), (most, _about) in lows.items()
    )
    return or_(*low, cast(AnswerRow.data, Text).contains('"reasons"'))


def _read_voices(session: Session, since: datetime) -> list[Heard]:
    query = select(Voice.contact_id, Contact.person_id, Voice.account_id, Voice.said_at, Voice.cause)
    query = query.outerjoin(Contact, Contact.id == Voice.contact_id)
    query = query.where(Voice.said_at >= since, Voice.cause.is_not(None), Voice.answer_id.is_(None))
    return [
        Heard(contact_id, person_id, account_id, said_at.date(), False, frozenset({str(cause)}))
        for contact_id, person_id, account_id, said_at, cause in session.execute(query)
    ]


def read_revenue(session: Session) -> dict[int, tuple[str, float]]:
    """Currency and yearly revenue of each account of which it is known."""
    query = select(Account.id, Account.currency, Account.annual_revenue).where(Account.annual_revenue.is_not(None))
    return {row.id: (row.currency or "", row.annual_revenue) for row in session.execute(query)}
