"""What clients' pages and messages are made of, as queries: the company, the ask, the promises, the person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import BindParameter, Row, Update, and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from engine.data.models import (
    Account,
    AnswerRow,
    Ask,
    Contact,
    Promise,
    PromiseEvent,
    SettingRow,
    Submission,
    SurveyVersion,
    Touchpoint,
    User,
)
from engine.data.prepared import write
from engine.data.scope import fetch
from engine.decide.endings import Kept
from engine.decide.plan import Company
from engine.types import SettingValue

AnyRow = Row[*tuple[Any, ...]]

SHOWN = ("agreed", "done", "declined")
"""Promises that clients see. A draft is not yet a promise."""


def read_company(session: Session) -> dict[str, Any]:
    """What somebody set of `company.…` for the whole house, without the prefix."""
    return {one.name.partition(".")[2]: one.value for one in read_company_settings(session) if one.layer == "house"}


def read_company_settings(
    session: Session, accounts: Collection[int] = (), contacts: Collection[int] = ()
) -> list[SettingValue]:
    """What somebody set of `company.…`: for the house, for tiers, and for these accounts and contacts."""
    keys = {"accounts": [str(one) for one in accounts], "contacts": [str(one) for one in contacts]}
    return [SettingValue(*row) for row in fetch(session, _COMPANY, **keys)]


def find_asks(session: Session, ask_ids: Collection[int]) -> Sequence[AnyRow]:
    """All that pages and messages need to know of asks, one row each."""
    return fetch(session, _ASKS, ids=list(ask_ids))


def find_ask(session: Session, ask_id: int) -> AnyRow | None:
    return next(iter(find_asks(session, [ask_id])), None)


def lock_ask(session: Session, ask_id: int) -> AnyRow | None:
    """The same of one ask, which is kept from other writers until the transaction ends; see `change_ask`."""
    return next(iter(fetch(session, _ASK_TO_CHANGE, ids=[ask_id])), None)


def lock_standing(session: Session, ask_id: int) -> AnyRow | None:
    """What may have changed of an ask since `find_ask`, and matters to answers: kept from other writers as above."""
    return next(iter(fetch(session, _STANDING, id=ask_id)), None)


def change_ask(session: Session, ask_id: int, **values: Any) -> None:
    """Write these columns. An Ask that the session has read before does not know of it."""
    write(session, _ask_change(tuple(values)), [{"ask": ask_id, **values}])


@cache
def _ask_change(names: tuple[str, ...]) -> Update:
    return update(Ask).where(Ask.id == bindparam("ask")).values({name: bindparam(name) for name in names})


def read_survey_content(session: Session, version_id: int) -> dict[str, Any]:
    [row] = fetch(session, _SURVEY, id=version_id)
    content: dict[str, Any] = row.content
    return content


def read_answers(session: Session, ask_id: int) -> Sequence[AnyRow]:
    """What was answered so far: id, question, promise_id, touchpoint_id, value, score, words, data."""
    return fetch(session, _ANSWERS, ask_id=ask_id)


def read_last_answers(
    session: Session, contact_id: int, survey: str, questions: Collection[str], ask_id: int
) -> dict[str, AnyRow]:
    """What a contact last answered to these questions of a survey at any other ask, by question."""
    values = {"contact_id": contact_id, "survey": survey, "questions": list(questions), "ask_id": ask_id}
    return {row.question: row for row in fetch(session, _LAST_ANSWERS, **values)}


def read_touchpoints(session: Session, ids: Collection[int]) -> dict[int, AnyRow]:
    """kind and happened_at by id."""
    return {row.id: row for row in fetch(session, _TOUCHPOINTS, ids=list(ids))} if ids else {}


def add_answers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, each by the names of the table's columns."""
    write(session, _NEW_ANSWER, rows)


def change_answers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what was said anew: value, score, text, data and answered_at, by `answer`, its id."""
    write(session, _OTHER_ANSWER, rows)


def forget_answers(session: Session, answer_ids: Sequence[int]) -> None:
    write(session, _NO_ANSWER, [{"answer": answer_id} for answer_id in answer_ids])


def add_submission(session: Session, **row: Any) -> bool:
    """Keep what came in, by the names of the table's columns; False where something has come in by its id before."""
    return write(session, _NEW_SUBMISSION, [row]) == 1


def find_submission(session: Session, submission_id: str) -> AnyRow | None:
    """ask_id and digest of what came in by this id."""
    return next(iter(fetch(session, _SUBMISSION, id=submission_id)), None)


