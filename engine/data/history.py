"""How people were asked and what they answered, as columns of the Book.

Everything is sorted once, by row and newest first; then the first of a row is its latest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sqlalchemy import BigInteger, Integer, Select, case, func, literal, select, type_coerce

from engine.data.columns import Query, Snapshot, kept
from engine.data.localtime import NONE, Days, Instants
from engine.data.models import OPEN, WAITING, WAITING_BY_HEED, AnswerRow, Ask
from engine.data.rows import FEW, Rows, Whose
from engine.data.scope import aside

SETTLED_DAYS = 14
"""After so many days without an answer an ask counts as unanswered."""
NEVER_ANSWERED = -(1 << 62)
USUAL = 3
"""From so many answers on, the hour at which somebody answers is known."""

_STATUSES = (("answered",), ("expired", "declined"), (*OPEN, "in_doubt"))
_ANSWERED, _CLOSED, _UNDER_WAY = range(len(_STATUSES))
_OCCASIONS = {"relationship": 1, "renewal": 2, "touchpoint": 3, "promise": 4}
_BY_OCCASION = 4
_WITHOUT_INSTANT = 32
_BY_CHANNEL = 64
"""An ask's `code`: its status + 4 × its occasion + 32 where only the day it was planned on is known + 64 × its channel,
as the place among those that are counted; one place more for all others."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class History:
    columns: list[pl.Series]
    touchpoint_asked_at: Instants
    """When each row was last asked for a touchpoint; NEVER_ANSWERED where never."""
    promise_asked_on: Days


@dataclass(frozen=True)
class _Asks:
    """Asks as the rows see them, newest first; one of a person with two rows occurs twice."""

    row: npt.NDArray[np.uint32]
    sent: Instants
    answered: Instants
    status: npt.NDArray[Any]
    occasion: npt.NDArray[Any]
    channel: npt.NDArray[Any]
    own: Mask
    here: Mask
    day: Days
    heard: Mask
    rows: Rows

    def newest(self, mask: Mask) -> Days:
        """Each row's latest day among the asks of the mask."""
        return self._first(mask, self.day, np.full(self.rows.frame.height, NONE, np.int32))

    def newest_instant(self, mask: Mask) -> Instants:
        return self._first(mask, self.sent, np.full(self.rows.frame.height, NEVER_ANSWERED, np.int64))

    def _first(self, mask: Mask, values: npt.NDArray[Any], found: npt.NDArray[Any]) -> npt.NDArray[Any]:
        row = self.row[mask]
        first = np.flatnonzero(np.diff(row, prepend=np.int64(-1)))
        found[row[first]] = values[mask][first]
        return found


def history_of(whose: Whose, channels: Sequence[str]) -> list[Query]:
    """What is read for it, with Rows.given."""
    return [_asks(whose, tuple(channels)), _loose_answers(whose), _waiting(whose)]


def read_history(snapshot: Snapshot, rows: Rows, channels: Sequence[str]) -> History:
    """What there is for each row. `channels`: those whose asks are counted."""
    seen = _read_asks(snapshot, rows, channels).join(rows.views, on="contact_id")
    loose = _read_loose_answers(snapshot, rows)
    asks, asks_ahead = _arrange(seen, rows)
    ahead = [asks_ahead, _answers_ahead("answers", seen, rows), _answers_ahead("loose_answers", loose, rows)]
    heard = seen.filter(pl.col("own") & (pl.col("answered") != NEVER_ANSWERED))[["row", "answered"]]
    del seen
    waiting = _read_waiting(snapshot, rows)
    under_way = waiting.latest(waiting.leaving)
    about_promise = asks.own & (asks.occasion == _OCCASIONS["promise"])
    about_touchpoint = asks.own & (asks.occasion == _OCCASIONS["touchpoint"])
    is_open = (asks.status == _UNDER_WAY) | ((asks.status == _ANSWERED) & (asks.answered >= rows.end[asks.row]))
    columns = [
        list_days("asked_on", asks.row, asks.day, rows),
        pl.Series("last_asked_on", asks.newest(np.ones_like(asks.own))),
        pl.Series("open_asked_on", np.maximum(asks.newest(is_open), under_way)),
        *_count_unanswered(asks),
        pl.Series("relationship_asked_on", asks.newest(asks.own & (asks.occasion == _OCCASIONS["relationship"]))),
        pl.Series("renewal_asked_on", asks.newest(asks.own & (asks.occasion == _OCCASIONS["renewal"]))),
        pl.Series("planned_on", waiting.latest(waiting.own)),
        pl.Series("planned_elsewhere", waiting.latest(~waiting.own) != NONE),
        pl.Series("asked_here_on", np.maximum(asks.newest(asks.here), waiting.latest(waiting.here))),
        *_hear(heard, loose, rows),
        _usual_minutes(asks),
        *_count_by_channel(asks, channels),
        *ahead,
    ]
    return History(columns, asks.newest_instant(about_touchpoint), asks.newest(about_promise))


