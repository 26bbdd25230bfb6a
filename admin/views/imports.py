"""Imports: files are sent, their columns are told apart, it is tried, and then done; what is refused is a sheet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from admin.access import here, needs
from admin.desk import desk
from admin.forms import page_number
from admin.meanwhile import Meanwhile
from admin.sheets import as_sheet
from admin.uploads import (
    begin,
    is_sent_first,
    keep_progress,
    keep_report,
    keep_uploads,
    list_uploads,
    read_progress,
    read_report,
    upload_folder,
)
from engine.errors import InputError
from engine.house import Engine
from engine.intake.files import count_lines
from engine.intake.kinds import KINDS
from engine.operations.import_records import list_imports
from engine.operations.imports import Look, import_files, look_at_file, remember_map
from engine.operations.relations import local_date

MOST_SHOWN = 200
"""Rejected rows on one page."""
LOOK_AGAIN = {"Refresh": "2"}
"""Seconds after which a browser asks for the page anew, with or without script."""

Maps = Mapping[Path, Mapping[str, Any]]


@desk.get("/imports")
@needs("admin")
def show_imports() -> ResponseReturnValue:
    return _draw_imports()


@desk.post("/imports")
@needs("admin")
def send_imports() -> ResponseReturnValue:
    if read_progress():
        return redirect(url_for("desk.show_files"), 303)
    if not keep_uploads(request.files.getlist("file")):
        return _draw_imports("Choose at least one CSV file."), 422
    return redirect(url_for("desk.show_files"), 303)


def _draw_imports(problem: str = "") -> str:
    found, more = list_imports(here().engine, page=page_number())
    return render_template("desk/imports.html", problem=problem, found=found, more=more, page=page_number(),
                           today=local_date(here().engine))  # fmt: skip


@desk.get("/imports/files")
@needs("admin")
def show_files() -> ResponseReturnValue:
    if progress := read_progress():
        return render_template("desk/import_progress.html", progress=progress, files=list_uploads()), LOOK_AGAIN
    try:
        looks = [look_at_file(here().engine, path) for path in list_uploads()]
    except InputError as error:
        return _draw_imports(_without_folder(str(error))), 422
    return _draw(looks, read_report()) if looks else redirect(url_for("desk.show_imports"))


@desk.post("/imports/files")
@needs("admin")
def send_files() -> ResponseReturnValue:
    """Try it, do it, or suggest columns for another kind."""
    files, action = list_uploads(), request.form.get("action", "try")
    if not files or read_progress():
        return redirect(url_for("desk.show_files"), 303)
    looks = [_as_typed(place, path) for place, path in enumerate(files)]
    if action == "look":
        return _draw(looks)
    try:
        report = _start(looks, dry_run=action != "import")
    except InputError as error:
        return _draw(looks, problem=_without_folder(str(error))), 422
    if report is None:
        return redirect(url_for("desk.show_files"), 303)
    return (
        redirect(url_for("desk.show_import", number=report["import"]), 303)
        if report["import"]
        else _draw(looks, report)
    )


@desk.get("/imports/rejected")
@needs("admin")
def show_rejected() -> ResponseReturnValue:
    """The rows that did not go in, to be put right in a spreadsheet."""
    report = read_report()
    if report is None:
        raise NotFound
    head = ("file", "line", "field", "value", "why")
    return as_sheet("rejected", head, ([one[name] for name in head] for one in report["rejections"]))


def _as_typed(place: int, path: Path) -> Look:
    """A file with the kind and columns that were chosen; suggested anew where the kind is another one."""
    kind = request.form.get(f"{place}.kind", "")
    found = look_at_file(here().engine, path, kind)
    if request.form.get(f"{place}.was") != kind:
        return found
    chosen = request.form.getlist(f"{place}.column")
    columns = tuple(chosen) if len(chosen) == len(found.header) else found.columns
    return Look(path, found.kind, found.header, columns, found.sample, remembered=False)


def _start(looks: list[Look], *, dry_run: bool) -> dict[str, Any] | None:
    """Try it, or do it, and say what came of it; None: that takes a while, or somebody is at it already."""
    engine, folder = here().engine, upload_folder()
    assert folder is not None
    maps = {look.path: _map_of(look) for look in looks}
    lines = sum(max(count_lines(path) - 1, 0) for path in maps)
    if not (dry_run or is_sent_first(folder, request.form.get("mark", ""))) or not begin(folder, lines):
        return None
    task = Meanwhile(lambda: _import(engine, folder, maps, lines, dry_run=dry_run))
    return task.result() if task.wait() else None


def _import(engine: Engine, folder: Path, maps: Maps, lines: int, *, dry_run: bool) -> dict[str, Any]:
    done = 0

    def tell(file: str, rows: int) -> None:
        nonlocal done
        done += rows
        keep_progress(folder, done, lines)

    report: dict[str, Any] = {"dry_run": dry_run, "import": None, "counts": {}, "rejections": [], "notes": []}
    try:
        report = import_files(engine, list(maps), by_file=maps, dry_run=dry_run, progress=tell).as_dict()
        for path, mapping in maps.items():
            remember_map(engine, path, mapping)
    except BaseException as error:
        report["problem"] = str(error) if isinstance(error, InputError) else "It ended half-way; the log says why."
        raise
    finally:
        keep_report(folder, _short(report, maps))
    return _short(report, maps)


def _short(report: dict[str, Any], maps: Maps) -> dict[str, Any]:
    """Files by their names, without where they are kept meanwhile."""
    names = {str(path): path.name for path in maps}
    rejections = [one | {"file": names.get(one["file"], one["file"])} for one in report["rejections"]]
    notes = [_replace(note, names) for note in report["notes"]]
    return report | {"rejections": rejections, "notes": notes, "problem": _replace(report.get("problem", ""), names)}


def _replace(text: str, names: Mapping[str, str]) -> str:
    for long, short in names.items():
        text = text.replace(long, short)
    return text


def _map_of(look: Look) -> dict[str, Any]:
    """As `heed import --map` takes it."""
    columns = {theirs: ours for theirs, ours in zip(look.header, look.columns, strict=True) if theirs}
    return {"kind": look.kind, "columns": columns}


def _without_folder(text: str) -> str:
    """What is said of files, without where they are kept meanwhile."""
    return _replace(text, {str(path): path.name for path in list_uploads()})


def _draw(looks: list[Look], report: dict[str, Any] | None = None, problem: str = "") -> str:
    problem = problem or (report or {}).get("problem", "")
    return render_template("desk/import_files.html", files=looks, kinds=KINDS, report=None if problem else report,
                           problem=problem, most=MOST_SHOWN, mark=token_hex(8))  # fmt: skip
