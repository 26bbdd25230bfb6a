"""What strategies say: each is asked once per batch, one select evaluates all it returned, and what it says is checked.

A strategy that fails loses its say. A failed hold is closed for a day, named: we would rather not ask than break a rule
that somebody set. Everything else it might have said is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from engine.decide.book import Book, SettingColumns
from engine.errors import PluginError
from engine.types import Closed, Hold, Limit, Reason

HOOKS: dict[str, tuple[type, ...]] = {
    "ask_from": (Reason,),
    "hold_until": (Hold, Closed),
    "limit": (Limit,),
    "worth": (pl.Expr,),
}


class Strategy(Protocol):
    """A plugin as the deciders need it."""

    @property
    def name(self) -> str: ...
    @property
    def hooks(self) -> Mapping[str, Any]: ...
    def call(self, hook: str, *args: Any) -> Any: ...
    def failed(self, hook: str, error: BaseException | str) -> PluginError: ...


class Planned(Protocol):
    """A Book with settings, as engine.decide.plan.Plan."""

    @property
    def frame(self) -> pl.DataFrame: ...
    @property
    def columns(self) -> Mapping[str, pl.Expr]: ...
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


def ask_strategies(book: Book, plan: Planned, strategies: Iterable[Strategy]) -> Said:
    """Ask every strategy that is not off for everyone."""
    says: list[Say] = []
    frames: list[pl.DataFrame] = []
    errors: list[PluginError] = []
    asked = Book(plan.frame, book.kinds)
    for strategy in strategies:
        mode = _constant(plan.columns[f"{strategy.name}.mode"])
        for hook in HOOKS:
            if hook not in strategy.hooks or mode == "off":
                continue
            try:
                said, frame = _ask(strategy, hook, asked, plan, mode)
            except PluginError as error:
                errors.append(error)
                if hook != "hold_until":
                    continue
                said, frame = _evaluate(strategy.name, hook, [_closed_for_a_day(strategy.name)], plan, mode)
            says += said
            frames.append(frame)
    return Said(tuple(says), pl.concat(frames, how="horizontal") if frames else pl.DataFrame(), tuple(errors))


def _ask(strategy: Strategy, hook: str, book: Book, plan: Planned, mode: str | None) -> tuple[list[Say], pl.DataFrame]:
    """What one strategy says in one hook. Raises PluginError naming the strategy, whatever goes wrong."""
    value = strategy.call(hook, book, plan.settings(strategy.name))
    try:
        return _evaluate(strategy.name, hook, _whats(value, HOOKS[hook]), plan, mode)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise strategy.failed(hook, error) from error


def _closed_for_a_day(name: str) -> Hold:
    tomorrow = (pl.col("today").cast(pl.Int32) + 1).cast(pl.Date)
    return Hold(until=tomorrow, because=f"the rule “{name}” could not be worked out, so we wait a day to be safe")


def _constant(column: pl.Expr) -> str | None:
    """The value of a literal; None for a column."""
    return None if column.meta.root_names() else str(pl.select(column).item())


def _whats(value: Any, kinds: tuple[type, ...]) -> list[Any]:
    """What a hook returned, as a list; a hook may return one thing, several or None."""
    things = list(value) if isinstance(value, Sequence) else [] if value is None else [value]
    for thing in things:
        if not isinstance(thing, kinds):
            expected = " or ".join(kind.__name__ for kind in kinds)
            raise PluginError(f"returned {type(thing).__name__}, not {expected}")
    return things


def _evaluate(
    strategy: str, hook: str, whats: Sequence[Any], plan: Planned, mode: str | None
) -> tuple[list[Say], pl.DataFrame]:
    """One select for all that a strategy said in one hook."""
    says: list[Say] = []
    wanted: dict[str, Wanted] = {}
    for place, what in enumerate(whats):
        fields = _wanted(what)
        if mode is None:
            fields["mode"] = plan.columns[f"{strategy}.mode"], (pl.String(),)
        columns = {name: f"{strategy}#{hook}{place}.{name}" for name in fields}
        says.append(Say(strategy, what, columns, mode))
        wanted |= {columns[name]: field for name, field in fields.items()}
    return says, _select(plan.frame, wanted)


Wanted = tuple[pl.Expr, tuple[pl.DataType, ...]]
"""An expression and the dtypes it may have."""


def _select(frame: pl.DataFrame, wanted: Mapping[str, Wanted]) -> pl.DataFrame:
    for expression, _ in wanted.values():
        unknown = [name for name in expression.meta.root_names() if name not in frame.columns]
        if unknown:
            raise PluginError(f"there is no column “{unknown[0]}”")
    # contact_id comes along so that a literal becomes a column
    found = frame.select("contact_id", *(expression.alias(name) for name, (expression, _) in wanted.items()))
    for name, (_, kinds) in wanted.items():
        if found[name].dtype not in kinds:
            raise PluginError(f"{name.rpartition('.')[2]} is {found[name].dtype}, not {' or '.join(map(str, kinds))}")
    return found.drop("contact_id")


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
        return _given({"at_most": what.at_most}, pl.Int32()) | _given({"used": what.used}, pl.Boolean(), pl.Int32())
    return {"worth": (what, (pl.Float64(),))}


def _given(expressions: Mapping[str, Any], *kinds: pl.DataType) -> dict[str, Wanted]:
    return {name: (value, kinds) for name, value in expressions.items() if isinstance(value, pl.Expr)}
