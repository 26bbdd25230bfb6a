"""What a client's terms do not let us keep, taken out of all that is kept: of the rows themselves, and of their traces.

Rows stay, so that counts of the past stay true: how many were asked, how many answered. `engine.private` decides what
goes; here is only where it stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from engine.data.models import (
    PRIVATE,
    Account,
    AnswerRow,
    Ask,
    Contact,
    DecisionRecord,
    Delivery,
    InitiativeLink,
    News,
    Promise,
    PromiseEvent,
    Touchpoint,
    Voice,
)
from engine.data.personal import forget_authors, forget_calls
from engine.private import Terms, blanked, read_terms
from engine.types import OCCASIONS, Given, Question

FIELDS: dict[str, tuple[Any, dict[str, tuple[str, ...]]]] = {
    "accounts": (
        Account,
        {name: (name,) for name in ("tier", "segment", "sponsor_email", "country", "region", "timezone", "locale",
                                    "annual_revenue", "currency", "renewal_on")},
    ),
    "contacts": (
        Contact,
        {name: (name,) for name in ("name", "role", "influence", "locale", "timezone", "channels",
                                    "preferred_channel", "created_on")}
        | {"email": ("email", "email_key"), "phone": ("phone", "mobile_key")},
    ),
    "touchpoints": (Touchpoint, {"note": ("note",)}),
    "answers": (AnswerRow, {"value": ("value", "score"), "text": ("words",)}),
    "voices": (Voice, {"link": ("link",), "cause": ("cause",)}),
}  # fmt: skip
"""Every column that terms can empty, by the name a file has for it, with what is derived from it."""

Asked = Mapping[tuple[str, str], tuple[Question, Mapping[str, str]]]
"""By survey and question: the question, and the facts that parts of it tell."""

OUR_WORDS = frozenset({"on", "off", "shadow", "never", *OCCASIONS})
BOOK_NAMES = {"annual_revenue": "revenue_ratio"}
"""What the Book, and so a decision record, calls a field."""


def read_all_terms(session: Session) -> dict[str, Terms]:
    """The terms of every account that has any, by its key."""
    found = session.execute(select(Account.key, Account.private_fields).where(PRIVATE))
    return {key: read_terms(fields) for key, fields in found if fields}


def remove_private(session: Session, account: Account, asked: Asked) -> Counter[str]:
    """Empty what the account's terms name. How many rows each `kind.field` was taken out of."""
    terms, removed = read_terms(account.private_fields), Counter[str]()
    gone = _values(session, account, terms)
    removed.update(_remove_attributes(session, account, terms))
    for kind, (table, fields) in FIELDS.items():
        theirs = (table.id if kind == "accounts" else table.account_id) == account.id
        for field in fields:
            if terms.forbid(kind, field):
                removed[f"{kind}.{field}"] = _empty(session, table, theirs, fields[field])
    removed.update(_remove_answers(session, account, terms, asked))
    if terms.forbid_words:
        removed["voices.text"] = _remove_words(session, account)
    _remove_traces(session, account, terms, gone)
    session.flush()
    session.expire_all()
    return +removed


def _values(session: Session, account: Account, terms: Terms) -> dict[str, set[str]]:
    """What the fields of the account and its contacts hold that are about to go: texts, by `kind.field`."""
    found: dict[str, set[str]] = {}
    people = session.scalars(select(Contact).where(Contact.account_id == account.id)).all()
    for kind, rows in (("accounts", [account]), ("contacts", people)):
        for row in rows:
            held = {name: getattr(row, name) for name in FIELDS[kind][1]} | row.attributes
            for name, value in held.items():
                if terms.forbid(kind, name) and isinstance(value, str):
                    found.setdefault(f"{kind}.{name}", set()).add(value)
    return found


def _empty(session: Session, table: Any, theirs: ColumnElement[bool], names: Iterable[str]) -> int:
    columns = [getattr(table, name) for name in names]
    filled = or_(*(column.is_not(None) for column in columns))
    return _run(session, update(table).where(theirs, filled).values(dict.fromkeys(columns)))


