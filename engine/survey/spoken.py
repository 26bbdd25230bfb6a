"""A survey's texts in a client's language. What belongs together is told in one language: a question whose answers
are translated while its wording is not would speak two at once, and so would be read aloud wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from engine.language import ENGLISH, SOURCE, Language
from engine.survey.wording import render
from engine.types import Question


def tell(texts: Mapping[str, str], language: Language, facts: Mapping[str, Any]) -> str:
    """The text in this language with its facts, those of another way of writing set apart."""
    return render(language.choose(texts), facts, language.apart)


@lru_cache(maxsize=4096)
def language_of(question: Question, language: Language) -> Language:
    """This language where the question has every text of its own in it, else English, which every survey has."""
    return language_for(language, question.ask, question.options)


def language_for(language: Language, *nodes: Any) -> Language:
    """This language where all of these have their texts in it, else English."""
    texts = (texts for node in nodes for _, texts in texts_in(node))
    return language if all(map(language.has, texts)) else ENGLISH


def texts_in(node: Any, key: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every group of texts by locale, with the keys that lead to it."""
    if isinstance(node, Mapping) and isinstance(node.get(SOURCE), str):
        yield key, node
    elif isinstance(node, Mapping):
        for name, inner in node.items():
            yield from texts_in(inner, f"{key}.{name}".lstrip("."))
    elif isinstance(node, list):
        for inner in node:
            if isinstance(inner, Mapping):
                yield from texts_in(inner, str(inner.get("name", key)))
