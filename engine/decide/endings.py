"""Why an ask ended, or came back: kept as what the sentence is made of, and told when somebody reads it.

What is kept is JSON: the English template, which is the key to its translations, and the values it names; or words
that somebody else said, such as a mail server, which are told as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.decide.sentences import Teller, Words, named

Kept = dict[str, Any]

WISHES_CHANGED = "the person changed their wishes"
OPTED_OUT = "the person opted out"
BACK = "the person may be asked again"
FORGOTTEN = "the person was forgotten"
SAME_PERSON = "the same person was asked as another contact, before it was known that they are one"
NOT_THEIRS = "the client says that it does not concern them"
OUT_OF_TIME = "its time ran out before it was sent"
UNKNOWN = "the contact is not known any more"
HELD = "held when it was to be sent: {why}"
SKIPPED = "skipped by {author}: {reason}"
NOT_WRITTEN = "it could not be written: {error}"
NOT_DELIVERED = "it could not be delivered: {detail}"
SHEET_REFUSED = "the call sheet to {owner} was refused: {detail}"
ENDINGS = (
    *(WISHES_CHANGED, OPTED_OUT, BACK, FORGOTTEN, SAME_PERSON, NOT_THEIRS, OUT_OF_TIME, UNKNOWN),
    *(HELD, SKIPPED, NOT_WRITTEN, NOT_DELIVERED, SHEET_REFUSED),
)
FAILED = (NOT_WRITTEN, NOT_DELIVERED)
"""Those that somebody has to look into."""


def keep(template: str, values: Mapping[str, Any] | None = None, /, **more: Any) -> Kept:
    """A sentence as it is kept. A value may be a sentence that is kept itself."""
    given = {**(values or {}), **more}
    wanted = {name: _plain(given.get(name)) for name in named(template)}
    return {"say": template} | ({"with": wanted} if wanted else {})


def quote(words: str | None) -> Kept | None:
    """What somebody else said, if anything."""
    return {"words": words} if words else None


def tell_kept(kept: Mapping[str, Any], tell: Teller) -> Words:
    if "words" in kept:
        return Words(kept["words"])
    template, values = kept["say"], kept.get("with", {})
    return tell(template, {name: _given(value, tell) for name, value in values.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Words):
        return quote(value)
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _given(value: Any, tell: Teller) -> Any:
    if isinstance(value, Mapping):
        return date.fromisoformat(value["day"]) if "day" in value else tell_kept(value, tell)
    return [_given(each, tell) for each in value] if isinstance(value, list) else value
