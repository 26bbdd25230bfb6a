"""What plugins return, checked before anything is done with it: whatever is wrong is said, and costs nobody else.

Nothing here limits time or memory: Python cannot stop a call that does not return. Seconds are counted and shown.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from datetime import date, datetime
from functools import lru_cache
from math import nan
from typing import Any, NamedTuple, Protocol

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


@dataclass(frozen=True)
class _Sound:
    """What a column must be. `faulty` looks at all of it at once, `where` at each value."""

    words: str
    faulty: pl.Expr
    where: pl.Expr
    instead: pl.Expr


class Source(NamedTuple):
    """Whose a column is: of which plugin, in which hook, and which field of what it said."""

    plugin: Failing
    hook: str
    field: str


def clean(found: pl.DataFrame, columns: Mapping[str, Source]) -> pl.DataFrame:
    """The frame without values that make no sense, each noted. All columns are looked at in one select."""
    schema = found.schema
    wanted = {name: sound for name, source in columns.items() if (sound := _sound(source.field, name, schema[name]))}
    if not wanted or not found.height:
        return found
    faulty = found.select(sound.faulty.alias(name) for name, sound in wanted.items()).row(0, named=True)
    for name, sound in wanted.items():
        if faulty[name]:
            number = found.select(sound.where.sum()).item()
            plugin, hook, field = columns[name]
            plugin.failed(hook, f"{field or 'it'} is not {sound.words}, of {number:,} of {found.height:,} contacts")
            found = found.with_columns(pl.when(sound.where).then(sound.instead).otherwise(name).alias(name))
    return found


@lru_cache(maxsize=4096)
def _sound(field: str, name: str, dtype: pl.DataType) -> _Sound | None:
    column = pl.col(name)
    if field in DATES:
        last = LATEST if field == "on" else NEVER
        late = pl.lit(None, pl.Date) if field == "on" else pl.lit(NEVER)
        instead = pl.when(column > last).then(late).otherwise(pl.lit(FIRST, pl.Date))
        faulty = (column.min() < FIRST) | (column.max() > last)
        return _Sound(f"a day from {FIRST} to {last}", faulty, (column < FIRST) | (column > last), instead)
    if dtype == pl.Float64:
        where = (~column.is_finite() | (column < 0)).fill_null(field in ("alpha", "beta"))
        nothing = None if field == "worth" else nan  # of a channel's worth null means: impossible
        return _Sound("a finite number of 0 or more", where.any(), where, pl.lit(nothing, dtype))
    if field == "minutes":
        where = ~column.is_between(0, 24 * 60 - 1)
        return _Sound("minutes after midnight, from 0 to 1439", where.any(), where, pl.lit(None, dtype))
    if dtype == pl.Int32 and field != "place":
        return _Sound("0 or more", column.min() < 0, column < 0, pl.lit(None, dtype))
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
