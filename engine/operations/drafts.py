"""A plugin's draft becomes a promise: of whom, because of what, owned by whom, due when."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from engine.data.models import Account, Ask, Contact, Promise, Touchpoint
from engine.data.owners import find_touchpoint_behind
from engine.errors import InputError
from engine.house import Engine
from engine.operations.due_days import draft_due_on
from engine.operations.promises import make_promise
from engine.registry import Called
from engine.types import Draft

MOST, LATEST = 10, 366
"""How many drafts a plugin may suggest after one client's answers, due in how many working days."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """Whose word a draft answers, and what it came with. `owners`: who answers for each part of the journey."""

    account: Account
    contact: Contact
    today: date
    ask: Ask | None = None
    owners: Mapping[str, str] = field(default_factory=dict)

    def touchpoint(self, session: Session) -> Touchpoint | None:
        """What was asked about, where it was something that had happened."""
        if self.ask is None or self.ask.occasion != "touchpoint" or self.ask.sent_at is None:
            return None
        return find_touchpoint_behind(session, self.account.id, self.contact.id, self.ask.sent_at)


def drafts_of(engine: Engine, hook: str, called: Called) -> list[Draft]:
    """What a plugin suggests, if it can be promised: no answer is lost because a plugin says something strange."""
    value = called.value
    found = list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
    if len(found) <= MOST and all(_is_sound(draft) for draft in found):
        return found
    engine.plugins.all[called.name].failed(hook, f"it returned no list of at most {MOST} drafts that can be promised")
    return []


def _is_sound(draft: Any) -> bool:
    if not isinstance(draft, Draft) or not all(isinstance(word, str) for word in (draft.title, draft.note, draft.kind)):
        return False
    others = (draft.owner_email, draft.about, draft.said)
    return (
        bool(draft.title.strip() and draft.kind.strip())
        and type(draft.working_days) is int
        and 0 <= draft.working_days <= LATEST
        and isinstance(draft.agreed, bool)
        and all(isinstance(word, str | None) for word in others)
    )


def keep_draft(
    engine: Engine, session: Session, source: Source, draft: Draft, plugin: str, said: str | None, author: str
) -> Promise | None:
    """No answer is lost because nobody is there to own what follows: the house's own address is the last resort."""
    account, touchpoint = source.account, source.touchpoint(session)
    people: dict[str, Any] = {"account": account, "contact": source.contact}
    due_on = draft_due_on(engine, session, draft, plugin, **people, today=source.today)
    part = source.owners.get(draft.about or "")
    named = touchpoint.owner_email if touchpoint else None
    owners = [draft.owner_email, part, named, account.owner_email, account.sponsor_email, engine.config.sender]
    for owner in [owner for owner in owners if owner]:
        try:
            return make_promise(
                engine, session, **people, title=draft.title, owner_email=owner, due_on=due_on,
                said=draft.said or said, ask_id=source.ask.id if source.ask else None, touchpoint=touchpoint,
                origin=plugin, kind=draft.kind, agreed=draft.agreed, author=author,
                actor="client" if draft.agreed else "clock", note=draft.note or None,
            )  # fmt: skip
        except InputError as error:
            log.warning("%s: “%s” cannot be promised by %s: %s", account.key, draft.title, owner, error)
    return None
