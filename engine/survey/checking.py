"""What is wrong with a form's logic, said when its survey is read: facts that are not there, kinds that do not go
together, questions that are never asked, and questions that wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from jinja2 import nodes

from engine.errors import InputError
from engine.survey.logic import ANSWERS, LAST, LAST_FACTS, answer_fact, opened_by, path_or_node
from engine.survey.wording import CONDITION_FACTS, check_condition, holds, parse_condition
from engine.types import OCCASIONS, TIERS, Given, Question, QuestionType

MOST_CASES = 5_000
"""So many combinations of answers are tried to see whether a condition can ever be true."""

Domains = Mapping[str, list[Any] | type]
"""What each fact can be: every value, nothing among them; or, if there are many, their kind."""


def last_facts(questions: Sequence[Question]) -> dict[str, str]:
    """What texts can tell of earlier asks. A question that is repeated has no one last answer."""
    return {
        f"{LAST}{each.name}.{fact}": words
        for each in questions
        if not each.for_each
        for fact, words in LAST_FACTS.items()
    }


@dataclass(frozen=True)
class Bank:
    """The questions of a survey, in order, while they are checked."""

    questions: Sequence[Question]
    types: Mapping[str, QuestionType]
    occasions: Sequence[str]

    def check(self, place: int) -> Iterator[tuple[str, str]]:
        """What is wrong with the conditions of the question at this place: the key, and a sentence."""
        question, earlier = self.questions[place], self.questions[:place]
        known = CONDITION_FACTS | {f"{ANSWERS}{each.name}": "" for each in earlier if not each.for_each}
        known |= {fact: "" for fact in last_facts(self.questions) if fact.endswith(".value")}
        for key, condition in (("show_if", question.show_if), ("require_if", question.require_if)):
            if condition is None:
                continue
            try:
                check_condition(condition, known)
            except InputError as error:
                yield key, f"{error}{self._ahead(question, error.about)}"
                continue
            yield from ((key, fault) for fault in self._check_values(question, condition))
        if opened_by(question) and (question.anchor or question.for_each):
            yield "show_if", "a question that waits for an answer is neither an anchor nor repeated"

    def _ahead(self, question: Question, path: str) -> str:
        if not path.startswith(ANSWERS):
            return ""
        rule = " A condition looks at questions that stand above it, so that none waits for itself."
        loop = self._loop(question.name, [question.name])
        return f" {' waits for '.join(loop)}: none of them would ever be asked.{rule}" if loop else rule

    def _loop(self, name: str, way: list[str]) -> list[str]:
        """The way from a question back to itself, by what waits for what; empty: there is none."""
        waits = next((opened_by(each) for each in self.questions if each.name == name), [])
        for other in waits:
            if other == way[0]:
                return [*way, other]
            if other not in way and (found := self._loop(other, [*way, other])):
                return found
        return []

    # what conditions compare

    def _check_values(self, question: Question, condition: str) -> Iterator[str]:
        domains = self._domains(condition)
        mismatch = next(_mismatches(condition, domains), None)
        if mismatch:
            yield mismatch
        elif not _can_hold(domains, lambda case: holds(condition, case)):
            yield f"“{condition}” is never true, whatever is answered, so this is never asked"
        elif not self._can_be_reached(question, condition):
            openers = ", ".join(opened_by(question))
            yield f"“{condition}” is never true where {openers} is asked, so this is never asked"

    def _can_be_reached(self, question: Question, condition: str) -> bool:
        """Whether there is a way to this condition, through those of the questions it waits for."""
        before = list(self._before(question, {}).values())
        domains = dict(self._domains(condition))
        for each in before:
            if each.show_if and not self._is_wrong(each):
                domains |= {path: domain for path, domain in self._domains(each.show_if).items() if path not in domains}
        for each in before:
            if question.roles and each.roles and not set(question.roles) & set(each.roles):
                domains[f"{ANSWERS}{each.name}"] = [None]

        def is_possible(case: dict[str, Any]) -> bool:
            given = case.get("answers", {})
            asked = (each.show_if for each in before if given.get(each.name) is not None and not self._is_wrong(each))
            return holds(condition, case) and all(holds(each, case) for each in asked if each)

        return _can_hold(domains, is_possible)

    def _before(self, question: Question, found: dict[str, Question]) -> dict[str, Question]:
        """Every question that this one waits for, also by way of others."""
        for each in self.questions:
            if each.name in opened_by(question) and each.name not in found:
                found[each.name] = each
                self._before(each, found)
        return found

    def _is_wrong(self, question: Question) -> bool:
        """Whether its condition is named as wrong already."""
        try:
            return not self._domains(question.show_if or "true")
        except InputError:
            return True

    def _domains(self, condition: str) -> dict[str, list[Any] | type]:
        questions = {f"{ANSWERS}{each.name}": each for each in self.questions}
        questions |= {f"{LAST}{each.name}.value": each for each in self.questions}
        fixed: dict[str, list[Any] | type] = {
            "account.tier": [*TIERS],
            "ask.occasion": [*(self.occasions or OCCASIONS)],
        }
        found = {}
        for path in check_condition(condition, CONDITION_FACTS | dict.fromkeys(questions, "")):
            if path in questions:
                each = questions[path]
                found[path] = _answers_to(each, self.types[each.type]) if each.type in self.types else object
            else:
                found[path] = fixed.get(path, str)
        return found


def _can_hold(domains: Domains, is_true: Any) -> bool:
    """Whether it is true in any case; where there are too many to try, it may be."""
    finite = {path: values for path, values in domains.items() if isinstance(values, list)}
    if len(finite) < len(domains) or prod(map(len, finite.values())) > MOST_CASES:
        return True
    cases = (_nested(dict(zip(finite, case, strict=True))) for case in product(*finite.values()))
    return any(is_true(case) for case in cases)


def _mismatches(condition: str, domains: Domains) -> Iterator[str]:
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
            yield path_or_node(left), operand.op, path_or_node(operand.expr)
            left = operand.expr


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
