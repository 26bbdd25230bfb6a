"""What strategies say: each is asked once per batch, one select evaluates all it returned, and what it says is checked.

A strategy that fails loses its say. A failed hold is closed for a day, named: we would rather not ask than break a rule
that somebody set. Everything else it might have said is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.decide.before import columns_of, recall
from engine.decide.book import LIMIT_COLUMNS, Book, SettingColumns
from engine.decide.guard import Source, check_returned, clean, find_strange_names
from engine.errors import PluginError
from engine.types import Closed, Hold, Limit, Reason, Worth

HOOKS: dict[str, tuple[type, ...]] = {
    "ask_from": (Reason,),
    "hold_until": (Hold, Closed),
    "limit": (Limit,),
    "worth": (pl.Expr, Worth),
}


class Strategy(Protocol):
    """A plugin as the deciders need it."""

    @property
    def name(self) -> str: ...
    @property
    def hooks(self) -> Mapping[str, Any]: ...
    @property
    def ships(self) -> bool: ...
    @property
    def heard(self) -> dict[Any, Any]: ...
    def call(self, hook: str, *args: Any) -> Any: ...
    def failed(self, hook: str, error: BaseException | str) -> PluginError: ...
    def took(self, seconds: float) -> None: ...


class Planned(Protocol):
    """A Book with settings, as engine.decide.plan.Plan."""

    @property
    def frame(self) -> pl.DataFrame: ...
    @property
    def columns(self) -> Mapping[str, pl.Expr]: ...
    @property
    def modes(self) -> Mapping[str, str]: ...
    def columns_of(self, strategy: str) -> Mapping[str, pl.Expr]: ...
    def settings(self, strategy: str) -> SettingColumns: ...


@dataclass(frozen=True)
class Say:
    """One thing that one strategy said, and the columns of `Said.frame` where its values are."""

    strategy: str
    what: Reason | Hold | Closed | Limit | pl.Expr
    columns: Mapping[str, str]
    """From a field of `what` (on, until, since …) to its column."""
    mode: str | None
    """on or shadow where it is the same for everyone; None: in the column `mode`."""
    because: str = ""
    """Of a worth: what makes it high. Everything else says so itself."""

    def __getitem__(self, name: str) -> str:
        return self.columns[name]

    @property
    def at(self) -> str:
        """What the names of its columns begin with."""
        return next(iter(self.columns.values())).rpartition(".")[0] + "."


@dataclass(frozen=True)
class Said:
    """Everything that was said about the rows of a Book: a frame with one row per contact, in the Book's order."""

    says: tuple[Say, ...]
    frame: pl.DataFrame
    errors: tuple[PluginError, ...] = ()

    def of(self, kind: type) -> list[Say]:
        return [say for say in self.says if isinstance(say.what, kind)]

    def with_more(self, other: Said) -> Said:
        """Both together, about the same rows."""
        frame = pl.concat([self.frame, other.frame], how="horizontal")
        return Said(self.says + other.says, frame, self.errors + other.errors)


Mode = tuple[pl.Expr, str | None]
"""A strategy's mode, and its value where it is the same for everyone."""
Wanted = tuple[pl.Expr, tuple[pl.DataType, ...]]
"""An expression and the dtypes it may have."""


@dataclass(frozen=True)
class Part:
    """What one strategy said in one hook, still to be worked out: expressions by the column they become."""

    strategy: Strategy
    hook: str
    mode: Mode
    says: tuple[Say, ...]
    wanted: Mapping[str, Wanted]

    def failed(self, error: BaseException) -> tuple[Part, PluginError]:
        """What counts instead where it cannot be worked out."""
        error = self.strategy.failed(self.hook, error)
        return _part(self.strategy, self.hook, _instead(self.strategy, self.hook), self.mode), error


