"""P1: deciding for all contacts in memory, against a rules engine and against one plugin call per contact and rule.

(a) The same six rules three times, checked to give the same answer for every contact of the sample: Heed's own
strategies (settings laid over each other, dates, reasons and worth included), zen-engine's decision table in its loop
mode, and pluggy calling six plugins for each contact. (b) Everything that ships, against zen-engine's six rules.
The peers get their facts and settings ready-made, on a sample that is scaled; Heed works out settings by itself, for
everyone. Ratios are of CPU time, which adds up both cores where Heed uses them.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.books import make_book, make_settings
from benchmarks.figures import Figure, faster, within
from benchmarks.measures import Seconds, alternate
from benchmarks.peers import BUILTINS, decide_with_pluggy, decide_with_zen, read_rows
from engine.decide.book import Book
from engine.decide.plan import resolve
from engine.decide.planner import Decisions, decide
from engine.registry import Plugins, build_plugins
from engine.types import SettingValue

SAMPLE = 20_000
ROUNDS = 5
MILLION = 1_000_000


def measure(contacts: int) -> Iterator[Figure]:
    book, settings = make_book(contacts), make_settings(contacts)
    six, everything = build_plugins(builtins=BUILTINS), build_plugins()
    sample = Book(book.frame.head(SAMPLE).rechunk(), book.kinds)
    rows = read_rows(resolve(sample, six.catalog, settings))
    _check_alike(_decide(sample, settings, six), decide_with_zen(rows), decide_with_pluggy(rows))
    taken = alternate(
        {
            "six": lambda: _decide(book, settings, six),
            "all": lambda: _decide(book, settings, everything),
            "zen": lambda: decide_with_zen(rows),
            "pluggy": lambda: decide_with_pluggy(rows),
        },
        ROUNDS,
    )
    scale = contacts / len(rows)
    zen, pluggy = taken["zen"].times(scale), taken["pluggy"].times(scale)
    yield _compare("P1a six rules, zen-engine", taken["six"], zen, 10)
    yield _compare("P1a six rules, pluggy per contact and rule", taken["six"], pluggy, 12)
    yield _compare("P1b all strategies, zen-engine's six rules", taken["all"], zen, 4)
    yield within("P1b all strategies, absolute", taken["all"].cpu, 2.0 * contacts / MILLION, "CPU s")


def _decide(book: Book, settings: list[SettingValue], plugins: Plugins) -> Decisions:
    return decide(book, resolve(book, plugins.catalog, settings), plugins.strategies)


def _check_alike(decisions: Decisions, *peers: list[bool]) -> None:
    ours = (decisions.frame["decision"] == "ask").to_list()
    if decisions.said.errors or any(theirs != ours for theirs in peers):
        raise AssertionError("the six rules do not mean the same everywhere")


def _compare(name: str, ours: Seconds, theirs: Seconds, at_least: float) -> Figure:
    wall = f"wall {ours.wall:.2f} s against {theirs.wall:.2f} s"
    return faster(name, ours.cpu, theirs.cpu, at_least, "CPU s", wall)
