"""Figures over years of a whole house: kept where it is large, and counted again every day; else counted when shown.

Kept ones are for who may see every account. For whoever sees some of them they are counted when they look.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from engine.data import figures as data
from engine.data.store import EVERYTHING
from engine.house import Engine

LARGE = 20_000
"""Contacts. In a house with fewer everything is counted while the page is made, and so never old."""

Kept = tuple[dict[str, Any], datetime]


def find_figures(engine: Engine, name: str) -> Kept | None:
    """What was counted last, and when; None: it is to be counted now."""
    if engine.scope.accounts is not None:
        return None
    with engine.store.read(engine.scope) as session:
        return data.find_figures(session, name)


def is_large(engine: Engine) -> bool:
    with engine.store.read(EVERYTHING) as session:
        return data.has_more_contacts(session, LARGE)


def keep_figures(engine: Engine, found: Mapping[str, dict[str, Any]]) -> None:
    """Keep these instead of those that were kept before."""
    with engine.store.write(EVERYTHING) as session:
        data.keep_figures(session, found, engine.clock())


def pack_days(counts: Mapping[date, int]) -> dict[str, int]:
    """Counts by day, as JSON takes them."""
    return {str(day.toordinal()): count for day, count in counts.items()}


def unpack_days(packed: Mapping[str, int]) -> dict[date, int]:
    return {date.fromordinal(int(day)): count for day, count in packed.items()}
