"""Import: rows of CSV files into the house. Every good row goes in, every other one is named with what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from engine.data.house import keep_fact, read_fact
from engine.data.imports import take_turn
from engine.data.terms import read_all_terms
from engine.decide.sentences import CHANNEL_WORDS
from engine.errors import HeedError, InputError, nearest
from engine.house import Engine
from engine.intake.files import Sheet, open_sheet, read_chunks
from engine.intake.kinds import KINDS, Layout, read_layout
from engine.intake.report import ImportReport
from engine.intake.rows import Reading, Surroundings, read_rows
from engine.intake.suggestions import guess_kind, suggest_columns
from engine.operations.company import read_company
from engine.operations.counts import count_answers
from engine.operations.import_records import begin_import, end_import, tell_progress
from engine.operations.surveys import list_surveys, load_journey
from engine.operations.terms import tell_removed
from engine.operations.upserts import Outcome, Target, upsert_rows
from engine.survey.reader import FileError

CHUNK = 50_000
"""Rows in one transaction."""
SAMPLE = 3
"""Rows that are shown before anything is imported."""

Progress = Callable[[str, int], None]
"""Told the file, and how many more of its rows are done."""

Transactions = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Bringing:
    """An import that is under way."""

    engine: Engine
    transactions: Transactions
    report: ImportReport
    progress: Progress | None
    usual: Mapping[str, tuple[str, ...]]


def import_files(
    engine: Engine,
    paths: Iterable[str | Path],
    *,
    kind: str | None = None,
    mapping: Mapping[str, Any] | None = None,
    by_file: Mapping[Path, Mapping[str, Any]] | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    keep: bool = True,
) -> ImportReport:
    """Import files of any kinds, accounts before contacts before history, whatever the order they are named in.

    `mapping`: {"kind": …, "columns": {their name: ours, or empty: it stays a column of its own}}, for all files or by
    file. With `dry_run` the same is done and then undone. `keep`: so that it can be undone later. Raises
    InputError before anything is written where a file cannot be read as a table of one kind.
    """
    sheets = [open_sheet(Path(path)) for path in paths]
    maps = [(by_file or {}).get(sheet.path, mapping or {}) for sheet in sheets]
    layouts = [(sheet, _read_layout(sheet, kind, own)) for sheet, own in zip(sheets, maps, strict=True)]
    order, report = list(KINDS), ImportReport(dry_run)
    layouts.sort(key=lambda pair: order.index(pair[1].kind.name))
    with _recorded(engine, sheets, report, keep=keep and not dry_run):
        with _transactions(engine, dry_run) as transactions:
            bringing = Bringing(engine, transactions, report, progress, _usual_words(engine))
            for sheet, layout in layouts:
                _import_sheet(bringing, sheet, layout)
        asks = report.counts.get("asks")
        if asks and asks.new + asks.changed and not dry_run:
            count_answers(engine)
    return report


@contextmanager
def _recorded(engine: Engine, sheets: list[Sheet], report: ImportReport, *, keep: bool) -> Iterator[None]:
    """Keep that it began, and how it ended, whatever happens."""
    if not keep:
        yield
        return
    report.number = begin_import(engine, sheets)
    try:
        yield
    except BaseException as error:
        said = str(error) if isinstance(error, HeedError) else "It ended half-way; the log says why."
        end_import(engine, report.number, report, said)
        raise
    end_import(engine, report.number, report)


def _read_layout(sheet: Sheet, kind: str | None, mapping: Mapping[str, Any]) -> Layout:
    kind = kind or mapping.get("kind")
    if kind is not None and kind not in KINDS:
        raise InputError(f"There is no kind “{kind}”; there are {', '.join(KINDS)}.{nearest(kind, KINDS)}", about=kind)
    return read_layout(sheet, kind, mapping)


# Before anything is imported


@dataclass(frozen=True)
class Look:
    """A file as it was looked at. `columns`: one of ours for each of its own, empty: none. `remembered`: as last time.

    `sample`: its first rows, so that columns can be told by what is in them.
    """

    path: Path
    kind: str
    header: tuple[str, ...]
    columns: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    remembered: bool


def look_at_file(engine: Engine, path: Path, kind: str | None = None) -> Look:
    """What could be imported from a file, as this kind. Raises InputError where it cannot be read as a table."""
    sheet = open_sheet(path)
    with engine.store.read(engine.scope) as session:
        kept = json.loads(read_fact(session, _mark(sheet.header)) or "{}")
    remembered = bool(kept) and kind in (None, kept["kind"])
    of = KINDS[kept["kind"]] if remembered else KINDS[kind] if kind in KINDS else guess_kind(sheet)
    columns = [kept["columns"].get(name, "") for name in sheet.header] if remembered else suggest_columns(sheet, of)
    rows = next((chunk.rows for chunk in read_chunks(sheet, SAMPLE)), None)
    sample = [tuple(cell or "" for cell in row[1:]) for row in rows.iter_rows()] if rows is not None else []
    return Look(path, of.name, sheet.header, tuple(columns), tuple(sample), remembered)


def remember_map(engine: Engine, path: Path, mapping: Mapping[str, Any]) -> None:
    """Suggest the same for the next file with these columns."""
    with engine.store.write(engine.scope) as session:
        keep_fact(session, _mark(open_sheet(path).header), json.dumps(dict(mapping)))


def _mark(header: tuple[str, ...]) -> str:
    return f"import map {sha256(json.dumps(header).encode()).hexdigest()[:32]}"


def _usual_words(engine: Engine) -> dict[str, tuple[str, ...]]:
    """What Heed knows of columns that may hold any word, so that a slip of the pen is noticed."""
    channels = (*CHANNEL_WORDS, *engine.plugins.channels)
    known = {"channel": channels, "preferred_channel": channels, "channels": channels}
    try:
        surveys, journey = [survey.name for survey in list_surveys(engine)], load_journey(engine)
    except FileError:  # which `heed check` says more about
        return known
    return known | {"survey": tuple(surveys), "kind": journey.kinds}


@contextmanager
def _transactions(engine: Engine, dry_run: bool) -> Iterator[Transactions]:
    """One transaction for each chunk; for a dry run one for everything, undone at the end."""
    if not dry_run:
        yield lambda: engine.store.write(engine.scope)
        return
    with engine.store.write(engine.scope) as session:
        yield lambda: nullcontext(session)
        session.rollback()


def _import_sheet(bringing: Bringing, sheet: Sheet, layout: Layout) -> None:
    engine, report = bringing.engine, bringing.report
    report.count(layout.kind.name)
    report.remark(dict.fromkeys(layout.notes, 0))
    with bringing.transactions() as session:
        zone = ZoneInfo(read_company(engine, session).timezone)
    around = Surroundings(sheet.file, zone, engine.clock(), bringing.usual)
    for chunk in read_chunks(sheet, CHUNK):
        size = chunk.rows.height + len(chunk.ragged)
        with bringing.transactions() as session:
            take_turn(session)  # no terms change from here on
            reading = read_rows(layout, chunk, around, read_all_terms(session))
            target = Target(engine, session, layout.kind.name, sheet.file, around.now, report.number)
            outcome = upsert_rows(target, reading.rows)
            if report.number:
                tell_progress(session, report.number, size)
        gone = tell_removed(target.removed)
        report.remark({f"{sheet.file}: terms have changed; removed: {', '.join(gone)}": 0} if gone else {})
        _count(report, layout.kind.name, reading, outcome)
        if outcome.repeated:
            remark = f"{sheet.file}: names a row again that came before; the later one counts"
            report.remark({remark: outcome.repeated})
        if bringing.progress:
            bringing.progress(sheet.file, size)


def _count(report: ImportReport, kind: str, reading: Reading, outcome: Outcome) -> None:
    rejections = sorted([*reading.rejections, *outcome.rejections], key=lambda rejection: rejection.line)
    report.rejections += rejections
    report.count(kind, rejected=len({rejection.line for rejection in rejections}), **outcome.numbers)
    report.remark(reading.remarks)
