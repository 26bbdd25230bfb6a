"""Counting again, once a day, what pages of a large house show of years of history."""

from __future__ import annotations

from typing import Any

from engine.house import Engine
from engine.operations import assessments, causes, guesses, ledger
from engine.operations.causes import count_causes, pack_causes
from engine.operations.figures import is_large, keep_figures


def count_figures(engine: Engine) -> None:
    """Of every account, whoever asks for it. A small house keeps none: it counts while a page is made."""
    found: dict[str, dict[str, Any]] = {}
    if is_large(engine):
        found[causes.NAME] = pack_causes(count_causes(engine))
        found[guesses.NAME] = guesses.count_guesses(engine)
        found |= ledger.count_ledgers(engine)
        keep_figures(engine, found)
        found[assessments.NAME] = assessments.count_facts(engine)  # which looks at the others
    keep_figures(engine, found)
