"""A figure: what was measured, against what, and whether it is as fast as we want."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """`value` and `baseline` are in `unit`. `ok`: whether the target is met; None: there is none."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    target: str = ""
    ok: bool | None = None
    note: str = ""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def as_text(self) -> str:
        against = f"  against {_number(self.baseline)} {self.unit}" if self.baseline is not None else ""
        ratio = f", ratio {_number(self.ratio)}" if self.ratio is not None else ""
        verdict = {True: "ok", False: "MISSED", None: ""}[self.ok]
        target = f"  [{self.target}] {verdict}" if self.target else ""
        note = f"\n    {self.note}" if self.note else ""
        return f"{self.name}: {_number(self.value)} {self.unit}{against}{ratio}{target}{note}"


def faster(name: str, value: float, baseline: float, at_least: float, unit: str = "s", note: str = "") -> Figure:
    """So many times faster than a peer."""
    ratio = baseline / value
    return Figure(name, value, unit, baseline, ratio, f"at least {at_least:g} times faster", ratio >= at_least, note)


def near(name: str, value: float, baseline: float, at_most: float, unit: str = "s", note: str = "") -> Figure:
    """Not more than so many times a floor, or a baseline."""
    ratio = value / baseline
    return Figure(name, value, unit, baseline, ratio, f"at most {at_most:g} times as much", ratio <= at_most, note)


def within(
    name: str, value: float, at_most: float, unit: str = "s", baseline: float | None = None, note: str = ""
) -> Figure:
    """Not more than so much; a baseline is shown beside it."""
    ratio = None if baseline is None else value / baseline
    return Figure(name, value, unit, baseline, ratio, f"at most {at_most:g} {unit}", value <= at_most, note)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
