"""The ledger: what was said, what was done, and what clients confirm, side by side where the two differ.

Rates are of promises that have come so far: of those that were agreed and whose day has come, how many are done; of
those done, how many on time; of those that clients gave a word on, how many are kept. Times are middle values in days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from engine.data import ledger as data
from engine.data.ledger import Entry
from engine.decide.shares import Share, share
from engine.errors import InputError, nearest
from engine.house import Engine
from engine.operations.figures import find_figures

BY = ("owner", "team", "touchpoint", "tier")
YEAR = 365
SPANS = (730, 365, 180, 90)
"""Days that the desk can count; the longest first."""
PAGE, MOST = 50, 20
"""Lines on a page; entries beside them."""


@dataclass(frozen=True)
class Line:
    """What holds for all promises, or for those of one owner, team, kind of touchpoint or tier.

    `said`: agreed at any time. `done`: of those that are due, or done before. `on_time`: of those done that had a day.
    `confirmed`: of those with a word of the client. `unconfirmed`: done, and no word yet. Days are middle values.
    """

    of: str
    said: int
    waiting: int
    overdue: int
    done: Share
    on_time: Share
    confirmed: Share
    unconfirmed: int
    disputed: int
    moved: int
    moves_per_promise: float | None
    declined: int
    days_to_reply: float | None
    days_to_done: float | None
    days_to_kept: float | None


@dataclass(frozen=True)
class Ledger:
    """`lines`: the first is of all. `differing`: we said done, the client said no. `unconfirmed`: nobody has said."""

    since: date
    lines: tuple[Line, ...]
    differing: tuple[Entry, ...]
    unconfirmed: tuple[Entry, ...]


@dataclass(frozen=True)
class Page:
    """A part of the ledger: the line of all, some of the others, the first that differ or wait for a word.

    `differing`, `unconfirmed`: entries, and how many there are. `counted_at`: None: just now.
    """

    since: date
    all: Line
    lines: tuple[Line, ...]
    more: bool
    differing: tuple[Sequence[Entry], int]
    unconfirmed: tuple[Sequence[Entry], int]
    counted_at: datetime | None


def read_ledger(engine: Engine, *, by: str | None = None, days: int = YEAR, on: date | None = None) -> Ledger:
    """The ledger of promises made in the last so many days. Raises InputError for a `by` that there is not."""
    if by is not None and by not in BY:
        raise InputError(f"The ledger is by {', '.join(BY)}, not by “{by}”.{nearest(by, BY)}", about=by)
    today = engine.moment(on).today("UTC")
    since = today - timedelta(days=days)
    entries, teams = _read(engine, since)
    unconfirmed = [entry for entry in entries if entry.status == "done" and not entry.verdict]
    differing = [entry for entry in entries if entry.verdict == "disputed"]
    lines = _lines(entries, by, teams, today)
    return Ledger(since, lines, tuple(differing), tuple(sorted(unconfirmed, key=lambda e: e.done_on or since)))


def open_ledger(engine: Engine, *, by: str, days: int, page: int = 1, size: int = PAGE, most: int = MOST) -> Page:
    """A part of it, as it was counted last where the house is large and the days are among SPANS."""
    today = engine.moment().today("UTC")
    since = today - timedelta(days=days)
    first, last = 1 + (page - 1) * size, 1 + page * size
    if kept := find_figures(engine, _name(by, days)):
        every, differing, counted_at = kept[0]["lines"], kept[0]["differing"], kept[1]
        house, lines = _unpack(every[0]), tuple(map(_unpack, every[first:last]))
    else:
        entries, teams = _read(engine, since)
        every, counted_at = _lines(entries, by, teams, today), None
        differing = sum(entry.verdict == "disputed" for entry in entries)
        house, lines = every[0], every[first:last]
    with engine.store.read(engine.scope) as session:
        return Page(
            since, house, lines, len(every) > last, (data.list_differing(session, since, most), differing),
            (data.list_unconfirmed(session, since, most), house.unconfirmed), counted_at,
        )  # fmt: skip


def sum_ledger(engine: Engine, days: int) -> Line:
    """The line of all promises."""
    if kept := find_figures(engine, _name("owner", days)):
        return _unpack(kept[0]["lines"][0])
    today = engine.moment().today("UTC")
    with engine.store.read(engine.scope) as session:
        return _line("all", data.read_entries(session, today - timedelta(days=days)), today)


def count_ledgers(engine: Engine) -> dict[str, dict[str, Any]]:
    """Every ledger that the desk shows, by its name."""
    today = engine.moment().today("UTC")
    entries, teams = _read(engine, today - timedelta(days=max(SPANS)))
    found = {}
    for days in SPANS:
        entries = [entry for entry in entries if entry.made_on >= today - timedelta(days=days)]
        differing = sum(entry.verdict == "disputed" for entry in entries)
        for by in BY:
            lines = [asdict(line) for line in _lines(entries, by, teams, today)]
            found[_name(by, days)] = {"lines": lines, "differing": differing}
    return found


def _name(by: str, days: int) -> str:
    return f"ledger by {by} of {days} days"


def _unpack(kept: dict[str, Any]) -> Line:
    rates = {name: share(kept[name]["of"], kept[name]["n"]) for name in ("done", "on_time", "confirmed")}
    return Line(**kept | rates)


def _read(engine: Engine, since: date) -> tuple[list[Entry], dict[int, list[str]]]:
    with engine.store.read(engine.scope) as session:
        return data.read_entries(session, since), data.read_teams(session)


def _lines(entries: Sequence[Entry], by: str | None, teams: dict[int, list[str]], today: date) -> tuple[Line, ...]:
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries if by else ():
        for name in teams.get(entry.account_id, ["no team"]) if by == "team" else [str(getattr(entry, by or ""))]:
            groups[name].append(entry)
    return (_line("all", entries, today), *(_line(name, groups[name], today) for name in sorted(groups)))


def _line(of: str, entries: Sequence[Entry], today: date) -> Line:
    agreed = [entry for entry in entries if entry.status != "declined"]
    done = [entry for entry in agreed if entry.status == "done"]
    due = [entry for entry in agreed if entry.status == "done" or (entry.due_on and entry.due_on < today)]
    dated = [entry for entry in done if entry.due_on and entry.done_on]
    judged = [entry for entry in agreed if entry.verdict]
    moved = sum(entry.count("moved") > 0 for entry in entries)
    return Line(
        of=of,
        said=len(entries),
        waiting=len(agreed) - len(done),
        overdue=len(due) - len(done),
        done=share(len(done), len(due)),
        on_time=share(sum(_on_time(entry) for entry in dated), len(dated)),
        confirmed=share(sum(entry.verdict == "kept" for entry in judged), len(judged)),
        unconfirmed=sum(not entry.verdict for entry in done),
        disputed=sum(entry.count("disputed") > 0 or entry.verdict == "disputed" for entry in entries),
        moved=moved,
        moves_per_promise=sum(entry.count("moved") for entry in entries) / len(entries) if entries else None,
        declined=len(entries) - len(agreed),
        days_to_reply=_middle(entries, lambda entry: (_said(entry), entry.first("agreed", "declined"))),
        days_to_done=_middle(entries, lambda entry: (entry.first("agreed"), entry.first("done"))),
        days_to_kept=_middle(entries, lambda entry: (entry.first("agreed"), entry.first("kept"))),
    )


def _on_time(entry: Entry) -> bool:
    return bool(entry.done_on and entry.due_on and entry.done_on <= entry.due_on)


def _said(entry: Entry) -> datetime | None:
    """When the client said what it answers; else when the draft was made."""
    return entry.said_at or entry.first("drafted")


def _middle(entries: Iterable[Entry], ends: Callable[[Entry], tuple[datetime | None, datetime | None]]) -> float | None:
    """The middle number of days between two moments, of those that have both."""
    pairs = [ends(entry) for entry in entries]
    days = [(last - first) / timedelta(days=1) for first, last in pairs if first and last]
    return round(median(days), 1) if days else None