def list_shown_promises(session: Session, contact_ids: Collection[int]) -> Sequence[Any]:
    """What was promised to these contacts and is theirs to see, the latest step first.

    Each has what a page shows of a Promise, and as its `events` what it shows of every step.
    """
    found = fetch(session, _SHOWN_PROMISES, ids=list(contact_ids)) if contact_ids else []
    steps: dict[int, list[AnyRow]] = {row.id: [] for row in found}
    for step in fetch(session, _STEPS, ids=list(steps)) if steps else ():
        steps[step.promise_id].append(step)
    promises = [SimpleNamespace(**row._asdict(), events=steps[row.id]) for row in found]
    return sorted(promises, key=_latest_step, reverse=True)


def list_shared_promises(session: Session, contact: Contact) -> Sequence[Promise]:
    """What was promised to a contact's account as a whole, or to colleagues there who share it; as above."""
    shares = Contact.shares_promises, Contact.id != contact.id, Contact.account_id == contact.account_id
    theirs = or_(Promise.contact_id.is_(None), Promise.contact_id.in_(select(Contact.id).where(*shares)))
    query = select(Promise).where(Promise.account_id == contact.account_id, theirs, Promise.status.in_(SHOWN))
    found = session.scalars(query.options(selectinload(Promise.events), joinedload(Promise.contact))).all()
    return sorted(found, key=_latest_step, reverse=True)


def _latest_step(promise: Any) -> tuple[float, int]:
    at = promise.events[-1].at.timestamp() if promise.events else 0
    return at, promise.id


def read_user_names(session: Session, emails: Collection[str]) -> dict[str, str]:
    """Names of those of our people who have a login; owners need none."""
    return {email: name for email, name in fetch(session, _USERS, emails=list(emails)) if name}


def find_person(session: Session, contact_id: int) -> list[Contact]:
    """Every contact of the person behind one, that one first; empty if there is none."""
    person = select(Contact.person_id).where(Contact.id == contact_id).scalar_subquery()
    found = session.scalars(select(Contact).where(Contact.person_id == person).options(joinedload(Contact.account)))
    return sorted(found, key=lambda contact: (contact.id != contact_id, contact.id))


def cancel_waiting_asks(session: Session, person_id: int, why: Kept) -> int:
    """Take back what was planned and not yet sent. How many there were."""
    waiting = Ask.person_id == person_id, Ask.status.in_(("planned", "approved")), Ask.origin == "heed"
    done = session.execute(update(Ask).where(*waiting).values(status="cancelled", why=why))
    return int(done.rowcount)  # type: ignore[attr-defined]


def describe_contact(session: Session, contact_id: int) -> AnyRow | None:
    """What an ask to this contact would say of them."""
    query = select(Contact.id.label("contact_id"), *_PEOPLE).join(Account, Account.id == Contact.account_id)
    query = query.outerjoin(User, User.email == Account.owner_email)
    return session.execute(query.where(Contact.id == contact_id)).one_or_none()


def find_waiting_ask(session: Session, contact_id: int) -> int | None:
    """An ask of ours to this contact that has not left."""
    waiting = Ask.contact_id == contact_id, Ask.origin == "heed", Ask.status.in_(("planned", "approved"))
    return session.scalar(select(Ask.id).where(*waiting).limit(1))


