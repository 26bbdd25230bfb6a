"""Plans: what each contact's settings are. House, tier, account, contact: the nearest layer wins, over what ships.

What ships may differ by tier; a value that somebody sets, at any layer, replaces it. A contact's wish to be asked more
often comes after all layers, because nobody overrules it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl
from marshmallow import Schema, ValidationError, fields, validate

from engine.decide.book import Book, SettingColumns
from engine.errors import InputError, nearest
from engine.intake.values import COUNTRY, LOCALE, TIMEZONE, Reader
from engine.looks import LOGO, read_fonts
from engine.settings import dtype, one_of, text
from engine.types import TIERS, SettingValue

LAYERS = ("house", "tier", "account", "contact")
MODES = ("on", "shadow", "off")
OWN_WORD = ("consent", "wishes")
"""Strategies that carry the contact's own word: nobody can switch them off."""
MORE_OFTEN = ("relationship_tier.every_days", "fatigue_limits.min_gap_days")
"""Settings that a wish to be asked more often replaces."""


def _as_in_files(reader: Reader, *unknown: str) -> Callable[[str], None]:
    """What an imported file may say, the company may say of itself; and what it says where it says nothing."""

    def check(text: str) -> None:
        try:
            read = text if text in unknown else reader.parse(text, ZoneInfo("UTC"))
        except ValueError as error:
            raise ValidationError(f"it {error}") from None
        if read != text:
            raise ValidationError(f"write it as {read}.")

    return check


_COLOUR = validate.Regexp("^#[0-9a-fA-F]{6}$", error="write it as #2f5d62.")


def _fonts(text: str) -> None:
    try:
        read_fonts(text)
    except InputError as error:
        raise ValidationError(str(error)) from None


_LOGO = validate.Regexp(f"^$|^{LOGO.pattern}$", error="choose a file by `heed logo FILE`.")
LOOKS = ("company.name", "company.accent", "company.font", "company.logo")
"""What may differ by tier, account and contact of how the company shows itself."""


class Company(Schema):
    """The company that asks. How it looks may differ by layer; where it is may not."""

    name = text("Our company", "The company's name, as clients know it")
    timezone = text("UTC", "The time zone of accounts that state none", check=_as_in_files(TIMEZONE))
    country = text("", "Two-letter code of the country the company is in", check=_as_in_files(COUNTRY, ""))
    locale = text("en", "The language of clients who state none", check=_as_in_files(LOCALE))
    accent = text("#2f5d62", "The accent colour of clients' pages and messages", check=_COLOUR)
    font = text("", "Names of fonts that readers have, by comma; none: their system's own", check=_fonts)
    logo = text("", "The logo, as `heed logo FILE` names it; none: the name in words", check=_LOGO)


@dataclass(frozen=True)
class Spec:
    """One setting: `fatigue_limits.max_asks` is the `max_asks` of the plugin fatigue_limits."""

    name: str
    field: fields.Field[Any]
    schema: type[Schema]

    @property
    def key(self) -> str:
        return self.name.partition(".")[2]

    @property
    def default(self) -> Any:
        return self.field.load_default

    @cached_property
    def dtype(self) -> pl.DataType:
        """Of its column."""
        return dtype(self.field)

    @property
    def tiers(self) -> Mapping[str, Any]:
        """Shipped defaults of single tiers, where they differ from `default`."""
        tiers: Mapping[str, Any] = self.field.metadata.get("tiers", {})
        return tiers

    @property
    def help(self) -> str:
        return str(self.field.metadata.get("help", ""))

    @property
    def house_only(self) -> bool:
        return self.name.startswith("company.") and self.name not in LOOKS

    @property
    def decides(self) -> bool:
        """Whether anything is decided by it."""
        return not self.name.startswith("company.")

    def shipped(self, tier: str | None) -> Any:
        return self.tiers.get(tier or "standard", self.default)


