"""Opinions on one question or channel at a time: every strategy is asked about each, and one select works out all.

A strategy that fails is left out, and its plugin notes why; what it says wrong spoils nothing that others say.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import polars as pl

from engine.decide.before import columns_of, recall
from engine.decide.book import Book, Grid
from engine.decide.guard import Source, check_returned, clean
from engine.decide.plan import Plan
from engine.decide.says import Strategy
from engine.errors import PluginError

CELLS = 2_000_000
"""So many rows × questions are judged at once."""
ITSELF = ""
"""The only part of a plain expression."""
WHOLE = {"send_at": "minutes"}
"""What a plain expression is of, where its dtype does not say it."""

Parts = Mapping[str, pl.DataType]
Kinds = Mapping[type, Parts]
"""What a hook may return, with the names and dtypes of the expressions that are its parts."""


@dataclass(frozen=True)
class Opinion:
    """What one strategy says. `parts`: its expressions, worked out; `mode`: a series, where it is not everyone's."""

    strategy: str
    said: Any
    parts: Mapping[str, pl.Series]
    mode: pl.Series | str

    def where_on(self, neutral: Any, part: str = ITSELF) -> pl.Series:
        """A part where the strategy is on, and elsewhere what makes no difference."""
        values = self.parts[part]
        if isinstance(self.mode, str) and self.mode == "on":
            return values
        otherwise = pl.Series([neutral], dtype=values.dtype).new_from_index(0, len(values))
        return otherwise if isinstance(self.mode, str) else values.zip_with(self.mode == "on", otherwise)


@dataclass(frozen=True)
class _Said:
    strategy: Strategy
    what: Any
    dtypes: Parts

    @property
    def expressions(self) -> dict[str, Any]:
        return {name: self.what if name == ITSELF else getattr(self.what, name) for name in self.dtypes}


def only(dtype: pl.DataType) -> Kinds:
    """Nothing but a plain expression."""
    return {pl.Expr: {ITSELF: dtype}}


def hooked(strategies: Iterable[Strategy], hook: str) -> list[Strategy]:
    """Those that have a say in it."""
    return [strategy for strategy in strategies if hook in strategy.hooks]


def ask_all(
    strategies: Iterable[Strategy], hook: str, plan: Plan, books: Sequence[Book], kinds: Kinds
) -> list[list[Opinion]]:
    """For each book (the plan's frame, seen for one question or channel) the opinions of those that are not off."""
    asked = [each for each in strategies if plan.modes.get(each.name) != "off"]
    modes = {each.name: _mode(plan, each.name) for each in asked}
    opinions: list[list[Opinion]] = []
    columns = columns_of(plan.frame)
    for part in _in_parts(books, plan.frame.height):
        said = {
            f"{place}/{strategy.name}/": heard
            for place, book in enumerate(part)
            for strategy in asked
            if (heard := _hear(strategy, hook, plan, book, kinds, columns)) is not None
        }
        found = _work_out(said, hook, plan.frame)
        for place in range(len(part)):
            names = [f"{place}/{strategy.name}/" for strategy in asked]
            opinions.append([_opinion(said[name], found[name], modes) for name in names if name in found])
    return opinions


def _mode(plan: Plan, strategy: str) -> pl.Series | str:
    return plan.modes.get(strategy) or plan.frame.select(plan.columns[f"{strategy}.mode"]).to_series()


def _opinion(said: _Said, parts: Mapping[str, pl.Series], modes: Mapping[str, pl.Series | str]) -> Opinion:
    return Opinion(said.strategy.name, said.what, parts, modes[said.strategy.name])


def _in_parts(books: Sequence[Book], height: int) -> Iterator[Sequence[Book]]:
    """So many at once that what they are asked stays small beside the Book."""
    size = max(1, CELLS // max(1, height))
    return (books[start : start + size] for start in range(0, len(books), size))


def _hear(strategy: Strategy, hook: str, plan: Plan, book: Book, kinds: Kinds, columns: Hashable) -> _Said | None:
    about = hook, columns, *((book.question, book.channel, book.at) if isinstance(book, Grid) else ())
    ask = partial(_ask, strategy, hook, plan, book, kinds)
    try:
        return recall(strategy, about, plan.columns_of(strategy.name), ask)
    except PluginError:
        return None


def _ask(strategy: Strategy, hook: str, plan: Plan, book: Book, kinds: Kinds) -> _Said | None:
    """What it says; None: nothing. Raises PluginError, whatever goes wrong."""
    what = strategy.call(hook, book if strategy.ships else book.for_guest(), plan.settings(strategy.name))
    try:
        said = check_returned(strategy, what, kinds, book.frame.columns)
        if len(said) > 1:
            raise PluginError(f"it returned {len(said)} things; one is what it is asked for")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise strategy.failed(hook, error) from error
    return next((_Said(strategy, one, kinds[kind]) for one in said for kind in kinds if isinstance(one, kind)), None)


def _work_out(said: Mapping[str, _Said], hook: str, frame: pl.DataFrame) -> dict[str, dict[str, pl.Series]]:
    """Those that ship in one select, each other by itself, so that its time is known."""
    ships = {place: one for place, one in said.items() if one.strategy.ships}
    found = _select(ships, hook, frame)
    for place, one in said.items():
        if place not in ships:
            started = perf_counter()
            found |= _select({place: one}, hook, frame)
            one.strategy.took(perf_counter() - started)
    return found


def _select(said: Mapping[str, _Said], hook: str, frame: pl.DataFrame) -> dict[str, dict[str, pl.Series]]:
    """One select for all; where somebody's expression fails, one for each."""
    wanted = {place + name: each for place, one in said.items() for name, each in one.expressions.items()}
    try:
        found = frame.select("contact_id", **wanted)  # which makes a literal a column
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin's function inside an expression may raise anything
        if len(said) == 1:
            next(iter(said.values())).strategy.failed(hook, error)
            return {}
        single = [_select({place: one}, hook, frame) for place, one in said.items()]
        return {place: parts for each in single for place, parts in each.items()}
    fitting = {place: one for place, one in said.items() if _fits(one, hook, found.schema, place)}
    sources = {
        place + name: Source(one.strategy, hook, name or WHOLE.get(hook, ""))
        for place, one in fitting.items()
        for name in one.dtypes
    }
    sound = clean(found, sources)
    return {place: {name: sound.get_column(place + name) for name in one.dtypes} for place, one in fitting.items()}


def _fits(said: _Said, hook: str, schema: Mapping[str, pl.DataType], place: str) -> bool:
    for name, dtype in said.dtypes.items():
        if schema[place + name] != dtype:
            said.strategy.failed(hook, f"{name or 'it'} is {schema[place + name]}, not {dtype}")
            return False
    return True
