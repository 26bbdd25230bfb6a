"""The kinds of rows that can be imported: their columns, and how a file is recognised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from engine.errors import InputError, nearest
from engine.intake import values
from engine.intake.files import Sheet
from engine.intake.values import Reader
from engine.types import OCCASIONS, TIERS

ASK_STATUSES = ("sent", "opened", "started", "answered", "expired", "declined", "bounced")
PROMISE_STATUSES = ("drafted", "agreed", "done", "declined")
VERDICTS = ("kept", "disputed")
VOICE_SOURCES = ("call_note", "meeting", "email", "review", "employee")
"""Where voices come from besides surveys; the last one is somebody of ours who serves the client."""


class Column(NamedTuple):
    name: str
    reader: Reader = values.TEXT
    needed: bool = False
    """May not be empty. What is not part of the identity may be left out where the row is known already."""
    usual: tuple[str, ...] = ()
    """Words that Heed knows; others are data, and remarked on."""
    history: bool = False
    """When something happened: remarked on where it lies ahead."""


@dataclass(frozen=True)
class Kind:
    """`attributes`: columns it does not know become attributes; otherwise they are left out."""

    name: str
    columns: tuple[Column, ...]
    identity: tuple[str, ...]
    attributes: bool = False

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.needed)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns without which no row can be told from another."""
        return tuple(name for name in self.identity if self[name].needed)


def _kind(name: str, identity: str, *columns: Column, attributes: bool = False) -> Kind:
    return Kind(name, columns, tuple(identity.split()), attributes)


_ACCOUNT = Column("account_key", needed=True)
_CONTACT = Column("contact_key", needed=True)

KINDS = {
    kind.name: kind
    for kind in (
        _kind(
            "accounts",
            "key",
            Column("key", needed=True),
            Column("name", needed=True),
            Column("tier", usual=TIERS),
            Column("segment"),
            Column("owner_email", values.EMAIL),
            Column("sponsor_email", values.EMAIL),
            Column("country", values.COUNTRY),
            Column("region"),
            Column("timezone", values.TIMEZONE),
            Column("locale", values.LOCALE),
            Column("annual_revenue", values.NUMBER),
            Column("currency", values.CURRENCY),
            Column("renewal_on", values.DAY),
            Column("private_fields"),
            attributes=True,
        ),
        _kind(
            "contacts",
            "account_key key",
            _ACCOUNT,
            Column("key", needed=True),
            Column("name"),
            Column("email", values.EMAIL),
            Column("phone"),
            Column("role"),
            Column("influence"),
            Column("locale", values.LOCALE),
            Column("timezone", values.TIMEZONE),
            Column("channels", values.WORDS),
            Column("preferred_channel", values.WORD),
            Column("created_on", values.DAY, history=True),
            Column("opted_out_on", values.DAY, history=True),
            Column("paused_until", values.DAY),
            attributes=True,
        ),
        _kind(
            "asks",
            "account_key contact_key sent_at",
            _ACCOUNT,
            _CONTACT,
            Column("occasion", needed=True, usual=OCCASIONS),
            Column("survey"),
            Column("channel", values.WORD),
            Column("sent_at", values.INSTANT, needed=True, history=True),
            Column("answered_at", values.INSTANT, history=True),
            Column("status", values.one_of(ASK_STATUSES), needed=True),
        ),
        _kind(
            "touchpoints",
            "account_key contact_key kind happened_at",
            _ACCOUNT,
            Column("contact_key"),
            Column("kind", needed=True),
            Column("happened_at", values.INSTANT, needed=True, history=True),
            Column("owner_email", values.EMAIL),
            Column("note"),
        ),
        _kind(
            "promises",
            "account_key contact_key title made_on",
            _ACCOUNT,
            Column("contact_key"),
            Column("title", needed=True),
            Column("owner_email", values.EMAIL),
            Column("made_on", values.DAY, needed=True, history=True),
            Column("due_on", values.DAY),
            Column("status", values.one_of(PROMISE_STATUSES), needed=True),
            Column("done_on", values.DAY, history=True),
            Column("verdict", values.one_of(VERDICTS)),
        ),
        _kind(
            "answers",
            "account_key contact_key survey question answered_at",
            _ACCOUNT,
            _CONTACT,
            Column("survey", needed=True),
            Column("question", needed=True),
            Column("answered_at", values.INSTANT, needed=True, history=True),
            Column("value"),
            Column("text"),
        ),
        _kind(
            "voices",
            "account_key contact_key source said_at text",
            _ACCOUNT,
            Column("contact_key"),
            Column("source", needed=True, usual=VOICE_SOURCES),
            Column("said_at", values.INSTANT, needed=True, history=True),
            Column("text", needed=True),
            Column("link"),
            Column("cause"),
        ),
    )
}
"""In the order in which they are imported: a row may refer to those before it."""


