"""Counting how often the house's asks are answered, by tier and channel."""

from __future__ import annotations

from datetime import datetime

from engine.data.counts import last_counted, recount_answers
from engine.data.imports import take_turn
from engine.data.store import EVERYTHING
from engine.house import Engine


def count_answers(engine: Engine, *, unless_since: datetime | None = None) -> None:
    """Count again, unless it was done since then. Whose accounts the user may see makes no difference."""
    with engine.store.read(EVERYTHING) as session:
        counted = last_counted(session)
    if unless_since is not None and counted is not None and counted >= unless_since:
        return
    with engine.store.write(EVERYTHING) as session:
        take_turn(session)
        recount_answers(session, engine.clock())
