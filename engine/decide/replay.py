"""A decision then and now: what was stored when it was made, beside what the same rules find for that day today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.decide.explanation import Explanation, explain
from engine.decide.page import headline
from engine.decide.records import lines_from_json, read_record, read_tailored


def replay(now: Explanation, says: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Explanation:
    """The explanation with what was stored beside it. `says`: the record; `lines`: the outline that its run kept."""
    outline = lines_from_json(lines)
    then = explain(outline, read_record(says, outline), {"contact": now.contact, "account": now.account})
    then = replace(then, **read_tailored(says))
    return replace(now, stored=then, differs=list(_differences(then, now)))


def _differences(then: Explanation, now: Explanation) -> Iterator[str]:
    """A sentence for each thing that is not the same any more."""
    if headline(then) != headline(now):
        yield f"Then: {headline(then)} Now: {headline(now)}"
    for part in ("reasons", "holds", "limits"):
        before, after = _sentences(getattr(then, part)), _sentences(getattr(now, part))
        yield from (f"Only then: {sentence}." for sentence in before if sentence not in after)
        yield from (f"Only now: {sentence}." for sentence in after if sentence not in before)
    if then.channel and now.channel and then.channel["chosen"] != now.channel["chosen"]:
        yield f"Then: {then.channel['why']}. Now: {now.channel['why']}."
    if then.questions is not None and now.questions is not None and _names(then) != _names(now):
        yield f"Then we asked about {', '.join(_names(then))}. Now we would ask about {', '.join(_names(now))}."


def _sentences(told: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """What was said; of limits only what left somebody out: places are taken all the time, first of all by this ask."""
    return [each["because"] for each in told or () if each.get("binding", True) or "per" not in each]


def _names(told: Explanation) -> list[str]:
    return [question["name"].replace("_", " ") for question in told.questions or ()]