def _read_asks(snapshot: Snapshot, rows: Rows, channels: Sequence[str]) -> pl.DataFrame:
    """Everything that was asked. What was not has no `code`, or no `sent`.

    It is left out here and not in SQL, where a condition on the status draws SQLite to that index, away from contacts'.
    """
    asks = snapshot.frame(_asks(rows.whose, tuple(channels)), rows.given).drop_nulls(["code", "sent"])
    return asks.with_columns(pl.col("code").cast(pl.Int32), pl.col("answered").fill_null(NEVER_ANSWERED))


@kept
def _asks(whose: Whose, channels: Sequence[str]) -> Select[*tuple[Any, ...]]:
    sent_at, planned_on, answered_at = (
        type_coerce(at, BigInteger) for at in (Ask.sent_at, Ask.planned_on, Ask.answered_at)
    )
    status = case(*((Ask.status.in_(words), code) for code, words in enumerate(_STATUSES)))
    occasion = case(*((Ask.occasion == name, code * _BY_OCCASION) for name, code in _OCCASIONS.items()), else_=0)
    dateless = case((sent_at.is_not(None), 0), (Ask.status == "in_doubt", _WITHOUT_INSTANT))
    places = {name: place * _BY_CHANNEL for place, name in enumerate(channels)}
    channel = case(places, value=Ask.channel, else_=len(places) * _BY_CHANNEL) if places else literal(0)
    query = select(
        Ask.contact_id,
        func.coalesce(sent_at, planned_on * 86_400).label("sent"),
        answered_at.label("answered"),
        (status + occasion + dateless + channel).label("code"),
    )
    return query.where(whose.people(Ask.contact_id))


