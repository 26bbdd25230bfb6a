"""The account team's own calls: who is to be called, what to say, and what came of it.

What is answered on the phone is read, checked and followed up as if the client had filled in the form; it is theirs,
and it is kept who wrote it down and that they agreed to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from engine.data import calls as data
from engine.data.clients import find_asks, find_submission, lock_ask
from engine.data.models import Ask, AuditEntry, Call
from engine.errors import InputError, LinkError, NotFoundError, StateError
from engine.house import Engine
from engine.operations.answers import AnswersError, take_form
from engine.operations.call_sheets import is_to_owner
from engine.operations.company import read_company
from engine.operations.forms import Form, check_open, read_forms
from engine.operations.keeping import Posted, clean, read_answers, receive
from engine.operations.outcomes import local_day
from engine.types import clean_text

PAGE = 50
TAKEN = {"send": "answered", "later": "later", "decline": "declined"}
"""What a client's form can end with on the phone, and what became of the call."""
TRIED = ("not_reached", "call_back")
LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Line:
    """A call to make. `last`: the latest try, of `tries`."""

    ask: Ask
    last: Call | None
    tries: int
    due_on: date | None

    @property
    def is_out(self) -> bool:
        """Whether it can be made now; others are planned for a day."""
        return self.ask.status in data.CALLABLE


@dataclass(frozen=True)
class CallSheet:
    """All that a call needs."""

    ask: Ask
    form: Form
    tries: Sequence[Call]

    @property
    def is_open(self) -> bool:
        return self.ask.status in data.CALLABLE


def list_calling(engine: Engine) -> list[str]:
    """The channels that are calls of our own people."""
    return [name for name, channel in engine.plugins.channels.items() if is_to_owner(channel)]


def list_calls(engine: Engine, *, owner: str = "", page: int = 1, size: int = PAGE) -> tuple[list[Line], bool]:
    """A page of calls to make, by day, and whether there are more."""
    with engine.store.read(engine.scope) as session:
        found = data.list_calls(session, list_calling(engine), owner=owner, skip=(page - 1) * size, most=size + 1)
    return [Line(*row) for row in found[:size]], len(found) > size


def open_call(engine: Engine, ask_id: int) -> CallSheet:
    """Raises NotFoundError for an ask that is no call."""
    with engine.store.read(engine.scope) as session:
        ask = _find(engine, session, ask_id)
        form = read_forms(engine, session, find_asks(session, [ask_id]))[0]
        return CallSheet(ask, form, data.list_tries(session, ask_id))


def take_call(
    engine: Engine, ask_id: int, posted: Posted, submission_id: str, *, action: str, consented: bool = False,
    note: str = "",
) -> Call:  # fmt: skip
    """Keep what was said on the phone: `send` the answers, `later`, or `decline`. One submission id counts once.

    Raises AnswersError naming what cannot be used, and where the client did not agree to being written down.
    """
    if action not in TAKEN:
        raise InputError(f"“{action[:40]}” is nothing that a call can end with.", about="action")
    with engine.store.write(engine.scope) as session:
        tries = data.list_tries(session, ask_id)
        if tries and find_submission(session, submission_id):
            return tries[0]
        ask, row = _lock(engine, session, ask_id)
        if action == "send" and not consented:
            read = read_answers(receive(engine, session, row, clean(posted)), required=False)
            raise AnswersError({"consent": InputError(NO_CONSENT, about="consent")}, read.given)
        take_form(engine, session, row, posted, submission_id, action, engine.author)
        return _note(engine, session, ask, TAKEN[action], note, consented=consented)


NO_CONSENT = "Ask them whether you may write down their answers, and tick it once they have said yes."


def note_call(engine: Engine, ask_id: int, outcome: str, *, again_on: date | None = None, note: str = "") -> Call:
    """Keep that somebody was `not_reached`, or wants a `call_back` on a day; the ask stays open until it runs out."""
    if outcome not in TRIED:
        raise InputError(f"“{outcome[:40]}” is nothing that can be noted of a call.", about="outcome")
    if outcome == "call_back" and again_on is None:
        raise InputError("On which day do they want to be called back?", about="again_on")
    with engine.store.write(engine.scope) as session:
        ask, _ = _lock(engine, session, ask_id)
        _check_day(engine, session, ask, again_on)
        return _note(engine, session, ask, outcome, note, again_on=again_on)


def _check_day(engine: Engine, session: Session, ask: Ask, again_on: date | None) -> None:
    zone = read_company(engine, session).zone(ask.contact.timezone, ask.account.timezone)
    if again_on and again_on < local_day(engine.clock(), zone):
        raise InputError(f"{again_on} lies in the past; choose a day from today on.", about="again_on")
    last = local_day(ask.expires_at, zone) if ask.expires_at else None
    if again_on and last and again_on > last:
        raise InputError(
            f"This ask runs out on {last}. If they want to be asked later than that, choose “Ask later”.",
            about="again_on",
        )


def _note(engine: Engine, session: Session, ask: Ask, outcome: str, note: str, **facts: Any) -> Call:
    said = clean_text(note).strip()
    if len(said) > LONGEST_NOTE:
        raise InputError(f"Please keep the note to {LONGEST_NOTE:,} characters.", about="note")
    whose = {"account_id": ask.account_id, "contact_id": ask.contact_id, "ask_id": ask.id}
    call = Call(**whose, at=engine.clock(), author=engine.author, outcome=outcome, note=said or None, **facts)
    session.add(call)
    day = call.again_on.isoformat() if call.again_on else None
    entry = AuditEntry(at=call.at, author=engine.author, action=f"call {outcome.replace('_', ' ')}")
    entry.subject = f"ask {ask.id} to {ask.account.key}/{ask.contact.key}"
    entry.after = {"consented": call.consented or None, "again_on": day}
    session.add(entry)
    session.flush()
    return call


def _lock(engine: Engine, session: Session, ask_id: int) -> tuple[Ask, Any]:
    """The ask, and as `lock_ask` has it, to be changed. Raises StateError where nothing can be said to it any more."""
    found, row = _find(engine, session, ask_id), lock_ask(session, ask_id)
    try:
        if row is None or found.status not in data.CALLABLE:
            raise LinkError("It is not to be called for.")
        check_open(row.status, row.expires_at, engine.clock())
    except LinkError:
        raise StateError("This call is not to be made: it was answered, taken back, ran out, or is not due yet.",
                         about=str(ask_id)) from None  # fmt: skip
    return found, row


def _find(engine: Engine, session: Session, ask_id: int) -> Ask:
    ask = data.find_ask(session, ask_id)
    if ask is None or not is_to_owner(engine.plugins.channels.get(ask.channel or "")):
        raise NotFoundError("There is no such call.", about=str(ask_id))
    return ask
