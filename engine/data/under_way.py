"""Asks that are not over: what a forecast starts from, beyond what the Book says of them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import polars as pl
from sqlalchemy import BigInteger, case, or_, select, type_coerce

from engine.data.columns import Snapshot
from engine.data.localtime import Codes, Zones
from engine.data.models import ASKED, OPEN, WAITING, Ask
from engine.data.plans import BROAD
from engine.data.scope import among
from engine.decide.asked import SETTLED_DAYS
from engine.decide.course import UNDER_WAY
from engine.types import Moment

STILL_OPEN = (*OPEN, "in_doubt")


def read_under_way(snapshot: Snapshot, book: pl.DataFrame, moment: Moment) -> pl.DataFrame:
    """UNDER_WAY for the contacts of a Book: asks of the last days, those still open, and those that wait."""
    contacts = book.select("contact_id", "person_id", "timezone", "today")
    asks = _read_asks(snapshot, contacts["contact_id"].to_list(), moment).join(contacts, on="contact_id")
    zones = Zones(asks["timezone"].unique().sort().to_list(), moment)
    places = {name: place for place, name in enumerate(zones.names)}
    code = asks["timezone"].replace_strict(places, return_dtype=pl.Int32).to_numpy()
    days = {name: _local_days(asks[f"{name}_at"], code, zones) for name in ("sent", "answered", "expires", "send")}
    asks = asks.with_columns(**days).filter(pl.coalesce("sent", "planned_on") <= pl.col("today"))
    heard = pl.when(pl.col("answered") <= pl.col("today")).then("answered")
    waits = pl.col("state") == WAITS
    asks = asks.sort("person_id", "sent_at", "answered_at", descending=[False, True, True])
    young = pl.col("sent_at") >= _young_since(moment)
    return asks.select(
        "contact_id",
        "occasion",
        "channel",
        place=pl.when(young).then(young.cum_sum().over("person_id") - 1),
        sent_on=pl.when(~waits).then(pl.coalesce("sent", "planned_on")),
        send_on=pl.when(waits).then(pl.max_horizontal("send", "today")),
        heard_on=heard,
        is_open=~waits & heard.is_null() & (pl.col("answered").is_not_null() | (pl.col("state") == IS_OPEN)),
        is_live=(pl.col("state") == IS_OPEN) & (pl.col("by_us") == 1),
        over_on="expires",
    ).cast(UNDER_WAY)  # type: ignore[arg-type]


WAITS, IS_OPEN, ENDED = range(3)


def _read_asks(snapshot: Snapshot, contact_ids: list[int], moment: Moment) -> pl.DataFrame:
    lately = Ask.status.in_(ASKED) & (type_coerce(Ask.sent_at, BigInteger) >= _young_since(moment))
    waiting = Ask.status.in_(WAITING) & (Ask.origin == "heed")
    query = select(
        Ask.contact_id,
        Ask.occasion,
        Ask.channel,
        Ask.planned_on,
        Ask.sent_at,
        Ask.answered_at,
        Ask.expires_at,
        Ask.send_at,
        case((Ask.status.in_(WAITING), WAITS), (Ask.status.in_(STILL_OPEN), IS_OPEN), else_=ENDED).label("state"),
        case((Ask.origin == "heed", 1), else_=0).label("by_us"),
    ).where(or_(lately, Ask.status.in_(STILL_OPEN), waiting))
    if len(contact_ids) < BROAD:
        query = query.where(among(Ask.contact_id, contact_ids, snapshot.dialect))
    return snapshot.frame(query).with_columns(pl.col("planned_on").cast(pl.Date))


def _young_since(moment: Moment) -> int:
    """Asks sent before have had their time, wherever on earth."""
    now = datetime.combine(moment.on, time(), UTC) if moment.on else moment.now
    return int((now - timedelta(days=SETTLED_DAYS + 1)).timestamp())


def _local_days(instants: pl.Series, code: Codes, zones: Zones) -> pl.Series:
    """Days where the contacts are; null where there is no instant."""
    days = zones.days(instants.fill_null(0).to_numpy(), code)
    return pl.Series(days).cast(pl.Date).set(instants.is_null(), None)