@dataclass(frozen=True)
class Rules:
    """What every strategy said, before it is worked out. They hold for every frame with the columns of the Plan's;
    limits need LIMIT_COLUMNS besides, which are known when the ways are chosen."""

    parts: tuple[Part, ...]
    errors: tuple[PluginError, ...] = ()

    @property
    def wanted(self) -> dict[str, Wanted]:
        return {name: field for part in self.parts for name, field in part.wanted.items()}

    @property
    def before_limits(self) -> Rules:
        return Rules(tuple(part for part in self.parts if part.hook != "limit"), self.errors)

    @property
    def limits(self) -> Rules:
        return Rules(tuple(part for part in self.parts if part.hook == "limit"))


def hear_strategies(book: Book, plan: Planned, strategies: Iterable[Strategy]) -> Rules:
    """Call every hook of the strategies that are not off for everyone."""
    parts: list[Part] = []
    errors: list[PluginError] = []
    asked, limited = Book(plan.frame, book.kinds), Book(with_limit_columns(plan.frame), book.kinds)
    columns = columns_of(limited.frame)
    for strategy in strategies:
        mode = plan.columns[f"{strategy.name}.mode"], plan.modes.get(strategy.name)
        settings = plan.columns_of(strategy.name)
        for hook in HOOKS:
            if hook not in strategy.hooks or mode[1] == "off":
                continue
            seen = limited if hook == "limit" else asked
            about = hook, columns, book.kinds if hook == "ask_from" else ()
            try:
                parts.append(recall(strategy, about, settings, partial(_hear, strategy, hook, seen, plan, mode)))
            except PluginError as error:
                errors.append(error)
                parts.append(_part(strategy, hook, _instead(strategy, hook), mode))
    return Rules(tuple(parts), tuple(errors))


def _hear(strategy: Strategy, hook: str, book: Book, plan: Planned, mode: Mode) -> Part:
    return _part(strategy, hook, _ask(strategy, hook, book, plan), mode)


def with_limit_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Named already, but not yet known."""
    missing = [column for column in LIMIT_COLUMNS if column.name not in frame.columns]
    return frame.with_columns(pl.lit(None, column.dtype).alias(column.name) for column in missing)


def work_out(rules: Rules, frame: pl.DataFrame) -> Said:
    """Those that ship in one select, which is quickest; each other by itself, so that its time is known."""
    worked = [each for parts in _in_selects(rules.parts) for each in _work_out(parts, frame)]
    says = tuple(say for each in worked for part in each.parts for say in part.says)
    return Said(says, _beside([each.frame for each in worked]), (*rules.errors, *_errors(worked)))


def sift(rules: Rules, frame: pl.DataFrame) -> Rules:
    """The rules that can be worked out, and what counts instead of the others."""
    worked = _work_out(rules.parts, with_limit_columns(frame))
    return Rules(tuple(part for each in worked for part in each.parts), (*rules.errors, *_errors(worked)))


@dataclass(frozen=True)
class _Worked:
    """What was worked out at once. `error`: why something else counts instead."""

    parts: Sequence[Part]
    frame: pl.DataFrame
    error: PluginError | None = None


def _in_selects(parts: Sequence[Part]) -> list[Sequence[Part]]:
    return [[part for part in parts if part.strategy.ships], *([part] for part in parts if not part.strategy.ships)]


def _work_out(parts: Sequence[Part], frame: pl.DataFrame) -> list[_Worked]:
    """One select for all of them; where somebody's expressions fail, it is found out whose."""
    started = perf_counter()
    try:
        found = _select(frame, parts)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if len(parts) > 1:
            return [each for part in parts for each in _work_out([part], frame)]
        instead, failure = parts[0].failed(error)
        return [_Worked([instead], _select(frame, [instead]), failure)]
    if len(parts) == 1:
        parts[0].strategy.took(perf_counter() - started)
    return [_Worked(parts, found)]


def _errors(worked: Iterable[_Worked]) -> Iterator[PluginError]:
    return (each.error for each in worked if each.error)


