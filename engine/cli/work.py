"""heed work"""

from __future__ import annotations

import signal
from contextlib import suppress
from dataclasses import asdict
from threading import Event

import click

from engine.cli.common import echo_json, json_option, open_engine
from engine.jobs import JOBS, Ran, take_turn
from engine.jobs import work as do_work


@click.command(epilog="\b\nJobs:\n" + "\n".join(f"  {job.name}: {job.help}" for job in JOBS))
@click.option("--once", is_flag=True, help="Do what is due now, and end: for cron.")
@json_option
@click.pass_context
def work(ctx: click.Context, once: bool, as_json: bool) -> None:
    """Do by itself what has to happen every so often: plan, send, remind, follow up. Until Ctrl-C, or once.

    Several workers may run, on several machines: each job is done by one of them at a time. Exit code 1: with --once,
    a job failed.

    \b
    Example:
      heed work
    """
    engine = open_engine(ctx)

    def tell(ran: Ran) -> None:
        if as_json:
            echo_json(asdict(ran), lines=True)
        else:
            click.echo(f"{ran.job}: {ran.error or f'done in {ran.seconds:.1f} s'}")

    if once:
        ran = [found for job in JOBS if (found := take_turn(engine, job))]
        for each in ran:
            tell(each)
        ctx.exit(any(each.error for each in ran))
    stop = Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    with suppress(KeyboardInterrupt):
        do_work(engine, JOBS, stop, tell)
