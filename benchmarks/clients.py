"""Clients who answer: each opens a link, fills in what is there, sends it, reads the thanks; connections stay open.

`python -m benchmarks.clients HOST PORT CONNECTIONS` reads one path a line and says in JSON what became of it. It is a
process of its own: it takes its share of the machine, but none of the Python of the server.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urlsplit

INPUT = re.compile(r'<input type="(?:radio|hidden)" name="([^"]+)" value="([^"]*)"')
BOX = re.compile(r'<textarea\b[^>]*? name="([^"]+)"')
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Encoding": "gzip"}
WORDS = "The reports are clear; the last one came two days late."


@dataclass
class Tally:
    """What some clients met. `views`, `sends`: seconds each first page and each sending took."""

    thanked: int = 0
    errors: list[str] = field(default_factory=list)
    views: list[float] = field(default_factory=list)
    sends: list[float] = field(default_factory=list)


class Browser:
    """One connection, and the cookies of one client at a time."""

    def __init__(self, host: str, port: int) -> None:
        self.connection = HTTPConnection(host, port, timeout=30)
        self.cookies: dict[str, str] = {}

    def open(self, path: str, posted: list[tuple[str, str]] | None = None) -> tuple[str, int, str]:
        """Where it led, the status and the page. Redirects are followed."""
        while True:
            body = urlencode(posted) if posted is not None else None
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            self.connection.request(
                "POST" if body else "GET", path, body, FORM | ({"Cookie": cookie} if cookie else {})
            )
            answer = self.connection.getresponse()
            page = answer.read().decode()
            for header in answer.headers.get_all("Set-Cookie", ()):
                name, _, value = header.partition(";")[0].partition("=")
                self.cookies[name] = value
            if answer.status not in (302, 303):
                return path, answer.status, page
            target, posted = urlsplit(answer.headers["Location"]), None
            path = target.path + (f"?{target.query}" if target.query else "")


def fill_in(page: str) -> list[tuple[str, str]]:
    """The hidden fields as they are, the best point of each scale, words in each box."""
    points = {name: unescape(value) for name, value in INPUT.findall(page)}
    return [*points.items(), *((name, WORDS) for name in BOX.findall(page)), ("action", "send")]


def answer_all(host: str, port: int, paths: Iterator[str]) -> Tally:
    browser, tally = Browser(host, port), Tally()
    for path in paths:
        browser.cookies.clear()
        try:
            started = time.perf_counter()
            where, status, page = browser.open(path)
            opened = time.perf_counter()
            _, thanks, _ = browser.open(where, fill_in(page))
            tally.views.append(opened - started)
            tally.sends.append(time.perf_counter() - opened)
        except (OSError, HTTPException) as error:
            tally.errors.append(f"{path}: {error}")
            browser.connection.close()
            continue
        if (status, thanks) == (200, 200):
            tally.thanked += 1
        else:
            tally.errors.append(f"{path}: {status}, then {thanks}")
    return tally


def main(host: str, port: str, connections: str) -> None:
    paths = sys.stdin.read().split()
    shares = [iter(paths[start :: int(connections)]) for start in range(int(connections))]
    started = time.perf_counter()
    with ThreadPoolExecutor(len(shares)) as pool:
        tallies = list(pool.map(lambda share: answer_all(host, int(port), share), shares))
    found = Tally(
        sum(tally.thanked for tally in tallies),
        *([one for tally in tallies for one in getattr(tally, name)] for name in ("errors", "views", "sends")),
    )
    print(json.dumps({"seconds": time.perf_counter() - started, **vars(found)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
