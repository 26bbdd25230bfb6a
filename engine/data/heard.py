"""What people told us and were asked, for the forms of those who are to be asked: as days on their own clocks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)

from engine.data.columns import Query, Snapshot, kept
from engine.data.models import PRIVATE, WAITING, Account, AnswerRow, Ask, Contact, Promise
from engine.data.rows import Whose
from engine.data.scope import aside
from engine.data.store import Store
from engine.data.viewers import Viewers
from engine.data.waiting import NOTHING, Looks, looks_of, read_last_answers, read_waiting
from engine.decide.hearing import ASKED_COLUMNS, BEHIND_COLUMNS, HEARD_COLUMNS
from engine.decide.tailoring import LAST_COLUMNS, WAITING_COLUMNS
from engine.private import read_terms
from engine.types import Moment

KNOWN: dict[str, Mapping[str, Any]] = {
    "heard": HEARD_COLUMNS,
    "asked": ASKED_COLUMNS,
    "behind": BEHIND_COLUMNS,
    "waiting": WAITING_COLUMNS,
    "last": LAST_COLUMNS,
}
Lows = Mapping[tuple[str, str], float]
"""By survey and question, the highest score that counts as low."""


def read_known(store: Store, asks: pl.DataFrame, moment: Moment, lows: Lows, looks: Looks = NOTHING) -> dict[str, Any]:
    """What engine.decide.tailoring.Supplies has of those who are to be asked, by its names. `asks`: see Viewers.
    `looks`: what surveys look at besides.
    """
    if asks.is_empty():
        return {name: pl.DataFrame(schema=schema) for name, schema in KNOWN.items()} | {"terms": {}}
    with store.snapshot() as snapshot:
        viewers = Viewers(asks, moment, snapshot.dialect)
        if viewers.whose.picked:
            queries = [*_known_of(viewers.whose, lows), *looks_of(viewers.whose, looks)]
            snapshot.read_ahead(queries, viewers.given)
        found = {
            "heard": read_heard(snapshot, viewers),
            "asked": read_asked(snapshot, viewers),
            "behind": read_behind(snapshot, viewers, lows),
            "waiting": read_waiting(snapshot, viewers, looks),
            "last": read_last_answers(snapshot, viewers, looks),
        }
        terms = snapshot.frame(_private_fields(viewers.whose), viewers.given).iter_rows()
    known: dict[str, Any] = {name: _typed(frame, KNOWN[name]) for name, frame in found.items()}
    return known | {"terms": {number: read_terms(json.loads(fields)) for number, fields in terms}}


def _known_of(whose: Whose, lows: Lows) -> list[Query]:
    """What is read here, with Viewers.given."""
    low = _low_answers(whose, frozenset(lows.items()))
    return [_latest_answers(whose), _asks_with_forms(whose), low, _promises_of_asks(whose), _private_fields(whose)]


def _typed(frame: pl.DataFrame, kinds: Mapping[str, Any]) -> pl.DataFrame:
    """Of the columns and dtypes that it has for everyone; where nothing was found, it may have had any."""
    if frame.is_empty():
        return pl.DataFrame(schema=kinds)
    found = frame[list(kinds)]
    others: Any = {name: kind for name, kind in kinds.items() if found.schema[name] != kind}
    return found.cast(others) if others else found


def read_heard(snapshot: Snapshot, viewers: Viewers) -> pl.DataFrame:
    """The latest answer of each person to each question, at these accounts and wherever else they are contacts."""
    answers = snapshot.frame(_latest_answers(viewers.whose), viewers.given)
    seen = pl.concat([viewers.see(answers, by) for by in ("account_id", "person_id")], how="diagonal")
    return seen.rename({"day": "answered_on"})


@kept
def _latest_answers(whose: Whose) -> Select[*tuple[Any, ...]]:
    """By contact first, which an index has in order. What somewhere is not seen yet comes by itself, each answer."""
    who, at = (AnswerRow.contact_id, AnswerRow.survey, AnswerRow.question), _seconds(AnswerRow.answered_at)
    there = AnswerRow.contact_id.in_(select(Contact.id).where(of_persons(whose))) if whose.picked else true()
    seen = select(*who, func.max(at).label("at")).where(at < bindparam("first"), there).group_by(*who)
    late = select(*who, at.label("at")).where(at >= bindparam("first"), at < bindparam("last"), there)
    found = union_all(seen, late).subquery()
    columns = Contact.account_id, Contact.person_id, found.c.survey, found.c.question, found.c.at
    return select(*columns).join(Contact, Contact.id == found.c.contact_id)


def of_persons(whose: Whose) -> ColumnElement[bool]:
    """Of a Contact: somebody of the accounts that are given, wherever else they are one."""
    if not whose.picked:
        return true()
    return Contact.person_id.in_(select(Contact.person_id).where(whose.accounts(Contact.account_id)))


def read_asked(snapshot: Snapshot, viewers: Viewers) -> pl.DataFrame:
    """The questions of asks that were sent in the last week, or wait to be sent."""
    form = pl.col("form").str.json_decode(pl.List(pl.Struct({"question": pl.String})))
    asks = snapshot.frame(_asks_with_forms(viewers.whose), viewers.given)
    if asks.is_empty():
        return asks
    asks = asks.with_columns(form).explode("form").unnest("form")
    sent = viewers.see(asks.filter(waits=0), "account_id")
    today = viewers.asks.select("account_id", "timezone", day="today").unique()
    # One that waits counts as today's, whatever the hour. It may be tomorrow already where the colleague is.
    waiting = asks.filter(waits=1).join(today, on="account_id")
    waiting = waiting.filter(pl.col("planned") <= pl.col("day").cast(pl.Int32) + 1)
    seen = pl.concat([sent, waiting], how="diagonal_relaxed")
    return seen.rename({"day": "asked_on"})


@kept
def _asks_with_forms(whose: Whose) -> Select[*tuple[Any, ...]]:
    waits = Ask.status.in_(WAITING)
    at = _seconds(func.coalesce(Ask.sent_at, Ask.send_at))
    columns = [Ask.account_id, Ask.person_id, Ask.survey, cast(Ask.form, Text).label("form"), at.label("at")]
    columns += [case((waits, 1), else_=0).label("waits"), _seconds(Ask.planned_on).label("planned")]
    counts = Ask.status.not_in(("cancelled", "held")), Ask.form.is_not(None), at >= bindparam("week")
    return select(*columns).where(Ask.origin == "heed", *counts, whose.accounts(Ask.account_id))


# what is behind low scores and promises


def read_behind(snapshot: Snapshot, viewers: Viewers, lows: Lows) -> pl.DataFrame:
    """The answers of each person's last low score, and those that their last promise came from: low ones too."""
    answers = snapshot.frame(_low_answers(viewers.whose, frozenset(lows.items())), viewers.given)
    if answers.is_empty():
        return answers
    answers = answers.with_columns(reasons=REASONS)
    low = viewers.see(answers, "person_id")
    last = low.filter(pl.col("at") == pl.col("at").max().over("person_id", "timezone")).with_columns(promised=False)
    promises = _last_promises(snapshot, viewers).join(answers.drop("person_id"), on="ask_id")
    behind = pl.concat([last, promises.with_columns(promised=True)], how="diagonal_relaxed")
    return behind.rename({"day": "on"})


