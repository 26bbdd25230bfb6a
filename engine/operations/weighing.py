"""The plan of a layer as the account team edits it, and what a change of it would lead to, before it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import polars as pl

from engine.data.models import Account
from engine.data.settings import read_settings
from engine.decide.forecast import Coming, Forecast
from engine.decide.plan import Spec, value_for
from engine.house import Engine
from engine.language import ENGLISH, Language
from engine.operations.foresight import foresee_change
from engine.operations.futures import forecast_from, start_of
from engine.operations.settings import try_settings
from engine.types import TIERS, SettingValue

GROUPS = {
    "How often we ask": ("ask_from", "hold_until"),
    "About what": ("question_worth", "register_question_types"),
    "By which way": ("channel_worth", "send_at"),
    "Limits, and who comes first": ("limit", "worth"),
    "What follows an answer": ("suggest_promises", "promise_at_once"),
}
OWN_GROUP = {
    "form_budget": "About what",
    "anchors_first": "About what",
    "approval": "By which way",
    "company": "By which way",
    "promises": "What follows an answer",
}
"""A plugin's settings stand in their own group, else in the first of which it has a hook, else among the limits."""
ASSUMED = "simulation."
"""What forecasts assume comes last."""


@dataclass(frozen=True)
class Layer:
    """Where settings are put: at one account, for a tier, or for the whole house (neither)."""

    account: Account | None = None
    tier: str = ""

    @property
    def name(self) -> str:
        return "account" if self.account else "tier" if self.tier else "house"

    @property
    def place(self) -> dict[str, str | None]:
        """As operations want it named."""
        return {"account": self.account.key if self.account else None, "tier": self.tier or None}

    @property
    def account_ids(self) -> tuple[int, ...]:
        """Whose settings count here, besides those of the house and the tiers."""
        return (self.account.id,) if self.account else ()

    def value(self, spec: Spec, values: Sequence[SettingValue]) -> tuple[Any, SettingValue | None]:
        """What holds here, and what set it (None: it ships so)."""
        if self.account:
            tier = self.account.tier if self.account.tier in TIERS else "standard"
            return value_for(spec, values, tier=tier, account_id=self.account.id)
        if self.tier:
            return value_for(spec, values, tier=self.tier, account_id=None)
        own = [value for value in values if value.name == spec.name and value.layer == "house"]
        return (own[0].value, own[0]) if own else (spec.default, None)


@dataclass(frozen=True)
class Setting:
    """A setting at a layer. `layer`: default, house, tier or account; `own`: it was set right here."""

    spec: Spec
    value: Any
    layer: str
    own: bool
    author: str = ""
    set_at: datetime | None = None
    above: Any = None
    """What would hold if it were taken back here."""

    @property
    def choices(self) -> Sequence[str]:
        return tuple(self.spec.field.metadata.get("choices", ()))


def list_plan(engine: Engine, layer: Layer) -> dict[str, dict[str, list[Setting]]]:
    """Every setting, by group and plugin."""
    with engine.store.read(engine.scope) as session:
        values = read_settings(session, layer.account_ids)
    plan: dict[str, dict[str, list[Setting]]] = {group: {} for group in GROUPS}
    for spec in sorted(engine.plugins.catalog, key=lambda spec: spec.name.startswith(ASSUMED)):
        owner = spec.name.partition(".")[0]
        if spec.house_only and layer.name != "house":
            continue
        plan[_group(engine, owner)].setdefault(owner, []).append(_setting(spec, values, layer))
    return plan


def find_setting(engine: Engine, layer: Layer, name: str) -> Setting:
    """One of them, by its full name."""
    with engine.store.read(engine.scope) as session:
        return _setting(engine.plugins.catalog.spec(name), read_settings(session, layer.account_ids), layer)


def _group(engine: Engine, owner: str) -> str:
    plugin = engine.plugins.all.get(owner)
    hooks = plugin.hooks if plugin else {}
    own = OWN_GROUP.get(owner, "Limits, and who comes first")
    found = (group for group, named in GROUPS.items() if owner not in OWN_GROUP and any(map(hooks.__contains__, named)))
    return next(found, own)


def _setting(spec: Spec, values: Sequence[SettingValue], layer: Layer) -> Setting:
    value, by = layer.value(spec, values)
    own = by is not None and by.layer == layer.name
    above, _ = layer.value(spec, [one for one in values if one is not by]) if own else (value, None)
    if by is None:
        return Setting(spec, value, "default", own=False, above=above)
    return Setting(spec, value, by.layer, own, by.author, by.set_at, above)


# What a change would lead to


@dataclass(frozen=True)
class Weighed:
    """An account's next months as they are, and as they would be; and what should be said of the change."""

    before: Forecast
    after: Forecast
    changed: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[str] = ()

    @property
    def people(self) -> dict[str, str]:
        """Everybody who is asked on either side, by key."""
        return {ask.contact: ask.name for ask in (*self.before.asks, *self.after.asks)}

    def asks(self, contact: str) -> tuple[list[Coming], list[Coming]]:
        """Somebody's asks before and after."""
        sides = (self.before.asks, self.after.asks)
        before, after = ([ask for ask in asks if ask.contact == contact] for asks in sides)
        return before, after

    @property
    def weeks(self) -> list[date]:
        """The first days of the weeks ahead, counted from the first day."""
        start = self.after.start.toordinal()
        return [date.fromordinal(start + day) for day in range(0, self.after.days, 7)]

    def strip(self, contact: str) -> list[str]:
        """For each week: asked, new (only after), gone (only before), or nothing."""
        before, after = ({self._week(ask.on) for ask in asks} for asks in self.asks(contact))
        return [_cell(week in before, week in after) for week in range(len(self.weeks))]

    def _week(self, day: date) -> int:
        return (day - self.after.start).days // 7


def _cell(before: bool, after: bool) -> str:
    if before and after:
        return "asked"
    return "new" if after else "gone" if before else ""


def weigh_plan(
    engine: Engine, account: Account, pairs: Mapping[str, Any], *, days: int = 91, language: Language = ENGLISH
) -> Weighed:
    """The forecast of an account as it is, and with these settings at it. Nothing is set. Raises InputError."""
    start = start_of(engine, account, None, days)
    before = forecast_from(engine, start, account, days, language)
    if not pairs:
        return Weighed(before, before)
    draft = try_settings(engine, pairs, account=account.key)
    after = forecast_from(engine, start, account, days, language, draft.after)
    names = [step.name for step in draft.steps]
    book = replace(start.book, frame=start.book.frame.filter(pl.col("account_id") == account.id))
    warnings = list(foresee_change(engine, names, draft.before, draft.after, draft.accounts, book))
    return Weighed(before, after, dict(draft.wanted.values), warnings)


def foresee(engine: Engine, layer: Layer, pairs: Mapping[str, Any]) -> Iterator[str]:
    """What should be said of a change of the house's or a tier's settings, before it is made."""
    draft = try_settings(engine, pairs, tier=layer.tier or None)
    names = [step.name for step in draft.steps]
    yield from foresee_change(engine, names, draft.before, draft.after, draft.accounts)