@dataclass(frozen=True)
class Layout:
    """Where a sheet's columns go: `columns` and `extra` by position. Extra ones keep the name they have in the file."""

    kind: Kind
    columns: Mapping[str, int]
    extra: Mapping[str, int]
    notes: tuple[str, ...] = ()


def read_layout(sheet: Sheet, kind: str | None = None, mapping: Mapping[str, Any] | None = None) -> Layout:
    """Recognise what a sheet holds. Raises InputError naming the file, the column and the nearest valid one."""
    renamed = _renamed(sheet, (mapping or {}).get("columns") or {})
    ours = [renamed.get(name, normal_name(name)) for name in sheet.header]
    for name in filter(None, ours):
        if ours.count(name) > 1:
            raise InputError(f"{sheet.file}: the column {name} is there {ours.count(name)} times.", about=sheet.file)
    chosen = KINDS[kind] if kind else recognise(sheet, ours)
    _check(sheet, chosen, ours, renamed)
    extra = {name: place for place, name in enumerate(sheet.header) if name and ours[place] not in chosen.names}
    return Layout(
        chosen,
        {name: place for place, name in enumerate(ours) if name in chosen.names},
        extra,
        _notes(sheet, chosen, extra),
    )


def _renamed(sheet: Sheet, columns: Mapping[str, str]) -> dict[str, str]:
    for theirs in columns:
        if theirs not in sheet.header:
            raise InputError(f"{sheet.file}: there is no column “{theirs}” to map.{nearest(theirs, sheet.header)}")
    return dict(columns)


def normal_name(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").split())


def recognise(sheet: Sheet, ours: list[str]) -> Kind:
    """The kind that shares most columns with the header; between equals, what the file is called."""

    def score(kind: Kind) -> tuple[int, bool, bool]:
        return (
            len(set(ours) & set(kind.names)),
            kind.name in Path(sheet.file).stem.casefold(),
            set(kind.required) <= set(ours),
        )

    best = max(KINDS.values(), key=score)
    if not score(best)[0]:
        raise InputError(
            f"{sheet.file}: no column is one that Heed knows, so it cannot tell what these rows are. "
            "Name the kind with --kind and the columns with --map.",
            about=sheet.file,
        )
    return best


def _check(sheet: Sheet, kind: Kind, ours: list[str], renamed: Mapping[str, str]) -> None:
    for theirs, name in renamed.items():
        if name and name not in kind.names:
            raise InputError(
                f"{sheet.file}: “{theirs}” is mapped to “{name}”, which is no column of {kind.name}."
                f"{nearest(name, kind.names)}"
            )
    for name in kind.required:
        if name not in ours:
            raise InputError(f"{sheet.file}: {kind.name} need a column {name}, and there is none.{nearest(name, ours)}")


def _notes(sheet: Sheet, kind: Kind, extra: Mapping[str, int]) -> tuple[str, ...]:
    notes = list(sheet.notes)
    if not all(sheet.header):
        notes.append(f"{sheet.file}: a column without a name is left out")
    if extra and not kind.attributes:
        notes.append(f"{sheet.file}: {kind.name} have no column {', '.join(extra)}; left out")
    return tuple(notes)
