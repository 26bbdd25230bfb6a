"""A file of rows as it comes: encoding, delimiter, quotes, physical lines. What the columns mean is not known here."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import polars as pl

from engine.errors import InputError
from engine.types import clean_text

DELIMITERS = ",;\t|"
LINE = "#line"
"""The column that says on which physical line a row begins."""
EXTRA = "#extra"
"""Struct of the columns that become attributes, as text."""


@dataclass(frozen=True)
class Sheet:
    """A file whose first line was read. `header` is trimmed; a name may be empty."""

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class Chunk:
    """Rows as text under LINE and their position (`0`, `1`, …); `ragged` says which lines are no rows, and why."""

    rows: pl.DataFrame
    ragged: list[tuple[int, str]] = field(default_factory=list)


def open_sheet(path: Path) -> Sheet:
    """Find out how the file is written. Raises InputError where it has no header or cannot be read."""
    try:
        encoding = _find_encoding(path)
        headers = {mark: _header(path, encoding, mark) for mark in DELIMITERS}
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}.", about=str(path)) from None
    delimiter = max(headers, key=lambda mark: len(headers[mark]))
    if not headers[delimiter]:
        raise InputError(
            f"{path}: the first line must name the columns, and it cannot be read as such.", about=str(path)
        )
    notes = (f"{path}: is not UTF-8, read as Windows-1252",) if encoding == "cp1252" else ()
    return Sheet(path, encoding, delimiter, tuple(headers[delimiter]), notes)


def count_lines(path: Path) -> int:
    """About as many as there are rows: a cell may hold several."""
    with path.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def read_chunks(sheet: Sheet, size: int) -> Iterator[Chunk]:
    """The rows below the header, so many at a time. A row without any value is no row."""
    records = _records(sheet.path, sheet.encoding, sheet.delimiter)
    filled = ((line, row) for line, row in records if isinstance(row, str) or any(map(str.strip, row)))
    next(filled)
    while taken := list(islice(filled, size)):
        yield _make_chunk(taken, len(sheet.header))


def _find_encoding(path: Path) -> str:
    """UTF-16 and UTF-8 by their marks, UTF-8 where all of it is, else Windows-1252, in which anything can be read."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        block = stream.read(1 << 20)
        if block.startswith(b"PK\x03\x04"):
            raise InputError(f"{path}: this is a workbook, not a text; save it as CSV.", about=str(path))
        if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if block.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        try:
            while block:
                decoder.decode(block)
                block = stream.read(1 << 20)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Every record with the line it begins on; a text instead of cells says why they cannot be told apart."""
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        reader = csv.reader(map(clean_text, stream), delimiter=delimiter, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                yield line, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, f"the quotes are not right up to line {reader.line_num} ({error})"


def _header(path: Path, encoding: str, delimiter: str) -> list[str]:
    for _, row in _records(path, encoding, delimiter):
        if isinstance(row, str):
            return []
        if any(map(str.strip, row)):
            return [name.strip() for name in row]
    return []


def _make_chunk(records: list[tuple[int, list[str] | str]], width: int) -> Chunk:
    lines, rows, ragged = [], [], []
    for line, row in records:
        if isinstance(row, str):
            ragged.append((line, row))
        elif len(row) != width:
            ragged.append((line, f"the row has {len(row)} fields where the header has {width}"))
        else:
            lines.append(line)
            rows.append(row)
    columns = zip(*rows, strict=True) if rows else ((),) * width
    frame = pl.DataFrame({str(place): pl.Series(cells, dtype=pl.String) for place, cells in enumerate(columns)})
    return Chunk(frame.insert_column(0, pl.Series(LINE, lines, dtype=pl.Int64)), ragged)
