"""Reading YAML that people write: every mistake in one go, with its line, its key and the nearest right one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from engine.errors import InputError, nearest

MOST_VALUES = 20_000
"""In one file. Aliases count each time, so that a file of a few lines cannot become gigabytes."""

Shape = tuple[type, str]
TEXT: Shape = (str, "text")
NUMBER: Shape = (int, "a whole number")
FLAG: Shape = (bool, "true or false")
WORDS: Shape = (list, "a list of words")
TEXTS: Shape = (dict, "texts by language, such as {en: …, de: …}")
ENTRIES: Shape = (list, "a list of entries")
GROUP: Shape = (dict, "keys with their values")
ANYTHING: Shape = (object, "anything")


@dataclass(frozen=True)
class Finding:
    """A mistake: where it stands (`file:line`) and what is wrong, with what to do."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class FileError(InputError):
    """A file with mistakes, all of which `findings` names."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)), about=self.findings[0].where)


class Reader:
    """Reads one file, noting mistakes as it goes. What is wrong is left out, so that the rest can be checked too."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.findings: list[Finding] = []

    def load(self, source: str | bytes) -> Any:
        """The file as YAML 1.2, where `no` is Norwegian. Raises FileError where it is none."""
        try:
            return _parse(source)
        except MarkedYAMLError as error:
            line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
            raise FileError([Finding(self.where + line, f"this is no YAML: {error.problem}")]) from None
        except (YAMLError, ValueError, RecursionError) as error:
            said = " ".join(str(error).split())
            raise FileError([Finding(self.where, f"this is no YAML: {said}")]) from None

    def note(self, message: str, node: Any = None, key: Any = None) -> None:
        """Keep a mistake at `key` of `node`, or at the line where node begins."""
        place = getattr(node, "lc", None)
        where = self.where
        if place is not None and place.line is not None:
            known = place.data is not None and key in place.data
            where = f"{where}:{(place.data[key][0] if known else place.line) + 1}"
        self.findings.append(Finding(where, message))

    def conclude(self) -> None:
        """Raise FileError if there were mistakes."""
        if self.findings:
            raise FileError(self.findings)

    def keys(self, node: Any, shapes: Mapping[str, Shape]) -> dict[str, Any]:
        """The values under known keys that have the right shape."""
        if not isinstance(node, dict):
            self.note(f"there should be keys with values here: {', '.join(shapes)}", node)
            return {}
        return {key: value for key, value in node.items() if self._fits(node, key, shapes)}

    def _fits(self, node: dict[str, Any], key: Any, shapes: Mapping[str, Shape]) -> bool:
        if key not in shapes:
            self.note(f"there is no key “{key}” here.{nearest(str(key), shapes)}", node, key)
            return False
        (shape, words), value = shapes[key], node[key]
        fits = isinstance(value, shape) and not (shape is int and isinstance(value, bool))
        if fits and shapes[key] is WORDS:
            fits = all(isinstance(word, str) for word in value)
        if not fits:
            self.note(f"{key} takes {words}, not {plain(value)!r}", node, key)
        return fits

    def needs(self, node: Any, found: dict[str, Any], *keys: str) -> None:
        """Note keys that are missing or empty."""
        for key in keys:
            if isinstance(node, dict) and key not in node:
                self.note(f"the key “{key}” is missing", node)
            elif key in found and not found[key]:
                self.note(f"{key} is empty", node, key)

    def words(self, node: Any, key: str, words: Iterable[str], known: Collection[str]) -> None:
        """Note words that are not among the known ones."""
        for word in words:
            if word not in known:
                self.note(f"{key}: there is no “{word}”.{nearest(word, known)}", node, key)

    def texts(self, node: Any, key: str, found: dict[str, Any], check: Callable[[str], object]) -> None:
        """Note what is wrong with the texts by locale under `key`; `check` raises InputError for a wrong one."""
        texts = found.get(key, {"en": ""})
        if "en" not in texts:
            self.note(f"{key} needs an English text: en", node, key)
        for locale, text in texts.items():
            if isinstance(text, str) and isinstance(locale, str):
                self.attempt(texts, locale, check, text, key)
            else:
                self.note(f"{key}: {locale} takes text, not {plain(text)!r}", texts, locale)

    def attempt(self, node: Any, key: str, check: Callable[[str], object], value: str, name: str = "") -> None:
        """Note what `check` says is wrong with a value."""
        try:
            check(value)
        except InputError as error:
            self.note(f"{name or key}: {error}", node, key)


def plain(value: Any) -> Any:
    """What YAML gave, without its line numbers, as JSON could hold it."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    return next((kind(value) for kind in (int, float) if isinstance(value, kind)), str(value))


@lru_cache(maxsize=32)
def _parse(source: str | bytes) -> Any:
    """Kept, because a bank takes a tenth of a second, and is read by every import and plan. Readers change nothing."""
    found = YAML(typ="rt", pure=True).load(source)
    _check_size(found)
    return found


def _check_size(node: Any) -> None:
    waiting, seen = [node], 0
    while waiting:
        value = waiting.pop()
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        seen += 1
        if seen > MOST_VALUES:
            raise ValueError("it holds too much, or an alias holds itself")
