"""Files that surveys and the journey are read from: the house's own before those that ship."""

from __future__ import annotations

from pathlib import Path

from engine.house import Engine
from engine.survey.journey import Journey, read_journey
from engine.survey.reader import FileError, Finding
from engine.templates import template_folders


def load_journey(engine: Engine) -> Journey:
    """The journey as its file says now. Raises FileError."""
    return next(read_journey(read_text(path), where) for where, path in list_files(engine, "journey.yaml"))


def list_files(engine: Engine, pattern: str) -> list[tuple[str, Path]]:
    """Files by name, those of the house's own folder before those that ship; and what to call each."""
    found: dict[str, tuple[str, Path]] = {}
    for folder in template_folders(engine.config):
        for path in sorted(folder.glob(pattern)):
            found.setdefault(path.name, (str(path.relative_to(folder.parent)), path))
    return [found[name] for name in sorted(found)]


def read_text(path: Path) -> str:
    """A file of people's own writing. Raises FileError where it is no UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileError([Finding(str(path), f"this is no UTF-8: {error.reason} at byte {error.start}")]) from None
