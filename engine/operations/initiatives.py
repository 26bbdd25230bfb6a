"""The outer loop: many voices and promises with one cause, one change that answers them, and every client told of it.

Whether a cause is a one-off is a question of numbers: people, accounts, revenue, and how often it comes back. Whether a
change helped is one, too: how often the cause was named per 100 answers before it and since, each with its interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from engine.data import initiatives as data
from engine.data.models import AuditEntry, Contact, Initiative, InitiativeLink, Promise, Voice
from engine.decide.shares import Share, share
from engine.errors import InputError, NotFoundError, StateError
from engine.house import Engine
from engine.operations.called import read_called
from engine.operations.causes import BEFORE, YEAR, Causes, Weight, read_causes, read_named
from engine.operations.owners import read_address
from engine.operations.promise_steps import OPEN, cleaned, find_promise, needed, taking_step
from engine.operations.promises import finish_promise, make_promise
from engine.operations.voices import find_voice

MOST_SHOWN = 50
"""Promises and voices that the page of an initiative lists."""


@dataclass(frozen=True)
class Standing:
    """An initiative with what it weighs, and how often per answer its cause was named before the change and since."""

    initiative: Initiative
    weight: Weight
    promises: int
    voices: int
    before: Share
    after: Share


def make_initiative(
    engine: Engine, *, title: str, cause: str, owner_email: str, note: str | None = None, on: date | None = None
) -> Initiative:
    """Say what will change, in words that clients may read, and who sees to it across all teams."""
    title = needed(title, "An initiative needs a title: what will change, in words that clients may read.")
    cause = needed(cause, "An initiative needs a cause: a construct, or a part of the journey.")
    key = "_".join(cause.casefold().split())
    with engine.store.write(engine.scope) as session:
        made = Initiative(
            title=title, cause=key, owner_email=read_address(owner_email), note=cleaned(note), status="open",
            made_on=engine.moment(on).today("UTC"), author=engine.author,
        )  # fmt: skip
        session.add(made)
        session.flush()
        _audit(engine, session, made, "initiative made", {"title": title, "cause": key, "owner": made.owner_email})
        return made


def add_to_initiative(
    engine: Engine, number: int, *, promises: Iterable[int] = (), voices: Iterable[int] = (), by_cause: bool = False
) -> int:
    """Let an initiative answer these promises and voices, and what the voices led to; `by_cause`: every voice of its
    cause. How many are new."""
    with engine.store.write(engine.scope) as session:
        found = find_initiative(session, number)
        links = data.list_links(session, number)
        there = {("promise", link.promise_id) for link in links} | {("voice", link.voice_id) for link in links}
        wanted = [("promise", row.id, row.account_id) for row in (find_promise(session, each) for each in promises)]
        chosen = [find_voice(session, each) for each in voices]
        chosen += data.list_voices_about(session, found.cause) if by_cause else []
        wanted += [("voice", voice.id, voice.account_id) for voice in chosen]
        wanted += [("promise", voice.promise_id, voice.account_id) for voice in chosen if voice.promise_id]
        fresh = {(kind, row_id): account_id for kind, row_id, account_id in wanted if (kind, row_id) not in there}
        for (kind, row_id), account_id in fresh.items():
            ids = {"promise_id": row_id} if kind == "promise" else {"voice_id": row_id}
            session.add(InitiativeLink(initiative_id=number, account_id=account_id, **ids))
        if fresh:
            _audit(engine, session, found, "initiative extended", {"by": [f"{kind} {row}" for kind, row in fresh]})
        return len(fresh)


def remove_from_initiative(
    engine: Engine, number: int, *, promises: Iterable[int] = (), voices: Iterable[int] = ()
) -> int:
    """Let an initiative answer these no longer; they stay as they are. How many were among its own."""
    gone = {("promise", each) for each in promises} | {("voice", each) for each in voices}
    with engine.store.write(engine.scope) as session:
        found = find_initiative(session, number)
        if found.status == "published":
            raise StateError(f"{name(found)} is published; whom it told cannot be taken back.", about=name(found))
        links = [link for link in data.list_links(session, number)
                 if {("promise", link.promise_id), ("voice", link.voice_id)} & gone]  # fmt: skip
        for link in links:
            session.delete(link)
        if links:
            _audit(
                engine, session, found, "initiative narrowed", {"by": [f"{kind} {row}" for kind, row in sorted(gone)]}
            )
        return len(links)


def publish_initiative(
    engine: Engine, number: int, *, outcome: str, changed_on: date | None = None, on: date | None = None
) -> Sequence[Promise]:
    """Tell every client who raised it what has changed: on their own page, in the next survey, and by a message.

    Promises that it answers are done; whoever else named the cause in the last year has one that says so. The client
    gives their word on each. Raises StateError where it is published already.
    """
    with engine.store.write(engine.scope) as session:
        found = find_initiative(session, number)
        if found.status == "published":
            raise StateError(f"{name(found)} was published already: {found.outcome}", about=name(found))
        what = needed(outcome, f"Say what has changed with {name(found)}; clients will read it.")
        told = [_finish(engine, session, each, what, on) for each in data.list_linked_promises(session, number)]
        done = [promise for promise in told if promise]
        reached = {promise.contact_id for promise in done}
        for contact_id, said in _who_raised(engine, session, found).items():
            if contact_id not in reached:
                done.append(_tell(engine, session, found, data.find_contact(session, contact_id), said, what, on))
        found.status, found.outcome = "published", what
        found.changed_on = changed_on or engine.moment(on).today("UTC")
        _audit(engine, session, found, "initiative published", {"outcome": what, "clients": len(done)})
        return done


def list_initiatives(engine: Engine, on: date | None = None, causes: Causes | None = None) -> Sequence[Standing]:
    """The weightiest first: by people, accounts, revenue, and how often it was named. `causes`: if they are read."""
    today, causes = engine.moment(on).today("UTC"), causes or read_causes(engine, on)
    with engine.store.read(engine.scope) as session:
        links = data.count_links(session)
        found = [_standing(each, links.get(each.id, (0, 0)), causes, today) for each in data.list_initiatives(session)]
    return sorted(found, key=lambda each: each.weight.rank, reverse=True)


@dataclass(frozen=True)
class Opened:
    """An initiative with the first of what it answers, and whom publishing it would tell."""

    standing: Standing
    promises: Sequence[Promise]
    voices: Sequence[Voice]
    raised: int
    """How many people spoke of it."""
    counted_at: datetime | None


def open_initiative(engine: Engine, number: int) -> Opened:
    """Raises NotFoundError."""
    causes = read_causes(engine)
    standing = next((each for each in list_initiatives(engine, causes=causes) if each.initiative.id == number), None)
    if standing is None:
        raise NotFoundError(f"There is no initiative I-{number}.", about=f"I-{number}")
    with engine.store.read(engine.scope) as session:
        promises = data.list_linked_promises(session, number, most=MOST_SHOWN)
        voices = data.list_linked_voices(session, number, most=MOST_SHOWN)
    # one that was made since the causes were counted looks back a year, as their weights do
    raised = causes.raised.get(number, standing.weight.people)
    return Opened(standing, promises, voices, raised, causes.counted_at)


def list_open(engine: Engine) -> list[Initiative]:
    """Those that are not published yet."""
    with engine.store.read(engine.scope) as session:
        return [each for each in data.list_initiatives(session) if each.status == "open"]


def list_causes(engine: Engine, on: date | None = None) -> Sequence[Weight]:
    """What was named in the last year, the weightiest first, whether or not there is an initiative."""
    return read_causes(engine, on).ranked


def find_initiative(session: Session, number: int) -> Initiative:
    """Raises NotFoundError."""
    found = data.find_initiative(session, number)
    if found is None:
        raise NotFoundError(f"There is no initiative I-{number}. `heed initiatives` lists them.", about=f"I-{number}")
    return found


def name(initiative: Initiative) -> str:
    """How an initiative is called on every screen: I-3."""
    return f"I-{initiative.id}"


read_number = partial(read_called, letter="I", what="an initiative")
"""The number of what is called I-12, or 12. Raises NotFoundError."""


def _standing(initiative: Initiative, links: tuple[int, int], causes: Causes, today: date) -> Standing:
    changed, cause = initiative.changed_on or today, initiative.cause
    since = (changed, today + timedelta(days=1)) if initiative.changed_on else (today, today)
    promises, voices = links
    return Standing(
        initiative=initiative,
        weight=causes.weight(cause),
        promises=promises,
        voices=voices,
        before=share(*causes.count(cause, changed - BEFORE, changed)),
        after=share(*causes.count(cause, *since)),
    )


# publishing


def _finish(engine: Engine, session: Session, promise: Promise, what: str, on: date | None) -> Promise | None:
    """Done, where it waits for us; a draft is agreed first, so that the client sees what was promised."""
    if promise.status not in OPEN:
        return None
    if promise.status == "drafted":
        with taking_step(engine, session, promise, "agreed"):
            promise.status, promise.respond_by = "agreed", None
    return finish_promise(engine, session, promise, what=what, on=on)


def _who_raised(engine: Engine, session: Session, initiative: Initiative) -> dict[int, str | None]:
    """Contacts who spoke of it, each with their own words, if there are any."""
    heard = read_named(engine, session, initiative.made_on - YEAR)
    named = (each for each in heard if initiative.cause in each.causes)
    raised: dict[int, str | None] = {each.contact_id: None for each in named if each.contact_id is not None}
    for voice in data.list_linked_voices(session, initiative.id):
        if voice.contact_id is not None and voice.speaker == "client":
            raised[voice.contact_id] = raised.get(voice.contact_id) or voice.words
    return raised


def _tell(
    engine: Engine,
    session: Session,
    initiative: Initiative,
    contact: Contact,
    said: str | None,
    what: str,
    on: date | None,
) -> Promise:
    """A promise that says what has changed, and asks for the client's word. Their account's owner answers for it."""
    owners = (initiative.owner_email, contact.account.owner_email, engine.config.sender)
    for owner in [owner for owner in owners if owner]:
        try:
            promise = make_promise(
                engine, session, account=contact.account, contact=contact, title=initiative.title, owner_email=owner,
                said=said, origin="initiative", kind="initiative", agreed=True, author=engine.author,
                note=name(initiative), on=on,
            )  # fmt: skip
            break
        except InputError:  # outside the team of this account
            continue
    session.add(InitiativeLink(initiative_id=initiative.id, account_id=contact.account_id, promise_id=promise.id))
    return finish_promise(engine, session, promise, what=what, on=on)


def _audit(engine: Engine, session: Session, initiative: Initiative, action: str, after: dict[str, object]) -> None:
    at, subject = engine.clock(), name(initiative)
    session.add(AuditEntry(at=at, author=engine.author, action=action, subject=subject, after=after))
