"""Asks before they leave: approved, with a personal note or on another day, or skipped with a reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.data.asks import lock_asks_to_approve
from engine.data.marks import mark_persons
from engine.data.models import Ask, AuditEntry
from engine.data.settings import read_settings
from engine.decide.endings import SKIPPED, keep, tell_kept
from engine.decide.plan import value_for
from engine.decide.sentences import Teller, Words
from engine.errors import InputError, StateError
from engine.house import Engine
from engine.operations.company import read_company
from engine.operations.settings import set_settings
from engine.types import clean_text

LONGEST_NOTE = 600
"""Characters: a note is a line or two above the message, not another message."""


def approve_asks(
    engine: Engine, ask_ids: Collection[int], *, note: str | None = None, accounts: Collection[int] | None = None
) -> Sequence[Ask]:
    """Let these asks leave when they are due; with a personal note, if one is given.

    Left out: those that are gone, and with `accounts` those of other accounts.
    """
    note = _read_note(note)
    with engine.store.write(engine.scope) as session:
        asks = [ask for ask in lock_asks_to_approve(session, ask_ids) if ask.status == "planned"]
        asks = [ask for ask in asks if accounts is None or ask.account_id in accounts]
        for ask in asks:
            before = _facts(ask)
            ask.status, ask.needs_approval = "approved", False
            ask.personal_note = note or ask.personal_note
            _note(engine, session, "approve ask", ask, before)
        return asks


def note_ask(engine: Engine, ask_id: int, note: str) -> Ask:
    """Put a personal note above the message of an ask that has not left; nothing takes it away."""
    with engine.store.write(engine.scope) as session:
        ask = _find(session, ask_id)
        before = _facts(ask)
        ask.personal_note = _read_note(note)
        _note(engine, session, "note ask", ask, before)
        return ask


def move_ask(engine: Engine, ask_id: int, day: date) -> Ask:
    """Send it on another day, at the hour it was planned for. It is decided again when that comes."""
    with engine.store.write(engine.scope) as session:
        ask = _find(session, ask_id)
        zone = read_company(engine, session).zone(ask.contact.timezone, ask.account.timezone)
        if ask.send_at is None or day < engine.clock().astimezone(zone).date():
            raise InputError(f"{day.day} {day:%b %Y} lies in the past; choose a day from today on.")
        before, local = _facts(ask), ask.send_at.astimezone(zone)
        send_at = datetime.combine(day, local.timetz().replace(tzinfo=None), zone).astimezone(ask.send_at.tzinfo)
        if ask.expires_at is not None:
            ask.expires_at += send_at - ask.send_at
        ask.send_at, ask.planned_on = send_at, day
        _note(engine, session, "move ask", ask, before)
        mark_persons(session, [ask.person_id])
        return ask


@dataclass(frozen=True)
class Skipped:
    """`until`: the first day on which they may be asked again."""

    ask: Ask
    until: date


def skip_ask(engine: Engine, ask_id: int, *, until: date, reason: str) -> Skipped:
    """Take an ask back, and ask this person nothing before a day: a change of their plan, with the reason beside it."""
    reason = clean_text(reason).strip()
    if not reason:
        raise InputError("Skipping needs a reason, for those who read it later.")
    with engine.store.read(engine.scope) as session:
        ask = _find(session, ask_id)
        today, blackouts = _find_blackouts(engine, session, ask)
    if until <= today:
        raise InputError("Choose a day after today, from which on they may be asked again.")
    last = date.fromordinal(until.toordinal() - 1)
    days = ",".join(filter(None, [blackouts, f"{today}..{last}"]))
    set_settings(
        engine, {"quiet_times.blackouts": days}, account=ask.account.key, contact=ask.contact.key, comment=reason
    )
    with engine.store.write(engine.scope) as session:
        ask = _find(session, ask_id)
        before = _facts(ask)
        ask.status, ask.needs_approval = "cancelled", False
        ask.why = keep(SKIPPED, author=Words(engine.author), reason=Words(reason))
        _note(engine, session, "skip ask", ask, before)
        mark_persons(session, [ask.person_id])
        return Skipped(ask, until)


def _find_blackouts(engine: Engine, session: Session, ask: Ask) -> tuple[date, str]:
    """Today where the contact is, and the days that are shut for them already."""
    zone = read_company(engine, session).zone(ask.contact.timezone, ask.account.timezone)
    spec = engine.plugins.catalog.spec("quiet_times.blackouts")
    value, _ = value_for(
        spec,
        read_settings(session, [ask.account_id]),
        tier=ask.account.tier,
        account_id=ask.account_id,
        contact_id=ask.contact_id,
    )
    return engine.clock().astimezone(zone).date(), str(value)


def _find(session: Session, ask_id: int) -> Ask:
    found = lock_asks_to_approve(session, [ask_id])
    if not found:
        raise StateError("This ask has left meanwhile, or was taken back.", about=str(ask_id))
    return found[0]


def _read_note(note: str | None) -> str | None:
    cleaned = clean_text(note or "").strip()
    if len(cleaned) > LONGEST_NOTE:
        raise InputError(f"Please keep the note to {LONGEST_NOTE} characters.")
    return cleaned or None


def _facts(ask: Ask) -> dict[str, Any]:
    return {
        "status": ask.status,
        "planned_on": ask.planned_on and ask.planned_on.isoformat(),
        "note": ask.personal_note,
        "why": ask.why and tell_kept(ask.why, Teller(ask.planned_on or date.min)),
    }


def _note(engine: Engine, session: Session, action: str, ask: Ask, before: dict[str, Any]) -> None:
    subject = f"ask {ask.id} to {ask.account.key}/{ask.contact.key}"
    entry = AuditEntry(at=engine.clock(), author=engine.author, action=action, subject=subject)
    entry.before, entry.after = before, _facts(ask)
    session.add(entry)
