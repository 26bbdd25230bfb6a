"""Decision records: what was decided for a contact, as JSON that can be told again when the strategies have changed.

A record is {"decided": …, "said": {place in the outline: values}, "tailored": …}. What a strategy did not object to is
null. The outline with the sentences is kept once, by the run that the record belongs to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
IDS = ("contact_id", "account_id", "person_id", "contact_key", "account_key")
AMONG = "rank"
"""A place among those who are decided for together: it says nothing of the contact."""


def make_records(decisions: Decisions, rows: pl.Series, tailored: Tailored) -> pl.DataFrame:
    """Records of these rows: contact_id, on, decision, occasion, next_ask_on, says (the JSON text)."""
    values = _with_changes(decisions, rows, values_of(decisions, rows)).hstack(find_takers(decisions, rows))
    lines = outline(decisions)
    decided = pl.struct(
        pl.exclude(*IDS, AMONG, "^(score|chance|why_not):.*$", *(name for name in values.columns if "#" in name))
    )
    said = pl.struct([_said(line, values.columns).alias(str(place)) for place, line in enumerate(lines)])
    parts = values.select("contact_id", decided=decided, said=said)
    parts = parts.join(_told(tailored), on="contact_id", how="left", maintain_order="left").drop("contact_id")
    says = parts.select(says=pl.struct(pl.all()).struct.json_encode())["says"]
    return values.select("contact_id", "decision", "occasion", "next_ask_on", says, on="today")


def _with_changes(decisions: Decisions, rows: pl.Series, values: pl.DataFrame) -> pl.DataFrame:
    """What would change it, for those who are held: most records are of asks, and keep it short."""
    held = values["decision"].is_in(["hold", "no_reason"])
    if not held.any():
        return values
    changes = what_if(decisions, rows.filter(held), OWN_WORD).with_columns(values["contact_id"].filter(held))
    return values.join(changes, on="contact_id", how="left", maintain_order="left")


def _said(line: Line, columns: Sequence[str]) -> pl.Expr:
    """What one line is told with; null where it says nothing."""
    own = [pl.col(name).alias(name.removeprefix(line.at)) for name in columns if name.startswith(line.at)]
    speaks = pl.col(line.at + SPEAKING[line.kind]).is_not_null()
    if line.kind == "worth":  # told where there was not room for everyone
        speaks &= pl.col("decision") == "limited"
    if line.mode is None:  # who has it on, and no objection, is told so
        speaks |= pl.col(line.at + "mode") != "off"
    return pl.when(speaks).then(pl.struct(own))


def _told(tailored: Tailored) -> pl.DataFrame:
    """How each ask was tailored: survey, channel, scores, questions picked and left out."""
    ways = [name for name in tailored.frame.columns if name.startswith(("score:", "chance:", "why_not:"))]
    asks = tailored.frame.select("contact_id", "survey", "channel", "preferred_channel", *ways).with_row_index("row")
    asks = asks.cast({"row": pl.Int64})
    for name, chosen in (("questions", tailored.forms.picked), ("left_out", tailored.forms.left_out)):
        listed = chosen.group_by("row", maintain_order=True).agg(pl.struct(pl.exclude("row")).alias(name))
        asks = asks.join(listed, on="row", how="left", maintain_order="left")
    return asks.select("contact_id", tailored=pl.struct(pl.exclude("contact_id", "row")))


def read_record(says: Mapping[str, Any], lines: Sequence[Line]) -> dict[str, Any]:
    """The values of a record, as engine.decide.explanation.explain takes them."""
    values = dict(says["decided"])
    for place, line in enumerate(lines):
        said = says["said"].get(str(place)) or {SPEAKING[line.kind]: None, "mode": "off"}
        values |= {line.at + name: value for name, value in said.items()}
    return {name: _dates(value) for name, value in values.items()}


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
