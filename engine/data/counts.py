"""How often the house's asks are answered, by tier and channel: counted now and then, read by every plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Select, case, delete, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from engine.data.columns import Snapshot, kept
from engine.data.models import ASKED, Account, AnswerCount, Ask
from engine.types import TIERS


def recount_answers(session: Session, now: datetime) -> None:
    """Count every ask of the house that has a channel, as it stands now."""
    tier = case((Account.tier.in_(TIERS), Account.tier), else_="standard")
    answered = func.count(case((Ask.answered_at <= now, 1)))
    counts = (
        select(tier, Ask.channel, func.count(), answered, literal(now, AnswerCount.counted_at.type))
        .join(Account, Account.id == Ask.account_id)
        .where(Ask.status.in_(ASKED), Ask.channel.is_not(None), or_(Ask.sent_at.is_(None), Ask.sent_at <= now))
        .group_by(tier, Ask.channel)
    )
    session.execute(delete(AnswerCount))
    session.execute(insert(AnswerCount).from_select(["tier", "channel", "sent", "answered", "counted_at"], counts))


def last_counted(session: Session) -> datetime | None:
    """When the answers were last counted; None: never, or there was nothing to count."""
    return session.scalar(select(func.max(AnswerCount.counted_at)))


def read_counts(snapshot: Snapshot, tiers: pl.Series, channels: Sequence[str]) -> list[pl.Series]:
    """The house's share of answers, and each tier's counts by each of the channels, beside the tiers given."""
    counts = snapshot.frame(_counts())
    sent, answered = counts.select(pl.col("sent", "answered").sum()).row(0)
    columns = [pl.Series("house_answer_rate", [(answered + 1) / (sent + 2)]).new_from_index(0, len(tiers))]
    place = tiers.cast(pl.Enum(TIERS)).to_physical()
    for name in ("sent", "answered"):
        for channel in channels:
            known = dict(counts.filter(channel=channel).select("tier", name).iter_rows())
            of_tiers = pl.Series(f"tier_{name}_by:{channel}", [known.get(tier, 0) for tier in TIERS], pl.Int32)
            columns.append(of_tiers.gather(place))
    return columns


@kept
def _counts() -> Select[*tuple[Any, ...]]:
    return select(AnswerCount.tier, AnswerCount.channel, AnswerCount.sent, AnswerCount.answered)
