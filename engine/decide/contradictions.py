"""Settings that contradict each other, wherever layers come together: checked by the strategy's own schema.

A plugin's `Settings` says with `@validates_schema` what cannot stand together. Somebody sets one value for the house
and another for one contact, so it is the values in force that are checked: of each tier, and of each account and
contact that has one of its own.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import Schema

from engine.decide.plan import Spec, list_messages
from engine.types import TIERS, SettingValue


@dataclass(frozen=True)
class Place:
    """Where layers come together: a tier, an account or a contact. `of`: the tier, its key, or ACCOUNT/KEY.

    `tier` is the one whose settings count there, `account` the id of a contact's account, as text.
    """

    layer: str
    key: str
    of: str
    tier: str
    account: str = ""

    @property
    def layers(self) -> Iterator[tuple[str, str]]:
        """Nearest first."""
        yield self.layer, self.key
        if self.account:
            yield "account", self.account
        yield "tier", self.tier
        yield "house", ""


TIER_PLACES = tuple(Place("tier", tier, tier, tier) for tier in TIERS)


@dataclass(frozen=True)
class Contradiction:
    """`name`: the setting that is complained of, or the strategy where it did not say.

    `settings`: those in force in the first of the places.
    """

    name: str
    settings: Mapping[str, Any]
    why: str
    places: tuple[Place, ...]

    @property
    def where(self) -> str:
        """` for account north`, for the first few places; nothing where it is so for everyone."""
        if set(TIER_PLACES) <= set(self.places):
            return ""
        named = [f"{place.layer} {place.of}" for place in self.places]
        more = f" and {len(named) - 3:,} more" if len(named) > 3 else ""
        return f" for {', '.join(named[:3])}{more}"


def find_contradictions(
    specs: Sequence[Spec],
    values: Iterable[SettingValue],
    places: Iterable[Place],
    before: Iterable[SettingValue] | None = None,
) -> Collection[Contradiction]:
    """Among all settings of one strategy, each with every place where it is so. With `before`, only where something is
    in force that was not."""
    now, then = _index(values), None if before is None else _index(before)
    groups: dict[str, list[Place]] = {}
    for place in places:
        settings = _combine(specs, now, place)
        if then is None or settings != _combine(specs, then, place):
            groups.setdefault(json.dumps(settings), []).append(place)
    found: dict[tuple[str, str], Contradiction] = {}
    for text, there in groups.items():
        settings = json.loads(text)
        for name, why in _objections(specs[0], settings):
            first = found.setdefault((name, why), Contradiction(name, settings, why, ()))
            found[name, why] = replace(first, places=(*first.places, *there))
    return found.values()


Index = Mapping[tuple[str, tuple[str, str]], Any]


def _index(values: Iterable[SettingValue]) -> Index:
    return {(value.name, (value.layer, value.layer_key)): value.value for value in values}


def _combine(specs: Iterable[Spec], values: Index, place: Place) -> dict[str, Any]:
    return {spec.name: _in_force(spec, values, place) for spec in specs}


def _in_force(spec: Spec, values: Index, place: Place) -> Any:
    for layer in place.layers:
        if (spec.name, layer) in values:
            return values[spec.name, layer]
    return spec.shipped(place.tier)


def _objections(spec: Spec, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the schema says, by the setting it complains of."""
    owner = spec.name.partition(".")[0]
    own = {name.removeprefix(f"{owner}."): value for name, value in settings.items()}
    for key, messages in _validate(spec.schema, own).items():
        yield f"{owner}.{key}" if key in own else owner, " ".join(list_messages(messages))


def _validate(schema: type[Schema], settings: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return schema().validate(settings)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # as in the registry: whatever a plugin does concerns nobody but itself
        return {"": [f"it could not be checked ({type(error).__name__}: {error})"]}
