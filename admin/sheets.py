"""Lists as CSV for a spreadsheet. A cell that a spreadsheet would take for a formula is made plain text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO

from flask import Response, request

SIGNS = "=+\\-@＝＋－＠"
FORMULA = re.compile(rf"[\s\0\ufeff\"';,|]*[{SIGNS}]|[\t\r\n\0]")
"""What spreadsheets take for the beginning of a formula (OWASP, CSV injection); an apostrophe makes it text. Signs of
full width count for some of them, and so does what stands behind blanks and quotes."""
AFTER_A_BREAK = re.compile(rf"([;\t\n\r]\s*)(?=[{SIGNS}])")
"""Where a spreadsheet that parts cells by semicolons, or by lines, would begin another cell."""
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
MOST = 10_000
"""Rows of one sheet."""


def wants_sheet() -> bool:
    return request.args.get("format") == "csv"


def as_sheet(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A file to save, in UTF-8 with the mark that spreadsheets know it by."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    for number, row in enumerate(rows, start=1):
        writer.writerow([plain(cell) for cell in row])
        if number == MOST:
            writer.writerow([f"A sheet ends after {MOST:,} rows. Narrow the list for what comes after these."])
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def plain(value: object) -> str:
    """A cell as text.

    >>> plain("=1+1"), plain("-3"), plain(None), plain("a;=1")
    ("'=1+1", '-3', '', "a;'=1")
    """
    text = "" if value is None else str(value)
    if NUMBER.fullmatch(text):
        return text
    text = AFTER_A_BREAK.sub(r"\1'", text)
    return f"'{text}" if FORMULA.match(text) else text
