"""What time it is: the computer's, except on a day to try things out on, and in the demo, which has its own clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from engine.config import Config
from engine.errors import InputError

Clock = Callable[[], datetime]


def choose_clock(config: Config) -> Clock:
    """Raises InputError for a configured day that is none."""
    if config.demo:
        return DemoClock(Path(config.demo))
    return from_noon(config.today) if config.today else utc_now


def utc_now() -> datetime:
    return datetime.now(UTC)


def from_noon(day: str) -> Clock:
    """Begins at noon of this day, when what goes out in the morning is due, and goes on from there."""
    try:
        ahead = datetime.combine(datetime.fromisoformat(day), time(12), UTC) - utc_now()
    except ValueError:
        raise InputError(f"today must be a day such as 2026-11-24, not “{day}”.", about="today") from None
    return lambda: utc_now() + ahead


class DemoClock:
    """Runs as fast as any clock, so many seconds ahead as the file `clock` in the demo's folder says."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"

    def __call__(self) -> datetime:
        try:
            ahead = float(self._file.read_text(encoding="ascii"))
        except FileNotFoundError:
            ahead = 0
        return utc_now() + timedelta(seconds=ahead)

    def move_to(self, moment: datetime) -> None:
        """Make it this time for every process, from now on."""
        written = self._file.with_suffix(".new")
        written.write_text(f"{(moment - utc_now()).total_seconds():.0f}", encoding="ascii")
        written.replace(self._file)  # whoever reads meanwhile reads the old time or the new one
