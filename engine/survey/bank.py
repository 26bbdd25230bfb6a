"""Banks of questions: read from YAML and checked key by key, kept as plain data, chosen by occasion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from engine.errors import nearest
from engine.survey.checking import Bank, last_facts
from engine.survey.journey import Journey
from engine.survey.logic import ANSWERS
from engine.survey.options import text_for
from engine.survey.reader import ANYTHING, ENTRIES, FLAG, NUMBER, TEXT, TEXTS, WORDS, Reader, plain
from engine.survey.wording import FACTS, KNOWN_FACTS, check_wording
from engine.types import OCCASIONS, Question, QuestionType, Survey

__all__ = ["FOR_EACH", "read_survey", "survey_as_dict", "survey_for", "survey_from_dict", "text_for"]

SINCE_LAST_ASK = "touchpoints.since_last_ask"
FOR_EACH = ("promises.done_without_verdict", "promises.open", SINCE_LAST_ASK)
"""What a question can be repeated for: the contact's promises that wait for their word, or that we still owe; what
happened with them since they were last asked."""

SURVEY_KEYS = {
    "survey": TEXT,
    "title": TEXTS,
    "intro": TEXTS,
    "occasions": WORDS,
    "touchpoints": WORDS,
    "questions": ENTRIES,
}
QUESTION_KEYS = {
    "name": TEXT,
    "type": TEXT,
    "ask": TEXTS,
    "measures": TEXT,
    "anchor": FLAG,
    "seconds": NUMBER,
    "every_days": NUMBER,
    "about": TEXT,
    "roles": WORDS,
    "show_if": TEXT,
    "require_if": TEXT,
    "for_each": TEXT,
    "touchpoints": WORDS,
    "knows": TEXT,
    "required": FLAG,
}


def read_survey(source: str, where: str, types: Mapping[str, QuestionType], journey: Journey) -> Survey:
    """A survey from YAML. Raises FileError naming every mistake with its line."""
    reader = _BankReader(where, types, journey)
    survey = reader.survey(reader.load(source))
    reader.conclude()
    return survey


def survey_for(surveys: Iterable[Survey], occasion: str, touchpoint: str | None = None) -> Survey | None:
    """The survey for an occasion: one that names this touchpoint, else one that names none; the first by name."""
    suitable = sorted((survey for survey in surveys if occasion in survey.occasions), key=lambda survey: survey.name)
    named = (survey for survey in suitable if touchpoint in survey.touchpoints)
    return next(named, next((survey for survey in suitable if not survey.touchpoints), None))


def survey_as_dict(survey: Survey) -> dict[str, Any]:
    """A survey as it would stand in YAML, for keeping as JSON; what is at its default is left out."""
    found = {"survey": survey.name} | _set_fields(survey)
    del found["name"]
    found["questions"] = []
    for question in survey.questions:
        own = _set_fields(question)
        found["questions"].append(own | own.pop("options", {}))
    return found


def survey_from_dict(content: Mapping[str, Any]) -> Survey:
    """A survey as survey_as_dict kept it. It was checked before that."""
    rest = {key: value for key, value in content.items() if key not in ("survey", "questions")}
    questions = tuple(_question_from(node) for node in content["questions"])
    return Survey(name=content["survey"], questions=questions, **_with_tuples(rest))


def repeated_for(question: Question) -> str:
    """What a question is repeated for, with the kinds that count: what has the same name waits for both alike."""
    kinds = ",".join(sorted(question.touchpoints))
    return f"{question.for_each}:{kinds}" if kinds else question.for_each or ""


def _question_from(node: Mapping[str, Any]) -> Question:
    own = {key: value for key, value in node.items() if key in QUESTION_KEYS}
    return Question(**_with_tuples(own), options={key: value for key, value in node.items() if key not in own})


def _set_fields(value: Survey | Question) -> dict[str, Any]:
    found = {}
    for field in fields(value):
        here = getattr(value, field.name)
        if here != (field.default if field.default_factory is MISSING else field.default_factory()):
            found[field.name] = list(here) if isinstance(here, tuple) else here
    return found


def _with_tuples(node: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in node.items()}


class _BankReader(Reader):
    def __init__(self, where: str, types: Mapping[str, QuestionType], journey: Journey) -> None:
        super().__init__(where)
        self.types, self.journey = types, journey

    def survey(self, node: Any) -> Survey:
        found = self.keys(node, SURVEY_KEYS)
        self.needs(node, found, "survey", "title", "occasions", "questions")
        for key in ("title", "intro"):
            self.texts(node, key, found, lambda text: check_wording(text, facts_of(None)))
        self.words(node, "occasions", found.get("occasions", []), OCCASIONS)
        self.words(node, "touchpoints", found.get("touchpoints", []), self.journey.kinds)
        nodes = found.pop("questions", [])
        questions = tuple(map(self.question, nodes))
        for node_of, place in zip(nodes, range(len(questions)), strict=True):
            self._check_logic(node_of, place, Bank(questions, self.types, found.get("occasions", [])))
        self._check_names(nodes, questions)
        self._check_bank(node, questions)
        found = {"title": {}, "occasions": []} | _with_tuples(plain(found))
        return Survey(name=found.pop("survey", ""), questions=questions, **found)

    def _check_names(self, nodes: list[Any], questions: tuple[Question, ...]) -> None:
        seen: set[str] = set()
        for node, question in zip(nodes, questions, strict=True):
            if question.name in seen - {""}:
                self.note(f"another question has the name “{question.name}”", node, "name")
            seen.add(question.name)

    def _check_bank(self, node: Any, questions: tuple[Question, ...]) -> None:
        if questions and not any(question.anchor for question in questions):
            self.note("at least one question must be an anchor, asked of everyone: anchor: true", node, "questions")
        inviting = sorted(name for name, kind in self.types.items() if kind.own_words)
        always = (question for question in questions if not question.for_each and not question.knows)
        if questions and not any(question.type in inviting for question in always):
            words = f"at least one question must invite the client's own words: {', '.join(inviting)}"
            self.note(words, node, "questions")

    def question(self, node: Any) -> Question:
        kind = self._type(node)
        unknown = [key for key in node if key not in QUESTION_KEYS] if isinstance(node, dict) else []
        found = self.keys(node, {**dict.fromkeys(kind.options if kind else unknown, ANYTHING), **QUESTION_KEYS})
        self.needs(node, found, "name", "type", "ask")
        options = {key: plain(found.pop(key)) for key in list(found) if key not in QUESTION_KEYS}
        for fault in kind.check(options) if kind else ():
            self.note(fault, node, fault.partition(":")[0])
        self._check_question(node, found)
        return Question(**{"name": "", "type": "", "ask": {}} | _with_tuples(plain(found)), options=options)

    def _check_logic(self, node: Any, place: int, bank: Bank) -> None:
        """What takes the whole bank to check: what its texts speak of, and its conditions."""
        question, earlier = bank.questions[place], bank.questions[:place]
        facts = facts_of(question.for_each) | last_facts(bank.questions)
        facts |= {f"{ANSWERS}{each.name}": "an answer above" for each in earlier}
        if isinstance(node, dict) and isinstance(node.get("ask"), dict):
            self.texts(node, "ask", {"ask": node["ask"]}, lambda text: check_wording(text, facts))
        for key, fault in bank.check(place):
            self.note(f"{key}: {fault}", node, key)

    def _type(self, node: Any) -> QuestionType | None:
        name = node.get("type") if isinstance(node, dict) else None
        if isinstance(name, str) and name not in self.types:
            self.note(f"there is no question type “{name}”.{nearest(name, self.types)}", node, "type")
        return self.types.get(name) if isinstance(name, str) else None

    def _check_question(self, node: Any, found: dict[str, Any]) -> None:
        if "for_each" in found:
            self.words(node, "for_each", [found["for_each"]], FOR_EACH)
        if "touchpoints" in found:
            self.words(node, "touchpoints", found["touchpoints"], self.journey.kinds)
            if found.get("for_each") != SINCE_LAST_ASK:
                self.note(f"touchpoints says which of them it is repeated for: it needs for_each: {SINCE_LAST_ASK}",
                          node, "touchpoints")  # fmt: skip
        if "knows" in found:
            self.words(node, "knows", [found["knows"]], KNOWN_FACTS)
            if found.get("anchor"):
                words = "an anchor is asked of everyone, whatever the record knows: leave out one of the two"
                self.note(words, node, "knows")
        if "about" in found:
            self.words(node, "about", [found["about"]], [entry.name for entry in self.journey.entries])
        for key, least, most in (("seconds", 1, 600), ("every_days", 0, 3650)):
            if not least <= found.get(key, least) <= most:
                self.note(f"{key} takes a whole number from {least} to {most}, not {found[key]}", node, key)


def facts_of(for_each: str | None) -> dict[str, str]:
    """The facts for texts of a question that is repeated for these; None: it is not. Promises are told as `promise`."""
    own = (for_each or "").partition("s.")[0]
    return {fact: words for fact, words in FACTS.items() if fact.partition(".")[0] in (*_GROUPS_OF_ANY, own)}


_GROUPS_OF_ANY = ("company", "account", "contact", "ask")
