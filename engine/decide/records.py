"""Decision records: what was decided for a contact, as JSON that can be told again when the strategies have changed.

A record is {"decided": …, "said": {place in the outline: values}, "tailored": …}. What there is nothing of is left out,
and values are called by numbers: a house writes half a million records with its first plan, and names were most of
them. The sentences of a run are kept once, by the run: {"lines": the outline, "names": {part of a record: names}}.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from engine.decide.changes import what_if
from engine.decide.outline import Line, outline, values_of
from engine.decide.plan import OWN_WORD
from engine.decide.planner import Decisions
from engine.decide.tailoring import Tailored
from engine.decide.takers import find_takers

SPEAKING = {"reason": "on", "hold": "until", "closed": "calendar", "limit": "at_most", "worth": "worth"}
"""The value without which a line says nothing, by kind."""
APART = (
    "contact_id", "account_id", "person_id", "contact_key", "account_key", "score:", "chance:", "why_not:", "rank",
)  # fmt: skip
"""Whose record it is, how the ask was tailored, and a place among those who are decided for together."""
SLICE = 25_000
"""So many records are made at a time: the memory they take does not grow with the house."""
Names = dict[str, list[str]]
"""How the values of each part of a run's records are called, by their numbers there."""


def make_records(decisions: Decisions, rows: pl.Series, tailored: Tailored, names: Names) -> Iterator[pl.DataFrame]:
    """Records of these rows, some at a time: contact_id, on, decision, occasion, next_ask_on, says (the JSON text).

    `names` learns how values are called, for the run to keep.
    """
    told, decided = _told(tailored), decisions.frame["decision"][rows]
    for decision in decided.unique(maintain_order=True):
        same = rows.filter(decided == decision)
        for first in range(0, len(same), SLICE):
            yield _make(decisions, same.slice(first, SLICE), told, names)


def _make(decisions: Decisions, rows: pl.Series, told: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Of those for whom the same was decided, so that mostly the same is known of them."""
    values = values_of(decisions, rows).hstack(find_takers(decisions, rows))
    if values["decision"][0] in ("hold", "no_reason"):  # most records are of asks, and keep it short
        values = values.hstack(what_if(decisions, rows, OWN_WORD))
    own = [name for name in values.columns if "#" not in name and not name.startswith(APART)]
    lines = {str(place): line for place, line in enumerate(outline(decisions)) if _anybody(values, line)}
    said = [
        pl.when(_speaks(line)).then(_numbered(values, line.at, names.setdefault(place, []))).alias(place)
        for place, line in lines.items()
    ]
    decided = _numbered(values.select(own), "", names.setdefault("decided", []))
    parts = values.select("contact_id", decided=decided, said=pl.struct(said))
    parts = parts.join(told, on="contact_id", how="left", maintain_order="left").drop("contact_id")
    says = parts.select(says=pl.struct(pl.all()).struct.json_encode())["says"]
    return values.select("contact_id", "decision", "occasion", "next_ask_on", says, on="today")


def _anybody(values: pl.DataFrame, line: Line) -> bool:
    """Whether the line says something to any of them."""
    if line.kind == "worth" and values["decision"][0] != "limited":  # told where there was not room for everyone
        return False
    return line.mode is None or values[line.at + SPEAKING[line.kind]].null_count() < values.height


def _speaks(line: Line) -> pl.Expr:
    speaks = pl.col(line.at + SPEAKING[line.kind]).is_not_null()
    if line.mode is None:  # who has it on, and no objection, is told so
        speaks |= pl.col(line.at + "mode") != "off"
    return speaks


def _numbered(values: pl.DataFrame, at: str, names: list[str]) -> pl.Expr:
    """The values whose names begin so, those that anybody has, each called by the place of its name."""
    columns = [column for column in values.columns if column.startswith(at)]
    names += [name for column in columns if (name := column.removeprefix(at)) not in names]
    had = [column for column in columns if values[column].null_count() < values.height]
    return pl.struct(pl.col(column).alias(str(names.index(column.removeprefix(at)))) for column in had)


def _told(tailored: Tailored) -> pl.DataFrame:
    """How each ask was tailored: survey, channel, scores, questions picked and left out."""
    ways = [name for name in tailored.frame.columns if name.startswith(("score:", "chance:", "why_not:"))]
    asks = tailored.frame.select("contact_id", "survey", "channel", "preferred_channel", *ways).with_row_index("row")
    asks = asks.cast({"row": pl.Int64})
    for name, chosen in (("questions", tailored.forms.picked), ("left_out", tailored.forms.left_out)):
        listed = chosen.group_by("row", maintain_order=True).agg(pl.struct(pl.exclude("row")).alias(name))
        asks = asks.join(listed, on="row", how="left", maintain_order="left")
    return asks.select("contact_id", tailored=pl.struct(pl.exclude("contact_id", "row")))


def read_record(says: Mapping[str, Any], sentences: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a record, as engine.decide.explanation.explain takes them. `sentences`: those of its run."""
    names = sentences.get("names", {})  # runs of the first months called everything by its name
    values = _named(says["decided"], names.get("decided"))
    for place, line in enumerate(lines_from_json(sentences["lines"])):
        said = says["said"].get(str(place))
        told = {SPEAKING[line.kind]: None, "mode": "off"} if said is None else _named(said, names.get(str(place)))
        values |= {line.at + name: value for name, value in told.items()}
    return {name: _dates(value) for name, value in values.items()}


def _named(values: Mapping[str, Any], names: Sequence[str] | None) -> dict[str, Any]:
    if names is None:
        return dict(values)
    return {name: values.get(str(place)) for place, name in enumerate(names)}


def lines_as_json(lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [json.loads(json.dumps(vars(line))) for line in lines]


def lines_from_json(stored: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The outline of a run, as it was kept."""
    return [Line(**{name: _tuple(value) for name, value in line.items()}) for line in stored]


def _tuple(value: Any) -> Any:
    """JSON knows no tuples either."""
    return tuple(value) if isinstance(value, list) else value


def _dates(value: Any) -> Any:
    """JSON knows no dates: a text that is one becomes one again."""
    if isinstance(value, list):
        return [_dates(item) for item in value]
    if isinstance(value, dict):
        return {name: _dates(item) for name, item in value.items()}
    if not isinstance(value, str) or len(value) != 10:
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value
