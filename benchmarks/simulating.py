"""P5: a changed setting for 100,000 contacts and a year, and the forecast of one account, against deciding day by day.

Both sides, today's settings and the changed ones, are walked through 365 days in a process of its own. The baseline
decides for everyone, or for the whole account, on each of these days: what that takes once, by 365, and twice for the
two sides. It neither moves the book on nor counts anything.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.database import make_database, open_bench
from benchmarks.figures import Figure, faster, within
from benchmarks.measures import Seconds, middle, run_python, timed
from engine.house import Engine
from engine.operations.decisions import decide_accounts
from engine.operations.futures import forecast_account, simulate_book

MOST = 100_000
DAYS = 365
ROUNDS = 5
TRIED = {"relationship_tier.every_days": 60}


def measure(contacts: int) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="heed-bench-") as folder:
        house = Path(folder) / "house.db"
        make_database(house, min(contacts, MOST))
        simulated = run_python("-m", "benchmarks.simulating", str(house), "simulate")
        forecast = run_python("-m", "benchmarks.simulating", str(house), "forecast")
    said, told = json.loads(simulated.said), json.loads(forecast.said)
    ours, daily = Seconds(*said["ours"]), Seconds(*said["daily"]).times(2 * DAYS)
    note = f"{said['asks']:,.0f} asks on two sides; CPU {ours.cpu:.0f} s against {daily.cpu:.0f} s"
    yield within("P5 simulate a year, absolute", ours.wall, 60, note=note)
    yield faster("P5 simulate a year, deciding for everyone every day", ours.wall, daily.wall, 1)
    yield within("P5 simulate a year, peak memory", simulated.megabytes, 2000, "MB")
    ours, daily = Seconds(*told["ours"]), Seconds(*told["daily"]).times(DAYS)
    yield within("P5 forecast an account for a year", ours.wall, 0.3, note=f"{told['asks']:.0f} asks")
    yield faster("P5 forecast an account, deciding for it every day", ours.wall, daily.wall, 1)


def simulate(engine: Engine) -> dict[str, object]:
    daily = middle([timed(lambda: decide_accounts(engine, engine.moment()))[0] for _ in range(3)])
    ours, found = timed(lambda: simulate_book(engine, TRIED, days=DAYS))
    return {"ours": ours, "daily": daily, "asks": sum(side.mean() for side in found.figures[0].sides)}


def forecast(engine: Engine) -> dict[str, object]:
    """Accounts of every tier in turn; the first one is not counted, because it loads what all need."""
    keys = [f"A{number}" for number in range(1, ROUNDS + 2)]
    told = [timed(lambda key=key: forecast_account(engine, key, days=DAYS)) for key in keys][1:]
    daily = [
        timed(lambda number=number: decide_accounts(engine, engine.moment(), {number}))[0] for number in range(2, 7)
    ]
    ours = middle([seconds for seconds, _ in told])
    return {"ours": ours, "daily": middle(daily), "asks": sum(len(each.asks) for _, each in told) / ROUNDS}


def main(database: str, what: str) -> None:
    """Measure one of the two with the house in this file, and say what it took."""
    print(json.dumps({"simulate": simulate, "forecast": forecast}[what](open_bench(Path(database)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
