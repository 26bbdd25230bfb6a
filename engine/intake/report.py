"""What an import says afterwards: how many rows of each kind went where, which ones did not go in, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Rejection:
    """One thing wrong with one row. `line` is the physical line on which the row begins."""

    file: str
    line: int
    field: str
    value: str
    why: str

    def __str__(self) -> str:
        shown = f"{self.field} “{self.value}”" if self.value else self.field
        return f"{self.file}:{self.line}: {shown}: {self.why}"


@dataclass
class Counts:
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.unchanged + self.rejected


@dataclass
class ImportReport:
    """`counts` is by kind. `rejections` may name a row more than once, `counts` count it once."""

    dry_run: bool = False
    counts: dict[str, Counts] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    remarks: Counter[str] = field(default_factory=Counter)
    number: int | None = None
    """By which it can be undone; None: nothing was kept of it."""

    def count(self, kind: str, **numbers: int) -> None:
        counts = self.counts.setdefault(kind, Counts())
        for name, number in numbers.items():
            setattr(counts, name, getattr(counts, name) + number)

    def remark(self, remarks: Mapping[str, int]) -> None:
        """Add remarks with the number of rows each concerns; 0: the file as a whole."""
        self.remarks.update(remarks)

    @property
    def rejected(self) -> int:
        return sum(counts.rejected for counts in self.counts.values())

    @property
    def notes(self) -> list[str]:
        return [
            f"{text} ({rows} {'row' if rows == 1 else 'rows'})" if rows else text for text, rows in self.remarks.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        return {
            "import": self.number,
            "dry_run": self.dry_run,
            "counts": {kind: asdict(counts) for kind, counts in self.counts.items()},
            "rejections": [asdict(rejection) for rejection in self.rejections],
            "notes": self.notes,
        }
