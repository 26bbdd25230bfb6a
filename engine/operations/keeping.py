"""Keeping what a client fills in, inside one transaction: read strictly, written where it is new.

A form may come in many times before it is sent: answer by answer as it is given, from a second tab, from another
device. Until it is sent it is the client's own draft. What they take out again is forgotten, nobody is promised
anything, and no verbatim is heard; what is not on the page that came in stays as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from engine.data import clients
from engine.data.models import LIVE
from engine.data.voices import add_heard, add_voices
from engine.errors import InputError, LinkError
from engine.house import Engine
from engine.links import read_ask_token
from engine.operations.company import read_link_secret
from engine.operations.forms import Form, Item, check_open, read_forms, read_given
from engine.survey.logic import is_asked, is_required
from engine.survey.reading import TYPED, parts_of, refused
from engine.types import Answer, Given, Question, clean_text

Posted = Mapping[str, Sequence[str]]

FILLED = "filled"
"""Posted once for each question that was filled in on the page: if it comes empty now, it was taken out again."""
SHOWN = "shown"
"""Posted once for each question that had to be opened by another answer, and was."""
BEGINNING = datetime.fromtimestamp(0, UTC)
"""Before anything that was ever answered."""


@dataclass(frozen=True)
class Coming:
    """A form that is coming in."""

    engine: Engine
    session: Session
    ask: Any
    """As it was when it came in: a row of `find_asks`."""
    form: Form
    posted: Posted
    taken_by: str | None = None
    """Who wrote it down for the client, on the phone; None: they filled it in themselves."""
    changes: dict[str, Any] = field(default_factory=dict)
    """What is to be written of the ask."""
    reads: dict[bool, Read] = field(default_factory=dict)
    """What was read of it already, by whether what is required had to be there."""

    @cached_property
    def now(self) -> datetime:
        """One moment for all of it."""
        return self.engine.clock()

    @property
    def author(self) -> str:
        return self.form.contact_name or self.form.contact_email or self.ask.contact_key

    @property
    def is_draft(self) -> bool:
        """Whether nothing was sent yet: what is saved does not count before that."""
        return bool(self.ask.status != "answered")


@dataclass(frozen=True)
class Read:
    """A form as it was read: answers and mistakes by field, and which fields were emptied."""

    given: Mapping[str, Given]
    errors: Mapping[str, InputError]
    emptied: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()
    """Questions that an answer has opened, and that were not on the page yet."""

    @property
    def usable(self) -> dict[str, Given]:
        return {field: answer for field, answer in self.given.items() if field not in self.errors}


def look_ahead(engine: Engine, token: str, posted: Posted, *, required: bool = True) -> Coming:
    """What comes in by a link, read before its turn to write has come: see `take_up`. Raises LinkError."""
    with engine.store.read(engine.scope) as session:
        ask = clients.find_ask(session, read_ask_token(read_link_secret(engine, session), token))
        if ask is None:
            raise LinkError("This link does not work.")
        check_open(ask.status, ask.expires_at, engine.clock())
        coming = receive(engine, session, ask, clean(posted))
    read_answers(coming, required=required)
    return coming


def take_up(coming: Coming, session: Session) -> Coming:
    """The same inside a transaction that keeps its ask from other writers. What has changed meanwhile is read anew.

    Raises LinkError where the link does not open any more.
    """
    stands = clients.lock_standing(session, coming.ask.id)
    if stands is None:
        raise LinkError("This link does not work.")
    check_open(stands.status, stands.expires_at, coming.engine.clock())
    is_same = all(getattr(coming.ask, name) == value for name, value in stands._asdict().items())
    if is_same and read_given(session, coming.form) == coming.form.given:
        return replace(coming, session=session)
    return receive(coming.engine, session, clients.lock_ask(session, coming.ask.id), coming.posted)


def receive(engine: Engine, session: Session, ask: Any, posted: Posted) -> Coming:
    return Coming(engine, session, ask, read_forms(engine, session, [ask])[0], posted)


def clean(posted: Posted) -> Posted:
    return {name: [clean_text(value) for value in values] for name, values in posted.items()}


def read_answers(coming: Coming, *, required: bool = True) -> Read:
    """Read every question that is on the form, once. `required`: say so where one has to be answered and is not."""
    if required not in coming.reads:
        coming.reads[required] = _read_answers(coming, required)
    return coming.reads[required]


def _read_answers(coming: Coming, required: bool) -> Read:
    given: dict[str, Given] = {}
    errors: dict[str, InputError] = {}
    emptied = set()
    opened = set()
    for item in coming.form.items:
        facts = coming.form.facts
        if item.waits or item.question.require_if:
            before = {field: answer for field, answer in coming.form.given.items() if field not in emptied}
            facts = coming.form.facts_with({**before, **given})
        if item.waits and not is_asked(item.question, facts):
            continue
        try:
            found = _read(coming, item)
            if found is None and coming.is_draft and item.field in coming.posted.get(FILLED, ()):
                emptied.add(item.field)
            if item.waits and found is None and item.field not in coming.posted.get(SHOWN, ()):
                opened.add(item.field)
            elif required and is_required(item.question, facts):
                _check_there(coming, item, found, emptied)
        except InputError as error:
            errors[item.field] = error
            found = Given(data={TYPED: parts_of(coming.posted, item.field)})
        if found is not None:
            given[item.field] = found
    return Read(given, errors, frozenset(emptied), frozenset(opened))


def _read(coming: Coming, item: Item) -> Given | None:
    kind, terms = coming.engine.plugins.question_types[item.question.type], coming.form.terms
    return terms.without_private(kind.read(item.question, coming.posted, item.field), terms.withheld(kind.tells))


def _check_there(coming: Coming, item: Item, found: Given | None, emptied: Collection[str]) -> None:
    if found is None and (item.field not in coming.form.given or item.field in emptied):
        raise refused(item.field, "Please answer this question.")


def standing(coming: Coming, read: Read) -> dict[str, Given]:
    """All that is answered once this is kept: what came now over what was saved before."""
    return {
        item.field: answer
        for item in coming.form.items
        if (answer := read.usable.get(item.field) or _saved(coming, read, item)) is not None
    }


def _saved(coming: Coming, read: Read, item: Item) -> Given | None:
    return None if item.field in read.emptied else coming.form.given.get(item.field)


def keep_answers(coming: Coming, read: Read) -> list[str]:
    """Write what is new or changed, forget what was emptied. The fields that changed."""
    rows = clients.read_answers(coming.session, coming.ask.id) if coming.form.given else ()
    before = {(row.question, row.promise_id, row.touchpoint_id): row for row in rows}
    emptied = [before[item.key].id for item in coming.form.items if item.field in read.emptied and item.key in before]
    new, other = {}, {}
    for item in coming.form.items:
        answer, row = read.usable.get(item.field), before.get(item.key)
        if answer is None:
            continue
        if row is None:
            new[item.field] = _whose(coming, item) | _said(coming, answer)
        elif answer != Given(row.value, row.score, row.words, row.data):
            other[item.field] = {"answer": row.id, **_said(coming, answer)}
    clients.forget_answers(coming.session, emptied)
    clients.change_answers(coming.session, list(other.values()))
    clients.add_answers(coming.session, list(new.values()))
    return [*new, *other]


def _whose(coming: Coming, item: Item) -> dict[str, Any]:
    ask, promise, touchpoint = coming.ask, item.promise, item.touchpoint
    who = {"account_id": ask.account_id, "contact_id": ask.contact_id, "ask_id": ask.id}
    what = {"survey": coming.form.survey.name, "question": item.question.name}
    about = {"promise_id": promise.number if promise else None, "touchpoint_id": touchpoint.id if touchpoint else None}
    return {**who, **what, **about}


def _said(coming: Coming, answer: Given) -> dict[str, Any]:
    what = {"value": answer.value, "score": answer.score, "text": answer.text, "data": dict(answer.data)}
    return {**what, "answered_at": coming.now}


def hear(coming: Coming) -> None:
    """Make voices of the client's own words as they are kept by now: all of a draft, else what has changed."""
    since = BEGINNING if coming.is_draft else coming.now
    add_heard(coming.session, coming.ask.id, since, **_of_whom(coming, "survey"))


