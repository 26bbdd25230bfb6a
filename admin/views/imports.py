"""Imports: files are sent, their columns are told apart, it is tried, and then done; what is refused is a sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from admin.access import here, needs
from admin.desk import desk
from admin.sheets import as_sheet
from admin.uploads import keep_report, keep_uploads, list_uploads, read_report
from engine.errors import InputError
from engine.intake.kinds import KINDS
from engine.intake.report import ImportReport
from engine.operations.imports import Look, import_files, look_at_file, remember_map

MOST_SHOWN = 200
"""Rejected rows on one page."""


@desk.get("/imports")
@needs("admin")
def show_imports() -> ResponseReturnValue:
    return render_template("desk/imports.html")


@desk.post("/imports")
@needs("admin")
def send_imports() -> ResponseReturnValue:
    if not keep_uploads(request.files.getlist("file")):
        return render_template("desk/imports.html", problem="Choose at least one CSV file."), 422
    return redirect(url_for("desk.show_files"), 303)


@desk.get("/imports/files")
@needs("admin")
def show_files() -> ResponseReturnValue:
    try:
        looks = [look_at_file(here().engine, path) for path in list_uploads()]
    except InputError as error:
        return render_template("desk/imports.html", problem=_without_folder(str(error))), 422
    return _draw(looks) if looks else redirect(url_for("desk.show_imports"))


@desk.post("/imports/files")
@needs("admin")
def send_files() -> ResponseReturnValue:
    """Try it, do it, or suggest columns for another kind."""
    files, action = list_uploads(), request.form.get("action", "try")
    if not files:
        return redirect(url_for("desk.show_imports"), 303)
    looks = [_as_typed(place, path) for place, path in enumerate(files)]
    if action == "look":
        return _draw(looks)
    try:
        report = _import(looks, dry_run=action != "import")
    except InputError as error:
        return _draw(looks, problem=_without_folder(str(error))), 422
    return _draw(looks, report=report)


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


def _import(looks: list[Look], *, dry_run: bool) -> ImportReport:
    engine = here().engine
    maps = {look.path: _map_of(look) for look in looks}
    report = import_files(engine, list(maps), by_file=maps, dry_run=dry_run)
    report.rejections = [type(one)(Path(one.file).name, one.line, one.field, one.value, one.why)
                         for one in report.rejections]  # fmt: skip
    keep_report(report.as_dict())
    for path, mapping in maps.items():
        remember_map(engine, path, mapping)
    return report


def _map_of(look: Look) -> dict[str, Any]:
    """As `heed import --map` takes it."""
    columns = {theirs: ours for theirs, ours in zip(look.header, look.columns, strict=True) if theirs}
    return {"kind": look.kind, "columns": columns}


def _without_folder(text: str) -> str:
    """What is said of files, without where they are kept meanwhile."""
    for path in list_uploads():
        text = text.replace(str(path), path.name)
    return text


def _draw(looks: list[Look], report: ImportReport | None = None, problem: str = "") -> str:
    remarks = {_without_folder(text): rows for text, rows in report.remarks.items()} if report else {}
    return render_template("desk/import_files.html", files=looks, kinds=KINDS, report=report, problem=problem,
                           remarks=remarks, most=MOST_SHOWN)  # fmt: skip
