"""What a client's own terms do not let us keep: the one place that says which fields those are.

An account's `private_fields` names them: columns of its contacts and of the account itself, further columns, the `note`
of a touchpoint, the `text` and `value` of answers, questions and what they measure. A name counts wherever it stands;
`contacts.timezone` counts there only. Whoever writes down what is a client's asks here first; nothing that is read
needs to, because what is not kept cannot be shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from engine.types import Given, Question

KEPT = {
    "accounts": ("key", "name", "owner_email", "private_fields"),
    "contacts": ("account_key", "account_id", "key", "opted_out_on", "paused_until"),
    "asks": ("account_key", "contact_key", "occasion", "survey", "channel", "sent_at", "answered_at", "status"),
    "touchpoints": ("account_key", "contact_key", "kind", "happened_at", "owner_email"),
    "promises": ("account_key", "contact_key", "title", "owner_email", "made_on", "due_on", "status", "done_on",
                 "verdict"),
    "answers": ("account_key", "contact_key", "survey", "question", "answered_at"),
    "voices": ("account_key", "contact_key", "source", "said_at"),
}  # fmt: skip
"""What no terms make private: which row it is; the client's no; and what we did ourselves, asked and promised. Without
it Heed could not keep what it owes the client: to ask rarely, and to do what was said."""

SHORT = 3
"""Letters of a value that is looked for as a whole only."""

WORDS = "text"
"""A client's own words: in answers and voices, and in what they write beside them."""


@dataclass(frozen=True)
class Terms:
    """The terms of one account: names as `normal` writes them."""

    names: frozenset[str] = frozenset()

    def forbid(self, kind: str, field: str) -> bool:
        """Whether this field of rows of a kind may not be kept."""
        if not self.names:  # as for most, and this is asked of every question of every page
            return False
        name = normal(field)
        return name not in KEPT[kind] and (name in self.names or f"{kind}.{name}" in self.names)

    def forbid_answer(self, question: Question) -> bool:
        """Whether a question may not be asked: by its name, by what it measures or tells, or as one of words only."""
        if not self.names:
            return False
        told = question.knows.split(".") if question.knows else ()
        return (
            bool({normal(question.name), normal(question.measures or "")} & self.names)
            or (len(told) == 2 and self.forbid(f"{told[0]}s", told[1]))
            or (question.type == "text" and self.forbid_words)
        )

    @property
    def forbid_words(self) -> bool:
        return self.forbid("answers", WORDS)

    def withheld(self, tells: Mapping[str, str]) -> frozenset[str]:
        """The parts of a question that are not asked. `tells`: the fact (`contact.phone`) that a part would tell."""
        if not self.names:
            return frozenset()
        parts = {part for part, fact in tells.items() if self.forbid(f"{fact.split('.')[0]}s", fact.split(".")[1])}
        return frozenset(parts | ({WORDS} if self.forbid_words else set()))

    def without_private(self, given: Given | None, withheld: Iterable[str]) -> Given | None:
        """What may be kept of an answer; None: nothing of it."""
        if given is None or not self.names:
            return given
        data = {part: said for part, said in given.data.items() if part not in withheld}
        kept = replace(given, text=None if WORDS in withheld else given.text, data=data)
        return kept if kept.value is not None or kept.score is not None or kept.text or any(data.values()) else None


def read_terms(fields: Iterable[str] | str | None) -> Terms:
    """Terms from a list of names, or from a text in which they are separated by spaces, commas or the like.

    >>> sorted(read_terms("Phone, cost-center;contacts.role").names)
    ['contacts.role', 'cost_center', 'phone']
    """
    found = re.findall(r"[^\s,;|]+", fields or "") if fields is None or isinstance(fields, str) else fields
    return Terms(frozenset(normal(name) for name in found))


def normal(name: str) -> str:
    """One writing for a name, as the first line of a file may have it."""
    return "_".join(name.casefold().replace("-", " ").split())


def faults_of(terms: Terms) -> list[str]:
    """What will not be as somebody may think: names of what is always kept."""
    always = {name for names in KEPT.values() for name in names}
    own = sorted(name for name in terms.names if name.rpartition(".")[2] in always)
    return [
        f"“{name}” cannot be private and is kept: without it Heed could not do what it owes this client" for name in own
    ]


def blanked(said: Any, names: frozenset[str], values: frozenset[str]) -> Any:
    """JSON without what goes by one of these names, and without texts that are, or hold, one of these values."""
    if isinstance(said, Mapping):
        return {
            name: None if normal(re.split(r"[.:#]", name)[-1]) in names else blanked(inner, names, values)
            for name, inner in said.items()
        }
    if isinstance(said, list):
        return [blanked(inner, names, values) for inner in said]
    return None if isinstance(said, str) and any(map(partial(_is_told, said), values)) else said


def _is_told(said: str, value: str) -> bool:
    """A short word may be a part of any other."""
    return said == value or (len(value) > SHORT and value in said)