def add_voice(coming: Coming, source: str, words: str) -> None:
    """Keep words that are no answer."""
    add_voices(coming.session, [{**_of_whom(coming, source), "text": words, "answer_id": None}])


def _of_whom(coming: Coming, source: str) -> dict[str, Any]:
    who = {"account_id": coming.ask.account_id, "contact_id": coming.ask.contact_id, "author": coming.taken_by}
    return {**who, "speaker": "client", "source": source, "said_at": coming.now}


def answer_to(coming: Coming, question: Question, given: Given) -> Answer:
    """An answer as plugins see it."""
    return Answer(
        ask_id=coming.ask.id,
        account_id=coming.ask.account_id,
        contact_id=coming.ask.contact_id,
        survey=coming.form.survey.name,
        question=question.name,
        type=question.type,
        given=given,
        answered_at=coming.now,
        about=question.about,
        measures=question.measures,
    )


def own_words(given: Iterable[Given]) -> str | None:
    """The first own words among them."""
    return next((answer.text for answer in given if answer.text), None)


def close_ask(coming: Coming, status: str) -> str:
    """Write what became of the ask; its status. What is answered stays answered; what had ended stays so, too."""
    ask, changes = coming.ask, coming.changes
    changes["opened_at"] = ask.opened_at or coming.now
    changes["sent_at"] = ask.sent_at or coming.now  # it came back before its receipt was kept
    if status == "answered":
        changes["answered_at"] = coming.now
    if status == "answered" or ask.status in LIVE:
        changes["status"] = status
    clients.change_ask(coming.session, ask.id, **changes)
    return status if "status" in changes else ask.status
