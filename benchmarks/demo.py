"""D4: how long somebody waits after `make demo`, from a clean clone to the first page that is served.

What a new machine lacks is installed from the package index, which takes most of the time. `make test`, the other half
of D4, says how long it took when it ends.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from benchmarks.figures import Figure, within
from benchmarks.measures import ROOT

LINK = re.compile(r"http://\S+/s/\S+")


def measure(contacts: int) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="heed-bench-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        own = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        started = time.perf_counter()
        with subprocess.Popen(
            ["make", "demo"], cwd=clone, env=own, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            try:
                page = _first_link(process)
                with urlopen(page, timeout=60) as answer:
                    served = answer.status == 200
                taken = time.perf_counter() - started
            finally:
                os.killpg(process.pid, signal.SIGINT)
    yield within("D4 make demo, from a clean clone to a page", taken, 180, note="" if served else "the page is no page")


def _first_link(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if found := LINK.search(line):
            return found[0]
    raise RuntimeError("the demo ended before it served anything:\n" + "".join(said))
