"""The store keeps its promises on both databases."""

from __future__ import annotations

from sqlalchemy import select

from engine.data.models import Account
from engine.data.store import EVERYTHING, Scope, Store
from tests.factories import make_account


def test_a_narrow_scope_sees_its_accounts_only(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        mine, other = make_account(session), make_account(session)
    with store.read(Scope(frozenset({mine.id}))) as session:
        assert [account.id for account in session.scalars(select(Account))] == [mine.id]
        assert session.get(Account, other.id) is None