def _arrange(seen: pl.DataFrame, rows: Rows) -> tuple[_Asks, pl.Series]:
    """Sort, and leave out what happens after the rows' today; and the day when that, or an ask's age, counts.

    Of asks that were sent in the same second the one whose answer is known counts as the newer.
    """
    known = pl.col("answered") < pl.lit(pl.Series(rows.end[seen["row"].to_numpy()]))
    by = "row", "sent", pl.when(known).then("answered").otherwise(NEVER_ANSWERED)
    seen = seen.sort(*by, descending=[False, True, True])
    row, sent, code = (seen[name].to_numpy() for name in ("row", "sent", "code"))
    day = rows.zones.days(sent, rows.zone[row])
    day = np.where(code % _BY_CHANNEL >= _WITHOUT_INSTANT, sent // 86_400, day).astype(np.int32)
    ahead = rows.ahead("asks", row, np.where(day > rows.today[row], day, day + SETTLED_DAYS))
    visible = day <= rows.today[row]
    row, answered, code = row[visible], seen["answered"].to_numpy()[visible], code[visible]
    asks = _Asks(
        row=row,
        sent=sent[visible],
        answered=answered,
        status=code % _BY_OCCASION,
        occasion=code % _WITHOUT_INSTANT // _BY_OCCASION,
        channel=code // _BY_CHANNEL,
        own=seen["own"].to_numpy()[visible],
        here=seen["here"].to_numpy()[visible],
        day=day[visible],
        heard=(answered != NEVER_ANSWERED) & (answered < rows.end[row]),
        rows=rows,
    )
    return asks, ahead


def _answers_ahead(of: str, answers: pl.DataFrame, rows: Rows) -> pl.Series:
    """When answers that are dated ahead come to count."""
    row, answered = answers["row"].to_numpy(), answers["answered"].to_numpy()
    later = answered >= rows.end[row]
    return rows.ahead(of, row[later], rows.zones.days(answered[later], rows.zone[row[later]]))


def list_days(name: str, row: npt.NDArray[Any], days: Days, rows: Rows) -> pl.Series:
    """One list of dates for each row, in their order; empty where there are none."""
    # A day more for each row, the first of its list and left out of it, sees to it that every row has one.
    every = np.concatenate([np.arange(rows.frame.height, dtype=row.dtype), row])
    order = np.argsort(every, kind="stable")
    listed = np.concatenate([np.zeros_like(rows.today), days])[order]
    lists = pl.DataFrame({"row": pl.Series(every[order]).set_sorted(), name: listed})
    return lists.group_by("row", maintain_order=True).agg(pl.col(name).slice(1).cast(pl.Date))[name]


def _count_unanswered(asks: _Asks) -> tuple[pl.Series, pl.Series]:
    """Of the asks that had their time: how many of the newest went unanswered, and when the newest was."""
    settled = asks.day <= asks.rows.today[asks.row] - SETTLED_DAYS
    row, heard = asks.row[settled], asks.heard[settled]
    counted = np.bincount(row, minlength=asks.rows.frame.height)
    starts = np.cumsum(counted) - counted
    position = np.arange(row.size) - starts[row]
    answered = row[heard]
    first = np.flatnonzero(np.diff(answered, prepend=np.int64(-1)))
    counted[answered[first]] = position[heard][first]
    return (
        pl.Series("unanswered_in_a_row", counted.astype(np.int32)),
        pl.Series("settled_asked_on", asks.newest(settled)),
    )


def _usual_minutes(asks: _Asks) -> pl.Series:
    """The minute of the local day at which each person usually answers, wherever they were asked."""
    row, at = _of_those_with_several(asks.row[asks.heard], asks.answered[asks.heard])
    house = np.full(row.size, asks.rows.house)
    timed = asks.rows.zones.seconds(at, house) != 0  # an import that knows the day only says midnight
    row, at = _of_those_with_several(row[timed], at[timed])
    minutes = asks.rows.zones.seconds(at, asks.rows.zone[row]) // 60
    found = np.full(asks.rows.frame.height, NONE, np.int32)
    rows, middles = middle_minutes(row, minutes)
    found[rows] = middles
    return pl.Series("usual_answer_minute", found).set(pl.Series(found == NONE), None)


def _of_those_with_several(row: npt.NDArray[Any], at: Instants) -> tuple[npt.NDArray[Any], Instants]:
    several = np.bincount(row, minlength=1)[row] >= USUAL
    return row[several], at[several]


def middle_minutes(rows: npt.NDArray[Any], minutes: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Each row's middle minute of the day, the earlier of two; the rows ascending.

    The day is cut where it is longest without an answer, not at midnight: of 23:50, 0:10 and 0:30 the middle is 0:10.
    """
    order = np.lexsort((minutes, rows))
    rows, minutes = rows[order], minutes[order]
    first = np.flatnonzero(np.diff(rows, prepend=np.int64(-1)))
    count = np.diff(first, append=rows.size)
    silent = np.diff(minutes, prepend=0)
    silent[first] = minutes[first] + 1440 - minutes[first + count - 1]
    start = np.lexsort((-silent, rows))[first] - first
    return rows[first], minutes[first + (start + (count - 1) // 2) % count]


def _count_by_channel(asks: _Asks, channels: Sequence[str]) -> list[pl.Series]:
    """How often each contact was asked by each channel, and answered."""
    places, height = len(channels), asks.rows.frame.height
    counted = asks.own & (asks.channel < places)
    cell = asks.row[counted].astype(np.int64) * places + asks.channel[counted]
    columns = []
    for name, cells in (("sent_by", cell), ("answered_by", cell[asks.heard[counted]])):
        counts = np.bincount(cells, minlength=height * places).astype(np.int32).reshape(height, places)
        columns += [pl.Series(f"{name}:{channel}", counts[:, place]) for place, channel in enumerate(channels)]
    return columns


@dataclass(frozen=True)
class _Waiting:
    """Heed's own asks that are planned for today or earlier and have not been sent, as the rows see them."""

    row: npt.NDArray[Any]
    day: Days
    leaving: Mask
    own: Mask
    here: Mask
    rows: Rows

    def latest(self, mask: Mask) -> Days:
        return self.rows.latest(self.row[mask], self.day[mask])


def _read_waiting(snapshot: Snapshot, rows: Rows) -> _Waiting:
    waiting = snapshot.frame(_waiting(rows.whose), rows.given).join(rows.views, on="contact_id")
    row, day, leaving, own, here = (waiting[name].to_numpy() for name in ("row", "day", "leaving", "own", "here"))
    today = rows.today[row]
    day = np.where(day == NONE, today, day).astype(np.int32)
    now = day <= today
    return _Waiting(row[now], day[now], leaving[now] == 1, own[now], here[now], rows)


@kept
def _waiting(whose: Whose) -> Select[*tuple[Any, ...]]:
    leaving = case((Ask.status == "sending", 1), else_=0).label("leaving")
    status = aside(Ask.status).in_(WAITING) if whose.picked else WAITING_BY_HEED
    day = func.coalesce(type_coerce(Ask.planned_on, Integer), NONE).label("day")
    query = select(Ask.contact_id, day, leaving)
    return query.where(status, Ask.origin == "heed", whose.people(Ask.contact_id))


def _read_loose_answers(snapshot: Snapshot, rows: Rows) -> pl.DataFrame:
    """Answers that came without an ask of ours, from an import."""
    found = snapshot.frame(_loose_answers(rows.whose), rows.given)
    return found.join(rows.frame[["row", "contact_id"]], on="contact_id")[["row", "answered"]]


@kept
def _loose_answers(whose: Whose) -> Select[*tuple[Any, ...]]:
    query = select(AnswerRow.contact_id, AnswerRow.answered_at.label("answered")).distinct()
    return query.where(AnswerRow.ask_id.is_(None), whose.people(AnswerRow.contact_id))


def _hear(answers: pl.DataFrame, loose: pl.DataFrame, rows: Rows) -> tuple[pl.Series, pl.Series]:
    """When the account, and anyone there with the row's role, was last heard; once per account and time zone."""
    places = rows.frame["account_id", "role", "zone"]
    heard = _latest_of_each(pl.concat([answers, loose]), rows)
    heard = heard.hstack(places["account_id", "role"][heard["row"]])
    heard = heard.join(places["account_id", "zone"].unique(), on="account_id")
    answered, zone = heard["answered"].to_numpy(), heard["zone"].to_numpy()
    days = pl.Series("day", rows.zones.days(answered, zone)).cast(pl.Date)
    heard = heard.hstack([days]).filter(pl.Series(answered < rows.zones.end[zone]))
    by_role = heard.group_by("account_id", "zone", "role").agg(role_heard_on=pl.col("day").max())
    by_account = by_role.group_by("account_id", "zone").agg(account_heard_on=pl.col("role_heard_on").max())
    told = places.join(by_account, on=["account_id", "zone"], how="left", maintain_order="left")
    told = told.join(
        by_role.filter(pl.col("role") != ""), on=["account_id", "zone", "role"], how="left", maintain_order="left"
    )
    return told["account_heard_on"], told["role_heard_on"]


def _latest_of_each(answers: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    """Each row's last answer, and those so late that in some time zone they are not seen yet; of a few answers all."""
    if answers.height < FEW:
        return answers
    seen_everywhere = pl.col("answered") < int(rows.zones.end.min())
    last = answers.filter(seen_everywhere).group_by("row").agg(pl.col("answered").max())
    return pl.concat([last, answers.filter(~seen_everywhere)])