@kept
def _low_answers(whose: Whose, lows: frozenset[tuple[tuple[str, str], float]]) -> Select[*tuple[Any, ...]]:
    low = [
        and_(AnswerRow.survey == survey, AnswerRow.question == question, AnswerRow.score <= most)
        for (survey, question), most in sorted(lows)
    ]
    query = select(
        Contact.person_id,
        func.coalesce(AnswerRow.ask_id, 0).label("ask_id"),
        AnswerRow.survey,
        AnswerRow.question,
        _seconds(AnswerRow.answered_at).label("at"),
        cast(AnswerRow.data, Text).label("data"),
    )
    query = query.join(Contact, Contact.id == AnswerRow.contact_id)
    highest = max((most for _, most in lows), default=0)
    return query.where(AnswerRow.score <= highest, or_(*low) if low else ~true(), of_persons(whose))


REASONS = pl.col("data").str.json_path_match("$.reasons.low").str.json_decode(pl.List(pl.String))
"""What was ticked as the reasons of a low score: see engine.types.Given."""


def _last_promises(snapshot: Snapshot, viewers: Viewers) -> pl.DataFrame:
    """Each person's last promise, agreed or done, that came from an ask: person_id, timezone, ask_id, day."""
    promises = snapshot.frame(_promises_of_asks(viewers.whose), viewers.given)
    promises = promises.with_columns(day=pl.col("made_on").cast(pl.Int32).cast(pl.Date))
    seen = promises.join(viewers.asks[["person_id", "timezone", "today"]].unique(), on="person_id")
    seen = seen.filter(pl.col("day") <= pl.col("today")).sort("day", "id")
    return seen.unique(["person_id", "timezone"], keep="last", maintain_order=True)


@kept
def _promises_of_asks(whose: Whose) -> Select[*tuple[Any, ...]]:
    query = select(Contact.person_id, Promise.id, Promise.ask_id, Promise.made_on)
    query = query.join(Contact, Contact.id == Promise.contact_id)
    return query.where(aside(Promise.status).in_(("agreed", "done")), Promise.ask_id.is_not(None), of_persons(whose))


@kept
def _private_fields(whose: Whose) -> Select[*tuple[Any, ...]]:
    query = select(Account.id, cast(Account.private_fields, Text).label("fields"))
    return query.where(PRIVATE, whose.accounts(Account.id))


def _seconds(column: Any) -> Any:
    return type_coerce(column, BigInteger)
