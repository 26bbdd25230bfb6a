"""What planning reads besides the Book, and what it writes: runs, decision records, asks, and when to plan next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Select, Text, cast, func, select
from sqlalchemy.orm import Session

from engine.data.columns import Snapshot
from engine.data.models import LIVE_BY_HEED, WAITING, Account, AnswerRow, Ask, Contact, DecisionRecord, PlanRun, Promise
from engine.data.scope import among
from engine.data.store import Store
from engine.decide.hearing import ASKED_COLUMNS, HEARD_COLUMNS

UNSYNCHRONISED = {"synchronize_session": False}

BROAD = 5000
"""So many accounts and more are read as all accounts: quicker than picking them."""


def read_heard(snapshot: Snapshot, account_ids: Collection[int], until: datetime) -> pl.DataFrame:
    """The latest answer of each person to each question, at these accounts and wherever else they are contacts."""
    query = (
        select(
            AnswerRow.account_id,
            Contact.person_id,
            AnswerRow.survey,
            AnswerRow.question,
            func.max(AnswerRow.answered_at).label("answered_on"),
        )
        .join(Contact, Contact.id == AnswerRow.contact_id)
        .where(AnswerRow.answered_at < until)
        .group_by(AnswerRow.account_id, Contact.person_id, AnswerRow.survey, AnswerRow.question)
    )
    if len(account_ids) < BROAD:
        persons = select(Contact.person_id).where(among(Contact.account_id, account_ids, snapshot.dialect))
        query = query.where(Contact.person_id.in_(persons))
    return _typed(snapshot.frame(query).with_columns(_day("answered_on")), HEARD_COLUMNS)


def read_asked(snapshot: Snapshot, account_ids: Collection[int], since: datetime) -> pl.DataFrame:
    """The questions of asks that were sent since then, or wait to be sent."""
    at = func.coalesce(Ask.sent_at, Ask.send_at)
    query = select(
        Ask.account_id, Ask.person_id, Ask.survey, at.label("asked_on"), cast(Ask.form, Text).label("form")
    ).where(Ask.origin == "heed", Ask.form.is_not(None), Ask.status.not_in(("cancelled", "held")), at >= since)
    rows = snapshot.frame(_of_accounts(query, Ask.account_id, account_ids, snapshot))
    if not rows.height:
        return pl.DataFrame(schema=ASKED_COLUMNS)
    form = pl.col("form").str.json_decode(pl.List(pl.Struct({"question": pl.String})))
    asked = rows.with_columns(form, _day("asked_on")).explode("form")
    return _typed(asked.with_columns(question=pl.col("form").struct.field("question")), ASKED_COLUMNS)


def read_unjudged(snapshot: Snapshot, account_ids: Collection[int]) -> pl.DataFrame:
    """contact_id and promise_id of promises that are done and wait for the client's word, oldest first."""
    query = select(Promise.contact_id, Promise.id.label("promise_id"), Promise.done_on).where(
        Promise.status == "done", Promise.verdict.is_(None), Promise.contact_id.is_not(None)
    )
    rows = snapshot.frame(_of_accounts(query, Promise.account_id, account_ids, snapshot))
    kinds = {"contact_id": pl.Int64, "promise_id": pl.Int64}
    return _typed(rows.sort("done_on", "promise_id"), kinds)


def read_live_persons(snapshot: Snapshot, person_ids: Collection[int]) -> pl.Series:
    """Those of these persons to whom an ask of Heed's is under way."""
    query = select(Ask.person_id).where(LIVE_BY_HEED)
    if len(person_ids) < BROAD:
        query = query.where(among(Ask.person_id, person_ids, snapshot.dialect))
    return snapshot.frame(query)["person_id"]


def _of_accounts(
    query: Select[*tuple[Any, ...]], column: Any, account_ids: Collection[int], snapshot: Snapshot
) -> Select[*tuple[Any, ...]]:
    return query if len(account_ids) >= BROAD else query.where(among(column, account_ids, snapshot.dialect))


def _day(column: str) -> pl.Expr:
    return (pl.col(column) // 86_400).cast(pl.Int32).cast(pl.Date).alias(column)


def _typed(frame: pl.DataFrame, kinds: Any) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in kinds.items())


def read_names(snapshot: Snapshot, contact_ids: Collection[int]) -> pl.DataFrame:
    """Who contacts and their accounts are, as explanations name them, by contact_id."""
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
    found = snapshot.frame(query.where(among(Contact.id, contact_ids, snapshot.dialect)))
    return found.with_columns(pl.col(pl.String).replace("", None))


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


def last_rules(session: Session) -> str | None:
    """By which rules the last plan was made."""
    return session.scalar(select(PlanRun.rules).order_by(PlanRun.id.desc()).limit(1))


def find_record(session: Session, contact_id: int, on: date) -> tuple[DecisionRecord, PlanRun] | None:
    """What was stored for the contact and day: of the ask that was made, else the last that was decided."""
    query = select(DecisionRecord, PlanRun).join(PlanRun, PlanRun.id == DecisionRecord.run_id)
    query = query.outerjoin(Ask, Ask.record_id == DecisionRecord.id)
    query = query.where(DecisionRecord.contact_id == contact_id, DecisionRecord.on == on)
    found = session.execute(query.order_by(Ask.id.is_(None), DecisionRecord.id.desc()).limit(1)).one_or_none()
    return None if found is None else (found[0], found[1])


def insert_plan(store: Store, session: Session, run: PlanRun, records: pl.DataFrame, asks: pl.DataFrame) -> None:
    """Write a run, its decision records, and asks that belong to the records with the same contact."""
    session.add(run)
    session.flush()
    ids = store.new_ids(session, DecisionRecord, records.height)
    numbered = records.with_columns(ids.alias("id"), run_id=pl.lit(run.id))
    store.insert_many(session, DecisionRecord, numbered)
    linked = asks.join(numbered.select("contact_id", record_id="id"), on="contact_id", how="left")
    store.insert_many(session, Ask, linked)