class Catalog:
    """Every setting there is, by name; made from the schemas that plugins declare."""

    def __init__(self, schemas: Mapping[str, type[Schema]]) -> None:
        self._specs = {spec.name: spec for owner, schema in schemas.items() for spec in _specs(owner, schema)}

    def __iter__(self) -> Iterator[Spec]:
        return iter(self._specs.values())

    def __contains__(self, name: str) -> bool:
        return name in self._specs

    def names(self) -> list[str]:
        return list(self._specs)

    def owned_by(self, owner: str) -> list[Spec]:
        """All settings of one plugin."""
        return [spec for spec in self if spec.name.partition(".")[0] == owner]

    def spec(self, name: str) -> Spec:
        """Raises InputError with the nearest name."""
        if name not in self._specs:
            raise InputError(f"There is no setting “{name}”.{nearest(name, self._specs)}", about=name)
        return self._specs[name]

    def read(self, name: str, value: Any) -> Any:
        """Check a value, typed as text or given as JSON. Raises InputError naming the setting, the value and why.

        What it is beside other settings: engine.decide.contradictions.
        """
        spec = self.spec(name)
        try:
            checked = spec.field.deserialize(value, spec.key, {spec.key: value})
        except ValidationError as error:
            why = " ".join(list_messages(error.messages))
            raise InputError(f"{name} cannot be “{value}”: {why}", about=name) from None
        owner = name.partition(".")[0]
        if spec.key == "mode" and owner in OWN_WORD and checked != "on":
            raise InputError(
                f"{name} stays on: it carries the client's own word, which no setting overrules.", about=name
            )
        return checked


def _specs(owner: str, schema: type[Schema]) -> Iterator[Spec]:
    for key, field in schema().fields.items():
        yield Spec(f"{owner}.{key}", field, schema)


def with_mode(schema: type[Schema]) -> type[Schema]:
    """A strategy's settings and its mode."""
    mode = one_of("on", "on: takes part; shadow: is shown but never decides; off: is left out", MODES)
    return type(schema.__name__, (schema,), {"mode": mode})


def list_messages(messages: Any) -> Iterator[str]:
    """The sentences of a ValidationError, however deep they lie."""
    if isinstance(messages, Mapping):
        messages = [text for value in messages.values() for text in list_messages(value)]
    yield from messages


@dataclass(frozen=True)
class Plan:
    """A Book with settings: `columns` has an expression over `frame` for every setting of a strategy, never null."""

    frame: pl.DataFrame
    columns: Mapping[str, pl.Expr]

    @cached_property
    def _by_strategy(self) -> dict[str, dict[str, pl.Expr]]:
        found: dict[str, dict[str, pl.Expr]] = {}
        for name, column in self.columns.items():
            strategy, _, key = name.partition(".")
            found.setdefault(strategy, {})[key] = column
        return found

    @cached_property
    def modes(self) -> Mapping[str, str]:
        """The modes that are the same for everyone, by strategy."""
        modes = {name.removesuffix(".mode"): mode for name, mode in self.columns.items() if name.endswith(".mode")}
        constant = [mode.alias(name) for name, mode in modes.items() if not mode.meta.root_names()]
        return pl.select(constant).row(0, named=True) if constant else {}

    def on(self, frame: pl.DataFrame) -> Plan:
        """The same settings for another frame that has their columns."""
        plan = Plan(frame, self.columns)
        plan.__dict__.update(modes=self.modes, _by_strategy=self._by_strategy)  # read once, and the same
        return plan

    def columns_of(self, strategy: str) -> Mapping[str, pl.Expr]:
        """A strategy's settings, by their own names."""
        return self._by_strategy.get(strategy, {})

    def settings(self, strategy: str) -> SettingColumns:
        return SettingColumns(strategy, dict(self.columns_of(strategy)))


def resolve(book: Book, catalog: Catalog, values: Iterable[SettingValue]) -> Plan:
    """Lay the layers over each other. A setting that is the same for everyone stays a literal: that is faster."""
    by_name: dict[str, list[SettingValue]] = {}
    for value in values:
        by_name.setdefault(value.name, []).append(value)
    tier = book.frame["tier"].cast(pl.Enum(TIERS)).to_physical().to_numpy()
    there = tuple(TIERS[place] for place in np.unique(tier)) or ("standard",)
    columns: dict[str, pl.Expr] = {}
    series: list[pl.Series] = []
    for spec in catalog:
        if not spec.decides:
            continue
        resolved = _resolve_one(spec, by_name.get(spec.name, ()), book.frame, tier, there)
        if isinstance(resolved, pl.Series):
            series.append(resolved)
            columns[spec.name] = _column(spec.name)
        else:
            columns[spec.name] = resolved
    return Plan(book.frame.with_columns(series), columns)


