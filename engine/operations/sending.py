"""Sending what is due: claim, decide again, write, commit `sending`, deliver, note what became of it.

A message is handed over only after `sending` is on disk, and never again after that: what a crash leaves in `sending`
may have gone out, so it becomes `in_doubt`, is shown, and its reminder covers it. A claim alone is given back. So a
crash leaves at most one message per sender in doubt, and loses none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from engine.data.asks import (
    begin_delivery,
    count_attempts,
    count_due,
    list_stale_deliveries,
    lock_due_asks,
)
from engine.data.clients import find_asks
from engine.data.marks import mark_persons
from engine.data.models import Ask, Delivery
from engine.decide.endings import HELD, NOT_DELIVERED, NOT_WRITTEN, SHEET_REFUSED, UNKNOWN, Kept, keep, quote
from engine.decide.sentences import Words
from engine.errors import HeedError
from engine.house import Engine
from engine.operations.answers import end_expired
from engine.operations.call_sheets import Desk, is_to_owner, write_call_sheet
from engine.operations.company import read_link_secret
from engine.operations.decisions import recheck
from engine.operations.forms import Form, read_forms
from engine.operations.invitations import Stationery, write_invitation
from engine.operations.looks import logo_finder
from engine.operations.outcomes import local_day
from engine.operations.readers import find_language
from engine.types import Channel, Message, Moment, Receipt
from engine.types import Delivery as Line

log = logging.getLogger(__name__)

BATCH = 100
STALE = timedelta(minutes=10)
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (5, 30, 120, 300, 600, 600, 600, 600))
"""How long to wait after each attempt that was put off: two days in all."""
STOP_AFTER = 5
"""Put off so often in a row, the channel is left alone until the next run."""

Progress = Callable[[str, int], None]
Writer = Callable[[Form, int], Message]
"""Writes the message for a form; the number is that of the attempt."""


@dataclass
class Sent:
    """What a run did. `held`: a hold has come up since they were planned; they are decided anew."""

    sent: int = 0
    refused: int = 0
    later: int = 0
    in_doubt: int = 0
    held: int = 0
    failed: int = 0


@dataclass(frozen=True)
class _Claim:
    """A message of ours to send."""

    ask_id: int
    delivery_id: int
    message: Message


@dataclass(frozen=True)
class _Run:
    engine: Engine
    fixed: datetime | None
    on: date | None
    progress: Progress
    sender: str = field(default_factory=lambda: uuid4().hex)
    counts: Sent = field(default_factory=Sent)

    @property
    def now(self) -> datetime:
        return self.fixed or self.engine.clock()

    def write(self) -> AbstractContextManager[Session]:
        return self.engine.store.write(self.engine.scope)


def send_due(
    engine: Engine,
    now: datetime | None = None,
    *,
    on: date | None = None,
    progress: Progress = lambda what, more: None,
) -> Sent:
    """Deliver every ask that is due, by every channel there is. Senders may run side by side.

    `on` makes that day today: what is planned up to its end is sent, and counts as sent when it was to be. Raises
    HeedError where a channel that something is due for cannot be opened: nothing was claimed for it then, and every
    other channel has sent.
    """
    if on is not None:
        now = datetime.combine(on, time(23, 59, 59), UTC)
    run = _Run(engine, now, on, progress)
    with run.write() as session:
        secret = read_link_secret(engine, session)
        end_expired(run.engine, session, run.now)
        _settle_stale(session, run)
    stationery = Stationery(engine.config, secret, logo_finder(engine))
    errors: list[HeedError] = []
    for name, channel in engine.plugins.channels.items():
        if _count_due(run, name):
            try:
                _send_by(run, channel, stationery)
            except HeedError as error:
                errors.append(error)
    if errors:
        raise errors[0]
    return run.counts


def _settle_stale(session: Session, run: _Run) -> None:
    """What a sender that is gone has left: claims are given back, what it was handing over is in doubt."""
    for delivery in list_stale_deliveries(session, run.engine.clock() - STALE):
        if delivery.status == "claimed":
            _give_back(session, delivery)
        else:
            _note(session, run, delivery.id, Receipt("unknown", "the sender stopped while it was handing this over"))


def _give_back(session: Session, delivery: Delivery) -> None:
    delivery.status, delivery.detail = "later", "claimed, and given back before it was handed over"
    ask = session.get_one(Ask, delivery.ask_id, with_for_update=True)
    if ask.status == "sending":
        ask.status = "planned"
        mark_persons(session, [ask.person_id])


def _count_due(run: _Run, channel: str) -> int:
    with run.engine.store.read(run.engine.scope) as session:
        return count_due(session, channel, run.now)


def _send_by(run: _Run, channel: Channel, stationery: Stationery) -> None:
    with channel.open(run.engine.config) as line:
        write = _writer(run, channel, stationery)
        while (claims := _claim(run, channel.name, write)) is not None:
            if not _deliver_all(run, line, claims):
                return


def _writer(run: _Run, channel: Channel, stationery: Stationery) -> Writer:
    if not is_to_owner(channel):
        return partial(write_invitation, stationery)
    return partial(write_call_sheet, Desk(stationery, run.engine.plugins, find_language(run.engine)))


# Claiming


def _claim(run: _Run, channel: str, write: Writer) -> list[_Claim] | None:
    """Take the next asks that may go out, written and ready; None where nothing more is due."""
    with run.write() as session:
        asks = lock_due_asks(session, channel, run.now, BATCH)
        if not asks:
            return None
        holds = recheck(run.engine, [ask.contact_id for ask in asks], Moment(run.now, run.on))
        welcome = [ask for ask in asks if not _is_held(session, run, ask, holds)]
        attempts = count_attempts(session, [ask.id for ask in welcome])
        forms = _read_forms(run, session, welcome)
        claims = [_claim_one(session, run, ask, forms, attempts.get(ask.id, 0) + 1, write) for ask in welcome]
        mark_persons(session, [ask.person_id for ask in welcome])
        return [claim for claim in claims if claim]


def _is_held(session: Session, run: _Run, ask: Ask, holds: Mapping[int, Kept | None]) -> bool:
    why = holds.get(ask.contact_id, keep(UNKNOWN))
    if why is not None:
        run.counts.held += 1
        _cancel(session, run, ask, keep(HELD, why=why))
    return why is not None


def _cancel(session: Session, run: _Run, ask: Ask, why: Kept) -> None:
    """Take it back, openly, and have it decided anew."""
    ask.status, ask.why = "cancelled", why
    mark_persons(session, [ask.person_id])


def _read_forms(run: _Run, session: Session, asks: Sequence[Ask]) -> dict[int, Form]:
    """The forms that can be read: one that cannot does not keep the others back."""
    rows = find_asks(session, [ask.id for ask in asks])
    try:
        return {form.ask_id: form for form in read_forms(run.engine, session, rows)}
    except Exception:
        found = (_read_one(run, session, row) for row in rows)
        return {form.ask_id: form for form in found if form}


def _read_one(run: _Run, session: Session, row: Any) -> Form | None:
    try:
        return read_forms(run.engine, session, [row])[0]
    except Exception:
        log.exception("the form of ask %s cannot be read", row.id)
        return None


def _claim_one(
    session: Session, run: _Run, ask: Ask, forms: Mapping[int, Form], attempt: int, write: Writer
) -> _Claim | None:
    try:
        form = forms[ask.id]
        message = write(form, attempt)
    except Exception as error:
        log.exception("ask %s cannot be written", ask.id)
        run.counts.failed += 1
        _cancel(session, run, ask, keep(NOT_WRITTEN, error=Words(type(error).__name__)))
        return None
    delivery = Delivery(ask_id=ask.id, attempt=attempt, status="claimed", claimed_by=run.sender)
    delivery.message_id, delivery.claimed_at = message.message_id, run.engine.clock()
    session.add(delivery)
    ask.status = "sending"
    if run.on is None:
        ask.planned_on = local_day(run.now, form.zone)
    session.flush()
    return _Claim(ask.id, delivery.id, message)


# Delivering


def _deliver_all(run: _Run, line: Line, claims: Sequence[_Claim]) -> bool:
    """Hand over one by one; each receipt is kept together with the start of the next. False: leave the rest for now."""
    put_off, receipt, last = 0, None, None
    for claim in [*claims, None]:
        with run.write() as session:
            if last and receipt:
                _note(session, run, last.delivery_id, receipt)
                put_off = put_off + 1 if receipt.outcome == "later" else 0
            if put_off >= STOP_AFTER:
                _give_back_rest(session, claims)
                return False
            begun = claim is not None and begin_delivery(session, claim.delivery_id, run.engine.clock())
        last, receipt = claim, line.deliver(claim.message) if claim and begun else None
    return True


def _give_back_rest(session: Session, claims: Sequence[_Claim]) -> None:
    for claim in claims:
        delivery = session.get_one(Delivery, claim.delivery_id, with_for_update=True)
        if delivery.status == "claimed":
            _give_back(session, delivery)


def _note(session: Session, run: _Run, delivery_id: int, receipt: Receipt) -> None:
    """Keep what became of a delivery. An ask that its client has answered meanwhile stays answered."""
    delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
    ask = session.get_one(Ask, delivery.ask_id, with_for_update=True)
    outcome = receipt.outcome if receipt.outcome in NOTES else "unknown"
    delivery.status = "in_doubt" if outcome == "unknown" else outcome
    delivery.finished_at, delivery.detail = run.now, receipt.detail
    if ask.status == "sending":
        NOTES[outcome](session, run, ask, delivery)
        mark_persons(session, [ask.person_id])
    run.progress("messages", 1)


def _stamp(run: _Run, ask: Ask, delivery: Delivery) -> None:
    """When it went out; its link is valid from then on for as long as was planned."""
    planned, sent_at = ask.send_at, run.fixed or delivery.claimed_at
    if run.on is not None and planned is not None:
        sent_at = planned
    if ask.expires_at and planned:
        ask.expires_at += sent_at - planned
    ask.sent_at = sent_at


def _note_sent(session: Session, run: _Run, ask: Ask, delivery: Delivery) -> None:
    run.counts.sent += 1
    ask.status = "sent"
    _stamp(run, ask, delivery)


def _note_doubt(session: Session, run: _Run, ask: Ask, delivery: Delivery) -> None:
    run.counts.in_doubt += 1
    ask.status, ask.why = "in_doubt", quote(delivery.detail)
    _stamp(run, ask, delivery)


def _note_refused(session: Session, run: _Run, ask: Ask, delivery: Delivery) -> None:
    run.counts.refused += 1
    ask.status, ask.why = "bounced", quote(delivery.detail)
    if is_to_owner(run.engine.plugins.channels.get(ask.channel or "")):
        ask.why = keep(SHEET_REFUSED, owner=Words(ask.account.owner_email), detail=quote(delivery.detail))
        return
    channels = {*(ask.contact.bounced_channels or "").split(), ask.channel or ""}
    ask.contact.bounced_channels = " ".join(sorted(filter(None, channels)))


def _note_later(session: Session, run: _Run, ask: Ask, delivery: Delivery) -> None:
    run.counts.later += 1
    if delivery.attempt > len(RETRIES):
        _cancel(session, run, ask, keep(NOT_DELIVERED, detail=quote(delivery.detail)))
    else:
        ask.status, ask.send_at = "planned", run.now + RETRIES[delivery.attempt - 1]


NOTES = {"sent": _note_sent, "unknown": _note_doubt, "refused": _note_refused, "later": _note_later}