# Queries of every page that a client opens: built once, because building takes longer than asking.

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_PEOPLE = (
    Contact.key.label("contact_key"),
    Contact.name.label("contact_name"),
    Contact.email.label("contact_email"),
    Contact.phone.label("contact_phone"),
    func.coalesce(Contact.wish_locale, Contact.locale).label("contact_locale"),
    Contact.link_round,
    Contact.timezone.label("contact_timezone"),
    Contact.paused_until,
    Contact.role,
    Contact.influence,
    Contact.attributes.label("contact_attributes"),
    Account.id.label("account_id"),
    Account.key.label("account_key"),
    Account.name.label("account_name"),
    Account.tier.label("account_tier"),
    Account.segment,
    Account.country,
    Account.region,
    Account.attributes.label("account_attributes"),
    Account.locale.label("account_locale"),
    Account.private_fields,
    Account.timezone.label("account_timezone"),
    exists()
    .where(Promise.contact_id == Contact.id, Promise.status.in_(SHOWN))
    .correlate(Contact)
    .label("has_promises"),
    Account.owner_email.label("owner_email"),
    User.name.label("owner_name"),
)
_ASKS = (
    select(
        Ask.id,
        Ask.status,
        Ask.occasion,
        Ask.form,
        Ask.personal_note,
        Ask.send_at,
        Ask.sent_at,
        Ask.answered_at,
        Ask.expires_at,
        Ask.opened_at,
        Ask.suggest,
        Ask.contact_id,
        Ask.person_id,
        Ask.survey_version_id,
        SurveyVersion.digest.label("survey_digest"),
        *_PEOPLE,
    )
    .join(Contact, Contact.id == Ask.contact_id)
    .join(Account, Account.id == Ask.account_id)
    .outerjoin(SurveyVersion, SurveyVersion.id == Ask.survey_version_id)
    .outerjoin(User, User.email == Account.owner_email)
    .where(Ask.id.in_(_IDS))
    .order_by(Ask.id)
)
_ASK_TO_CHANGE = _ASKS.with_for_update(of=Ask)
_STANDING = (
    select(
        Ask.status,
        Ask.sent_at,
        Ask.answered_at,
        Ask.expires_at,
        Ask.opened_at,
        Ask.contact_id,
        Ask.person_id,
        Contact.link_round,
        Account.id.label("account_id"),
        Account.private_fields,
    )
    .join(Contact, Contact.id == Ask.contact_id)
    .join(Account, Account.id == Ask.account_id)
    .where(Ask.id == bindparam("id"))
    .with_for_update(of=Ask)
)
_COMPANY = select(SettingRow.name, SettingRow.layer, SettingRow.layer_key, SettingRow.value).where(
    SettingRow.name.in_([f"company.{name}" for name in Company().fields]),
    or_(
        SettingRow.layer.in_(("house", "tier")),
        and_(SettingRow.layer == "account", SettingRow.layer_key.in_(bindparam("accounts", expanding=True))),
        and_(SettingRow.layer == "contact", SettingRow.layer_key.in_(bindparam("contacts", expanding=True))),
    ),
)
_SURVEY = select(SurveyVersion.content).where(SurveyVersion.id == bindparam("id"))
_ANSWERS = select(
    AnswerRow.id,
    AnswerRow.question,
    AnswerRow.promise_id,
    AnswerRow.touchpoint_id,
    AnswerRow.value,
    AnswerRow.score,
    AnswerRow.words.label("words"),
    AnswerRow.data,
).where(AnswerRow.ask_id == bindparam("ask_id"))
_LAST_ANSWERS = (
    select(
        AnswerRow.question,
        AnswerRow.value,
        AnswerRow.score,
        AnswerRow.words.label("words"),
        AnswerRow.data,
        AnswerRow.answered_at,
    )
    .where(
        AnswerRow.contact_id == bindparam("contact_id"),
        AnswerRow.survey == bindparam("survey"),
        AnswerRow.question.in_(bindparam("questions", expanding=True)),
        func.coalesce(AnswerRow.ask_id, 0) != bindparam("ask_id"),
    )
    .order_by(AnswerRow.answered_at, AnswerRow.id)
)
_TOUCHPOINTS = select(Touchpoint.id, Touchpoint.kind, Touchpoint.happened_at).where(Touchpoint.id.in_(_IDS))
_NEW_ANSWER = insert(AnswerRow).inline()
_SENT = {column.name: bindparam(column.name, type_=column.type) for column in (
    Submission.submission_id, Submission.ask_id, Submission.action, Submission.received_at, Submission.digest,
)}  # fmt: skip
_NEW_SUBMISSION = insert(Submission).from_select(
    [*_SENT],
    select(*_SENT.values()).where(~exists().where(Submission.submission_id == _SENT["submission_id"])),
    include_defaults=False,
)
_THE_ANSWER = AnswerRow.id == bindparam("answer")
_OTHER_ANSWER = (
    update(AnswerRow)
    .where(_THE_ANSWER)
    .values({name: bindparam(name) for name in ("value", "score", "text", "data", "answered_at")})
)
_NO_ANSWER = delete(AnswerRow).where(_THE_ANSWER)
_SUBMISSION = select(Submission.ask_id, Submission.digest).where(Submission.submission_id == bindparam("id"))
_SHOWN_PROMISES = select(
    Promise.id,
    Promise.contact_id,
    Promise.ask_id,
    Promise.title,
    Promise.said,
    Promise.owner_email,
    Promise.due_on,
    Promise.done_on,
    Promise.status,
    Promise.verdict,
).where(Promise.contact_id.in_(_IDS), Promise.status.in_(SHOWN))
_STEPS = (
    select(PromiseEvent.promise_id, PromiseEvent.at, PromiseEvent.step, PromiseEvent.actor, PromiseEvent.due_on,
           PromiseEvent.reason)
    .where(PromiseEvent.promise_id.in_(_IDS))
    .order_by(PromiseEvent.id)
)  # fmt: skip
_USERS = select(User.email, User.name).where(
    User.email.in_(bindparam("emails", expanding=True)), User.name.is_not(None)
)
