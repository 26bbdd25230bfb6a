"""Whose accounts a session may see. Every query of the ORM is narrowed to them; one made without saying so raises.

The guard stands on SQLAlchemy's own Session, so that no other way of opening one gets around it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, any_, cast, event, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, LoaderCriteriaOption, ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.types import BigInteger, String

from engine.data.models import (
    ACCOUNT_SCOPED,
    Account,
    Ask,
    Base,
    Contact,
    DecisionRecord,
    Delivery,
    PlanChange,
    Promise,
    PromiseEvent,
    Submission,
)
from engine.data.prepared import query
from engine.errors import ScopeError


@dataclass(frozen=True)
class Scope:
    """The ids of accounts that may be seen; None: every account."""

    accounts: frozenset[int] | None


EVERYTHING = Scope(None)


def among(column: ColumnElement[Any] | Any, ids: Collection[int], dialect: str) -> ColumnElement[bool]:
    """`column` is one of the ids, however many: one parameter, where IN would need one for each."""
    return among_listed(column, literal(list_ids(ids)), dialect)


def among_listed(column: ColumnElement[Any] | Any, listed: ColumnElement[str], dialect: str) -> ColumnElement[bool]:
    """The same, for ids as `list_ids` writes them: a query can be built once and asked with others each time."""
    is_text = isinstance(column.type, String)  # which an id may be kept as
    if dialect == "postgresql":
        ids = func.string_to_array(listed, ",")
        return column == any_(ids if is_text else cast(ids, ARRAY(BigInteger)))
    value = func.json_each("[" + listed + "]").table_valued("value").c.value
    return column.in_(select(cast(value, String) if is_text else value))


def each_of(ids: CompoundSelect[int], dialect: str) -> ColumnElement[int]:
    """These, found anew for each row beside it, as a table's column: LATERAL, which SQLite has for functions only."""
    if dialect == "postgresql":
        return func.unnest(func.array(ids.scalar_subquery())).table_valued("value").render_derived().c.value
    found = ids.subquery()
    return func.json_each(select(func.json_group_array(*found.c)).scalar_subquery()).table_valued("value").c.value


def aside(column: ColumnElement[Any] | Any) -> ColumnElement[Any]:
    """The column of a state, to choose by among rows that are found otherwise.

    SQLite, which keeps no statistics here, else takes the index by state for the best one, and reads the whole house.
    """
    return func.coalesce(column, "")


def list_ids(ids: Collection[int]) -> str:
    return ",".join(map(str, sorted(ids)))


def fetch(session: Session, statement: Select[*tuple[Any, ...]], **values: Any) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows of a query of columns that was built once, as the session may see them.

    Where nothing is to be narrowed, it goes past SQLAlchemy, which takes several times as long as a small query itself.
    """
    scope = session.info.get("scope")
    if scope is None or scope.accounts is not None:
        return session.execute(statement, values).all()
    return query(session, statement, values)


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    scope = state.session.info.get("scope")
    if scope is None:
        raise ScopeError(
            "This session was opened without a scope. Open it with Store.read(scope) or Store.write(scope)."
        )
    if scope.accounts is None or state.is_column_load:
        return
    if not state.is_orm_statement:
        raise ScopeError("Only queries of mapped classes can be narrowed to some accounts; this one names none.")
    if state.is_insert:
        return
    state.statement = state.statement.options(*_criteria(scope.accounts, state.session.get_bind().dialect.name))


@lru_cache(maxsize=64)
def _criteria(accounts: frozenset[int], dialect: str) -> tuple[LoaderCriteriaOption, ...]:
    """Built once: to put them together takes longer than most queries, and a page asks several times."""
    conditions = _conditions(accounts, dialect)
    return tuple(with_loader_criteria(table, condition, include_aliases=True) for table, condition in conditions)


def _conditions(accounts: Collection[int], dialect: str) -> Iterator[tuple[type[Base], ColumnElement[bool]]]:
    yield Account, among(Account.id, accounts, dialect)
    everyones = PlanChange.account_id.is_(None)  # of the house or a tier, and so of every account
    yield PlanChange, or_(everyones, among(PlanChange.account_id, accounts, dialect))
    for table in ACCOUNT_SCOPED:
        yield table, among(table.account_id, accounts, dialect)  # type: ignore[attr-defined]
    for table, column, parent in _THROUGH:
        rows = parent.__table__.c
        yield table, column.in_(select(rows.id).where(among(rows.account_id, accounts, dialect)))


_THROUGH: tuple[tuple[type[Base], InstrumentedAttribute[int], type[Base]], ...] = (
    (DecisionRecord, DecisionRecord.contact_id, Contact),
    (Delivery, Delivery.ask_id, Ask),
    (Submission, Submission.ask_id, Ask),
    (PromiseEvent, PromiseEvent.promise_id, Promise),
)
"""Tables whose rows belong to an account through another table's."""
