"""What repeated questions are asked about, and what people answered last time: for forms that look at either."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import BigInteger, Select, String, Text, and_, bindparam, cast, func, or_, select, type_coerce

from engine.data.columns import Query, Snapshot, kept
from engine.data.models import AnswerRow, Ask, Promise, Touchpoint
from engine.data.rows import Whose
from engine.data.scope import among_listed, aside
from engine.data.viewers import Viewers
from engine.decide.tailoring import LAST_COLUMNS, WAITING_COLUMNS
from engine.survey.bank import SINCE_LAST_ASK
from engine.survey.logic import answer_fact
from engine.types import Given

CONTACTS = bindparam("contacts", type_=String())


@dataclass(frozen=True)
class Looks:
    """What the surveys look at. `kinds` of touchpoint, None: any; `answers`: survey and question."""

    kinds: Collection[str] | None
    answers: Collection[tuple[str, str]]


NOTHING = Looks((), ())


def looks_of(whose: Whose, looks: Looks) -> list[Query]:
    """What is read for them, with Viewers.given."""
    queries = [_promises(whose)]
    if looks.kinds is None or looks.kinds:
        queries += [_touchpoints(whose, _sorted(looks.kinds)), _last_asked(whose)]
    if looks.answers:
        queries.append(_answers_to(tuple(sorted(looks.answers)), whose.dialect))
    return queries


def _sorted(kinds: Collection[str] | None) -> tuple[str, ...] | None:
    return None if kinds is None else tuple(sorted(kinds))


def read_waiting(snapshot: Snapshot, viewers: Viewers, looks: Looks) -> pl.DataFrame:
    """What questions are repeated for: see engine.decide.tailoring.Supplies. Promises oldest first, the rest newest."""
    found = [_read_promises(snapshot, viewers)]
    if looks.kinds is None or looks.kinds:
        found.append(_read_touchpoints(snapshot, viewers, looks.kinds))
    return pl.concat([pl.DataFrame(schema=WAITING_COLUMNS), *filter(len, found)], how="diagonal_relaxed")


def _read_promises(snapshot: Snapshot, viewers: Viewers) -> pl.DataFrame:
    """Promises that are done and wait for the client's word, and those that we still owe."""
    found = snapshot.frame(_promises(viewers.whose), viewers.given)
    if found.is_empty():
        return found
    found = found.join(viewers.asks[["contact_id", "today"]], on="contact_id")
    done = pl.col("status") == "done"
    there = ~done | pl.col("done_on").is_null() | (pl.col("done_on") <= pl.col("today").cast(pl.Int32))
    each = pl.when(done).then(pl.lit("promises.done_without_verdict")).otherwise(pl.lit("promises.open"))
    found = found.filter(there).with_columns(each=each, on=pl.when(done).then("done_on").otherwise("due_on"))
    return found.sort("on", "promise_id")[["each", "contact_id", "promise_id"]]


@kept
def _promises(whose: Whose) -> Select[*tuple[Any, ...]]:
    columns = Promise.contact_id, Promise.id.label("promise_id"), Promise.status, Promise.done_on, Promise.due_on
    return select(*columns).where(
        aside(Promise.status).in_(("agreed", "done")),
        Promise.verdict.is_(None),
        Promise.contact_id.is_not(None),
        whose.accounts(Promise.account_id),
    )


def _read_touchpoints(snapshot: Snapshot, viewers: Viewers, kinds: Collection[str] | None) -> pl.DataFrame:
    """What happened with somebody, or with their company as a whole, since they were last asked."""
    found = snapshot.frame(_touchpoints(viewers.whose, _sorted(kinds)), viewers.given)
    if found.is_empty():
        return found
    named = viewers.see(found.filter(pl.col("contact_id").is_not_null()).drop("account_id"), "contact_id")
    whole = viewers.see(found.filter(pl.col("contact_id").is_null()).drop("contact_id"), "account_id")
    people = viewers.asks[["contact_id", "account_id", "timezone"]]
    seen = pl.concat([named, whole.join(people, on=["account_id", "timezone"])], how="diagonal_relaxed")
    asked = snapshot.frame(_last_asked(viewers.whose), viewers.given)
    seen = seen.join(asked, on="contact_id", how="left").filter(pl.col("at") > pl.col("asked_at").fill_null(0))
    seen = seen.sort("at", "touchpoint_id", descending=True).with_columns(each=pl.lit(SINCE_LAST_ASK))
    return seen[["each", "contact_id", "touchpoint_id", "kind"]]


@kept
def _touchpoints(whose: Whose, kinds: tuple[str, ...] | None) -> Select[*tuple[Any, ...]]:
    at = _seconds(Touchpoint.happened_at)
    columns = Touchpoint.id.label("touchpoint_id"), Touchpoint.kind, at.label("at")
    query = select(*columns, Touchpoint.contact_id, Touchpoint.account_id)
    query = query.where(at >= bindparam("lately"), whose.accounts(Touchpoint.account_id))
    return query if kinds is None else query.where(Touchpoint.kind.in_(kinds))


@kept
def _last_asked(whose: Whose) -> Select[*tuple[Any, ...]]:
    at = _seconds(Ask.sent_at)
    asks = select(Ask.contact_id, func.max(at).label("asked_at")).group_by(Ask.contact_id)
    return asks.where(at >= bindparam("lately"), whose.accounts(Ask.account_id))


def read_last_answers(snapshot: Snapshot, viewers: Viewers, looks: Looks) -> pl.DataFrame:
    """What each contact answered last to the questions that conditions look at, as conditions see it, in JSON."""
    if not looks.answers:
        return pl.DataFrame(schema=LAST_COLUMNS)
    found = snapshot.frame(_answers_to(tuple(sorted(looks.answers)), snapshot.dialect), viewers.given)
    if found.is_empty():
        return found
    names = ["contact_id", "survey", "question"]
    last = viewers.see(found, "contact_id").sort("at").unique(names, keep="last", maintain_order=True)
    told = last.select("value", "score", pl.col("data").str.json_path_match("$.choices"))
    return last[names].hstack([pl.Series("answer", [_fact(*row) for row in told.iter_rows()], dtype=pl.String)])


@kept
def _answers_to(questions: tuple[tuple[str, str], ...], dialect: str) -> Select[*tuple[Any, ...]]:
    wanted = [and_(AnswerRow.survey == survey, AnswerRow.question == name) for survey, name in questions]
    keys = AnswerRow.contact_id, AnswerRow.survey, AnswerRow.question
    said = AnswerRow.value, AnswerRow.score, cast(AnswerRow.data, Text).label("data")
    query = select(*keys, *said, _seconds(AnswerRow.answered_at).label("at"))
    return query.where(or_(*wanted), among_listed(AnswerRow.contact_id, CONTACTS, dialect))


def _fact(value: str | None, score: float | None, choices: str | None) -> str:
    data = {"choices": json.loads(choices)} if choices else {}
    return json.dumps(answer_fact(Given(value, score, None, data)))


def _seconds(column: Any) -> Any:
    return type_coerce(column, BigInteger)
