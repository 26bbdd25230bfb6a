"""Whose accounts a session may see. Every query of the ORM is narrowed to them; one made without saying so raises.

The guard stands on SQLAlchemy's own Session, so that no other way of opening one gets around it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, any_, cast, event, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.types import BigInteger

from engine.data.models import ACCOUNT_SCOPED, Account
from engine.errors import ScopeError


@dataclass(frozen=True)
class Scope:
    """The ids of accounts that may be seen; None: every account."""

    accounts: frozenset[int] | None


EVERYTHING = Scope(None)


def among(column: ColumnElement[Any] | Any, ids: Collection[int], dialect: str) -> ColumnElement[bool]:
    """`column` is one of the ids, however many: one parameter, where IN would need one for each."""
    listed = ",".join(map(str, sorted(ids)))
    if dialect == "postgresql":
        return column == any_(cast(func.string_to_array(listed, ","), ARRAY(BigInteger)))
    return column.in_(select(func.json_each(f"[{listed}]").table_valued("value").c.value))


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
    dialect = state.session.get_bind().dialect.name
    criteria = [with_loader_criteria(Account, among(Account.id, scope.accounts, dialect), include_aliases=True)]
    criteria += [
        with_loader_criteria(table, among(table.account_id, scope.accounts, dialect), include_aliases=True)  # type: ignore[attr-defined]
        for table in ACCOUNT_SCOPED
    ]
    state.statement = state.statement.options(*criteria)
