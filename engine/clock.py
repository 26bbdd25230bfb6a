"""What time it is: the computer's, except in the demo, where all processes follow one clock that the story moves on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.config import Config

Clock = Callable[[], datetime]


def choose_clock(config: Config) -> Clock:
    return DemoClock(Path(config.demo)) if config.demo else utc_now


def utc_now() -> datetime:
    return datetime.now(UTC)


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
