"""How often the house's asks are answered, by tier and channel: counted now and then, read by every plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import Select, case, delete, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from engine.data.columns import Snapshot, kept
from engine.data.models import ASKED, Account, AnswerCount, Ask
from engine.data.scope import aside
from engine.types import TIERS


def recount_answers(session: Session, now: datetime) -> None:
    """Count every ask of the house that has a channel, as it stands now."""
    # First by account, in the order of that index: a condition on the status would draw SQLite away from it.
    answered = case((Ask.answered_at <= now, 1))
    each = (
        select(Ask.account_id, Ask.channel, func.count().label("sent"), func.count(answered).label("answered"))
        .where(Ask.channel.is_not(None), aside(Ask.status).in_(ASKED), or_(Ask.sent_at.is_(None), Ask.sent_at <= now))
        .group_by(Ask.account_id, Ask.channel)
        .subquery()
    )
    tier = case((Account.tier.in_(TIERS), Account.tier), else_="standard")
    sums = func.sum(each.c.sent), func.sum(each.c.answered)
    counts = (
        select(tier, each.c.channel, *sums, literal(now, AnswerCount.counted_at.type))
        .join(Account, Account.id == each.c.account_id)
        .group_by(tier, each.c.channel)
    )
    session.execute(delete(AnswerCount))
    session.execute(insert(AnswerCount).from_select(["tier", "channel", "sent", "answered", "counted_at"], counts))


def last_counted(session: Session) -> datetime | None:
    """When the answers were last counted; None: never, or there was nothing to count."""
    return session.scalar(select(func.max(AnswerCount.counted_at)))


def read_counts(snapshot: Snapshot, tiers: pl.Series, channels: Sequence[str]) -> list[pl.Series]:
    """The house's share of answers, and each tier's counts by each of the channels, beside the tiers given."""
    counts = snapshot.frame(known_counts())
    known = {(tier, channel): count for tier, channel, *count in counts.iter_rows()}
    sent, answered = (sum(count[at] for count in known.values()) for at in (0, 1))
    columns = [pl.Series("house_answer_rate", [(answered + 1) / (sent + 2)]).new_from_index(0, len(tiers))]
    place = tiers.cast(pl.Enum(TIERS)).to_physical().to_numpy()
    for at, name in enumerate(("sent", "answered")):
        for channel in channels:
            of_tiers = np.array([known.get((tier, channel), (0, 0))[at] for tier in TIERS], np.int32)
            columns.append(pl.Series(f"tier_{name}_by:{channel}", of_tiers[place]))
    return columns


@kept
def known_counts() -> Select[*tuple[Any, ...]]:
    return select(AnswerCount.tier, AnswerCount.channel, AnswerCount.sent, AnswerCount.answered)
