"""heed demo"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click
from rich.console import Console

from engine.cli.demo.stage import FOLDER, Stage, open_stage, serving
from engine.cli.demo.story import ADMIN, JAMES, PASSWORD, STEPS, TOM, Step, Story, list_pages
from engine.errors import HeedError


@click.command()
@click.option("--no-serve", is_flag=True, help="End after the summary, instead of serving the pages.")
@click.option("--port", default=8000, show_default=True, help="The web server's port; another one where it is taken.")
def demo(no_serve: bool, port: int) -> None:
    """See it all happen with a sample company: plan, ask, answer, promise, keep it, ask again.

    Everything is in the folder heed-demo, which is made anew each time. Nothing leaves this computer.

    \b
    Example:
      heed demo --no-serve
    """
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))  # so that the server goes, too
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start what runs in the background without it
    console = Console(highlight=False)
    console.width = min(100, console.width)
    folder = Path.cwd() / FOLDER
    console.print(f"Everything is in {FOLDER}/, made anew each time. Nothing leaves this computer.")
    with open_stage(folder, port, console) as stage, serving(stage) as server:
        story = Story(stage)
        play(story)
        pages = list_pages(story)
        with suppress(KeyboardInterrupt):
            show_pages(stage, pages, stays=not no_serve)
            if not no_serve:
                server.wait()


def play(story: Story, steps: Sequence[Step] = STEPS) -> None:
    """Every step, in order. Raises HeedError naming the step that failed."""
    for number, (title, step) in enumerate(steps, start=1):
        story.stage.heading(number, title)
        try:
            step(story)
        except Exception as error:
            raise HeedError(f"The demo failed at step {number}, “{title}”: {error}") from error


def show_pages(stage: Stage, pages: dict[str, str], *, stays: bool) -> None:
    """The pages to look at, each of which has just answered."""
    if not stays:
        stage.say(
            f"\n{len(pages)} pages answered: {', '.join(pages)}. `heed demo` leaves them open for you to look at."
        )
        return
    stage.say("\nOpen in a browser:")
    for what, url in pages.items():
        stage.console.print(f"     {what:<22} {url}", soft_wrap=True)
    stage.say(f"\nThe desk opens for {ADMIN} (an admin), {TOM} and {JAMES} with the password “{PASSWORD}”.")
    stage.say("Ctrl+C ends the demo.")
