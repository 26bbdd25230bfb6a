"""What may take longer than anybody waits for a page: it goes on beside the request, and the page says how far."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import Generic, TypeVar

from engine.errors import HeedError

Found = TypeVar("Found")

PATIENCE = 1.0
"""Seconds after which a page has to say something."""

log = logging.getLogger(__name__)


class Meanwhile(Generic[Found]):
    """`work` in a thread of its own. It goes on when the page is left."""

    def __init__(self, work: Callable[[], Found]) -> None:
        self._work, self._ended = work, Event()
        self._found: Found | None = None
        self._error: BaseException | None = None
        Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._found = self._work()
        except HeedError as error:
            self._error = error
        except BaseException as error:
            log.exception("what was done beside a page failed")
            self._error = error
        self._ended.set()

    def wait(self, seconds: float = PATIENCE) -> bool:
        """Whether it has ended by then."""
        return self._ended.wait(seconds)

    def result(self) -> Found | None:
        """What came of it by now; None: it is still under way. Raises whatever it raised."""
        if self._error is not None:
            raise self._error
        return self._found
