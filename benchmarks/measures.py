"""Taking the time, of calls and of whole processes.

CPU time counts beside wall time: on a machine that others use too it is what stays comparable. It adds up what all
threads do, so a call that uses two cores gains nothing by it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent


class Seconds(NamedTuple):
    wall: float
    cpu: float

    def times(self, number: float) -> Seconds:
        return Seconds(self.wall * number, self.cpu * number)

    def plus(self, other: Seconds) -> Seconds:
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)


def timed(call: Callable[[], Any]) -> tuple[Seconds, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    return Seconds(time.perf_counter() - wall, time.process_time() - cpu), result


def alternate(calls: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, Seconds]:
    """Medians of several rounds. All calls take part in each, so that whatever else the machine does meets all."""
    found: dict[str, list[Seconds]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            found[name].append(timed(call)[0])
    return {name: middle(seconds) for name, seconds in found.items()}


def middle(seconds: Sequence[Seconds]) -> Seconds:
    return Seconds(median(each.wall for each in seconds), median(each.cpu for each in seconds))


@dataclass(frozen=True)
class Ended:
    """A process that came to its end, and all it took."""

    said: str
    seconds: Seconds
    megabytes: float
    """The most memory it had at once."""


def run(*command: str, cwd: Path = ROOT, environ: Mapping[str, str] | None = None) -> Ended:
    """Run a command to its end. Raises where it fails; what it says of that is seen."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=cwd, env=os.environ | (environ or {}), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = Seconds(time.perf_counter() - started, usage.ru_utime + usage.ru_stime)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, said)
    return Ended(said, seconds, usage.ru_maxrss / 1024)  # kilobytes on Linux


def cpu_seconds(pid: int) -> float:
    """What a running process and all that it started have taken until now. Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = " ".join(file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")).split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(map(cpu_seconds, map(int, children)))


def run_python(*arguments: str, cwd: Path = ROOT, environ: Mapping[str, str] | None = None) -> Ended:
    return run(sys.executable, *arguments, cwd=cwd, environ=environ)