def _resolve_one(
    spec: Spec,
    values: Sequence[SettingValue],
    frame: pl.DataFrame,
    tier: npt.NDArray[np.uint32],
    there: tuple[str, ...],
) -> pl.Series | pl.Expr:
    near = [value for value in values if value.layer in ("account", "contact")]
    wished = spec.name in MORE_OFTEN and frame["wish_every_days"].null_count() < frame.height
    same, by_tier = _lay_tiers(spec, there) if not values else _by_tier(spec, values, there)
    if not near and not wished and same is not None:
        return same
    column = by_tier[tier]
    for layer in ("account", "contact"):
        column = _overlay(column, [value for value in near if value.layer == layer], frame[f"{layer}_id"])
    if wished:
        often = pl.min_horizontal(column, frame["wish_every_days"].clip(1))
        column = frame.select(often.cast(spec.dtype).alias(spec.name)).to_series()
    return column


Tiers = tuple[pl.Expr | None, pl.Series]
"""A setting's value as a literal, where it is the same for all tiers that are there; and by tier, in their order."""


@lru_cache(maxsize=4096)
def _lay_tiers(spec: Spec, there: tuple[str, ...]) -> Tiers:
    """Where nobody set anything."""
    return _by_tier(spec, (), there)


def _by_tier(spec: Spec, values: Sequence[SettingValue], there: tuple[str, ...]) -> Tiers:
    some, *others = (tier_value(spec, values, name) for name in there)
    by_tier = pl.Series(spec.name, [tier_value(spec, values, name) for name in TIERS], dtype=spec.dtype)
    if any(other != some for other in others):
        return None, by_tier
    return _literal(tuple(some) if isinstance(some, list) else some, spec.dtype), by_tier


@lru_cache(maxsize=4096)
def _literal(value: Any, kind: pl.DataType) -> pl.Expr:
    return pl.lit(list(value) if isinstance(value, tuple) else value, dtype=kind)


@lru_cache(maxsize=4096)
def _column(name: str) -> pl.Expr:
    return pl.col(name)


def tier_value(spec: Spec, values: Sequence[SettingValue], tier: str) -> Any:
    """What a setting is for an account of this tier that has nothing of its own."""
    if not values:
        return spec.shipped(tier)
    found = {value.layer: value.value for value in values if value.layer == "house" or value.layer_key == tier}
    return found.get("tier", found.get("house", spec.shipped(tier)))


def _overlay(column: pl.Series, values: Sequence[SettingValue], ids: pl.Series) -> pl.Series:
    if not values:
        return column
    own = pl.DataFrame(
        {ids.name: [int(value.layer_key) for value in values], column.name: [value.value for value in values]},
        schema={ids.name: pl.Int64, column.name: column.dtype},
    )
    found = ids.to_frame().join(own, on=ids.name, how="left", maintain_order="left")[column.name]
    return (
        pl.DataFrame([found.alias("own"), column])
        .select(pl.coalesce("own", column.name).alias(column.name))
        .to_series()
    )


def value_for(
    spec: Spec,
    values: Iterable[SettingValue],
    *,
    tier: str | None,
    account_id: int | None,
    contact_id: int | None = None,
) -> tuple[Any, SettingValue | None]:
    """A setting's value for one account or contact, and what set it (None: it ships so)."""
    keys = {"house": "", "tier": tier or "standard", "account": str(account_id), "contact": str(contact_id)}
    return value_in_force(spec, (value for value in values if value.layer_key == keys[value.layer]), tier)


def value_in_force(spec: Spec, values: Iterable[SettingValue], tier: str | None) -> tuple[Any, SettingValue | None]:
    """The same, of values that all are the house's or of this tier, account and contact."""
    near = [value for value in values if value.name == spec.name]
    if not near:
        return spec.shipped(tier), None
    found = max(near, key=lambda value: LAYERS.index(value.layer))
    return found.value, found
