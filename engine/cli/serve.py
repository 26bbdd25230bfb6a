"""heed serve"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

import click
from flask import Flask
from granian.constants import Interfaces
from granian.server import Server

from engine.app import create_app, open_house
from engine.cli.common import open_engine
from engine.config import load_config
from engine.errors import HeedError
from engine.house import Engine
from engine.jobs import FOLLOW_UP, Ran, work
from engine.operations.due_days import load_calendars

WORKERS = min(os.cpu_count() or 1, 4)
ONE_THREAD = {"POLARS_MAX_THREADS": "1"}
"""Most of what a serving process decides is about one account, where to wake another thread takes longer than it helps;
and there is one process for each processor already. Whoever sets it otherwise has their way."""
YOUNG = 10_000
"""So many new objects make Python look for what refers to itself; with its own 700, every page has it look twice."""
REST = 39.0
"""Following up takes a fortieth of one processor at most, which does for a million answers a week: all else is for
those who answer."""

log = logging.getLogger(__name__)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port to listen at.")
@click.option(
    "--workers",
    default=WORKERS,
    show_default="one for each processor, at most four",
    type=click.IntRange(1, 64),
    help="How many processes serve.",
)
@click.pass_context
def serve(ctx: click.Context, host: str, port: int, workers: int) -> None:
    """Serve the pages that clients open, and the account team's desk, until Ctrl-C.

    What follows from answers is drafted meanwhile. To plan, send and remind by itself, run `heed work` beside it.

    \b
    Example:
      heed serve --port 8000 --workers 2
    """
    engine = open_engine(ctx)
    create_app(engine)  # what is wrong is said here, once, and not by every process
    _check_free(host, port)
    # Processes start afresh, because neither threads nor connections survive a fork, and read the environment: the
    # option of this command has to be in it.
    multiprocessing.set_start_method("spawn", force=True)
    os.environ["HEED_DATABASE_URL"] = engine.config.database_url
    os.environ.update(ONE_THREAD | os.environ)
    click.echo(f"Heed serves http://{host}:{port} – links for clients begin with {engine.config.public_url}")
    click.echo(f"The account team's desk is at http://{host}:{port}/admin/")
    if engine.config.today:
        click.echo(f"For these pages it is noon of {engine.config.today} (HEED_TODAY).")
    click.echo("Press Ctrl-C to stop.")
    logging.getLogger("granian").setLevel(logging.WARNING)
    server = Server(
        "engine.cli:load_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        workers=workers,
        blocking_threads=4,
        respawn_failed_workers=True,
        log_enabled=False,
    )
    load_calendars()
    leave_in_peace()
    with following_up(engine):
        server.serve()


@contextmanager
def following_up(engine: Engine) -> Iterator[None]:
    """Draft what follows from answers, beside the processes that serve."""
    stop = Event()
    worker = Thread(target=work, args=(engine, [FOLLOW_UP], stop, _tell, REST), daemon=True)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join(5)
        engine.store.close()


def _tell(ran: Ran) -> None:
    if ran.error:
        log.error("%s: %s", ran.job, ran.error)


def load_app() -> Flask:
    """The application of one serving process."""
    app = create_app(open_house(load_config(os.environ)))
    load_calendars()
    leave_in_peace()
    return app


def leave_in_peace() -> None:
    """What is there by now stays: no later round of the garbage collector need look through it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])


def _check_free(host: str, port: int) -> None:
    try:
        with closing(socket.create_server((host, port))):
            return
    except OSError as error:
        raise HeedError(
            f"Port {port} of {host} cannot be used: {error.strerror}. Choose others with --port and --host."
        ) from None
