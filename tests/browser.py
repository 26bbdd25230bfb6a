"""What clients see with, for tests: the system's Chromium, and pages that note what they ask for and complain about."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
LOOKS = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]
NARROW = (320, 360)


@contextmanager
def opening_browser() -> Iterator[Browser]:
    """A browser as long as this lasts. Where there is none, the test is skipped; under CI=true it fails."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        say_missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say_missing("There is no Chromium on this machine: apt-get install chromium libatomic1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Window:
    """A tab with a memory: every address it asked for, and whatever its console held against the page."""

    def __init__(self, browser: Browser, **options: Any) -> None:
        # Colours that fade from one look to the next would be measured half-way.
        self.context = browser.new_context(reduced_motion="reduce", **options)
        self.page: Page = self.context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        # That the page itself is a 404 is what the test has asked for.
        if message.type in ("error", "warning") and message.location["url"] != self.page.url:
            self.complaints.append(message.text)

    def look(self, width: int, scheme: str) -> None:
        self.page.set_viewport_size({"width": width, "height": 800})
        self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]

    def barriers(self) -> list[str]:
        """What axe finds: rule, place and why."""
        violations = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {node['html']} {node['failureSummary']}" for one in violations for node in one["nodes"]]

    def overflow(self, width: int) -> list[str]:
        """The elements that stick out of a window this wide, whichever way the language runs."""
        self.page.set_viewport_size({"width": width, "height": 800})
        return [found for way in ("ltr", "rtl") for found in self.page.evaluate(STICKING_OUT, way)]


STICKING_OUT = """way => {
  const usual = document.documentElement.dir
  document.documentElement.dir = way
  const wide = document.documentElement.clientWidth
  const out = [...document.querySelectorAll("body *")].filter(one => {
    const box = one.getBoundingClientRect()
    return box.width && (box.right > wide + 0.5 || box.left < -0.5)
  }).map(one => `${way} ${one.outerHTML.slice(0, 120)}`)
  if (document.documentElement.scrollWidth > wide) out.push(`${way} scrolls to ${document.documentElement.scrollWidth}`)
  document.documentElement.dir = usual
  return out
}"""
