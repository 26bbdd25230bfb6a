"""Messages that are no asks: each is handed over once, after a row says so, and never again if nobody knows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.data.models import Digest, News
from engine.data.news import find_row
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.types import Delivery, Message, Receipt

log = logging.getLogger(__name__)

BY = "email"
"""The channel that such messages go by."""


@dataclass
class Posted:
    """What became of a run's messages. `in_doubt`: they may have arrived, and are not sent again."""

    sent: int = 0
    refused: int = 0
    later: int = 0
    in_doubt: int = 0
    failed: int = 0


@contextmanager
def open_line(engine: Engine) -> Iterator[Delivery]:
    """Raises HeedError where the mail server cannot be reached."""
    with engine.plugins.channels[BY].open(engine.config) as line:
        yield line


def hand_over(
    engine: Engine,
    line: Delivery,
    row: News | Digest,
    message: Message,
    counts: Posted,
    note: Callable[[Session, Receipt], None] = lambda session, receipt: None,
) -> None:
    """Write down that a message goes out, hand it over, and write down what became of it.

    Somebody else's row for the same person and day comes first: then nothing goes out.
    """
    row.message_id, row.status, row.claimed_at = message.message_id, "sending", engine.clock()
    try:
        with engine.store.write(EVERYTHING) as session:
            session.add(row)
    except IntegrityError:
        return
    receipt = _deliver(line, message)
    outcome = receipt.outcome if receipt.outcome in ("sent", "refused", "later") else "in_doubt"
    with engine.store.write(EVERYTHING) as session:
        kept = find_row(session, type(row), row.id)
        kept.status, kept.detail = outcome, receipt.detail
        note(session, receipt)
    setattr(counts, outcome, getattr(counts, outcome) + 1)


def _deliver(line: Delivery, message: Message) -> Receipt:
    try:
        return line.deliver(message)
    except Exception as error:
        log.exception("a channel failed")
        return Receipt("unknown", f"the channel failed: {type(error).__name__}")


def is_daytime(local: datetime) -> bool:
    """Whether people are written to now: on a weekday, between eight and six."""
    return local.weekday() < 5 and 8 <= local.hour < 18
