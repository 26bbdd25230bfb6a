"""Files that somebody has sent and not imported yet: kept for a day, in a folder that only this server reads.

They are on the machine that took them. Where several serve one house, the one that took a file must be asked again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from tempfile import gettempdir
from time import time
from typing import Any

from flask import session
from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename

from engine.operations.import_records import SILENT
from engine.web.screens import room

DAY = 24 * 3600
REPORT, PROGRESS = "report.json", "progress.json"
MOST_FILES = 20
LONGEST = 100
"""Characters of a file's name that are kept, the last ones."""


def keep_uploads(uploads: Iterable[FileStorage]) -> int:
    """Keep what was sent in place of what was sent before; how many files there are."""
    forget_uploads()
    _clear_old()
    name = token_hex(16)
    files = [upload for upload in uploads if upload.filename][:MOST_FILES]
    for number, upload in enumerate(files):
        place = _root() / name / str(number) / (secure_filename(upload.filename or "")[-LONGEST:] or "file.csv")
        place.parent.mkdir(parents=True, mode=0o700)
        upload.save(place)
    if files:
        session["uploads"] = name
    return len(files)


def list_uploads() -> list[Path]:
    """What this session has sent, in its order; nothing where it is gone."""
    folder = upload_folder()
    return sorted((path for path in folder.glob("*/*")), key=lambda path: int(path.parent.name)) if folder else []


def begin(folder: Path, lines: int) -> bool:
    """Be the one who is at these files; False: somebody is already. How far they are is the lock."""
    place = folder / PROGRESS
    taken, said = _make(place), _last_said(place)
    if not taken and _is_long_ago(said):  # whoever was at it died over it; one of those who see that goes on
        taken = _make(folder / f"after-{said}")
    if taken:
        keep_progress(folder, 0, lines)
    return taken


def is_sent_first(folder: Path, mark: str) -> bool:
    """Whether the form with this mark was not sent before: a second click is no second import."""
    return not mark or _make(folder / f"sent-{secure_filename(mark)[:LONGEST]}")


def _make(place: Path) -> bool:
    """Make a file; False: it is there already."""
    try:
        place.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def keep_report(folder: Path, report: Mapping[str, Any]) -> None:
    """What came of trying or importing these files; whoever is at it is done."""
    _write(folder / REPORT, report)
    (folder / PROGRESS).unlink(missing_ok=True)


def read_report() -> dict[str, Any] | None:
    folder = upload_folder()
    return _read(folder / REPORT) if folder else None


def keep_progress(folder: Path, rows: int, lines: int) -> None:
    """How far the files are by now."""
    _write(folder / PROGRESS, {"rows": rows, "lines": lines})


def read_progress() -> dict[str, Any] | None:
    """None: nobody is at it, or whoever was says nothing any more."""
    folder = upload_folder()
    if folder is None or _is_long_ago(_last_said(folder / PROGRESS)):
        return None
    return _read(folder / PROGRESS) or {"rows": 0, "lines": 0}


def _last_said(place: Path) -> int:
    """In nanoseconds of the clock of files; 0: nobody is at it."""
    try:
        return place.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _is_long_ago(said: int) -> bool:
    return said < (time() - SILENT.total_seconds()) * 1e9


def _write(place: Path, said: Mapping[str, Any]) -> None:
    """At once: nobody reads half of it."""
    fresh = place.with_suffix(".new")
    fresh.write_text(json.dumps(said), encoding="utf-8")
    fresh.replace(place)


def _read(place: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):  # it is not there, or was only begun
        return None
    return found


def forget_uploads() -> None:
    if folder := upload_folder():
        rmtree(folder, ignore_errors=True)
    session.pop("uploads", None)


def upload_folder() -> Path | None:
    name = session.get("uploads")
    folder = _root() / name if name else None
    return folder if folder and folder.is_dir() else None


def _root() -> Path:
    house = sha256(f"uploads:{room().secret}".encode()).hexdigest()[:16]
    root = Path(gettempdir()) / f"heed-uploads-{house}"
    root.mkdir(mode=0o700, exist_ok=True)
    return root


def _clear_old() -> None:
    for folder in _root().iterdir():
        if folder.stat().st_mtime < time() - DAY:
            rmtree(folder, ignore_errors=True)
