"""How fast one may go: so many posts by one link, so many wrong links from one address.

A whole office comes from one address, so nobody is slowed down for what others there do: only wrong links count by
address, and only they are refused. What signs a link is 256 bits, so guessing is hopeless; this keeps it from being
loud. Counts are of one process, and forgotten every minute.
"""

from __future__ import annotations

from collections import Counter
from time import monotonic

from flask import current_app, request

from engine.errors import LinkError

WINDOW = 60.0
POSTS_BY_LINK = 120
"""In a minute: autosaving every answer of a fast hand stays far below."""
WRONG_BY_ADDRESS = 60


class Pace:
    """Counts of one app in the present minute."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._until = 0.0

    def count(self, what: str) -> int:
        """How often this was counted within the present minute, this time included."""
        now = monotonic()
        if now >= self._until:
            self._counts.clear()
            self._until = now + WINDOW
        self._counts[what] += 1
        return self._counts[what]


def check_pace(token: str) -> None:
    """Raises LinkError where this link posts too fast."""
    if _pace().count(f"link {token[:200]}") > POSTS_BY_LINK:
        raise LinkError("This was too fast. Please wait a minute.", about="pace")


def is_guessing() -> bool:
    """Count a wrong link; whether this address has tried too many. Right ones open all the same."""
    return _pace().count(f"address {request.remote_addr}") > WRONG_BY_ADDRESS


def _pace() -> Pace:
    found: Pace = current_app.extensions["heed.pace"]
    return found