def _remove_attributes(session: Session, account: Account, terms: Terms) -> Iterator[str]:
    people = session.scalars(select(Contact).where(Contact.account_id == account.id)).all()
    for kind, rows in (("accounts", [account]), ("contacts", people)):
        for row in rows:
            private = [name for name in row.attributes if terms.forbid(kind, name)]
            yield from (f"{kind}.{name}" for name in private)
            if private:
                row.attributes = {name: value for name, value in row.attributes.items() if name not in private}
    session.flush()


def _remove_answers(session: Session, account: Account, terms: Terms, asked: Asked) -> Iterator[str]:
    """What was answered that may not be kept; that it was answered stays."""
    for row in session.scalars(select(AnswerRow).where(AnswerRow.account_id == account.id)):
        question, tells = asked.get((row.survey, row.question), (Question(row.question, "", {}), {}))
        before = Given(row.value, row.score, row.words, row.data)
        after = Given() if terms.forbid_answer(question) else terms.without_private(before, terms.withheld(tells))
        if (after or Given()) != before:
            row.value, row.score, row.words, row.data = None, None, None, {}
            if after:
                row.value, row.score, row.words, row.data = after.value, after.score, after.text, dict(after.data)
            yield f"answers.{row.question}"
    session.flush()


def _remove_words(session: Session, account: Account) -> int:
    """Verbatims, but for the place of one that an initiative counts; and what stands of them beside promises."""
    theirs, counted = Voice.account_id == account.id, exists().where(InitiativeLink.voice_id == Voice.id)
    number = _run(session, delete(Voice).where(theirs, ~counted))
    number += _run(session, update(Voice).where(theirs, Voice.words != "…").values(words="…", link=None))
    _run(session, update(Promise).where(Promise.account_id == account.id).values(said=None))
    by_them = PromiseEvent.promise_id.in_(_promises(account)), PromiseEvent.actor == "client"
    _run(session, update(PromiseEvent).where(*by_them).values(reason=None))
    return number


def _remove_traces(session: Session, account: Account, terms: Terms, gone: dict[str, set[str]]) -> None:
    """Where a value went besides its own column: histories, what mail servers said of it, decision records."""
    asks = select(Ask.id).where(Ask.account_id == account.id)
    theirs = Promise.account_id == account.id
    if terms.forbid("contacts", "email") or terms.forbid("contacts", "phone"):
        _run(session, update(Ask).where(Ask.account_id == account.id).values(why=None))
        _run(session, update(Delivery).where(Delivery.ask_id.in_(asks)).values(detail=None))
        _run(session, update(News).where(News.account_id == account.id).values(detail=None))
    if terms.forbid("contacts", "phone"):
        forget_calls(session, theirs)
    names = {value for field in ("contacts.name", "contacts.email") for value in gone.get(field, ())}
    if names:
        forget_authors(session, theirs, names)
    _remove_from_records(session, account, terms, {value for values in gone.values() for value in values})


def _remove_from_records(session: Session, account: Account, terms: Terms, values: Collection[str]) -> None:
    fields = {(kind, name) for kind in ("accounts", "contacts") for name in FIELDS[kind][1]}
    names = frozenset(BOOK_NAMES.get(name, name) for kind, name in fields if terms.forbid(kind, name))
    people = select(Contact.id).where(Contact.account_id == account.id)
    for record in session.scalars(select(DecisionRecord).where(DecisionRecord.contact_id.in_(people))):
        parts = {part: blanked(said, names, frozenset()) for part, said in record.says.items()}
        parts["said"] = blanked(parts.get("said", {}), frozenset(), frozenset(values) - OUR_WORDS)
        record.says = parts


def _promises(account: Account) -> Any:
    return select(Promise.id).where(Promise.account_id == account.id)


def _run(session: Session, statement: Any) -> int:
    return int(session.execute(statement.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]
