"""A client's survey: opening it changes nothing, sending it is one durable transaction.

What comes in counts once per submission id. Sent again with another id, answers given again replace the earlier ones; a
question left empty keeps what was said before, and every verbatim is kept as a voice.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from engine.data.clients import find_asks, find_person, find_submission, list_answers, list_voices, lock_ask
from engine.data.marks import mark_persons
from engine.data.models import LIVE, AnswerRow, Ask, Promise, Submission, Voice
from engine.errors import InputError, LinkError
from engine.house import Engine
from engine.links import read_ask_token
from engine.operations.company import read_link_secret
from engine.operations.due_days import draft_due_on
from engine.operations.forms import Form, Item, check_open, read_forms
from engine.operations.promises import make_promise, record_verdict
from engine.registry import Called
from engine.types import Answer, Draft, Given, Question, clean_text

log = logging.getLogger(__name__)

PAUSE_DAYS = 14
"""How long “Ask me later” is."""

Posted = Mapping[str, Sequence[str]]


class AnswersError(InputError):
    """Some answers cannot be used, and nothing was stored. `errors` and `given` are by field."""

    def __init__(self, errors: Mapping[str, str], given: Mapping[str, Given]) -> None:
        super().__init__(next(iter(errors.values())), about=next(iter(errors)))
        self.errors = errors
        self.given = given


def submit_answers(engine: Engine, token: str, posted: Posted, submission_id: str, action: str = "send") -> None:
    """Keep what a client sent: `send`, `later`, `call` or `decline`. The same submission id again changes nothing.

    Raises LinkError; AnswersError naming each field that cannot be used; InputError for an unknown action, and for a
    submission id that came before with other content. Nothing is stored then.
    """
    if action not in ACTIONS:
        raise InputError(f"“{action[:40]}” is nothing that can be done with a survey.", about="action")
    if not 8 <= len(submission_id) <= 64:
        raise InputError("This page is out of date. Open the link from your message again.", about="submission_id")
    cleaned = {name: [clean_text(value) for value in values] for name, values in posted.items()}
    with engine.store.write(engine.scope) as session:
        ask = _lock(engine, session, token)
        if _is_new(session, ask, submission_id, action, cleaned, engine.clock()):
            form = read_forms(engine, session, find_asks(session, [ask.id]))[0]
            ACTIONS[action](_Coming(engine, session, ask, form, cleaned))
            mark_persons(session, [ask.person_id])


def _lock(engine: Engine, session: Session, token: str) -> Ask:
    ask = lock_ask(session, read_ask_token(read_link_secret(engine, session), token))
    if ask is None:
        raise LinkError("This link does not work.")
    check_open(ask.status, ask.expires_at, engine.clock())
    return ask


def _is_new(session: Session, ask: Ask, submission_id: str, action: str, posted: Posted, now: datetime) -> bool:
    content = json.dumps([ask.id, action, {name: list(values) for name, values in posted.items()}], sort_keys=True)
    digest = sha256(content.encode()).hexdigest()
    earlier = find_submission(session, submission_id)
    if earlier is None:
        session.add(
            Submission(submission_id=submission_id, ask_id=ask.id, action=action, received_at=now, digest=digest)
        )
        return True
    if earlier.digest != digest:
        raise InputError("This page was sent before with other answers. Open it again to change them.")
    return False


@dataclass(frozen=True)
class _Coming:
    """A submission that is being kept."""

    engine: Engine
    session: Session
    ask: Ask
    form: Form
    posted: Posted

    @property
    def now(self) -> datetime:
        return self.engine.clock()


def _send(coming: _Coming) -> None:
    given, errors = _read_all(coming)
    if not errors and not given:
        errors = {"": "Nothing is answered yet. Answer what you like, or choose one of the ways below."}
    if errors:
        raise AnswersError(errors, given)
    changed = _save(coming, given)
    _record_verdicts(coming, given)
    _make_promises(coming, changed)
    _close(coming, "answered")


def _call(coming: _Coming) -> None:
    """The call is promised as if a question had asked for it, by whichever plugin promises calls."""
    given = _usable(coming)
    changed = _save(coming, given)
    wish = _answer(coming, Question("call_me", "call_me", {}), Given("yes", None, _said(given.values())))
    _make_promises(coming, [*changed, wish])
    _close(coming, "answered")


def _later(coming: _Coming) -> None:
    """What was filled in is kept for then."""
    given = _usable(coming)
    _save(coming, given)
    until = coming.form.today + timedelta(days=PAUSE_DAYS)
    for contact in find_person(coming.session, coming.ask.contact_id):
        contact.paused_until = max(contact.paused_until or until, until)
    _close(coming, "started" if given or coming.ask.status == "started" else "opened")


def _decline(coming: _Coming) -> None:
    _close(coming, "declined")


ACTIONS = {"send": _send, "call": _call, "later": _later, "decline": _decline}


def _close(coming: _Coming, status: str) -> None:
    """Say what became of the ask. What is answered stays answered; what had ended does not come to life again."""
    ask = coming.ask
    ask.opened_at = ask.opened_at or coming.now
    ask.sent_at = ask.sent_at or coming.now  # it came back before its receipt was kept
    if status == "answered":
        ask.answered_at = coming.now
    if status == "answered" or ask.status in LIVE:
        ask.status = status


def _read_all(coming: _Coming) -> tuple[dict[str, Given], dict[str, str]]:
    given: dict[str, Given] = {}
    errors: dict[str, str] = {}
    for item in coming.form.items:
        try:
            found = _read(coming, item)
        except InputError as error:
            errors[item.field] = str(error)
            found = _as_typed(coming.posted, item.field)
        if found is not None:
            given[item.field] = found
    return given, errors


def _usable(coming: _Coming) -> dict[str, Given]:
    given, errors = _read_all(coming)
    return {field: answer for field, answer in given.items() if field not in errors}


def _read(coming: _Coming, item: Item) -> Given | None:
    kind = coming.engine.plugins.question_types[item.question.type]
    found = kind.read(item.question, coming.posted, item.field)
    if found is None and item.question.required and item.field not in coming.form.given:
        raise InputError("Please answer this question.", about=item.field)
    return found


def _as_typed(posted: Posted, field: str) -> Given:
    """What cannot be used, in the shapes that question types keep, so that the page can show it again."""
    parts = {
        name.removeprefix(f"{field}."): list(given) for name, given in posted.items() if name.startswith(f"{field}.")
    }
    data = {name: given[0] for name, given in parts.items() if given}
    chosen = list(posted.get(field, ()))
    return Given(
        value=chosen[0] if chosen else None, text=data.get("text"), data={**data, "choices": chosen, "reasons": parts}
    )


def _save(coming: _Coming, given: Mapping[str, Given]) -> list[Answer]:
    """Write answers and voices; those that are new or changed."""
    before = {(row.question, row.promise_id): row for row in list_answers(coming.session, coming.ask.id)}
    changed = []
    for item in coming.form.items:
        answer, row = given.get(item.field), before.get(item.key)
        if answer is None or (row and answer == Given(row.value, row.score, row.words, row.data)):
            continue
        row = row or _new_row(coming, item)
        row.value, row.score, row.words, row.data = answer.value, answer.score, answer.text, dict(answer.data)
        row.answered_at = coming.now
        changed.append((item, answer, row))
    coming.session.flush()
    _add_voices(coming, [row for _item, _answer, row in changed])
    return [_answer(coming, item.question, answer) for item, answer, _row in changed]


def _new_row(coming: _Coming, item: Item) -> AnswerRow:
    ask = coming.ask
    row = AnswerRow(
        account_id=ask.account_id, contact_id=ask.contact_id, ask_id=ask.id, survey=coming.form.survey.name,
        question=item.question.name, promise_id=item.promise.number if item.promise else None,
    )  # fmt: skip
    coming.session.add(row)
    return row


def _add_voices(coming: _Coming, rows: Sequence[AnswerRow]) -> None:
    heard = {(voice.answer_id, voice.words) for voice in list_voices(coming.session, [row.id for row in rows])}
    for row in rows:
        if row.words and (row.id, row.words) not in heard:
            coming.session.add(
                Voice(
                    account_id=row.account_id, contact_id=row.contact_id, answer_id=row.id, source="survey",
                    said_at=coming.now, words=row.words,
                )
            )  # fmt: skip


def _answer(coming: _Coming, question: Question, given: Given) -> Answer:
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


def _said(given: Iterable[Given]) -> str | None:
    """The first own words among them."""
    return next((answer.text for answer in given if answer.text), None)


def _record_verdicts(coming: _Coming, given: Mapping[str, Given]) -> None:
    """The client's word on promises that were asked about and still wait for it."""
    for item in coming.form.items:
        answer = given.get(item.field)
        if answer is None or item.promise is None or not item.promise.waits_for_verdict:
            continue
        promise, kept = coming.session.get_one(Promise, item.promise.number), answer.value == "yes"
        words = answer.text if kept else answer.text or _said(given.values())
        record_verdict(coming.engine, coming.session, promise, kept=kept, words=words, author=_author(coming))


