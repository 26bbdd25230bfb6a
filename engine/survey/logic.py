"""Logic within a form: questions that another answer opens, or makes necessary. Conditions look back, never ahead.

A condition sees the record as any `show_if` does, `answers.NAME`: the number of an answer that is one, the list of what
was chosen where several could be, else its value; and `last.NAME.value`: the same of what this person answered last
time, at another ask. Nothing where it is not answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import nodes

from engine.errors import InputError
from engine.survey.wording import facts_in, holds, parse_condition, paths_in
from engine.types import Given, Question

ANSWERS = "answers."
LAST = "last."
LAST_FACTS = {
    "value": "what they answered to it last time: a number, or the name of the answer",
    "words": "their own words then, shortened",
    "day": "the day on which they did",
}
"""What `last.NAME.…` tells of the last answer of the same person to the question of that name."""
Tree = list[Any]


def opened_by(question: Question) -> list[str]:
    """The questions whose answers a question waits for; none: it is asked from the start."""
    return _answers_in(question.show_if) if question.show_if else []


def _answers_in(condition: str) -> list[str]:
    return [path.removeprefix(ANSWERS) for path in _paths_of(condition) if path.startswith(ANSWERS)]


@lru_cache(maxsize=4096)
def _paths_of(condition: str) -> list[str]:
    try:
        return sorted(set(paths_in(parse_condition(condition))))
    except InputError:
        return []


@lru_cache(maxsize=4096)
def last_in(question: Question) -> list[str]:
    """The questions whose last answers this one looks at, in its texts and its conditions."""
    paths = [path for text in question.ask.values() for path in _paths_of_text(text)]
    return _last_of([*paths, *_paths_of(question.show_if or ""), *_paths_of(question.require_if or "")])


def last_in_condition(condition: str | None) -> list[str]:
    return _last_of(_paths_of(condition)) if condition else []


def _last_of(paths: Iterable[str]) -> list[str]:
    return sorted({path.split(".")[1] for path in paths if path.startswith(LAST)})


@lru_cache(maxsize=4096)
def _paths_of_text(text: str) -> list[str]:
    return facts_in(text)


def answer_fact(given: Given | None) -> Any:
    """What a condition sees of an answer."""
    if given is None:
        return None
    numbered = given.score is not None and (given.value or "").lstrip("-").replace(".", "", 1).isdecimal()
    return given.data.get("choices") or (given.score if numbered else given.value)


def is_asked(question: Question, facts: Mapping[str, Any]) -> bool:
    """Whether a question that waits for answers is open. `facts`: the form's, with `answers` by question."""
    role = facts.get("contact", {}).get("role")
    return holds(question.show_if or "", facts) and (not question.roles or role in question.roles)


def is_required(question: Question, facts: Mapping[str, Any]) -> bool:
    return question.required or (question.require_if is not None and holds(question.require_if, facts))


# For the script of a page


def condition_for_script(condition: str, facts: Mapping[str, Any], fields: Mapping[str, str]) -> Tree | None:
    """A condition as lists that a script can follow, the record's facts filled in; None: only the server can tell.

    `fields`: the form's field of each question by name.
    """
    try:
        return _tree(parse_condition(condition), facts, fields)
    except LookupError:
        return None


def _tree(node: nodes.Node, facts: Mapping[str, Any], fields: Mapping[str, str]) -> Tree:
    if isinstance(node, nodes.And | nodes.Or):
        word = "and" if isinstance(node, nodes.And) else "or"
        return [word, _tree(node.left, facts, fields), _tree(node.right, facts, fields)]
    if isinstance(node, nodes.Not):
        return ["not", _tree(node.node, facts, fields)]
    if isinstance(node, nodes.Compare) and len(node.ops) == 1:
        [operand] = node.ops
        return [operand.op, _tree(node.expr, facts, fields), _tree(operand.expr, facts, fields)]
    if isinstance(node, nodes.Const):
        return ["is", node.value]
    path = path_or_node(node)
    if not isinstance(path, str):
        raise LookupError(type(node).__name__)
    if path.startswith(ANSWERS):
        return ["answer", fields[path.removeprefix(ANSWERS)]]
    value: Any = facts
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return ["is", value]


def path_or_node(node: nodes.Node) -> Any:
    """The fact that a node of a condition is, as it stands; another node is itself."""
    names = []
    while isinstance(node, nodes.Getattr):
        names.append(node.attr)
        node = node.node
    return ".".join([node.name, *reversed(names)]) if isinstance(node, nodes.Name) else node
