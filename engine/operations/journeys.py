"""The journey of one account: its parts, who answers for each there, and what happened last in it.

What a part's owner is, the journey's file says for all; an account may have its own, who then gets what follows there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.data import relations as data
from engine.data.models import Account, AuditEntry, PartOwner, Touchpoint
from engine.errors import NotFoundError
from engine.house import Engine
from engine.language import ENGLISH
from engine.operations.owners import check_owner
from engine.operations.surveys import load_journey


@dataclass(frozen=True)
class Part:
    """A part of the journey at an account. `own`: somebody was named for this account alone."""

    name: str
    title: str
    owner: str | None
    own: bool
    last: Touchpoint | None


def list_parts(engine: Engine, account: Account, touchpoints: Iterable[Touchpoint]) -> list[Part]:
    """`touchpoints`: of the account, the newest first."""
    with engine.store.read(engine.scope) as session:
        named = {one.part: one.owner_email for one in data.list_part_owners(session, account.id)}
    latest: dict[str, Touchpoint] = {}
    for touchpoint in touchpoints:
        latest.setdefault(touchpoint.kind, touchpoint)
    found = []
    for entry in load_journey(engine).entries:
        happened = [latest[kind] for kind in entry.touchpoints if kind in latest]
        last = max(happened, key=lambda one: one.happened_at, default=None)
        owner = named.get(entry.name) or entry.owner or account.owner_email
        found.append(Part(entry.name, ENGLISH.choose(entry.title), owner, entry.name in named, last))
    return found


def set_part_owner(engine: Engine, account_id: int, part: str, owner_email: str) -> PartOwner | None:
    """Let somebody answer for a part of the journey at an account; empty: whoever does everywhere else.

    Raises NotFoundError for a part that there is not, InputError for somebody who cannot own a promise there.
    """
    if load_journey(engine).entry(part) is None:
        raise NotFoundError(f"There is no part of the journey “{part[:40]}”.", about=part)
    with engine.store.write(engine.scope) as session:
        account = data.get_account(session, account_id)
        if account is None:
            raise NotFoundError("There is no such account.", about=str(account_id))
        row = next((one for one in data.list_part_owners(session, account_id) if one.part == part), None)
        before = row.owner_email if row else None
        if owner_email:
            row = row or PartOwner(account_id=account_id, part=part)
            row.owner_email = check_owner(session, account, owner_email)
            row.author, row.set_at = engine.author, engine.clock()
            session.add(row)
        elif row:
            session.delete(row)
        after = row.owner_email if row and owner_email else None
        if before != after:
            entry = AuditEntry(at=engine.clock(), author=engine.author, action="owner of a part of the journey")
            entry.subject, entry.before, entry.after = f"{part} at {account.key}", before, after
            session.add(entry)
        return row if owner_email else None


def read_part_owners(engine: Engine, session: Session, account_id: int) -> dict[str, str]:
    """Who answers for each part of the journey at an account, where it is not the account's owner."""
    everywhere = {entry.name: entry.owner for entry in load_journey(engine).entries if entry.owner}
    own: Sequence[PartOwner] = data.list_part_owners(session, account_id)
    return everywhere | {one.part: one.owner_email for one in own}
