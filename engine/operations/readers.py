"""Readers: in which languages the account team can be told what was decided, and what is not translated yet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from engine.decide.outline import list_templates
from engine.house import Engine
from engine.language import SOURCE, Language, Languages
from engine.operations.decisions import ask_about_nobody


def find_language(engine: Engine, name: str | None = None) -> Language:
    """The reader's language: the one named, else the house's. Raises InputError with those there are."""
    return _languages(_folders(engine)).find(name or engine.config.language)


def choose_language(engine: Engine, *locales: str | None) -> Language:
    """The first of these that is spoken, else English."""
    return _languages(_folders(engine)).choose(locales)


def list_untranslated(engine: Engine) -> Iterator[tuple[str, str, str]]:
    """Strategy, locale and sentence, for each sentence of a strategy that would be told in English."""
    templates = list_templates(ask_about_nobody(engine))
    for language in _languages(_folders(engine)):
        for strategy, template in templates:
            if language.locale != SOURCE and template not in language.known:
                yield strategy, language.locale, template


def _folders(engine: Engine) -> tuple[Path, ...]:
    """Where translations are: the house's own, those that ship, and those that plugins bring."""
    own = [Path(engine.config.templates)] if engine.config.templates else []
    brought = [plugin.file.parent for plugin in engine.plugins.all.values() if plugin.file]
    return tuple(dict.fromkeys([*own, Path(str(files("engine"))), *brought]))


_languages = lru_cache(maxsize=8)(Languages)
"""Catalogs are read once."""