def _beside(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([frame for frame in frames if frame.width] or frames[:1], how="horizontal")


def _ask(strategy: Strategy, hook: str, book: Book, plan: Planned) -> list[Any]:
    """What one strategy says in one hook. Raises PluginError naming the strategy, whatever goes wrong."""
    value = strategy.call(hook, book if strategy.ships else book.for_guest(), plan.settings(strategy.name))
    try:
        whats = check_returned(strategy, value, HOOKS[hook], book.frame.columns)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise strategy.failed(hook, error) from error
    for strange in find_strange_names(whats, {*book.frame.columns, *plan.columns}):
        strategy.failed(hook, strange)
    return whats


FAILED = "one of our rules could not be worked out, so we wait a day to be safe"
"""Which one is in the errors, for those who can mend it."""


def _instead(strategy: Strategy, hook: str) -> list[Any]:
    """What counts as said where a strategy failed."""
    if hook != "hold_until":
        return []
    tomorrow = (pl.col("today").cast(pl.Int32) + 1).cast(pl.Date)
    return [Hold(until=tomorrow, because=FAILED)]


def _part(strategy: Strategy, hook: str, whats: Sequence[Any], mode: Mode) -> Part:
    column, constant = mode
    says: list[Say] = []
    wanted: dict[str, Wanted] = {}
    for place, what in enumerate(whats):
        fields = _wanted(what)
        if constant is None:
            fields["mode"] = column, (pl.String(),)
        columns = {name: f"{strategy.name}#{hook}{place}.{name}" for name in fields}
        said = (what.factor, what.because) if isinstance(what, Worth) else (what, "")
        says.append(Say(strategy.name, said[0], columns, constant, said[1]))
        wanted |= {columns[name]: field for name, field in fields.items()}
    return Part(strategy, hook, mode, tuple(says), wanted)


def _select(frame: pl.DataFrame, parts: Sequence[Part]) -> pl.DataFrame:
    """What the parts say of each row, of the dtypes it must have and without values that make no sense."""
    wanted = {name: field for part in parts for name, field in part.wanted.items()}
    # contact_id comes along so that a literal becomes a column
    found = frame.select("contact_id", *(expression.alias(name) for name, (expression, _) in wanted.items()))
    schema = found.schema
    for name, (_, kinds) in wanted.items():
        if schema[name] not in kinds:
            raise PluginError(f"{_field(name)} is {schema[name]}, not {' or '.join(map(str, kinds))}")
    sources = {name: Source(part.strategy, part.hook, _field(name)) for part in parts for name in part.wanted}
    found.drop_in_place("contact_id")
    return clean(found, sources)


def _field(column: str) -> str:
    return column.rpartition(".")[2]


def _wanted(what: Any) -> dict[str, Wanted]:
    """The expressions of a thing said, by field."""
    if isinstance(what, Reason):
        return _given({"on": what.on, "expires": what.expires}, pl.Date()) | _given({"about": what.about}, pl.String())
    if isinstance(what, Hold):
        occasions = {"except_for": what.except_for, "only_for": what.only_for}
        return _given({"until": what.until, "since": what.since}, pl.Date()) | _given(occasions, pl.List(pl.String))
    if isinstance(what, Closed):
        return {"calendar": (what.calendar, (pl.String(),))}
    if isinstance(what, Limit):
        places = _given({"at_most": what.at_most}, pl.Int32()) | _given({"used": what.used}, pl.Boolean(), pl.Int32())
        places |= _given({"since": what.since, "frees_on": what.frees_on}, pl.Date())
        return places | _given({"holds": what.holds}, pl.Boolean())
    return {"worth": (what.factor if isinstance(what, Worth) else what, (pl.Float64(),))}


def _given(expressions: Mapping[str, Any], *kinds: pl.DataType) -> dict[str, Wanted]:
    return {name: (value, kinds) for name, value in expressions.items() if isinstance(value, pl.Expr)}


def binding(say: Say, frame: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Where a say decides; in shadow it is only shown."""
    if say.mode is not None:
        return np.full(frame.height, say.mode == "on")
    on: npt.NDArray[np.bool_] = (frame[say["mode"]] == "on").to_numpy()
    return on
