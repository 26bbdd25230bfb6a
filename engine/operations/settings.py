"""Settings: set or taken back all together, and shown with the layer that each value comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.data.accounts import find_account, find_contact
from engine.data.models import Account
from engine.data.settings import read_settings
from engine.decide.plan import Spec, value_for
from engine.errors import InputError, nearest
from engine.house import Engine
from engine.operations.decisions import find_one_contact
from engine.operations.plan_changes import Changed, Draft, Wanted, change_plan, draft_change
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


def set_settings(
    engine: Engine,
    pairs: Mapping[str, Any],
    *,
    tier: str | None = None,
    account: str | None = None,
    contact: str | None = None,
    comment: str = "",
) -> Changed:
    """Set every one of `pairs` (name → value, typed or JSON) at one layer, or none: one change of the plan.

    `contact`: e-mail address, key or ACCOUNT/KEY; its key alone where `account` is named too. Raises InputError for a
    value that cannot be, alone or beside the others in force.
    """
    catalog = engine.plugins.catalog
    values = _read_values(engine, pairs, tier, account, contact)
    changed = change_plan(engine, lambda session: _wanted(session, values, tier, account, contact), comment)
    flattened = [] if tier or account or contact else [catalog.spec(step.name) for step in changed.steps]
    warnings = (_warning(spec, values[spec.name]) for spec in flattened if spec.tiers)
    return replace(changed, warnings=(*warnings, *changed.warnings))


def reset_settings(
    engine: Engine,
    names: Iterable[str],
    *,
    tier: str | None = None,
    account: str | None = None,
    contact: str | None = None,
    comment: str = "",
) -> Changed:
    """Take back what is set at one layer, so that the layer above counts again: one change of the plan."""
    values = {engine.plugins.catalog.spec(name).name: None for name in names}
    _check_house_only(engine, values, tier, account, contact)
    return change_plan(engine, lambda session: _wanted(session, values, tier, account, contact), comment)


def try_settings(
    engine: Engine, pairs: Mapping[str, Any], *, tier: str | None = None, account: str | None = None
) -> Draft:
    """What `set_settings` would change, checked alike; nothing is set."""
    values = _read_values(engine, pairs, tier, account)
    with engine.store.read(engine.scope) as session:
        return draft_change(engine, session, _wanted(session, values, tier, account, None))


def _read_values(engine: Engine, pairs: Mapping[str, Any], *layers: str | None) -> dict[str, Any]:
    values = {name: engine.plugins.catalog.read(name, value) for name, value in pairs.items()}
    _check_house_only(engine, values, *layers)
    return values


def _check_house_only(engine: Engine, names: Iterable[str], *layers: str | None) -> None:
    for name in names:
        if engine.plugins.catalog.spec(name).house_only and any(layers):
            raise InputError(f"{name} is the whole house's; leave out --tier, --account and --contact.", about=name)


def _wanted(
    session: Session, values: Mapping[str, Any], tier: str | None, account: str | None, contact: str | None
) -> Wanted:
    if tier and (account or contact):
        raise InputError("A setting is put at one layer: leave out --tier, or --account and --contact.")
    if tier:
        if tier not in TIERS:
            raise InputError(
                f"There is no tier “{tier}”; there are {', '.join(TIERS)}.{nearest(tier, TIERS)}", about=tier
            )
        return Wanted(("tier", tier), None, values)
    if contact:
        found = (
            find_contact(session, find_account(session, account), contact)
            if account
            else find_one_contact(session, contact)
        )
        return Wanted(("contact", str(found.id)), found.account_id, values)
    if account:
        whole = find_account(session, account)
        return Wanted(("account", str(whole.id)), whole.id, values)
    return Wanted(("house", ""), None, values)


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
