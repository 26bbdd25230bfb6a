"""What somebody set, and at which layer; and every change of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, String, Text, and_, bindparam, cast, func, or_, select, text, true
from sqlalchemy.orm import Session

from engine.data.columns import Query, Snapshot, kept
from engine.data.models import Account, Contact, PlanChange, SettingRow
from engine.data.scope import among, among_listed, fetch, list_ids
from engine.decide.contradictions import Place
from engine.decide.versions import Change, Step, Where
from engine.errors import NotFoundError
from engine.types import TIERS, SettingValue


def read_settings(session: Session, account_ids: Collection[int] | None = None) -> list[SettingValue]:
    """Everything that was ever set and not taken back; with `account_ids`, what can be in force in those accounts."""
    if account_ids is None or len(account_ids) >= FEW:
        return [SettingValue(*row) for row in session.execute(_SETTINGS)]
    query = _settings_of_few(session.get_bind().dialect.name)
    return [SettingValue(*row) for row in fetch(session, query, accounts=list_ids(account_ids))]


FEW = 1000
"""Of more accounts than so many everything is read."""

_SETTINGS = select(
    SettingRow.name, SettingRow.layer, SettingRow.layer_key, SettingRow.value, SettingRow.author, SettingRow.set_at
).order_by(SettingRow.id)


@cache
def _settings_of_few(dialect: str) -> Select[*tuple[Any, ...]]:
    """Built once: a client's answer may wait for it. `accounts`: their ids as `list_ids` has them."""
    listed: BindParameter[str] = bindparam("accounts", type_=String())
    contacts = select(cast(Contact.id, String)).where(among_listed(Contact.account_id, listed, dialect))
    account = SettingRow.layer == "account", among_listed(SettingRow.layer_key, listed, dialect)
    contact = SettingRow.layer == "contact", SettingRow.layer_key.in_(contacts)
    return _SETTINGS.where(or_(SettingRow.layer.in_(("house", "tier")), and_(*account), and_(*contact)))


def expect_settings(snapshot: Snapshot, account_ids: Collection[int] | None) -> None:
    """Have them asked for with what else is read of a few accounts."""
    query, given = _framed(snapshot, account_ids)
    snapshot.read_ahead([query], given)


def settings_in(snapshot: Snapshot, account_ids: Collection[int] | None) -> list[SettingValue]:
    """The same as `read_settings`, whoever may see the accounts and their people."""
    return [
        SettingValue(name, layer, key, json.loads(value), author, datetime.fromtimestamp(at, UTC))
        for name, layer, key, value, author, at in snapshot.frame(*_framed(snapshot, account_ids)).iter_rows()
    ]


def _framed(snapshot: Snapshot, account_ids: Collection[int] | None) -> tuple[Query, dict[str, str]]:
    if account_ids is None or len(account_ids) >= FEW:
        return _as_texts(""), {}
    return _as_texts(snapshot.dialect), {"accounts": list_ids(account_ids)}


@kept
def _as_texts(of_few: str) -> Select[*tuple[Any, ...]]:
    query = _settings_of_few(of_few) if of_few else _SETTINGS
    columns = SettingRow.name, SettingRow.layer, SettingRow.layer_key, cast(SettingRow.value, Text).label("value")
    return query.with_only_columns(*columns, SettingRow.author, SettingRow.set_at)


def put_setting(session: Session, value: SettingValue) -> None:
    """Set it at its layer, in place of what was set there before."""
    if value.set_at is None:
        raise ValueError(f"{value.name} was set at no time")
    row = session.scalar(_same(value.name, value.layer, value.layer_key).with_for_update())
    if row is None:
        row = SettingRow(name=value.name, layer=value.layer, layer_key=value.layer_key)
        session.add(row)
    row.value, row.author, row.set_at = value.value, value.author, value.set_at
    session.flush()


def remove_setting(session: Session, name: str, layer: str = "house", layer_key: str = "") -> bool:
    """Take it back, so that the layer above counts again; False where nothing was set."""
    row = session.scalar(_same(name, layer, layer_key))
    if row is not None:
        session.delete(row)
        session.flush()
    return row is not None


def _same(name: str, layer: str, layer_key: str) -> Select[SettingRow]:
    return select(SettingRow).where(
        SettingRow.name == name, SettingRow.layer == layer, SettingRow.layer_key == layer_key
    )


def find_places(session: Session, layers: Collection[Where], account: int | None = None) -> Iterator[Place]:
    """The accounts and contacts among these layers, with their tiers; those that are gone are left out. With `account`,
    only it and its people."""
    dialect = session.get_bind().dialect.name
    ids = {wanted: [int(key) for layer, key in layers if layer == wanted] for wanted in ("account", "contact")}
    here = true() if account is None else Account.id == account
    accounts = select(Account.id, Account.key, Account.tier).where(among(Account.id, ids["account"], dialect), here)
    for number, key, tier in session.execute(accounts.order_by(Account.id)) if ids["account"] else ():
        yield Place("account", str(number), key, _known(tier))
    contacts = select(Contact.id, Contact.key, Account.id, Account.key, Account.tier).join(Contact.account)
    contacts = contacts.where(among(Contact.id, ids["contact"], dialect), here).order_by(Contact.id)
    for number, key, account_id, account_key, tier in session.execute(contacts) if ids["contact"] else ():
        yield Place("contact", str(number), f"{account_key}/{key}", _known(tier), str(account_id))


def _known(tier: str | None) -> str:
    return tier if tier in TIERS else "standard"


# changes


def lock_settings(session: Session) -> None:
    """Keep others from changing the plan until this transaction ends. In SQLite it is the only one that writes."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('heed settings'))"))


def add_change(session: Session, change: Change, account_id: int | None) -> int:
    """Write it down and return its number; the one it has now is ignored."""
    row = PlanChange(at=change.at, author=change.author, comment=change.comment, account_id=account_id)
    row.layer, row.layer_key = change.where
    row.steps = {step.name: [step.before, step.after] for step in change.steps}
    row.reverts_id = change.reverts
    session.add(row)
    session.flush()
    return row.id


def find_change(session: Session, number: int) -> tuple[Change, int | None]:
    """A change and the account whose it is, or whose contact's. Raises NotFoundError saying which the last one is."""
    row = session.scalar(select(PlanChange).where(PlanChange.id == number))
    if row is None:
        raise NotFoundError(f"There is no change {number}; {_say_last(session)}.", about=str(number))
    return _change(row), row.account_id


def last_change(session: Session) -> int:
    """The number of the last change, which is the version of the plan; 0: none was made."""
    return session.scalar(select(func.max(PlanChange.id))) or 0


def _say_last(session: Session) -> str:
    last = last_change(session)
    return f"the last one is {last}" if last else "none was made yet"


def list_changes(
    session: Session, *, after: int = 0, until: int | None = None, account: Account | None = None
) -> list[Change]:
    """Changes in order, from the one after `after` to `until`; with `account`, those that concern it."""
    query = select(PlanChange).where(PlanChange.id > after).order_by(PlanChange.id)
    if until is not None:
        query = query.where(PlanChange.id <= until)
    if account is not None:
        its_tier = and_(PlanChange.layer == "tier", PlanChange.layer_key == _known(account.tier))
        query = query.where(or_(PlanChange.layer == "house", its_tier, PlanChange.account_id == account.id))
    return [_change(row) for row in session.scalars(query)]


def _change(row: PlanChange) -> Change:
    steps = tuple(Step(name, before, after) for name, (before, after) in row.steps.items())
    where = row.layer, row.layer_key
    return Change(row.id, row.at, row.author, row.comment, where, steps, row.reverts_id)
