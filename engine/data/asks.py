"""Asks under way, as queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnExpressionArgument, case, exists, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from engine.data.marks import mark_persons
from engine.data.models import (
    DUE,
    LIVE_BY_HEED,
    OPEN,
    WAITING_BY_HEED,
    Account,
    AnswerRow,
    Ask,
    Contact,
    Delivery,
)
from engine.decide.endings import OUT_OF_TIME, keep


def expire_asks(session: Session, now: datetime) -> list[int]:
    """End Heed's asks whose link has run out: answered, where anything was saved; cancelled, where none was sent.

    Returns those where it was saved and never sent.
    """
    over = LIVE_BY_HEED, Ask.expires_at <= now
    saved = exists().where(AnswerRow.ask_id == Ask.id)
    last = select(func.max(AnswerRow.answered_at)).where(AnswerRow.ask_id == Ask.id).scalar_subquery()
    ended = update(Ask).where(*over, Ask.status.in_((*OPEN, "in_doubt")))
    ended = ended.values(status=case((saved, "answered"), else_="expired"), answered_at=last)
    unsent = update(Ask).where(*over, Ask.status.in_(DUE))
    unsent = unsent.values(status="cancelled", why=keep(OUT_OF_TIME))
    done = [
        row for each in (ended, unsent) for row in session.execute(each.returning(Ask.id, Ask.status, Ask.person_id))
    ]
    mark_persons(session, [person for _ask, _status, person in done])
    return sorted(ask for ask, status, _person in done if status == "answered")


def find_open_ask(session: Session, account: str, who: str, now: datetime) -> int | None:
    """An ask of ours that waits for the answer of somebody at an account, named by key or e-mail address.

    None also where they want to be asked nothing, for now or at all.
    """
    same = or_(Contact.key == who, Contact.email_key == who.casefold())
    welcome = (
        Contact.erased_on.is_(None), Contact.opted_out_on.is_(None),
        or_(Contact.paused_until.is_(None), Contact.paused_until <= now.date()),
    )  # fmt: skip
    waits = Ask.origin == "heed", Ask.status.in_((*OPEN, "in_doubt")), Ask.expires_at > now
    query = select(Ask.id).join(Contact, Contact.id == Ask.contact_id).join(Account, Account.id == Ask.account_id)
    return session.scalar(query.where(Account.key == account, same, *welcome, *waits).order_by(Ask.id.desc()).limit(1))


# Sending


def count_due(session: Session, channel: str, now: datetime) -> int:
    return session.scalar(select(func.count()).select_from(Ask).where(*_due(channel, now))) or 0


def lock_due_asks(session: Session, channel: str, now: datetime, most: int) -> Sequence[Ask]:
    """Asks to send now, the longest waiting first, kept from other writers. Those that another sender has are left."""
    query = select(Ask).where(*_due(channel, now)).order_by(Ask.send_at, Ask.id).limit(most)
    query = query.options(joinedload(Ask.contact)).with_for_update(of=Ask, skip_locked=True)
    return session.scalars(query).all()


def _due(channel: str, now: datetime) -> Sequence[ColumnExpressionArgument[bool]]:
    agreed = or_(Ask.status == "approved", Ask.needs_approval.is_(False))
    return WAITING_BY_HEED, Ask.status.in_(DUE), agreed, Ask.channel == channel, Ask.send_at <= now


def lock_asks_to_approve(session: Session, ask_ids: Collection[int]) -> Sequence[Ask]:
    """Those of these asks that wait for approval, with their people, kept from other writers."""
    waiting = Ask.id.in_(ask_ids), Ask.origin == "heed", Ask.status.in_(DUE)
    query = select(Ask).where(*waiting).options(joinedload(Ask.account), joinedload(Ask.contact)).order_by(Ask.id)
    return session.scalars(query.with_for_update(of=Ask)).all()


def count_attempts(session: Session, ask_ids: Collection[int]) -> dict[int, int]:
    """How often each ask was tried."""
    query = select(Delivery.ask_id, func.max(Delivery.attempt)).where(Delivery.ask_id.in_(ask_ids))
    return dict(session.execute(query.group_by(Delivery.ask_id)).all())


def begin_delivery(session: Session, delivery_id: int, now: datetime) -> bool:
    """From here on nobody knows whether it went out; False where the claim was given to somebody else meanwhile."""
    begun = update(Delivery).where(Delivery.id == delivery_id, Delivery.status == "claimed")
    return session.scalar(begun.values(status="sending", claimed_at=now).returning(Delivery.id)) is not None


def list_stale_deliveries(session: Session, since: datetime) -> Sequence[Delivery]:
    """Attempts whose sender has not been heard of since then."""
    stale = Delivery.status.in_(("claimed", "sending")), Delivery.claimed_at <= since
    return session.scalars(select(Delivery).where(*stale).with_for_update(skip_locked=True)).all()
