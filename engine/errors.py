"""Everything that can go wrong and be said to a person. Each error says what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any


class HeedError(Exception):
    """The root. `about` names what the error concerns: a key, a file:line, a promise number."""

    def __init__(self, message: str, *, about: str = "") -> None:
        super().__init__(message)
        self.about = about


class InputError(HeedError):
    """What somebody typed, sent or imported cannot be used; nothing of it was kept.

    `values` fill the places of a `message` like “at most %(most)s”, so that it can be told in another language, too.
    """

    def __init__(self, message: str, *, about: str = "", **values: object) -> None:
        super().__init__(message % values if values else message, about=about)
        self.message, self.values = message, values


class NotFoundError(HeedError):
    """There is no such account, contact, promise, survey …"""


class AmbiguousError(HeedError):
    """Several things match what was named."""

    def __init__(self, message: str, *, about: str = "", matches: Iterable[str] = ()) -> None:
        super().__init__(message, about=about)
        self.matches = tuple(matches)


class StateError(HeedError):
    """The step does not follow from the present state: a done promise cannot be moved."""


class ChangedError(StateError):
    """Somebody else changed it since it was looked at. `mine`: what was wanted; `theirs`: how it stands now."""

    def __init__(
        self, message: str, *, about: str = "", mine: Mapping[str, Any] | None = None, theirs: Mapping[str, Any]
    ) -> None:
        super().__init__(message, about=about)
        self.mine, self.theirs = dict(mine or {}), dict(theirs)


class BusyError(HeedError):
    """Somebody else holds the lease; try again when they are done."""


class StorageError(HeedError):
    """The database cannot be opened, read or written; what was being written is not kept."""


class LinkError(HeedError):
    """A client's link is wrong, expired or used. What it says reveals nothing."""


class PluginError(HeedError):
    """A plugin misbehaved. `about` is its name; the others were not affected."""


class ScopeError(HeedError):
    """A query was made without saying whose accounts it may see: a mistake in the code, never in the input."""


def nearest(word: str, known: Iterable[str]) -> str:
    """` Did you mean …?` for the known word closest to `word`, or nothing.

    >>> nearest("max_ask", ["max_asks", "window_days"])
    ' Did you mean max_asks?'
    """
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {found[0]}?" if found else ""
