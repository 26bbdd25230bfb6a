"""Logic within a form: questions that another answer opens, or makes necessary. Conditions look back, never ahead.

A condition sees the record as any `show_if` does, and `answers.NAME`: the number of an answer that is one, the list of
what was chosen where several could be, else its value; nothing where it is not answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

from jinja2 import nodes

from engine.errors import InputError
from engine.survey.wording import CONDITION_FACTS, check_condition, holds, parse_condition, paths_in
from engine.types import OCCASIONS, TIERS, Given, Question, QuestionType

ANSWERS = "answers."
MOST_CASES = 5_000
"""So many combinations of answers are tried to see whether a condition can ever be true."""

Tree = list[Any]


def opened_by(question: Question) -> list[str]:
    """The questions whose answers a question waits for; none: it is asked from the start."""
    return _answers_in(question.show_if) if question.show_if else []


@lru_cache(maxsize=4096)
def _answers_in(condition: str) -> list[str]:
    try:
        paths = set(paths_in(parse_condition(condition)))
    except InputError:
        return []
    return sorted(path.removeprefix(ANSWERS) for path in paths if path.startswith(ANSWERS))


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


# Checking


def check_logic(
    question: Question, earlier: Sequence[Question], types: Mapping[str, QuestionType], occasions: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """What is wrong with a question's conditions: the key, and a sentence."""
    known = CONDITION_FACTS | {f"{ANSWERS}{each.name}": "" for each in earlier if not each.for_each}
    for key, condition in (("show_if", question.show_if), ("require_if", question.require_if)):
        if condition is None:
            continue
        try:
            check_condition(condition, known)
        except InputError as error:
            ahead = error.about.startswith(ANSWERS)
            why = " A condition looks at questions that stand above it, so that none waits for itself." if ahead else ""
            yield key, f"{error}{why}"
            continue
        yield from ((key, fault) for fault in _check_values(condition, _domains(condition, earlier, types, occasions)))
    if opened_by(question) and (question.anchor or question.for_each):
        yield "show_if", "a question that waits for an answer is neither an anchor nor repeated"


def _check_values(condition: str, domains: Mapping[str, list[Any] | type]) -> Iterator[str]:
    mismatch = next(_mismatches(condition, domains), None)
    if mismatch:
        yield mismatch
        return
    finite = {path: values for path, values in domains.items() if isinstance(values, list)}
    if len(finite) == len(domains) and prod(map(len, finite.values())) <= MOST_CASES:
        cases = (_nested(dict(zip(finite, case, strict=True))) for case in product(*finite.values()))
        if not any(holds(condition, case) for case in cases):
            yield f"“{condition}” is never true, whatever is answered, so this is never asked"


def _mismatches(condition: str, domains: Mapping[str, list[Any] | type]) -> Iterator[str]:
    for left, operator, right in _comparisons(condition):
        for path, value in ((left, right), (right, left)):
            if not isinstance(path, str) or path not in domains or not isinstance(value, nodes.Const):
                continue
            domain, known = domains[path], value.value
            kinds = {type(each) for each in domain if each is not None} if isinstance(domain, list) else {domain}
            if kinds <= {float} and isinstance(known, str):
                yield f"{path} is a number and is compared with the text {known!r}"
            elif kinds <= {str} and isinstance(known, int | float):
                yield f"{path} is a text and is compared with the number {known}"
            elif operator == "eq" and isinstance(domain, list) and known is not None and known not in domain:
                words = ", ".join(str(each) for each in domain if each is not None)
                yield f"{path} is never {known!r}; it is one of {words}"


def _comparisons(condition: str) -> Iterator[tuple[Any, str, Any]]:
    tree = parse_condition(condition)
    for node in [tree, *tree.find_all(nodes.Compare)]:
        if not isinstance(node, nodes.Compare):
            continue
        left = node.expr
        for operand in node.ops:
            yield _path_or_node(left), operand.op, _path_or_node(operand.expr)
            left = operand.expr


def _path_or_node(node: nodes.Node) -> Any:
    names = []
    while isinstance(node, nodes.Getattr):
        names.append(node.attr)
        node = node.node
    return ".".join([node.name, *reversed(names)]) if isinstance(node, nodes.Name) else node


def _domains(
    condition: str, earlier: Sequence[Question], types: Mapping[str, QuestionType], occasions: Sequence[str]
) -> dict[str, list[Any] | type]:
    """What each fact of a condition can be: every value, nothing among them; or, if there are many, their kind."""
    questions = {f"{ANSWERS}{question.name}": question for question in earlier}
    fixed: dict[str, list[Any] | type] = {"account.tier": [*TIERS], "ask.occasion": [*(occasions or OCCASIONS)]}
    found = {}
    for path in check_condition(condition, CONDITION_FACTS | dict.fromkeys(questions, "")):
        if path in questions:
            question = questions[path]
            found[path] = _answers_to(question, types[question.type]) if question.type in types else object
        else:
            found[path] = fixed.get(path, str)
    return found


def _answers_to(question: Question, kind: QuestionType) -> list[Any] | type:
    if kind.analysis.scale in ("interval", "ratio"):
        return float
    offered = [*map(str, range(12)), "yes", "no", "other", *map(str, question.options.get("choices", ()))]
    try:
        given = [_try(question, kind, value) for value in offered]
    except Exception:  # options with mistakes of their own, which are named elsewhere
        return object
    facts = [answer_fact(each) for each in given if each is not None]
    return [None, *dict.fromkeys(facts)] if facts and not any(isinstance(each, list) for each in facts) else object


def _try(question: Question, kind: QuestionType, value: str) -> Given | None:
    try:
        return kind.read(question, {"q": [value]}, "q")
    except InputError:
        return None


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for path, value in values.items():
        *groups, name = path.split(".")
        inner = facts
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[name] = value
    return facts


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
    path = _path_or_node(node)
    if not isinstance(path, str):
        raise LookupError(type(node).__name__)
    if path.startswith(ANSWERS):
        return ["answer", fields[path.removeprefix(ANSWERS)]]
    value: Any = facts
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return ["is", value]
