"""The demo's mail server: real SMTP, and each message becomes a file."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from engine.web.mailcatcher import MAIL


class Catcher:
    """Writes down what comes in, whole or not at all, before it says that it has it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / MAIL
        self._folder.mkdir(parents=True)
        self._caught = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._caught += 1
        file = self._folder / f"{self._caught:04}.eml"
        written = file.with_suffix(".new")
        written.write_bytes(envelope.original_content or b"")
        written.replace(file)
        return "250 OK"


@contextmanager
def catching_mail(folder: Path) -> Iterator[str]:
    """A mail server as long as this lasts; where it listens, as an smtp_url."""
    controller = Controller(Catcher(folder), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()


def free_port(wanted: int = 0) -> int:
    """The wanted port where it is free, else another one that is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free")
