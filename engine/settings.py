"""The fields that plugins declare their settings with: marshmallow fields that know tiers, help and a column's dtype.

A setting has a default, possibly one per tier; what is set at a layer replaces it. Values are stored as JSON, typed at
the command line as text (lists by comma, date ranges by `..`), and seen by strategies as columns.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
from marshmallow import ValidationError, fields, validate

from engine.errors import nearest


class Names(fields.List[str]):
    """A list of words. At the command line: `promise,touchpoint`; nothing after the `=`: none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fields.String(), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str | None]:
        if isinstance(value, str):
            value = [word.strip() for word in value.split(",") if word.strip()]
        return super()._deserialize(value, attr, data, **kwargs)


class DateRanges(fields.Field[str]):
    """Ranges of days, both ends included, as one text: `2026-12-24..2027-01-01,2027-05-14`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, list):
            value = ",".join(str(part) for part in value)
        if not isinstance(value, str):
            raise ValidationError("Write date ranges as 2026-12-24..2027-01-01.")
        return ",".join(f"{first}..{last}" if last != first else f"{first}" for first, last in date_ranges(value))


def date_ranges(text: str) -> list[tuple[date, date]]:
    """Read `2026-12-24..2027-01-01,2027-05-14`. Raises ValidationError naming the part that is no range."""
    ranges = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        first, _, last = part.partition("..")
        try:
            ranges.append((date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())))
        except ValueError:
            raise ValidationError(f"“{part}” is no date range; write 2026-12-24..2027-01-01.") from None
        if ranges[-1][1] < ranges[-1][0]:
            raise ValidationError(f"“{part}” ends before it begins.")
    return ranges


# What a plugin writes in its Settings. Keywords named like a tier are that tier's default.


def days(default: int, help: str, *, least: int = 0, most: int = 3650, **tiers: int) -> fields.Integer:
    """A number of days (Int32)."""
    return _integer(default, help, "days", least, most, tiers)


def count(default: int, help: str, *, least: int = 0, most: int = 1_000_000, **tiers: int) -> fields.Integer:
    """A number of things (Int32)."""
    return _integer(default, help, "", least, most, tiers)


def seconds(default: int, help: str, *, least: int = 0, most: int = 3600, **tiers: int) -> fields.Integer:
    """A number of seconds (Int32)."""
    return _integer(default, help, "seconds", least, most, tiers)


def factor(default: float, help: str, *, least: float = 0, most: float = 1000, **tiers: float) -> fields.Float:
    """A factor or share (Float64)."""
    return fields.Float(
        load_default=default,
        allow_nan=False,
        validate=_between(least, most),
        metadata=_about(help, "", tiers),
        error_messages=dict.fromkeys(("invalid", "special"), "it is no number."),
    )


def one_of(default: str, help: str, choices: tuple[str, ...], **tiers: str) -> fields.String:
    """One word of several (String)."""
    return fields.String(load_default=default, validate=_among(choices), metadata=_about(help, "", tiers, choices))


def names(
    default: tuple[str, ...], help: str, choices: tuple[str, ...] = (), *, least: int = 0, **tiers: tuple[str, ...]
) -> Names:
    """A list of words (List(String)); with `choices`, of these only."""
    checks: list[Any] = [validate.Length(min=least)]
    if choices:
        checks.append(_among(choices))
    lists = {tier: list(value) for tier, value in tiers.items()}
    return Names(load_default=list(default), validate=checks, metadata=_about(help, "", lists, choices))


def ranges(default: str, help: str) -> DateRanges:
    """Ranges of days (String, as in DateRanges)."""
    return DateRanges(load_default=default, metadata=_about(help, "", {}))


def text(default: str, help: str, *, check: Any = None) -> fields.String:
    """Free text (String)."""
    return fields.String(load_default=default, validate=check, metadata=_about(help, "", {}))


def _integer(default: int, help: str, unit: str, least: int, most: int, tiers: dict[str, int]) -> fields.Integer:
    return fields.Integer(
        load_default=default,
        strict=False,
        validate=_between(least, most),
        metadata=_about(help, unit, tiers),
        error_messages={"invalid": "it is no whole number."},
    )


def _between(least: float, most: float) -> validate.Range:
    return validate.Range(least, most, error=f"it must be from {least:,} to {most:,}.")


def _among(choices: tuple[str, ...]) -> Callable[[str | list[str]], None]:
    def check(value: str | list[str]) -> None:
        for word in [value] if isinstance(value, str) else value:
            if word not in choices:
                it = "it" if word is value else f"“{word}”"
                raise ValidationError(f"{it} is none of {', '.join(choices)}.{nearest(word, choices)}")

    return check


def _about(help: str, unit: str, tiers: dict[str, Any], choices: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"help": help, "unit": unit, "tiers": tiers, "choices": choices}


def dtype(field: fields.Field[Any]) -> pl.DataType:
    """The dtype of a setting's column: Int32, Float64, String or List(String)."""
    if isinstance(field, fields.Integer):
        return pl.Int32()
    if isinstance(field, fields.Float):
        return pl.Float64()
    return pl.List(pl.String) if isinstance(field, Names) else pl.String()


def as_text(value: Any) -> str:
    """A setting's value as it would be typed at the command line."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)
