"""Jobs: what happens by itself, each every so often, done by one worker at a time however many there are.

What there is to do stands in the tables themselves (an ask that is due, an answer that is marked), and in no queue: so
nothing is lost with a worker, and whoever looks next finds it. A lease in the database says whose turn it is. It runs
until the job is due again; that of a worker that was killed runs out by itself. A job that takes longer than its lease
may be begun by another worker: each is made so that two at once do nothing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from time import monotonic, thread_time
from uuid import uuid4

from engine.clock import utc_now
from engine.errors import BusyError, HeedError
from engine.house import Engine
from engine.operations.company import read_company
from engine.operations.dispatch import is_daytime
from engine.operations.import_records import forget_imports
from engine.operations.news import send_news
from engine.operations.planning import plan_asks
from engine.operations.recounts import count_figures
from engine.operations.reminders import send_reminders
from engine.operations.sending import send_due
from engine.operations.suggestions import has_suggestions, make_suggestions

log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds between two looks at what is due."""
LEASE = timedelta(minutes=1)
"""How long others leave a job alone whose worker says nothing any more."""


@dataclass(frozen=True)
class Job:
    """`waits`: a quick look at whether there is anything to do, by which nothing is written."""

    name: str
    every: timedelta
    run: Callable[[Engine], object]
    help: str
    waits: Callable[[Engine], bool] = lambda engine: True


@dataclass(frozen=True)
class Ran:
    """A job that had its turn. `error`: why it failed, in words; it is tried again when its turn comes."""

    job: str
    seconds: float
    error: str = ""


def _send(engine: Engine) -> None:
    send_due(engine)
    send_news(engine)


def _is_working_hour(engine: Engine) -> bool:
    """Whether our people are at work, by the house's clock."""
    with engine.store.read(engine.scope) as session:
        return is_daytime(engine.clock().astimezone(read_company(engine, session).zone()))


FOLLOW_UP = Job(
    "follow-up", timedelta(seconds=1), make_suggestions, "draft what should follow from answers", has_suggestions
)
JOBS = (
    FOLLOW_UP,
    Job("plan", timedelta(hours=1), plan_asks, "end asks that ran out, decide for everyone who is due"),
    Job("send", timedelta(minutes=1), _send, "deliver asks that are due, tell clients what became of promises"),
    Job("forget", timedelta(days=1), forget_imports, "forget what imports brought that are too old to be undone"),
    Job("count", timedelta(days=1), count_figures, "count again what pages of a large house show of its history"),
    Job(
        "remind", timedelta(minutes=15), send_reminders, "send our people what waits for them and what is late, in "
        "working hours", _is_working_hour
    ),
)  # fmt: skip


def work(
    engine: Engine, jobs: Sequence[Job], stop: Event, tell: Callable[[Ran], None] = lambda ran: None, rest: float = 0
) -> None:
    """Do these jobs whenever their turn comes, until `stop`. `rest`: pause so many times as long as was worked, however
    long was waited for others meanwhile."""
    due = dict.fromkeys((job.name for job in jobs), 0.0)
    while not stop.is_set():
        began, worked = monotonic(), thread_time()
        for job in jobs:
            if due[job.name] <= began:
                due[job.name] = began + job.every.total_seconds()
                if ran := take_turn(engine, job):
                    tell(ran)
        stop.wait(max(PAUSE, rest * (thread_time() - worked)))


def take_turn(engine: Engine, job: Job) -> Ran | None:
    """Do a job if it is due and nobody else is at it."""
    holder, lease, began = uuid4().hex, f"job {job.name}", monotonic()
    try:
        started = utc_now()  # leases are about machines, whatever day the house says it is
        seconds = max(LEASE, job.every).total_seconds()
        if not job.waits(engine) or not engine.store.take_lease(lease, holder, started, seconds):
            return None
        try:
            job.run(engine)
        finally:
            engine.store.renew_lease(lease, holder, started, job.every.total_seconds())
    except BusyError:  # somebody does the same by hand
        return None
    except HeedError as error:
        return Ran(job.name, monotonic() - began, str(error))
    except Exception as error:
        log.exception("the job %s failed", job.name)
        return Ran(job.name, monotonic() - began, f"{type(error).__name__}: {error}")
    return Ran(job.name, monotonic() - began)
