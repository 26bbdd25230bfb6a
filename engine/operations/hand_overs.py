"""Who answers for a promise changes hands only when the other one says yes; and goes back when somebody is away.

Until a hand-over is accepted the giver keeps the promise. There is no step that leaves it with nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from engine.data import owners as data
from engine.data.models import Absence, Promise
from engine.data.store import EVERYTHING
from engine.errors import InputError, StateError
from engine.house import Engine
from engine.operations.due_days import local_today
from engine.operations.owners import check_owner, cover_promise, find_stand_in, is_away, read_address, same_person
from engine.operations.promise_steps import OPEN, cleaned, find_for, name, taking_step


def hand_over_promise(
    engine: Engine,
    number: int,
    *,
    owner_email: str,
    reason: str | None = None,
    seen: int | None = None,
    on: date | None = None,
) -> Promise:
    """Ask somebody else to answer for a promise. It stays with its owner until they accept it."""
    with engine.store.write(engine.scope) as session:
        promise = find_for(session, number, "hand over", seen=seen, wanted={"owner": owner_email})
        other = check_owner(session, promise.account, owner_email)
        if same_person(other, promise.owner_email):
            raise InputError(f"{name(promise)} is theirs already: {other} owns it.", about=name(promise))
        today = local_today(engine, session, promise.account, promise.contact, on)
        if is_away(session, other, today):
            stand_in = find_stand_in(engine, session, promise.account, other, today)
            raise InputError(f"{other} is away; {stand_in} stands in for them. Ask them instead.", about=other)
        why = cleaned(reason)
        with taking_step(engine, session, promise, "offered", note=f"to {other}" + (f": {why}" if why else "")):
            promise.offered_to = other
        return promise


def accept_promise(engine: Engine, number: int, *, seen: int | None = None) -> Promise:
    """Take over what one was asked to. From now on it is theirs, and only theirs."""
    with engine.store.write(engine.scope) as session:
        promise = find_for(session, number, "hand over", seen=seen)
        other = _asked(engine, promise)
        with taking_step(engine, session, promise, "handed_over", author=_speaker(engine, other)):
            promise.owner_email, promise.offered_to, promise.covers_for = other, None, None
        return promise


def refuse_promise(engine: Engine, number: int, *, reason: str | None = None, seen: int | None = None) -> Promise:
    """Say no to a hand-over. The promise has been its owner's all the time, and stays so."""
    with engine.store.write(engine.scope) as session:
        promise = find_for(session, number, "hand over", seen=seen)
        other = _asked(engine, promise)
        with taking_step(engine, session, promise, "refused", author=_speaker(engine, other), note=cleaned(reason)):
            promise.offered_to = None
        return promise


def _asked(engine: Engine, promise: Promise) -> str:
    """Who may answer: whoever was asked, if they are logged in; at the command line, whoever runs it for them."""
    if not promise.offered_to:
        raise StateError(
            f"Nobody was asked to take over {name(promise)}; it is {promise.owner_email}’s. Hand it over first.",
            about=name(promise),
        )
    if "@" in engine.author and not same_person(engine.author, promise.offered_to):
        raise StateError(
            f"{promise.offered_to} was asked to take over {name(promise)}, so only they can say yes or no.",
            about=name(promise),
        )
    return promise.offered_to


def _speaker(engine: Engine, other: str) -> str:
    return engine.author if same_person(engine.author, other) else f"{engine.author} for {other}"


# while somebody is away


def add_absence(
    engine: Engine, email: str, *, from_on: date, until_on: date | None = None, deputy_email: str | None = None
) -> Sequence[Promise]:
    """Write down that somebody is away, and who looks after their promises. Those that changed hands at once."""
    who, deputy = read_address(email), read_address(deputy_email) if deputy_email else None
    if until_on and until_on < from_on:
        raise InputError(f"An absence from {from_on} cannot end on {until_on}.", about=who)
    if same_person(who, deputy):
        raise InputError(f"{who} cannot stand in for themself.", about=who)
    with engine.store.write(engine.scope) as session:
        session.add(
            Absence(
                email=who, from_on=from_on, until_on=until_on, deputy_email=deputy, author=engine.author,
                made_at=engine.clock(),
            )
        )  # fmt: skip
    return cover_absent_owners(engine)


def end_absence(engine: Engine, email: str, *, last_on: date) -> Sequence[Promise]:
    """Somebody is back after this day, earlier than was written down. Promises go back to them."""
    with engine.store.write(engine.scope) as session:
        absence = data.find_absence(session, email, last_on)
        if absence is None:
            raise InputError(f"{email} is not away on {last_on}.", about=email)
        absence.until_on = last_on
    return cover_absent_owners(engine)


def list_absences(engine: Engine, on: date | None = None) -> Sequence[Absence]:
    """Who is away today, and who will be."""
    with engine.store.read(engine.scope) as session:
        return data.list_absences(session, engine.moment(on).today("UTC"))


def cover_absent_owners(engine: Engine, on: date | None = None) -> Sequence[Promise]:
    """See to it that no open promise waits for somebody who is away; of all accounts, whoever asks for it."""
    with engine.store.write(EVERYTHING) as session:
        found = data.list_uncertain_promises(session, OPEN)
        days = {promise.id: local_today(engine, session, promise.account, promise.contact, on) for promise in found}
        return [promise for promise in found if cover_promise(engine, session, promise, days[promise.id])]
