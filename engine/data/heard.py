"""What people told us and were asked, for the forms of those who are to be asked: as days on their own clocks."""

from __future__ import annotations

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
)

from engine.data.columns import Snapshot, kept
from engine.data.localtime import Zones
from engine.data.models import WAITING, AnswerRow, Ask, Contact, Promise
from engine.data.rows import Whose
from engine.data.scope import aside, list_ids
from engine.data.store import Store
from engine.decide.hearing import ASKED_COLUMNS, BEHIND_COLUMNS, HEARD_COLUMNS, WEEK
from engine.types import Moment

BROAD = 5000
"""So many accounts and more are read as all accounts: quicker than picking them."""
DAY = 86_400

KNOWN: dict[str, Mapping[str, Any]] = {
    "heard": HEARD_COLUMNS,
    "asked": ASKED_COLUMNS,
    "behind": BEHIND_COLUMNS,
    "waiting": {"contact_id": pl.Int64, "promise_id": pl.Int64},
}
Lows = Mapping[tuple[str, str], float]
"""By survey and question, the highest score that counts as low."""


def read_known(store: Store, asks: pl.DataFrame, moment: Moment, lows: Lows) -> dict[str, pl.DataFrame]:
    """What engine.decide.tailoring.Supplies has of those who are to be asked, by its names. `asks`: see Viewers."""
    if asks.is_empty():
        return {name: pl.DataFrame(schema=schema) for name, schema in KNOWN.items()}
    with store.snapshot() as snapshot:
        viewers = Viewers(asks, moment, snapshot.dialect)
        found = {
            "heard": read_heard(snapshot, viewers),
            "asked": read_asked(snapshot, viewers),
            "behind": read_behind(snapshot, viewers, lows),
            "waiting": read_waiting(snapshot, viewers),
        }
    return {name: _typed(frame, KNOWN[name]) for name, frame in found.items()}


def _typed(frame: pl.DataFrame, kinds: Mapping[str, Any]) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in kinds.items())


class Viewers:
    """Those who are to be asked: contact_id, account_id, person_id, timezone and today of each."""

    def __init__(self, asks: pl.DataFrame, moment: Moment, dialect: str) -> None:
        names = asks["timezone"].unique().sort()
        self.zones = Zones(names.to_list(), moment)
        codes = pl.DataFrame({"timezone": names}).with_row_index("zone").cast({"zone": pl.Int32})
        self.asks = asks.join(codes, on="timezone")
        accounts = asks["account_id"].unique().to_list()
        self.whose = Whose(len(accounts) < BROAD, dialect)
        self.given: dict[str, Any] = {"accounts": list_ids(accounts)} if self.whose.picked else {}

    def see(self, events: pl.DataFrame, by: str) -> pl.DataFrame:
        """Events `at` an instant as those see them who share the column `by`: once for each time zone, with its `day`.

        What happens after today there is not seen.
        """
        seen = events.join(self.asks.select(by, "timezone", "zone").unique(), on=by)
        at, zone = seen["at"].to_numpy(), seen["zone"].to_numpy()
        days = pl.Series(self.zones.days(at, zone), dtype=pl.Int32).cast(pl.Date)
        return seen.with_columns(day=days).filter(pl.Series(at < self.zones.end[zone], dtype=pl.Boolean))


def read_heard(snapshot: Snapshot, viewers: Viewers) -> pl.DataFrame:
    """The latest answer of each person to each question, at these accounts and wherever else they are contacts."""
    ends = {"first": int(viewers.zones.end.min()), "last": int(viewers.zones.end.max())}
    answers = snapshot.frame(_latest_answers(viewers.whose), viewers.given | ends)
    seen = pl.concat([viewers.see(answers, by) for by in ("account_id", "person_id")], how="diagonal")
    return seen.rename({"day": "answered_on"})


@kept
def _latest_answers(whose: Whose) -> Select[*tuple[Any, ...]]:
    at = _seconds(AnswerRow.answered_at)
    late = case((at < bindparam("first"), 0), else_=at)  # somewhere not seen yet: each by itself
    keys = AnswerRow.account_id, Contact.person_id, AnswerRow.survey, AnswerRow.question
    query = select(*keys, func.max(at).label("at")).join(Contact, Contact.id == AnswerRow.contact_id)
    return query.where(at < bindparam("last"), of_persons(whose)).group_by(*keys, late)


def of_persons(whose: Whose) -> ColumnElement[bool]:
    """Of a Contact: somebody of the accounts that are given, wherever else they are one."""
    if not whose.picked:
        return true()
    return Contact.person_id.in_(select(Contact.person_id).where(whose.accounts(Contact.account_id)))


def read_asked(snapshot: Snapshot, viewers: Viewers) -> pl.DataFrame:
    """The questions of asks that were sent in the last week, or wait to be sent."""
    since = {"since": int(viewers.zones.end.min()) - (WEEK + 1) * DAY}
    form = pl.col("form").str.json_decode(pl.List(pl.Struct({"question": pl.String})))
    asks = snapshot.frame(_asks_with_forms(viewers.whose), viewers.given | since)
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
    counts = Ask.status.not_in(("cancelled", "held")), Ask.form.is_not(None), at >= bindparam("since")
    return select(*columns).where(Ask.origin == "heed", *counts, whose.accounts(Ask.account_id))


def read_waiting(snapshot: Snapshot, viewers: Viewers) -> pl.DataFrame:
    """contact_id and promise_id of promises that are done and wait for the client's word, oldest first."""
    done = snapshot.frame(_without_verdict(viewers.whose), viewers.given)
    done = done.join(viewers.asks.select("contact_id", "today"), on="contact_id")
    done = done.filter(pl.col("done_on").is_null() | (pl.col("done_on") <= pl.col("today").cast(pl.Int32)))
    return done.sort("done_on", "promise_id")


@kept
def _without_verdict(whose: Whose) -> Select[*tuple[Any, ...]]:
    return select(Promise.contact_id, Promise.id.label("promise_id"), Promise.done_on).where(
        aside(Promise.status) == "done",
        Promise.verdict.is_(None),
        Promise.contact_id.is_not(None),
        whose.accounts(Promise.account_id),
    )


# what is behind low scores and promises


def read_behind(snapshot: Snapshot, viewers: Viewers, lows: Lows) -> pl.DataFrame:
    """The answers of each person's last low score, and those that their last promise came from: low ones too."""
    answers = snapshot.frame(_low_answers(viewers.whose, frozenset(lows.items())), viewers.given)
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
    seen = promises.join(viewers.asks.select("person_id", "timezone", "today").unique(), on="person_id")
    seen = seen.filter(pl.col("day") <= pl.col("today")).sort("day", "id")
    return seen.unique(["person_id", "timezone"], keep="last", maintain_order=True)


@kept
def _promises_of_asks(whose: Whose) -> Select[*tuple[Any, ...]]:
    query = select(Contact.person_id, Promise.id, Promise.ask_id, Promise.made_on)
    query = query.join(Contact, Contact.id == Promise.contact_id)
    return query.where(aside(Promise.status).in_(("agreed", "done")), Promise.ask_id.is_not(None), of_persons(whose))


def _seconds(column: Any) -> Any:
    return type_coerce(column, BigInteger)
