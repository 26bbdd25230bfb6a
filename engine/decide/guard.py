"""What plugins return, checked before anything is done with it: whatever is wrong is said, and costs nobody else.

Nothing here limits time or memory: Python cannot stop a call that does not return. Seconds are counted and shown.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from datetime import date, datetime
from functools import lru_cache
from math import inf, nan
from typing import Any, NamedTuple, Protocol

import numpy as np
import polars as pl

from engine.decide.sentences import named
from engine.errors import PluginError, nearest
from engine.types import NEVER, OCCASIONS, Closed

MOST = 100
"""Things that one hook may return."""

_EXPRESSIONS = (
    *("on", "expires", "about", "until", "since", "calendar", "at_most", "used", "holds", "frees_on", "factor"),
    *("alpha", "beta", "answered", "sent", "place", "possible"),
)
SENTENCES = ("because", "not_before", "unless")
"""Templates of a thing said."""
_OCCASIONS = ("except_for", "only_for")
_RUN = ("since", "until", "day", "why", "used", "at_most")
"""What sentences are told besides: the days that a calendar shuts, the places that are taken."""


class Failing(Protocol):
    """A plugin, as far as its failures are noted."""

    @property
    def name(self) -> str: ...
    def failed(self, hook: str, error: BaseException | str) -> PluginError: ...


def check_returned(plugin: Failing, value: Any, kinds: Collection[type], known: Collection[str]) -> list[Any]:
    """What a hook returned, one thing, several or None, as a list. Raises PluginError saying what is wrong with it.

    `known`: the columns that there are. Calendars come back guarded.
    """
    things = list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
    if len(things) > MOST:
        raise PluginError(f"it returned {len(things):,} things; the most are {MOST}")
    for thing in things:
        if not isinstance(thing, tuple(kinds)):
            expected = " or ".join(kind.__name__ for kind in kinds)
            raise PluginError(f"it returned {type(thing).__name__}, not {expected}")
        _check_thing(thing, known)
    return [_guard(plugin, thing) for thing in things]


def _check_thing(thing: Any, known: Collection[str]) -> None:
    if isinstance(thing, pl.Expr):
        _check_expression("it", thing, known)
        return
    for each in fields(thing):
        value = getattr(thing, each.name)
        if value is not None or each.default is not None:
            _check_field(each, value, known)


def _check_field(each: Field[Any], value: Any, known: Collection[str]) -> None:
    name = each.name
    if name in _EXPRESSIONS or (name in _OCCASIONS and isinstance(value, pl.Expr)):
        _check_expression(name, value, known)
    elif name in SENTENCES or name == "why_not":
        _check_kind(name, value, str)
    elif name in _OCCASIONS:
        _check_names(name, value, OCCASIONS)
    elif name == "occasion":
        _check_names(name, (value,), OCCASIONS)
    elif name == "per":
        _check_names(name, value, known)
    elif name == "facts":
        _check_kind(name, value, Mapping)
        for fact, expression in value.items():
            _check_expression(f"the fact {fact}", expression, known)
    elif name == "within":
        if not (isinstance(value, int | float) and 0 <= value <= 1):
            raise PluginError(f"{name} is {value!r}, not a share from 0 to 1")
    elif not callable(value) or not isinstance(value, Hashable):
        raise PluginError(f"{name} is {type(value).__name__}, which is no function")


def _check_expression(name: str, value: Any, known: Collection[str]) -> None:
    _check_kind(name, value, pl.Expr)
    _check_names(name, value.meta.root_names(), known)


def _check_names(name: str, value: Any, known: Collection[str]) -> None:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise PluginError(f"{name} is {type(value).__name__}, not several names")
    for word in value:
        if word not in known:
            raise PluginError(f"{name} names “{word}”, and there is no such thing.{nearest(str(word), known)}")


def _check_kind(name: str, value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        raise PluginError(f"{name} is {type(value).__name__}, not {kind.__name__}")


def find_strange_names(things: Iterable[Any], known: Collection[str]) -> Iterator[str]:
    """What sentences name that nothing is called, a complaint each. They are told with “unknown” in its place."""
    for thing in things:
        if isinstance(thing, pl.Expr):
            continue
        own = {*known, *thing.facts, *(each.name for each in fields(thing)), *_RUN} if hasattr(thing, "facts") else ()
        for sentence in SENTENCES:
            for name in named(getattr(thing, sentence, None) or ""):
                if name not in own:
                    yield f"{sentence} names {{{name}}}, and nothing is called so.{nearest(name, own)}"


# values


FIRST = date.min
LATEST = date(9990, 1, 1)
"""The last day on which there can be a reason: days are looked for ahead of it, and there are none after NEVER."""
DATES = ("on", "expires", "until", "since", "frees_on")
EPOCH = date(1970, 1, 1)
LAST_MINUTE = 24 * 60 - 1


@dataclass(frozen=True)
class _Sound:
    """What a column must be: numbers, or days as numbers, from `least` to `most`; where nothing is said is told."""

    words: str
    least: float
    most: float
    where: pl.Expr
    """The values that are not."""
    instead: pl.Expr
    may_lack: bool = True


class Source(NamedTuple):
    """Whose a column is: of which plugin, in which hook, and which field of what it said."""

    plugin: Failing
    hook: str
    field: str


def clean(found: pl.DataFrame, columns: Mapping[str, Source]) -> pl.DataFrame:
    """The frame without values that make no sense, each noted."""
    if not found.height:
        return found
    for name, (plugin, hook, part) in columns.items():
        column = found.get_column(name)
        sound = _sound(part, name, column.dtype)
        if sound and _is_faulty(column, sound):
            number = found.select(sound.where.sum()).item()
            plugin.failed(hook, f"{part or 'it'} is not {sound.words}, of {number:,} of {found.height:,} contacts")
            found = found.with_columns(pl.when(sound.where).then(sound.instead).otherwise(name).alias(name))
    return found


def _is_faulty(column: pl.Series, sound: _Sound) -> bool:
    """Column by column: to put a select together takes longer where there are few rows, and saves nothing for many."""
    if column.dtype == pl.Float64:
        values = column.to_numpy()  # null comes as NaN
        strange = values.size - np.count_nonzero((values >= sound.least) & (values < sound.most))
        return bool(strange > (column.null_count() if sound.may_lack else 0))
    numbers: Any = column.cast(pl.Int32) if column.dtype == pl.Date else column  # Python knows no day before FIRST
    least, most = numbers.min(), numbers.max()
    return least is not None and bool(least < sound.least or most > sound.most)


def _number(day: date) -> int:
    return (day - EPOCH).days


@lru_cache(maxsize=4096)
def _sound(field: str, name: str, dtype: pl.DataType) -> _Sound | None:
    column = pl.col(name)
    if field in DATES:
        last = LATEST if field == "on" else NEVER
        late = pl.lit(None, pl.Date) if field == "on" else pl.lit(NEVER)
        instead = pl.when(column > last).then(late).otherwise(pl.lit(FIRST, pl.Date))
        where = (column < FIRST) | (column > last)
        return _Sound(f"a day from {FIRST} to {last}", _number(FIRST), _number(last), where, instead)
    if dtype == pl.Float64:
        where = (~column.is_finite() | (column < 0)).fill_null(field in ("alpha", "beta"))
        nothing = None if field == "worth" else nan  # of a channel's worth null means: impossible
        instead, may_lack = pl.lit(nothing, dtype), field not in ("alpha", "beta")
        return _Sound("a finite number of 0 or more", 0, inf, where, instead, may_lack)
    if field == "minutes":
        where = ~column.is_between(0, LAST_MINUTE)
        return _Sound("minutes after midnight, from 0 to 1439", 0, LAST_MINUTE, where, pl.lit(None, dtype))
    if dtype == pl.Int32 and field != "place":
        return _Sound("0 or more", 0, inf, column < 0, pl.lit(None, dtype))
    return None


# calendars


def _guard(plugin: Failing, thing: Any) -> Any:
    return replace(thing, shut=Shut(plugin.name, thing.shut, plugin)) if isinstance(thing, Closed) else thing


@dataclass(frozen=True)
class Shut:
    """A calendar's `shut`, whose failures are PluginErrors. The same for the same plugin and function."""

    name: str
    shut: Any
    plugin: Failing = field(compare=False)

    def __call__(self, calendar: str, first: date, last: date) -> dict[date, str]:
        try:
            return _check_days(self.shut(calendar, first, last), first, last)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self.plugin.failed("hold_until", error) from error


def _check_days(found: Any, first: date, last: date) -> dict[date, str]:
    _check_kind("what shut() returned", found, Mapping)
    for day, why in found.items():
        if not isinstance(day, date) or isinstance(day, datetime):
            raise PluginError(f"shut() named {day!r}, which is no date")
        _check_kind("the reason for a shut day", why, str)
    return {day: why for day, why in found.items() if first <= day <= last}
