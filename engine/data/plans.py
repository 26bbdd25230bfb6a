"""What planning reads besides the Book, and what it writes: runs, decision records, asks, and when to plan next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Select, String, and_, bindparam, func, select
from sqlalchemy.orm import Session

from engine.data.columns import Snapshot, kept
from engine.data.models import LIVE_BY_HEED, WAITING, Account, Ask, Contact, DecisionRecord, PlanRun
from engine.data.scope import among, among_listed, list_ids
from engine.data.store import Store

UNSYNCHRONISED = {"synchronize_session": False}

BROAD = 5000
"""So many persons and more are read as everyone: quicker than picking them."""


def read_live_persons(snapshot: Snapshot, person_ids: Collection[int]) -> pl.Series:
    """Those of these persons to whom an ask of Heed's is under way."""
    query = select(Ask.person_id).where(LIVE_BY_HEED)
    if len(person_ids) < BROAD:
        query = query.where(among(Ask.person_id, person_ids, snapshot.dialect))
    return snapshot.frame(query)["person_id"]


def read_names(snapshot: Snapshot, contact_ids: Collection[int]) -> pl.DataFrame:
    """Who contacts and their accounts are, as explanations name them, by contact_id."""
    found = snapshot.frame(_names(snapshot.dialect), {"contacts": list_ids(contact_ids)})
    return found.with_columns(pl.col(pl.String).replace("", None))


@kept
def _names(dialect: str) -> Select[*tuple[Any, ...]]:
    texts = {
        "key": Contact.key,
        "email": Contact.email,
        "name": Contact.name,
        "account_key": Account.key,
        "account_name": Account.name,
        "tier": Account.tier,
    }
    columns = [func.coalesce(column, "").label(name) for name, column in texts.items()]
    query = select(Contact.id.label("contact_id"), *columns).join(Account, Account.id == Contact.account_id)
    return query.where(among_listed(Contact.id, bindparam("contacts", type_=String()), dialect))


def read_waiting(session: Session, contact_ids: Collection[int]) -> Sequence[tuple[int, str]]:
    """contact_id and occasion of asks to these contacts that wait to be sent."""
    query = select(Ask.contact_id, Ask.occasion).where(
        among(Ask.contact_id, contact_ids, session.get_bind().dialect.name),
        Ask.origin == "heed",
        Ask.status.in_(WAITING),
    )
    return session.execute(query).all()


def read_account_ids(session: Session, contact_ids: Collection[int]) -> Sequence[int]:
    there = among(Contact.id, contact_ids, session.get_bind().dialect.name)
    return session.scalars(select(Contact.account_id).where(there).distinct()).all()


def last_funnel(session: Session) -> dict[str, Any]:
    """What became of everyone in the last plan; empty before the first."""
    return session.scalar(select(PlanRun.funnel).order_by(PlanRun.id.desc()).limit(1)) or {}


def last_rules(session: Session) -> str | None:
    """By which rules the last plan was made."""
    return session.scalar(select(PlanRun.rules).order_by(PlanRun.id.desc()).limit(1))


def find_record(session: Session, contact_id: int, on: date) -> tuple[DecisionRecord, PlanRun] | None:
    """What was stored for the contact and day: of the ask that was made, else the last that was decided."""
    query = select(DecisionRecord, PlanRun).join(PlanRun, PlanRun.id == DecisionRecord.run_id)
    # asks have no index by record, but by contact
    query = query.outerjoin(Ask, and_(Ask.contact_id == contact_id, Ask.record_id == DecisionRecord.id))
    query = query.where(DecisionRecord.contact_id == contact_id, DecisionRecord.on == on)
    found = session.execute(query.order_by(Ask.id.is_(None), DecisionRecord.id.desc()).limit(1)).one_or_none()
    return None if found is None else (found[0], found[1])


def insert_plan(
    store: Store, session: Session, run: PlanRun, records: Iterable[pl.DataFrame], asks: pl.DataFrame
) -> None:
    """Write a run, its decision records, and asks that belong to the records with the same contact."""
    session.add(run)
    session.flush()
    kept = [_insert_records(store, session, run, some) for some in records]
    if kept:
        store.insert_many(session, Ask, asks.join(pl.concat(kept), on="contact_id", how="left"))


def _insert_records(store: Store, session: Session, run: PlanRun, records: pl.DataFrame) -> pl.DataFrame:
    """contact_id, record_id."""
    ids = store.new_ids(session, DecisionRecord, records.height)
    store.insert_many(session, DecisionRecord, records.with_columns(ids.alias("id"), run_id=pl.lit(run.id)))
    return records.select("contact_id", record_id=ids)
