"""Who is one person is decided again whenever contacts' addresses change, so that fatigue follows the person."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from engine.data import persons as data
from engine.data.store import Store
from engine.decide.endings import SAME_PERSON, keep
from engine.intake.persons import Known, group_persons, keep_ids


def regroup_persons(store: Store, session: Session, contact_ids: Collection[int]) -> set[int]:
    """Join and part persons around contacts that are new or changed. Returns the contacts who were looked at."""
    relatives = data.list_relatives(session, contact_ids)
    groups = group_persons(relatives)
    moved = _moves(store, session, groups)
    if not moved:
        return {contact.contact_id for contact in relatives}
    _cancel_younger_asks(session, [group for group in groups if any(one.contact_id in moved for one in group)])
    data.move_contacts(store, session, moved)
    data.remove_empty_persons(session, {contact.person_id for contact in relatives})
    return {contact.contact_id for contact in relatives}


def _moves(store: Store, session: Session, groups: list[list[Known]]) -> dict[int, int]:
    """The contacts whose person changes, with the person they become."""
    kept = keep_ids(groups)
    fresh = iter(data.add_persons(store, session, kept.count(None)).to_list() if None in kept else ())
    persons = [next(fresh) if person is None else person for person in kept]
    return {
        contact.contact_id: person
        for person, group in zip(persons, groups, strict=True)
        for contact in group
        if contact.person_id != person
    }


def _cancel_younger_asks(session: Session, groups: list[list[Known]]) -> None:
    """Of two live asks to what proves to be one person, the older one stands."""
    leaders = {contact.contact_id: group[0].contact_id for group in groups for contact in group}
    asked: set[int] = set()
    for ask in data.list_live_asks(session, leaders):
        leader = leaders[ask.contact_id]
        if leader in asked:
            ask.status, ask.why = "cancelled", keep(SAME_PERSON)
        asked.add(leader)
    session.flush()
