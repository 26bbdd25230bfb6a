"""The client's journey: its parts in the order a client meets them, who answers for each, and what happens in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.survey.options import text_for
from engine.survey.reader import ENTRIES, GROUP, TEXT, TEXTS, Reader, plain

ACCOUNT_OWNER = "account.owner"
ENTRY_KEYS = {"entry": TEXT, "title": TEXTS, "owner": TEXT, "touchpoints": GROUP}


@dataclass(frozen=True)
class Entry:
    """A part of the journey. `owner`: an e-mail address, or empty for the account's owner."""

    name: str
    title: Mapping[str, str]
    owner: str = ""
    touchpoints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Kinds of touchpoint that belong to it, each with its title by locale."""


@dataclass(frozen=True)
class Journey:
    entries: tuple[Entry, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """All kinds of touchpoint, in order."""
        return tuple(kind for entry in self.entries for kind in entry.touchpoints)

    def entry(self, name: str | None) -> Entry | None:
        return next((entry for entry in self.entries if entry.name == name), None)

    def entry_of(self, kind: str) -> Entry | None:
        """The entry that a kind of touchpoint belongs to."""
        return next((entry for entry in self.entries if kind in entry.touchpoints), None)

    def titles_of(self, kind: str) -> Mapping[str, str]:
        """What a client calls a kind of touchpoint, by locale; an unknown one speaks for itself."""
        entry = self.entry_of(kind)
        return entry.touchpoints[kind] if entry else {"en": kind.replace("_", " ")}

    def title_of(self, kind: str, locale: str) -> str:
        """The same in one language."""
        return text_for(self.titles_of(kind), locale)


def read_journey(source: str, where: str) -> Journey:
    """The journey from YAML. Raises FileError naming every mistake with its line."""
    reader = Reader(where)
    found = reader.keys(reader.load(source), {"journey": ENTRIES})
    entries = tuple(_read_entry(reader, node) for node in found.get("journey", []))
    for name in sorted({entry.name for entry in entries if [other.name for other in entries].count(entry.name) > 1}):
        reader.note(f"two entries have the name “{name}”")
    reader.conclude()
    return Journey(entries)


def _read_entry(reader: Reader, node: Any) -> Entry:
    found = reader.keys(node, ENTRY_KEYS)
    reader.needs(node, found, "entry", "title", "owner")
    reader.texts(node, "title", found, str)
    owner = found.get("owner", ACCOUNT_OWNER)
    if owner != ACCOUNT_OWNER and "@" not in owner:
        reader.note(f"owner takes {ACCOUNT_OWNER} or an e-mail address, not “{owner}”", node, "owner")
    group = found.get("touchpoints", {})
    touchpoints = reader.keys(group, dict.fromkeys(group, TEXTS))
    for kind in touchpoints:
        reader.texts(group, kind, touchpoints, str)
    return Entry(
        name=str(found.get("entry", "")),
        title=plain(found.get("title", {})),
        owner="" if owner == ACCOUNT_OWNER else str(owner),
        touchpoints=plain(touchpoints),
    )
