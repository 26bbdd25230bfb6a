"""What the story is played on: a folder of its own, a clock, a mail server, the web server as a process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as Time
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from engine.cli.demo.catcher import catching_mail, free_port
from engine.clock import DemoClock
from engine.config import Config
from engine.errors import HeedError
from engine.house import Engine, open_house
from engine.operations.installation import install_house

FOLDER = "heed-demo"
START_SECONDS = 60
"""How long the web server may take to answer for the first time."""
END_SECONDS = 20
"""How long it may take to end."""


@dataclass(frozen=True)
class Stage:
    folder: Path
    config: Config
    engine: Engine
    clock: DemoClock
    console: Console

    def acting_as(self, email: str) -> Engine:
        """The house for one of the account team."""
        return self.engine.acting_as(email, self.engine.scope)

    def today(self) -> date:
        return self.clock().date()

    def move_to(self, day: date, hour: int, minute: int = 0) -> None:
        """Turn the clock to a time in London."""
        self.clock.move_to(datetime.combine(day, Time(hour, minute), ZoneInfo("Europe/London")))

    # what is said

    def heading(self, number: int, title: str) -> None:
        self.console.print(f"\n[bold]{number}  {title}[/]")

    def say(self, text: str) -> None:
        self._print(text, "   ")

    def quote(self, text: str) -> None:
        """What the house itself prints or writes."""
        self._print(text, "     ", "    ", style="dim")

    def typed(self, command: str) -> None:
        """The command that does the same."""
        self._print(f"$ {command}", "   ", "    ", style="cyan")

    def _print(self, text: str, before: str, hanging: str = "", style: str = "") -> None:
        for line in text.split("\n"):
            start = before + line[: len(line) - len(line.lstrip())]
            told = textwrap.fill(
                line.lstrip(), self.console.width, initial_indent=start, subsequent_indent=start + hanging,
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
            self.console.print(Text(told.rstrip(), style), soft_wrap=True)


@contextmanager
def open_stage(folder: Path, port: int, console: Console) -> Iterator[Stage]:
    """Everything is up while this lasts, and down afterwards, whatever happens."""
    _clear(folder)
    with catching_mail(folder) as smtp_url:
        config = Config(
            database_url=f"sqlite:///{folder / 'heed.db'}",
            public_url=f"http://127.0.0.1:{free_port(port)}",
            smtp_url=smtp_url,
            mail_from="surveys@quillbrook.example",
            demo=str(folder),
        )
        engine = open_house(config)
        install_house(engine)
        try:
            yield Stage(folder, config, engine, DemoClock(folder), console)
        finally:
            engine.store.close()


def _clear(folder: Path) -> None:
    """Begin anew. Raises HeedError where the folder is not one that a demo made."""
    if folder.exists() and not (folder / "clock").exists() and any(folder.iterdir()):
        raise HeedError(f"{folder} holds something else. Move it away, or run the demo in another folder.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "clock").write_text("0", encoding="ascii")


@contextmanager
def serving(stage: Stage) -> Iterator[subprocess.Popen[bytes]]:
    """`heed serve` as a process of its own; what it says goes to server.log. Raises HeedError if it never answers."""
    port = stage.config.public_url.rpartition(":")[2]
    command = [sys.executable, "-c", "from engine.cli import main; main()", "serve", "--port", port]
    with (stage.folder / "server.log").open("wb") as log:
        # In a session of its own, so that Ctrl+C reaches it through us alone, once.
        process = subprocess.Popen(
            command, cwd=stage.folder, env=_environment(stage.config), stdout=log, stderr=log, start_new_session=True
        )
    try:
        with stage.console.status("starting the web server"):
            _wait(stage, process)
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _environment(config: Config) -> dict[str, str]:
    """The demo's configuration, and nothing that was set for another house."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HEED_")}
    told = ("database_url", "public_url", "smtp_url", "mail_from", "demo")
    return plain | {f"HEED_{name.upper()}": str(getattr(config, name)) for name in told}


def _wait(stage: Stage, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            urlopen(stage.config.public_url, timeout=5).close()  # noqa: S310 - our own server's address
        except HTTPError:
            return  # it answers: there is nothing at /
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    said = (stage.folder / "server.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise HeedError("The web server did not start. It last said: " + (said[-1] if said else "nothing"))
