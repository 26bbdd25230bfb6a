"""A decision then and now: what was stored when it was made, beside what the same rules find for that day today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.decide.explanation import Explanation, explain
from engine.decide.page import headline
from engine.decide.records import lines_from_json, read_record
from engine.decide.sentences import Teller, Words
from engine.decide.tailoring import tell_tailored
from engine.decide.takers import Names, with_names


def replay(now: Explanation, says: Mapping[str, Any], sentences: Mapping[str, Any], names: Names) -> Explanation:
    """The explanation with what was stored beside it. `says`: the record; `sentences`: those that its run kept."""
    tell = Teller(now.on, now.language)
    who = {"contact": now.contact, "account": now.account}
    values = with_names(read_record(says, sentences), names)
    then = explain(lines_from_json(sentences["lines"]), values, who, now.language)
    if says.get("tailored"):
        then = replace(then, **tell_tailored(says["tailored"], tell))
    return replace(now, stored=then, differs=list(_differences(then, now, tell)))


def _differences(then: Explanation, now: Explanation, tell: Teller) -> Iterator[str]:
    """A sentence for each thing that is not the same any more."""
    if headline(then) != headline(now):
        yield tell("Then: {then} Now: {now}", then=headline(then), now=headline(now))
    for part in ("reasons", "holds", "limits"):
        before, after = _sentences(getattr(then, part)), _sentences(getattr(now, part))
        yield from (tell("Only then: {because}.", because=one) for one in before if one not in after)
        yield from (tell("Only now: {because}.", because=one) for one in after if one not in before)
    if then.channel and now.channel and then.channel["chosen"] != now.channel["chosen"]:
        yield tell("Then by {then}, now by {now}.", then=then.channel["chosen"], now=now.channel["chosen"])
    if then.questions is not None and now.questions is not None and _names(then) != _names(now):
        asked = {"then": _names(then), "now": _names(now)}
        yield tell("Then we asked about {then}. Now we would ask about {now}.", asked)


def _sentences(told: Sequence[Mapping[str, Any]] | None) -> list[Words]:
    """What was said; of limits only what left somebody out: places are taken all the time, first of all by this ask."""
    return [Words(each["because"]) for each in told or () if each.get("binding", True) or "per" not in each]


def _names(told: Explanation) -> list[str]:
    return [question["name"] for question in told.questions or ()]