def _make_promises(coming: _Coming, answers: Sequence[Answer]) -> None:
    if answers:
        for called in coming.engine.plugins.call("suggest_promises", answers):
            for draft in _drafts(called):
                _make_promise(coming, draft, called.name, _said(answer.given for answer in answers))


def _drafts(called: Called) -> list[Draft]:
    found = called.value if isinstance(called.value, list | tuple) else ()
    return [draft for draft in found if isinstance(draft, Draft)]


def _make_promise(coming: _Coming, draft: Draft, plugin: str, said: str | None) -> None:
    """No answer is lost because nobody is there to own what follows: the house's own address is the last resort."""
    engine, session, ask = coming.engine, coming.session, coming.ask
    people: dict[str, Any] = {"account": ask.account, "contact": ask.contact}
    due_on = draft_due_on(engine, session, draft, plugin, **people, today=coming.form.today)
    owners = (draft.owner_email, ask.account.owner_email, ask.account.sponsor_email, engine.config.sender)
    for owner in filter(None, owners):
        try:
            make_promise(
                engine, session, **people, title=draft.title, owner_email=owner, due_on=due_on, said=said,
                ask_id=ask.id, origin=plugin, agreed=draft.agreed, author=_author(coming), note=draft.note or None,
            )  # fmt: skip
            return
        except InputError as error:
            log.warning("%s: “%s” cannot be promised by %s: %s", ask.account.key, draft.title, owner, error)


def _author(coming: _Coming) -> str:
    return coming.form.contact_name or coming.ask.contact.email or coming.ask.contact.key
