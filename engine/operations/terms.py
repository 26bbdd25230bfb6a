"""A client's own terms: which of their fields we do not keep. What is kept already goes when they change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.data.accounts import find_account, list_accounts
from engine.data.imports import take_turn
from engine.data.marks import mark_accounts, mark_persons_behind
from engine.data.models import AuditEntry
from engine.data.search import forget_words
from engine.data.store import EVERYTHING
from engine.data.surveys import list_versions
from engine.data.terms import Asked, remove_private
from engine.data.traces import forget_traces
from engine.house import Engine
from engine.operations.persons import regroup_persons
from engine.private import faults_of, read_terms


@dataclass(frozen=True)
class TermsKept:
    """The terms of an account. `removed`: rows by `kind.field`; `faults`: sentences on names that change nothing."""

    account: str
    fields: tuple[str, ...]
    removed: Counter[str]
    faults: tuple[str, ...] = ()


def read_account_terms(engine: Engine, account: str) -> TermsKept:
    """Raises NotFoundError."""
    with engine.store.read(engine.scope) as session:
        found = find_account(session, account)
        return TermsKept(found.key, tuple(found.private_fields), Counter())


def set_terms(engine: Engine, account: str, fields: Iterable[str], *, dry_run: bool = False) -> TermsKept:
    """From now on these fields, and only these, are not kept for an account; what is kept of them goes.

    With `dry_run` the same is done and then undone. Raises NotFoundError.
    """
    terms = read_terms(fields)
    with engine.store.read(engine.scope) as session:
        find_account(session, account)
    with engine.store.write(EVERYTHING) as session:  # whose address goes may be somebody else elsewhere from then on
        take_turn(session)
        found = find_account(session, account)
        before, found.private_fields = list(found.private_fields), sorted(terms.names)
        said = {"before": before, "after": found.private_fields}
        session.add(AuditEntry(at=engine.clock(), author=engine.author, action="terms", subject=found.key, **said))
        key, removed = found.key, keep_terms(engine, session, [found.id])
        if dry_run:
            session.rollback()
        return TermsKept(key, tuple(sorted(terms.names)), removed, tuple(faults_of(terms)))


def keep_terms(engine: Engine, session: Session, account_ids: Collection[int]) -> Counter[str]:
    """Take what these accounts' terms name out of all that is kept. How many rows, by `kind.field`."""
    asked, removed = _read_asked(engine, session), Counter[str]()
    accounts = list_accounts(session, account_ids)
    for account in accounts:
        removed += remove_private(session, account, asked)
    forget_traces(session, account_ids)
    forget_words(session)
    contacts = {contact.id for account in accounts for contact in account.contacts}
    mark_accounts(session, account_ids)
    mark_persons_behind(session, regroup_persons(engine.store, session, contacts))
    return removed


def _read_asked(engine: Engine, session: Session) -> Asked:
    types = engine.plugins.question_types
    return {
        (survey.name, question.name): (question, types[question.type].tells if question.type in types else {})
        for survey in list_versions(session)
        for question in survey.questions
    }


def tell_removed(removed: Counter[str]) -> list[str]:
    """What went, in words: `role of 3 contacts`."""
    told = []
    for name, number in sorted(removed.items()):
        kind, _, field = name.partition(".")
        told.append(f"{field.replace('_', ' ')} of {number} {kind if number > 1 else kind.removesuffix('s')}")
    return told
