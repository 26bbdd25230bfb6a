"""A survey written down as YAML, whoever edits it by whatever form: the one thing that is read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from engine.survey.reader import FileError, Finding, Reader, plain

WIDTH = 10_000
"""No text is broken into lines, so that each stands on the line that a mistake in it is named with."""


def write_survey(content: Mapping[str, Any]) -> str:
    """The YAML of a survey as `survey_as_dict` gives it; with mistakes, if it has some, so that they can be named."""
    writer = YAML()
    writer.width, writer.allow_unicode = WIDTH, True
    writer.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    writer.dump(_quoted(content), text)
    return text.getvalue()


def _quoted(value: Any) -> Any:
    """Texts that YAML would take for something else are written in quotes by itself; so are those of several lines."""
    if isinstance(value, Mapping):
        return {str(key): _quoted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_quoted(item) for item in value]
    return DoubleQuotedScalarString(value) if isinstance(value, str) and "\n" in value else value


def read_content(source: str, where: str) -> dict[str, Any]:
    """What stands in YAML, unchecked. Raises FileError where it is none, or holds no survey."""
    found = plain(Reader(where).load(source))
    if not isinstance(found, dict):
        raise FileError([Finding(f"{where}:1", "there should be keys with values here: survey, title, questions …")])
    return found


class Place(NamedTuple):
    """Where a line of YAML belongs. `question`: its place, from 0; None: the survey itself."""

    question: int | None
    key: str


def find_place(source: str, line: int) -> Place:
    """The question and key that stand on a line, counted from 1."""
    node, question = Reader("").load(source), None
    for place, entry in enumerate(node.get("questions") or () if isinstance(node, dict) else ()):
        if isinstance(entry, CommentedMap) and entry.lc.line < line:
            node_of_question, question = entry, place
    if question is not None:
        return Place(question, _key_at(node_of_question, line))
    return Place(None, _key_at(node, line))


def _key_at(node: Any, line: int) -> str:
    if not isinstance(node, CommentedMap):
        return ""
    before = [(node.lc.data[key][0], str(key)) for key in node if key in (node.lc.data or {})]
    return max(((at, key) for at, key in before if at < line), default=(0, ""))[1]


class Difference(NamedTuple):
    """What differs between two versions. `question` empty: of the survey itself; None: it was not there."""

    question: str
    key: str
    before: str | None
    after: str | None


def compare_surveys(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every key that differs, question by question in their new order, then those that are gone."""
    old, new = _by_question(before), _by_question(after)
    found = [change for name in [*new, *(name for name in old if name not in new)]
             for change in _compare(name, old.get(name, {}), new.get(name, {}))]  # fmt: skip
    orders = [[name for name in one if name in old and name in new and name] for one in (old, new)]
    if orders[0] != orders[1]:
        found.append(Difference("", "order", ", ".join(orders[0]), ", ".join(orders[1])))
    return found


def _by_question(content: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    own = {key: value for key, value in content.items() if key != "questions"}
    found = {"": dict(leaves(own))}
    for question in content.get("questions") or ():
        found[str(question.get("name", ""))] = dict(leaves({**question, "name": None}))
    return found


def _compare(question: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for key in [*after, *(key for key in before if key not in after)]:
        if before.get(key) != after.get(key):
            yield Difference(question, key, before.get(key), after.get(key))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value at the end of a path, as text: `ask / de`, `choices / board / en`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(inner, f"{path} / {key}" if path else str(key))
    elif isinstance(value, list | tuple):
        yield path, ", ".join(map(str, value))
    elif value is not None:
        yield path, {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
