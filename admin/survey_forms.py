"""A survey as a form: its content as fields, and what was typed as content again. What is wrong is left to the checker.

Fields of the survey are named by their keys (`title.de`), those of a question begin with its mark (`q3.ask.de`). What
only a question's type understands stands in rows: a path (`reasons / low / price`) with its words by language, or with
one value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from engine.survey.bank import QUESTION_KEYS
from engine.survey.reader import FLAG, NUMBER, TEXTS, WORDS, Finding
from engine.survey.writing import find_place

Typed = MultiDict[str, str]
Content = dict[str, Any]

CUT = " / "
MOST_LANGUAGES = 20


@dataclass(frozen=True)
class Row:
    """An option of a question's type: words by language, or one value."""

    path: str
    texts: Mapping[str, str]
    value: str


@dataclass(frozen=True)
class Told:
    """A mistake, and the question (its place, from 0) and key it stands at."""

    question: int | None
    key: str
    line: str
    message: str


def rows_of(question: Mapping[str, Any]) -> list[Row]:
    """The options of a question, row by row."""
    return [row for key, value in question.items() if key not in QUESTION_KEYS for row in _rows(key, value)]


def _rows(path: str, value: Any) -> Iterator[Row]:
    if _is_texts(value):
        yield Row(path, value, "")
    elif isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _rows(f"{path}{CUT}{key}", inner)
    else:
        yield Row(path, {}, _written(value))


def _is_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and "en" in value and all(isinstance(text, str) for text in value.values())


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def languages_of(content: Content, typed: str = "") -> list[str]:
    """English first, then every language that some text is in, or that was asked for."""
    found = [name.strip() for name in typed.split(",")]
    return list(dict.fromkeys(["en", *_locales(content), *filter(None, found)]))[:MOST_LANGUAGES]


def _locales(value: Any) -> Iterator[str]:
    if _is_texts(value):
        yield from value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _locales(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _locales(inner)


# What was typed


def read_typed(name: str, typed: Typed) -> Content:
    """The content that a form stands for, in the order of its keys in a file."""
    languages = languages_of({}, typed.get("languages", ""))
    content: Content = {"survey": name}
    for key in ("title", "intro"):
        content[key] = _texts(typed, key, languages)
    content |= {key: typed.getlist(key) for key in ("occasions", "touchpoints")}
    content = {key: value for key, value in content.items() if value}
    return content | {"questions": [_read_question(typed, mark, languages) for mark in typed.getlist("question")]}


def _read_question(typed: Typed, mark: str, languages: Sequence[str]) -> Content:
    found = {}
    for key, shape in QUESTION_KEYS.items():
        text = typed.get(f"{mark}.{key}", "").strip()
        if shape is TEXTS:
            found[key] = _texts(typed, f"{mark}.{key}", languages)
        elif shape is WORDS:
            found[key] = [word.strip() for word in text.split(",") if word.strip()]
        else:
            found[key] = text and (_scalar(text) if shape in (NUMBER, FLAG) else text)
    found = {key: value for key, value in found.items() if value not in ("", [], {}) and value is not False}
    return found | _read_options(typed, mark, languages)


def _texts(typed: Typed, name: str, languages: Sequence[str]) -> dict[str, str]:
    found = {locale: typed.get(f"{name}.{locale}", "").replace("\r\n", "\n").strip() for locale in languages}
    return {locale: text for locale, text in found.items() if text}


def _read_options(typed: Typed, mark: str, languages: Sequence[str]) -> Content:
    options: Content = {}
    columns = [typed.getlist(f"{mark}.option.{locale}") for locale in languages]
    values = typed.getlist(f"{mark}.option")
    for place, path in enumerate(typed.getlist(f"{mark}.path")):
        names = [name.strip() for name in path.split(CUT.strip()) if name.strip()]
        words = {locale: column[place].strip() for locale, column in zip(languages, columns, strict=True)
                 if place < len(column) and column[place].strip()}  # fmt: skip
        value = values[place].strip() if place < len(values) else ""
        if names and (words or value):
            _put(options, names, words or _scalar(value))
    return options


def _put(options: Content, names: Sequence[str], value: Any) -> None:
    *groups, last = names
    for group in groups:
        inner = options.setdefault(group, {})
        if not isinstance(inner, dict):
            inner = options[group] = {}
        options = inner
    options[last] = value


def _scalar(text: str) -> Any:
    """A number, true or false, a list in brackets, or the text itself.

    >>> _scalar("7"), _scalar("true"), _scalar("[a, b]"), _scalar("stars")
    (7, True, ['a', 'b'], 'stars')
    """
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(word.strip()) for word in text[1:-1].split(",") if word.strip()]
    if text.removeprefix("-").isascii() and text.removeprefix("-").isdecimal() and len(text) < 16:
        return int(text)
    return {"true": True, "false": False}.get(text, text)


# What is done with questions before anything is saved


def rearrange(content: Content, step: str, place: int) -> int:
    """Move, copy, remove or add a question; where it, or what took its place, stands then."""
    questions: list[Content] = content.setdefault("questions", [])
    if step == "add":
        questions.append({"type": "rating"})
        return len(questions) - 1
    if not 0 <= place < len(questions):
        return 0
    if step == "copy":
        questions.insert(place + 1, {**questions[place], "name": f"{questions[place].get('name', 'question')}_again"})
        return place + 1
    found = questions.pop(place)
    if step == "remove":
        return min(place, len(questions) - 1)
    place = max(0, place + {"up": -1, "down": 1}.get(step, 0))
    questions.insert(place, found)
    return min(place, len(questions) - 1)


def tell_findings(source: str, findings: Sequence[Finding]) -> list[Told]:
    """Each mistake at the question and key it is about."""
    return [_tell(source, finding) for finding in findings]


def _tell(source: str, finding: Finding) -> Told:
    line = finding.where.rpartition(":")[2]
    if not line.isdecimal():
        return Told(None, "", "", finding.message)
    question, key = find_place(source, int(line))
    return Told(question, key, line, finding.message)
