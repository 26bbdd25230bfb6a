"""Clients: each opens a link and answers, only looks, or saves answer by answer; connections stay open.

`python -m benchmarks.clients HOST PORT CONNECTIONS WHAT` reads one path a line and says in JSON what became of it. It
is a process of its own: it takes its share of the machine, but none of the Python of the server.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urlsplit

INPUT = re.compile(r'<input type="(?:radio|hidden)" name="([^"]+)" value="([^"]*)"')
BOX = re.compile(r'<textarea\b[^>]*? name="([^"]+)"')
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Encoding": "gzip"}
WORDS = "The reports are clear; the last one came two days late."
HIDDEN = ("submission_id", "filled", "shown")


@dataclass
class Tally:
    """What some clients met. `views`, `sends`, `saves`: seconds each first page, sending and saving took."""

    thanked: int = 0
    errors: list[str] = field(default_factory=list)
    views: list[float] = field(default_factory=list)
    sends: list[float] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)


class Browser:
    """One connection, and the cookies of one client at a time."""

    def __init__(self, host: str, port: int) -> None:
        self.connection = HTTPConnection(host, port, timeout=30)
        self.cookies: dict[str, str] = {}

    def open(self, path: str, posted: list[tuple[str, str]] | None = None, accept: str = "*/*") -> tuple[str, str]:
        """Where it led, and the page. Redirects are followed. Raises OSError for a page that says something else."""
        while True:
            body = urlencode(posted) if posted is not None else None
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            headers = FORM | {"Accept": accept} | ({"Cookie": cookie} if cookie else {})
            self.connection.request("POST" if body else "GET", path, body, headers)
            answer = self.connection.getresponse()
            page = answer.read().decode()
            for header in answer.headers.get_all("Set-Cookie", ()):
                name, _, value = header.partition(";")[0].partition("=")
                self.cookies[name] = value
            if answer.status == 200:
                return path, page
            if answer.status not in (302, 303):
                raise OSError(f"status {answer.status}")
            target, posted = urlsplit(answer.headers["Location"]), None
            path = target.path + (f"?{target.query}" if target.query else "")


def fill_in(page: str) -> list[tuple[str, str]]:
    """The hidden fields as they are, the best point of each scale, words in each box."""
    points = {name: unescape(value) for name, value in INPUT.findall(page)}
    return [*points.items(), *((name, WORDS) for name in BOX.findall(page)), ("action", "send")]


def view(browser: Browser, tally: Tally, path: str) -> tuple[str, str]:
    started = time.perf_counter()
    found = browser.open(path)
    tally.views.append(time.perf_counter() - started)
    return found


def answer(browser: Browser, tally: Tally, path: str) -> None:
    where, page = view(browser, tally, path)
    started = time.perf_counter()
    browser.open(where, fill_in(page))
    tally.sends.append(time.perf_counter() - started)
    tally.thanked += 1


def save(browser: Browser, tally: Tally, path: str) -> None:
    """As the page's script does: each answer as it is given."""
    where, page = view(browser, tally, path)
    for name, value in fill_in(page)[:-1]:
        if name not in HIDDEN:
            started = time.perf_counter()
            browser.open(
                where, [("action", "save"), ("filled", name.partition(".")[0]), (name, value)], "application/json"
            )
            tally.saves.append(time.perf_counter() - started)


VISITS = {"view": view, "answer": answer, "save": save}


def visit_all(host: str, port: int, what: str, paths: Iterator[str]) -> Tally:
    browser, tally = Browser(host, port), Tally()
    for path in paths:
        browser.cookies.clear()
        try:
            VISITS[what](browser, tally, path)
        except (OSError, HTTPException) as error:
            tally.errors.append(f"{path}: {error}")
            browser.connection.close()
    return tally


def main(host: str, port: str, connections: str, what: str) -> None:
    paths = sys.stdin.read().split()
    shares = [iter(paths[start :: int(connections)]) for start in range(int(connections))]
    started = time.perf_counter()
    with ThreadPoolExecutor(len(shares)) as pool:
        tallies = list(pool.map(partial(visit_all, host, int(port), what), shares))
    found = Tally(
        sum(tally.thanked for tally in tallies),
        *([one for tally in tallies for one in getattr(tally, name)] for name in list(vars(Tally()))[1:]),
    )
    print(json.dumps({"seconds": time.perf_counter() - started, "cpu": time.process_time(), **vars(found)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
