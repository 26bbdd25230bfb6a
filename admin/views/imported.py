"""What became of an import: how far it is, which rows went where, and undoing it, looked at before it is done."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, flash, redirect, render_template, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from admin.access import here, needs
from admin.desk import desk
from admin.meanwhile import Meanwhile
from admin.uploads import read_report
from admin.views.imports import LOOK_AGAIN, MOST_SHOWN
from engine.operations.import_records import Record, find_import
from engine.operations.relations import local_date
from engine.operations.undoing import Undo, undo_import, weigh_undo

HERE = "<!-- here -->"
MOST_PATIENCE = 600.0
"""Seconds."""


@desk.get("/imports/<int:number>")
@needs("admin")
def show_import(number: int) -> ResponseReturnValue:
    found, sheet = find_import(here().engine, number), read_report() or {}
    page = render_template("desk/imported.html", found=found, report=found.entry.report, most=MOST_SHOWN,
                           has_sheet=sheet.get("import") == number, today=local_date(here().engine))  # fmt: skip
    return (page, LOOK_AGAIN) if found.runs else page


@desk.get("/imports/<int:number>/undo")
@needs("admin")
def show_undo(number: int) -> ResponseReturnValue:
    """What undoing it would come to; nothing is written."""
    engine, found = here().engine, find_import(here().engine, number)
    if found.runs:
        return redirect(url_for("desk.show_import", number=number))
    before, _, after = render_template("desk/undo.html", found=found, here=HERE).partition(HERE)
    task = Meanwhile(lambda: weigh_undo(engine, number))
    if task.wait():
        return before + _show_weighed(found, task) + after
    return Response(stream_with_context(_tell(found, task, before, after)), headers={"X-Accel-Buffering": "no"})


def _tell(found: Record, task: Meanwhile[Undo], before: str, after: str) -> Iterator[str]:
    """The page comes in pieces: its head at once, the rest once every row was looked at."""
    yield f'{before}<p class="apart quiet" role="status">Going through {found.entry.rows:,} rows …</p>\n'
    done = task.wait(MOST_PATIENCE)
    yield (_show_weighed(found, task) if done else "<p>It takes too long. Try again at night.</p>\n") + after


def _show_weighed(found: Record, task: Meanwhile[Undo]) -> str:
    return render_template("desk/undo_weighed.html", found=found, undo=task.result(), most=MOST_SHOWN)


@desk.post("/imports/<int:number>/undo")
@needs("admin")
def send_undo(number: int) -> ResponseReturnValue:
    engine = here().engine
    task = Meanwhile(lambda: undo_import(engine, number))
    if task.wait() and (undo := task.result()):
        kept = f" {len(undo.kept):,} of its rows {'is' if len(undo.kept) == 1 else 'are'} kept." if undo.kept else ""
        flash(f"Import {number} is undone.{kept}")
    return redirect(url_for("desk.show_import", number=number), 303)
