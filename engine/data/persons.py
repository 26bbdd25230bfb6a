"""Persons behind contacts, kept true to the contacts' addresses: who shares one is found, joined and parted in bulk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import polars as pl
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session, aliased

from engine.data.models import LIVE, Ask, Contact, Person
from engine.data.store import Store, among
from engine.intake.persons import Known


def add_persons(store: Store, session: Session, count: int) -> pl.Series:
    """So many persons, one for each contact that is about to be inserted."""
    ids = store.new_ids(session, Person, count)
    store.insert_many(session, Person, ids.to_frame("id"))
    return ids


def list_relatives(session: Session, contact_ids: Collection[int]) -> list[Known]:
    """Everyone who may have to be joined with these contacts, or parted from them; whole persons, or none.

    Two contacts that did not change stay together or apart as they were, so one step from those who changed is enough.
    """
    dialect = session.get_bind().dialect.name
    one, other = aliased(Contact), aliased(Contact)
    persons: set[int] = set()
    for same in (
        other.email_key == one.email_key,
        other.mobile_key == one.mobile_key,
        other.person_id == one.person_id,
    ):
        pairs = select(one.person_id, other.person_id).join(other, same)
        for pair in session.execute(pairs.where(among(one.id, contact_ids, dialect), other.id != one.id)):
            persons.update(pair)
    query = select(Contact.id, Contact.person_id, Contact.email_key, Contact.mobile_key)
    return [Known(*row) for row in session.execute(query.where(among(Contact.person_id, persons, dialect)))]


def move_contacts(store: Store, session: Session, persons: Mapping[int, int]) -> None:
    """Make each contact (by id) the given person; the contacts' asks go with them."""
    moved = [{"contact": contact, "person": person} for contact, person in persons.items()]
    live = list_live_asks(session, persons)
    # A person may have one live ask at any moment: those that move wait apart until all have arrived.
    for ask, spare in zip(live, add_persons(store, session, len(live)) if len(live) > 1 else (), strict=False):
        ask.person_id = spare
    session.flush()
    contacts, asks = Contact.__table__, Ask.__table__
    for table, column in ((contacts, contacts.c.id), (asks, asks.c.contact_id)):
        statement = update(table).where(column == bindparam("contact")).values(person_id=bindparam("person"))  # type: ignore[arg-type]
        session.connection().execute(statement, moved)
    remove_empty_persons(session, {ask.person_id for ask in live})


def list_live_asks(session: Session, contact_ids: Collection[int]) -> list[Ask]:
    """Heed's own asks to these contacts that are under way, oldest first."""
    chosen = among(Ask.contact_id, contact_ids, session.get_bind().dialect.name)
    return list(session.scalars(select(Ask).where(chosen, Ask.origin == "heed", Ask.status.in_(LIVE)).order_by(Ask.id)))


def remove_empty_persons(session: Session, person_ids: Iterable[int]) -> None:
    """Forget those whom no contact is any more."""
    dialect = session.get_bind().dialect.name
    used = select(Contact.id).where(Contact.person_id == Person.id).exists()
    session.execute(delete(Person).where(among(Person.id, set(person_ids), dialect), ~used))
