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

from engine.web.screens import room

DAY = 24 * 3600
REPORT, PROGRESS = "report.json", "progress.json"
SILENT = 120
"""Seconds after which whoever says nothing is not at it any more."""
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


def keep_report(folder: Path, report: Mapping[str, Any]) -> None:
    """What came of trying or importing these files; whoever is at it is done."""
    (folder / REPORT).write_text(json.dumps(report), encoding="utf-8")
    (folder / PROGRESS).unlink(missing_ok=True)


def read_report() -> dict[str, Any] | None:
    return _read(REPORT)


def keep_progress(folder: Path, rows: int, lines: int) -> None:
    """How far the files are by now."""
    said = {"rows": rows, "lines": lines, "at": time()}
    (folder / PROGRESS).write_text(json.dumps(said), encoding="utf-8")


def read_progress() -> dict[str, Any] | None:
    """None: nobody is at it, or whoever was says nothing any more."""
    found = _read(PROGRESS)
    return found if found and found["at"] > time() - SILENT else None


def _read(name: str) -> dict[str, Any] | None:
    folder = upload_folder()
    try:
        found: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8")) if folder else {}
    except (FileNotFoundError, json.JSONDecodeError):  # it is not there, or just being written
        return None
    return found or None


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
