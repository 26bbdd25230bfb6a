"""docs/tutorial.md is followed to the letter, in an empty folder: files, commands and their output, answers, pages.

A fenced block with a file's name is that file. Lines that begin with `$` in a console block are typed into one shell,
and what stands below each must be what it prints; `…` stands for anything. The newest message links to a page: a
quotation is to be read there, and a list of **questions** with answers is filled in and sent.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from engine.cli.demo.catcher import free_port

TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorial.md"
PARTS = re.compile(
    r"^```(?:csv|python) (?P<name>\S+)\n(?P<file>.*?)^```$"
    r"|^```console\n(?P<console>.*?)^```$"
    r"|(?P<answers>(?:^- \*\*[^\n]+\*\* [^\n]+\n)+)"
    r"|(?P<quote>(?:^>[^\n]*\n)+)",
    re.MULTILINE | re.DOTALL,
)
COMMAND = re.compile(r"^\$ (.+(?:(?<=\\)\n.+)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
ANSWER = re.compile(r"^- \*\*(.+)\*\* (.+)$", re.MULTILINE)
END = "this was all it said:"
LOOKS = ("heed promises",)
"""Commands that only look, and what they show comes a moment after an answer: they are typed until it is there."""


class Reader:
    """Somebody with a terminal and a browser."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.page, self.link = folder, "", ""
        own = {name: value for name, value in os.environ.items() if not name.startswith("HEED_")}
        own["PATH"] = f"{Path(sys.executable).parent}:{own['PATH']}"
        self.shell = subprocess.Popen(
            ["bash"], cwd=folder, env=own, text=True, encoding="utf-8", start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def types(self, command: str) -> tuple[str, int]:
        """What the command prints, and its exit code."""
        self.shell.stdin.write(f"{command}\necho '{END}' $?\n")
        self.shell.stdin.flush()
        said = []
        for line in self.shell.stdout:
            before, ended, code = line.partition(END)
            said.append(before)
            if ended:
                return "".join(said), int(code)
        raise AssertionError("".join(said))

    def looks_for(self, shown: str, command: str) -> tuple[str, int]:
        """The same, of one that may have to be typed again until it prints this."""
        until = time.monotonic() + 60
        said, code = self.types(command)
        while command in LOOKS and not is_like(shown, said) and time.monotonic() < until:
            said, code = self.types(command)
        return said, code

    def opens_newest_link(self) -> None:
        mail = (self.folder / "mail.txt").read_text(encoding="utf-8")
        self.link = re.findall(r"^http\S+/s/\S+$", mail, re.MULTILINE)[-1]
        self.page = opened(self.link)

    def sends(self, answers: list[tuple[str, str]]) -> None:
        hidden = re.findall(r'<input type="hidden" name="(.+?)" value="(.+?)">', self.page)
        given = [(find_field(self.page, question, answer), answer) for question, answer in answers]
        self.page = opened(self.link, [*hidden, *(found for found, _ in given), ("action", "send")])

    def leaves(self) -> None:
        os.killpg(self.shell.pid, signal.SIGTERM)
        self.shell.communicate(timeout=60)


def opened(url: str, posted: list[tuple[str, str]] | None = None) -> str:
    """The page, as soon as the server is up."""
    until = time.monotonic() + 120
    while True:
        try:
            with urlopen(url, urlencode(posted).encode() if posted else None, timeout=60) as answer:
                return unescape(answer.read().decode())
        except URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def find_field(page: str, question: str, answer: str) -> tuple[str, str]:
    """The field below this question, and what it sends for this answer."""
    choice = rf'<legend>{re.escape(question)}</legend>(?:(?!</fieldset>).)*?name="(\S+)" value="({re.escape(answer)})"'
    box = rf'>{re.escape(question)}</label>\s*<textarea id="\S+" name="(\S+)"()'
    for pattern in (choice, box):
        if found := re.search(pattern, page, re.DOTALL | re.IGNORECASE):
            return found[1], found[2] or answer
    raise AssertionError(f"the page has no “{question}” that could be answered “{answer}”:\n{visible(page)}")


def visible(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def is_like(shown: str, said: str) -> bool:
    """Whether what is shown is what was said, but for `…`."""
    lines = "\n".join(line.rstrip() for line in said.strip().splitlines())
    return re.fullmatch(re.escape(shown.strip()).replace("…", ".*"), lines, re.DOTALL) is not None


@pytest.fixture
def reader(tmp_path):
    reader = Reader(tmp_path)
    yield reader
    reader.leaves()


def test_a_stranger_who_follows_the_tutorial_gets_there(reader):
    page = TUTORIAL.read_text(encoding="utf-8")
    for port in ("8000", "2525"):  # which somebody may use already
        page = page.replace(port, str(free_port()))
    reader.types(f"export HEED_PUBLIC_URL=http://127.0.0.1:{re.search('--port ([0-9]+)', page)[1]}")
    for part in PARTS.finditer(page):
        if part["name"]:
            (reader.folder / part["name"]).write_text(part["file"], encoding="utf-8")
        for command, shown in COMMAND.findall(part["console"] or ""):
            said, code = reader.looks_for(shown, command)
            assert is_like(shown, said), f"$ {command}\n{said}"
            assert code == 0, f"$ {command}\n{said}"
        for line in re.findall(r"^> (.+)$", part["quote"] or "", re.MULTILINE):
            reader.opens_newest_link()
            assert line in visible(reader.page)
        if part["answers"]:
            reader.opens_newest_link()
            reader.sends(ANSWER.findall(part["answers"]))
