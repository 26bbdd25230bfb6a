"""A client's survey: opening it changes nothing, saving and sending it are each one durable transaction.

What is sent counts once per submission id. Sent again with another id, answers given again replace the earlier ones; a
question left empty keeps what was said before, and every verbatim is kept as a voice. What is only saved counts when it
is sent, or when the link runs out.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from engine.data.asks import expire_asks
from engine.data.clients import add_submission, change_ask, find_person, find_submission, lock_ask
from engine.data.marks import mark_persons
from engine.data.models import Ask
from engine.decide.endings import NOT_THEIRS, keep
from engine.errors import InputError, LinkError
from engine.house import Engine
from engine.operations.drafts import Source, drafts_of, keep_draft
from engine.operations.keeping import (
    Coming,
    Posted,
    add_voice,
    answer_to,
    clean,
    close_ask,
    hear,
    keep_answers,
    look_ahead,
    own_words,
    read_answers,
    receive,
    standing,
    take_up,
)
from engine.operations.promise_steps import find_promise
from engine.operations.promises import record_verdict
from engine.survey.reading import refused
from engine.types import Answer, Given, Question

log = logging.getLogger(__name__)

PAUSE_DAYS = 14
"""How long “Ask me later” is."""

LONGEST_HINT = 500
"""Characters of what somebody says who is not the one to ask."""


class AnswersError(InputError):
    """Some answers cannot be used, and nothing was stored. `errors` and `given` are by field."""

    def __init__(self, errors: Mapping[str, InputError], given: Mapping[str, Given]) -> None:
        super().__init__(str(next(iter(errors.values()))), about=next(iter(errors)))
        self.errors = errors
        self.given = given


@dataclass(frozen=True)
class Saved:
    """What became of a draft: which questions are answered now, what cannot be used and what was read, by field."""

    answered: tuple[str, ...]
    errors: Mapping[str, InputError]
    given: Mapping[str, Given]


def save_answers(engine: Engine, token: str, posted: Posted) -> Saved:
    """Keep what is filled in so far, without sending it. Raises LinkError; what cannot be used is named in the result.

    Only a draft is saved: once a form was sent, changes count when they are sent, too.
    """
    seen = look_ahead(engine, token, posted, required=False)
    with engine.store.write(engine.scope, together=True) as session:
        coming = take_up(seen, session)
        read = read_answers(coming, required=False)
        if not coming.is_draft:
            return Saved((), read.errors, read.given)
        keep_answers(coming, read)
        found = standing(coming, read)
        if close_ask(coming, "started" if found else "opened") != coming.ask.status:
            mark_persons(session, [coming.ask.person_id])
        return Saved(tuple(found), read.errors, read.given)


def submit_answers(engine: Engine, token: str, posted: Posted, submission_id: str, action: str = "send") -> None:
    """Keep what a client sent: `send`, `later`, `call`, `decline` or `hint`. One submission id counts once.

    Raises LinkError; AnswersError naming each field that cannot be used; InputError for an unknown action, and for a
    submission id that came before with other content. Nothing is stored then.
    """
    seen = look_ahead(engine, token, posted, required=action == "send")
    _check(submission_id, action)
    with engine.store.write(engine.scope, together=True) as session:
        _take(take_up(seen, session), submission_id, action)


def take_form(
    engine: Engine,
    session: Session,
    ask: Any,
    posted: Posted,
    submission_id: str,
    action: str,
    taken_by: str | None = None,
) -> None:
    """Keep a form inside a transaction that holds its ask, once.

    `ask`: as `lock_ask` has it; `taken_by`: who wrote it down for the client.
    """
    _check(submission_id, action)
    _take(replace(receive(engine, session, ask, clean(posted)), taken_by=taken_by), submission_id, action)


def _check(submission_id: str, action: str) -> None:
    if action not in ACTIONS:
        raise InputError(f"“{action[:40]}” is nothing that can be done with a survey.", about="action")
    if not 8 <= len(submission_id) <= 64:
        raise InputError("This page is out of date. Open the link from your message again.", about="submission_id")


def _take(coming: Coming, submission_id: str, action: str) -> None:
    if _is_new(coming, submission_id, action):
        ACTIONS[action](coming)
        mark_persons(coming.session, [coming.ask.person_id])


def _is_new(coming: Coming, submission_id: str, action: str) -> bool:
    ask_id, posted = coming.ask.id, {name: list(values) for name, values in coming.posted.items()}
    digest = sha256(json.dumps([ask_id, action, posted], sort_keys=True).encode()).hexdigest()
    row = {"submission_id": submission_id, "ask_id": ask_id, "action": action}
    if add_submission(coming.session, **row, received_at=coming.now, digest=digest):
        return True
    earlier = find_submission(coming.session, submission_id)
    if earlier is None or earlier.digest != digest:
        raise InputError("This page was sent before with other answers. Open it again to change them.")
    return False


def _send(coming: Coming) -> None:
    read = read_answers(coming)
    found = standing(coming, read)
    errors = dict(read.errors)
    if not errors and not found:
        errors = {"": refused("", "Nothing is answered yet. Answer what you like, or choose one of the ways below.")}
    if read.opened - coming.form.given.keys() and not errors:
        errors = {"": refused("", "One more question follows from your answer. Answer it, or send as it is.")}
    if errors:
        raise AnswersError(errors, read.given)
    changed = keep_answers(coming, read)
    _count(coming, found, found if coming.is_draft else changed)
    close_ask(coming, "answered")


def _call(coming: Coming) -> None:
    """The call is promised as if a question had asked for it, by whichever plugin promises calls."""
    read = read_answers(coming, required=False)
    found, changed = standing(coming, read), keep_answers(coming, read)
    wish = answer_to(coming, Question("call_me", "call_me", {}), Given("yes", None, own_words(found.values())))
    _count(coming, found, found if coming.is_draft else changed, wish)
    close_ask(coming, "answered")


def _later(coming: Coming) -> None:
    """What was filled in is kept for then."""
    read = read_answers(coming, required=False)
    keep_answers(coming, read)
    until = coming.form.today + timedelta(days=PAUSE_DAYS)
    for contact in find_person(coming.session, coming.ask.contact_id):
        contact.paused_until = max(contact.paused_until or until, until)
    close_ask(coming, "started" if standing(coming, read) else "opened")


def _decline(coming: Coming) -> None:
    close_ask(coming, "declined")


def _hint(coming: Coming) -> None:
    """Who else is to be asked, and that it does not concern them: passed to our people. Nobody is written to for it."""
    said = {name: " ".join(" ".join(coming.posted.get(name, ())).split()) for name in ("instead", "irrelevant")}
    said["instead"] = "" if coming.form.terms.forbid_words else said["instead"]
    for name, words in said.items():
        if len(words) > LONGEST_HINT:
            raise InputError(f"Please use at most {LONGEST_HINT} characters.", about=name)
    if said["instead"]:
        add_voice(coming, "ask_instead", said["instead"])
    if said["irrelevant"]:
        coming.changes["why"] = keep(NOT_THEIRS)
    close_ask(coming, "declined")


ACTIONS = {"send": _send, "call": _call, "later": _later, "decline": _decline, "hint": _hint}


def end_expired(engine: Engine, session: Session, now: datetime) -> None:
    """End asks whose link has run out. What was saved and never sent counts from now on: it was said to us."""
    for ask_id in expire_asks(session, now):
        ask = lock_ask(session, ask_id)
        try:
            coming = receive(engine, session, ask, {}) if ask else None
        except (LinkError, KeyError, TypeError, ValueError):  # a form that cannot be read keeps no other one back
            log.exception("what was saved for ask %s cannot be counted", ask_id)
            continue
        if coming:
            _count(coming, coming.form.given, coming.form.given)
            if coming.changes:
                change_ask(session, ask_id, **coming.changes)


# What counts is heard, and promised


def _count(coming: Coming, found: Mapping[str, Given], fields: Collection[str], *more: Answer) -> None:
    """Draw the consequences of these fields' answers, and of `more` that no question asked for."""
    words = own_words(found.values())
    if words:
        hear(coming)
    counted = {field: answer for field, answer in found.items() if field in fields}
    _record_verdicts(coming, counted, words)
    answers = [
        answer_to(coming, item.question, counted[item.field]) for item in coming.form.items if item.field in counted
    ]
    _make_promises(coming, [*answers, *more])


def _record_verdicts(coming: Coming, counted: Mapping[str, Given], said: str | None) -> None:
    """The client's word on promises that were asked about and still wait for it."""
    for item in coming.form.items:
        answer = counted.get(item.field)
        if answer is None or item.promise is None:
            continue
        promise, kept = find_promise(coming.session, item.promise.number), answer.value == "yes"
        if promise.status != "done" or promise.verdict == "kept":  # or judged since the form was read
            continue
        words = answer.text if kept else answer.text or said
        note = f"said on the phone to {coming.taken_by}" if coming.taken_by else None
        record_verdict(
            coming.engine, coming.session, promise, kept=kept, words=words, author=coming.author, note=note
        )  # fmt: skip


def _make_promises(coming: Coming, answers: Sequence[Answer]) -> None:
    if answers:
        coming.changes["suggest"] = True
        words = own_words(answer.given for answer in answers)
        for called in coming.engine.plugins.call("promise_at_once", answers):
            for draft in drafts_of(coming.engine, "promise_at_once", called):
                ask = coming.session.get_one(Ask, coming.ask.id)
                source = Source(ask.account, ask.contact, coming.form.today, ask=ask)
                keep_draft(coming.engine, coming.session, source, draft, called.name, words, coming.author)
