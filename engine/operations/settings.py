"""Settings: checked all together, written all together, and shown with the layer that each value comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.data.accounts import find_account, find_contact, list_tier_accounts, mark_accounts
from engine.data.imports import EARLIEST
from engine.data.models import Account, AuditEntry
from engine.data.settings import put_setting, read_settings
from engine.decide.plan import Spec, value_for
from engine.errors import InputError, nearest
from engine.house import Engine
from engine.operations.decisions import find_one_contact
from engine.settings import as_text
from engine.types import TIERS, SettingValue


@dataclass(frozen=True)
class Shown:
    """A setting as it stands. `layer`: default, house, tier, account or contact; `of`: whose, where it is one's own."""

    name: str
    value: Any
    layer: str
    of: str = ""
    author: str = ""
    set_at: datetime | None = None
    help: str = ""

    def as_dict(self) -> dict[str, Any]:
        set_at = self.set_at.isoformat() if self.set_at else None
        return {**self.__dict__, "set_at": set_at}


@dataclass(frozen=True)
class _Layer:
    """Where a setting is put, and which accounts it concerns (None: all)."""

    name: str
    key: str
    accounts: frozenset[int] | None


def set_settings(
    engine: Engine,
    pairs: Mapping[str, Any],
    *,
    tier: str | None = None,
    account: str | None = None,
    contact: str | None = None,
) -> list[str]:
    """Set every one of `pairs` (name → value, typed or JSON) at one layer, or none. Returns warnings, in words.

    `contact`: e-mail address, key or ACCOUNT/KEY; its key alone where `account` is named too.
    """
    catalog = engine.plugins.catalog
    values = {name: catalog.read(name, value) for name, value in pairs.items()}
    for name in values:
        if catalog.spec(name).house_only and (tier or account or contact):
            raise InputError(f"{name} is the whole house's; leave out --tier, --account and --contact.", about=name)
    with engine.store.write(engine.scope) as session:
        layer = _find_layer(session, tier, account, contact)
        before = {(value.name, value.layer, value.layer_key): value.value for value in read_settings(session)}
        for name, value in values.items():
            put_setting(session, SettingValue(name, layer.name, layer.key, value, engine.author, engine.clock()))
            session.add(_audit(engine, layer, name, before.get((name, layer.name, layer.key)), value))
        mark_accounts(session, layer.accounts, EARLIEST)
    return [
        _warning(catalog.spec(name), value) for name, value in values.items() if _flattens(catalog.spec(name), layer)
    ]


def _find_layer(session: Session, tier: str | None, account: str | None, contact: str | None) -> _Layer:
    if tier and (account or contact):
        raise InputError("A setting is put at one layer: leave out --tier, or --account and --contact.")
    if tier:
        if tier not in TIERS:
            raise InputError(
                f"There is no tier “{tier}”; there are {', '.join(TIERS)}.{nearest(tier, TIERS)}", about=tier
            )
        return _Layer("tier", tier, frozenset(list_tier_accounts(session, tier)))
    if contact:
        found = (
            find_contact(session, find_account(session, account), contact)
            if account
            else find_one_contact(session, contact)
        )
        return _Layer("contact", str(found.id), frozenset({found.account_id}))
    if account:
        whole = find_account(session, account)
        return _Layer("account", str(whole.id), frozenset({whole.id}))
    return _Layer("house", "", None)


def _audit(engine: Engine, layer: _Layer, name: str, before: Any, after: Any) -> AuditEntry:
    subject = " ".join(filter(None, (name, layer.name, layer.key)))
    return AuditEntry(
        at=engine.clock(), author=engine.author, action="set", subject=subject, before=before, after=after
    )


def _flattens(spec: Spec, layer: _Layer) -> bool:
    return layer.name == "house" and bool(spec.tiers)


def _warning(spec: Spec, value: Any) -> str:
    shipped = ", ".join(f"{tier} {as_text(spec.shipped(tier))}" for tier in TIERS)
    return (
        f"{spec.name} differed by tier ({shipped}); now it is {as_text(value)} for all that set nothing of their own."
    )


def list_settings(engine: Engine, account: str | None = None) -> list[Shown]:
    """Every setting of the house and where tiers differ from it; or of one account and where its contacts differ."""
    with engine.store.read(engine.scope) as session:
        values = read_settings(session)
        if account is None:
            return [shown for spec in engine.plugins.catalog for shown in _house_values(spec, values)]
        found = find_account(session, account)
        specs = [spec for spec in engine.plugins.catalog if not spec.house_only]
        return [shown for spec in specs for shown in _account_values(spec, values, found)]


def _house_values(spec: Spec, values: Iterable[SettingValue]) -> Iterator[Shown]:
    own = [value for value in values if value.name == spec.name]
    house = next((value for value in own if value.layer == "house"), None)
    yield _shown(spec, house.value if house else spec.default, house)
    for tier in TIERS:
        value, by = value_for(spec, own, tier=tier, account_id=None)
        if by is not house or value != (house.value if house else spec.default):
            yield _shown(spec, value, by, tier)


def _account_values(spec: Spec, values: Iterable[SettingValue], account: Account) -> Iterator[Shown]:
    own = [value for value in values if value.name == spec.name]
    tier = account.tier if account.tier in TIERS else "standard"
    value, by = value_for(spec, own, tier=tier, account_id=account.id)
    yield _shown(spec, value, by, {"account": account.key, "tier": tier}.get(by.layer if by else "", ""))
    contacts = (
        {str(contact.id): contact.key for contact in account.contacts} if any(v.layer == "contact" for v in own) else {}
    )
    for near in own:
        if near.layer == "contact" and near.layer_key in contacts:
            yield _shown(spec, near.value, near, f"{account.key}/{contacts[near.layer_key]}")


def _shown(spec: Spec, value: Any, by: SettingValue | None, of: str = "") -> Shown:
    if by is None:
        return Shown(spec.name, value, "default", of, help=spec.help)
    return Shown(spec.name, value, by.layer, of, by.author, by.set_at, spec.help)
