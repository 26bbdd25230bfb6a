"""The funnel: of all that were considered, how many were asked, and what became of the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from engine.decide.planner import Decisions
from engine.decide.rule import AHEAD
from engine.decide.says import Say
from engine.decide.sentences import Teller
from engine.language import ENGLISH, Language
from engine.types import Closed, Hold

SLOW = 1.0
"""Seconds of a plan that are worth a line."""


@dataclass
class Funnel:
    """Counts of contacts. `held`, `limited`: by strategy; `asked`: by channel."""

    considered: int = 0
    no_reason: int = 0
    later: int = 0
    """A reason that lies ahead, and nothing else."""
    held: dict[str, int] = field(default_factory=dict)
    limited: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    """An ask to them is already planned, and waits to be sent."""
    no_survey: int = 0
    no_channel: int = 0
    asked: dict[str, int] = field(default_factory=dict)
    overtaken: int = 0
    """Of all these: something happened to them while the plan was made, and the next one decides."""
    errors: list[str] = field(default_factory=list)
    """What went wrong with plugins, in words."""
    plugins: dict[str, dict[str, Any]] = field(default_factory=dict)
    """How each plugin did: calls, seconds, failures, last_error."""

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    def as_text(self, language: Language = ENGLISH) -> str:
        """The funnel in lines, widest first."""
        tell = Teller(date.min, language)
        lines = [
            (tell("considered"), self.considered),
            (tell("nothing to ask about"), self.no_reason),
            (tell("not yet due"), self.later),
        ]
        lines += [(tell("held by {strategy}", strategy=name), number) for name, number in _largest(self.held)]
        lines += [(tell("limited by {strategy}", strategy=name), number) for name, number in _largest(self.limited)]
        lines += [
            (tell("already planned"), self.waiting),
            (tell("no survey"), self.no_survey),
            (tell("no way to reach them"), self.no_channel),
        ]
        lines += [(tell("asked by {channel}", channel=name), number) for name, number in _largest(self.asked)]
        if not self.asked:
            lines.append((tell("asked"), 0))
        shown = [(what, number) for place, (what, number) in enumerate(lines) if number or place in (0, len(lines) - 1)]
        told = [f"{tell.say(number):>9}  {what}" for what, number in shown]
        return "\n".join([*told, *self._notes(tell)])

    def _notes(self, tell: Teller) -> Iterator[str]:
        if self.overtaken:
            yield f"{tell.say(self.overtaken):>9}  {tell('changed meanwhile, so the next plan decides')}"
        for name, health in self.plugins.items():
            if health["seconds"] >= SLOW:
                took = tell("{strategy} took {seconds} s", strategy=name, seconds=round(health["seconds"], 1))
                yield f"! {took}"
        yield from (f"! {error}" for error in self.errors)


def _largest(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def count_decisions(decisions: Decisions) -> Funnel:
    """Count all but what became of the asks."""
    frame = decisions.frame.with_columns(held_by=held_by(decisions))
    held = frame.filter(decision="hold")
    limits = [say.strategy for say in decisions.limits]
    limited = frame.filter(decision="limited")["bound_by"].value_counts(sort=True)
    return Funnel(
        considered=frame.height,
        no_reason=frame.filter(decision="no_reason").height,
        later=held["held_by"].null_count(),
        held=dict(held.drop_nulls("held_by")["held_by"].value_counts(sort=True).iter_rows()),
        limited={limits[place]: number for place, number in limited.iter_rows()},
        errors=[str(error) for error in decisions.said.errors],
    )


def held_by(decisions: Decisions) -> pl.Series:
    """For each contact the hold that reaches furthest, or the calendar where none does; null: nothing holds them."""
    start, found = pl.max_horizontal("reason_on", "today"), pl.col("next_ask_on")
    # a cast is a hundred times quicker than offset_by
    beyond = pl.when(found.is_null()).then((start.cast(pl.Int32) + AHEAD).cast(pl.Date)).otherwise(start)
    said = decisions.said.of(Hold)
    reach = [_reach(say).alias(f"reach:{place}") for place, say in enumerate(said)]
    frame = decisions.frame.hstack(decisions.said.frame).with_columns(beyond=beyond)
    frame = frame.select("next_ask_on", *reach, start=start).with_columns(
        furthest=pl.max_horizontal(f"reach:{place}" for place in range(len(said))) if said else pl.lit(None)
    )
    names: list[pl.Expr] = [
        pl.when(pl.col(f"reach:{place}") == pl.col("furthest")).then(pl.lit(say.strategy))
        for place, say in enumerate(said)
    ]
    names += [pl.lit(say.strategy) for say in decisions.said.of(Closed)]
    moved = pl.when(found.is_null() | (found > pl.col("start"))).then(pl.coalesce(names) if names else None)
    return frame.select(held_by=moved.cast(pl.String)).to_series()


def _reach(say: Say) -> pl.Expr:
    """Until when a hold covers the days beyond `beyond`; null where it does not, or has no part in what was found."""
    assert isinstance(say.what, Hold)
    until, found = pl.col(say["until"]), pl.col("next_ask_on")
    covers = until > pl.col("beyond")
    if "since" in say.columns:
        covers &= pl.col(say["since"]).is_null() | (pl.col(say["since"]) < found).fill_null(value=True)
    for field_name, wanted in (("except_for", False), ("only_for", True)):
        occasions = getattr(say.what, field_name)
        if occasions is not None:
            covers &= _contains(say.columns.get(field_name), occasions) == wanted
    return pl.when(covers & _is_on(say.mode, say.columns)).then(until)


def _contains(column: str | None, occasions: Any) -> pl.Expr:
    occasion = pl.col("occasion")
    if column is not None:
        return pl.col(column).list.contains(occasion).fill_null(value=False)
    return occasion.is_in(list(occasions)).fill_null(value=False) if occasions else pl.lit(value=False)


def _is_on(mode: str | None, columns: Any) -> pl.Expr:
    return pl.lit(mode == "on") if mode is not None else pl.col(columns["mode"]) == "on"
