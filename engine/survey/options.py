"""What a question's own keys may hold: texts by language, named things, numbers; checked, and put into words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine.types import Question

Gettext = Callable[[str], str]
Named = list[tuple[str, str]]
"""Keys and the words a client sees for them, in order."""

MOST_IN_A_LINE = 200
"""Characters of an answer that is one line."""

OTHER = "other"
"""The key of the answer that stands for what was not offered."""


def marked(text: str) -> str:
    """A text that is translated where it is shown; the mark is for whoever collects texts."""
    return text


def text_for(texts: Mapping[str, str], locale: str) -> str:
    """The text for a locale, else for its language, else the English one.

    >>> text_for({"en": "Hello", "de": "Hallo"}, "de-CH")
    'Hallo'
    """
    language = locale.replace("_", "-").partition("-")[0]
    return next((texts[name] for name in (locale, language, "en") if name in texts), "")


def named_texts(named: Mapping[str, Mapping[str, str]] | Sequence[str], locale: str) -> Named:
    """Names with the words for a locale; a name without texts speaks for itself.

    >>> named_texts(["on_time"], "en")
    [('on_time', 'On time')]
    """
    if isinstance(named, Mapping):
        return [(name, text_for(texts, locale)) for name, texts in named.items()]
    return [(name, name.replace("_", " ").capitalize()) for name in named]


def offered(question: Question) -> list[str]:
    """The keys that a question lets choose from."""
    return [*question.options["choices"], *([OTHER] if question.options.get("other") else [])]


def choice_texts(question: Question, locale: str, _: Gettext) -> dict[str, Any]:
    """The choices of a question with their words, “something else” among them, and what asks for other words."""
    choices, other = named_texts(question.options["choices"], locale), question.options.get("other")
    if not other:
        return {"choices": choices, "other": ""}
    words = text_for(other, locale) if isinstance(other, Mapping) else _("Something else")
    return {"choices": [*choices, (OTHER, words)], "other": _("In your own words"), "most": MOST_IN_A_LINE}


def listed(label: str, choices: Named) -> str:
    """A question and what can be answered, as plain text."""
    return "\n".join([label, *(f"- {words}" for _key, words in choices)])


# What is wrong with them, a sentence each, beginning with the key


def check_texts(key: str, texts: Any) -> Iterable[str]:
    """Say what is wrong with an option that should be texts by locale."""
    if not isinstance(texts, Mapping) or not all(isinstance(text, str) for text in texts.values()):
        yield f"{key}: takes texts by language, such as {{en: …, de: …}}"
    elif "en" not in texts:
        yield f"{key}: needs an English text, en"


def check_named(key: str, named: Any, *, besides: Iterable[str] = ()) -> Iterable[str]:
    """Say what is wrong with an option that should name things: a list of keys, or keys with texts by locale.

    `besides`: names that are taken.
    """
    if not isinstance(named, Mapping | list) or not named:
        yield f"{key}: takes a list of names, or names with their texts by language"
        return
    for name in named:
        if not isinstance(name, str) or not name or "," in name:
            yield f"{key}: “{name}” is no name; use letters, digits and _"
        elif name in besides:
            yield f"{key}: the name “{name}” is taken by an answer that is added to these; use another"
        elif isinstance(named, Mapping):
            yield from check_texts(f"{key}: {name}", named[name])
    if len(set(map(str, named))) < len(named):
        yield f"{key}: a name stands twice"


def check_choices(options: Mapping[str, Any]) -> Iterable[str]:
    """Say what is wrong with `choices` and `other`."""
    other = options.get("other", False)
    yield from check_named("choices", options.get("choices"), besides=[OTHER] if other else [])
    if not isinstance(other, bool):
        yield from check_texts("other", other)


def check_whole(key: str, value: Any, least: int, most: int) -> Iterable[str]:
    """Say what is wrong with an option that should be a whole number."""
    if type(value) is not int or not least <= value <= most:
        yield f"{key}: takes a whole number from {least} to {most}, not {value!r}"


def check_word(key: str, value: Any, words: Sequence[str]) -> Iterable[str]:
    """Say what is wrong with an option that should be one of these words."""
    if value not in words:
        yield f"{key}: takes {', '.join(words)}, not {value!r}"
