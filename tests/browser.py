"""For tests of what clients see: the system's Chromium, hands on a keyboard, and a house that a real server serves."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from rich.console import Console

from engine.cli.demo.stage import open_stage, serving
from engine.data.clients import read_answers
from engine.data.models import Contact
from engine.house import Engine
from engine.links import shared_token
from engine.operations.company import read_link_secret
from tests.factories import make_account, make_contact
from tests.letters import (
    NOW,
    QUESTIONS,
    make_letter,
    make_promises,
    make_survey,
    name_company,
    promises_path,
    survey_path,
    wishes_path,
)

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
        if self.page.evaluate("typeof axe") == "undefined":
            self.page.evaluate(AXE_SCRIPT)
        found: list[str] = self.page.evaluate(BARRIERS)
        return found

    def overflow(self, width: int) -> list[str]:
        """The elements that stick out of a window this wide, whichever way the language runs."""
        self.page.set_viewport_size({"width": width, "height": 800})
        return [found for way in ("ltr", "rtl") for found in self.page.evaluate(STICKING_OUT, way)]


# Only what is wrong is handed over: all that axe finds in order is a megabyte for each look.
BARRIERS = """() => axe.run({resultTypes: ["violations"]}).then(found => found.violations.flatMap(
  one => one.nodes.map(node => `${one.id}: ${node.html} ${node.failureSummary}`)))"""

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


class Keys:
    """Hands on a keyboard. Whatever they come to can be seen to have the focus."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, selector: str) -> None:
        for _press in range(60):
            self.page.keyboard.press("Tab")
            assert self.page.evaluate(FOCUS_IS_SEEN), self.page.evaluate("document.activeElement.outerHTML")
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return
        raise AssertionError(f"Tab never comes to {selector}")

    def press(self, key: str, times: int = 1) -> None:
        for _press in range(times):
            self.page.keyboard.press(key)

    def choose(self, field: str, place: int) -> None:
        """The radio at this place of its group."""
        self.go_to(f"[name='{field}']")
        self.press("Space")
        self.press("ArrowRight", place)

    def tick(self, selector: str) -> None:
        self.go_to(selector)
        self.press("Space")

    def write(self, selector: str, words: str) -> None:
        self.go_to(selector)
        self.page.keyboard.type(words)


FOCUS_IS_SEEN = """() => [document.activeElement, document.activeElement.nextElementSibling].some(one =>
  one && getComputedStyle(one).outlineStyle == "solid" && parseFloat(getComputedStyle(one).outlineWidth) >= 2)"""


FURTHER: tuple[dict[str, Any], ...] = (
    {"name": "again", "type": "nps", "ask": {"en": "Would you choose us again?"}},
    {"name": "stars", "type": "rating", "look": "stars", "ask": {"en": "How useful was the workshop?"}},
    {"name": "faces", "type": "rating", "look": "faces", "ask": {"en": "How did the handover go?"}},
    {
        "name": "source", "type": "choice", "ask": {"en": "How did you hear of it?"}, "other": True,
        "choices": ["colleague", "letter"],
    },
    {
        "name": "obstacles", "type": "choices", "ask": {"en": "What stood in the way?"}, "other": True, "max": 2,
        "choices": ["time", "budget", "knowledge", "nothing"], "exclusive": ["nothing"],
    },
    {"name": "project", "type": "text", "length": "short", "ask": {"en": "What is the project called?"}},
    {
        "name": "people", "type": "number", "ask": {"en": "How many people use it?"}, "min": 0, "max": 5000,
        "unit": {"en": "people"},
    },
    {"name": "ready_on", "type": "date", "ask": {"en": "By when do you need it?"}, "from": "2026-11-24"},
    {
        "name": "share", "type": "slider", "ask": {"en": "How far along are you?"}, "low_label": {"en": "At the start"},
        "high_label": {"en": "All done"},
    },
    {
        "name": "order", "type": "ranking", "ask": {"en": "What comes first for you?"},
        "choices": {"price": {"en": "The price"}, "speed": {"en": "Speed"}, "advice": {"en": "Advice"}},
    },
    {
        "name": "parts", "type": "matrix", "ask": {"en": "How good were these?"}, "scale": 5,
        "rows": {"training": {"en": "Training"}, "support": {"en": "Help by telephone"}, "reports": {"en": "Reports"}},
    },
    {
        "name": "often", "type": "matrix", "ask": {"en": "How often do you use these?"}, "rows": ["app", "website"],
        "columns": {"daily": {"en": "Daily"}, "weekly": {"en": "Weekly"}, "never": {"en": "Never"}},
    },
)  # fmt: skip
ARABIC = "ما الذي ينبغي أن نعرفه عن ذلك"


def in_arabic_too(node: Any) -> Any:
    """The same with an Arabic text wherever there is an English one: a question that lacks one is told in English."""
    if isinstance(node, dict) and isinstance(node.get("en"), str):
        return {**node, "ar": f"{ARABIC} ({len(node['en'])})"}
    return {name: in_arabic_too(inner) for name, inner in node.items()} if isinstance(node, dict) else node


EVERY_TYPE: tuple[dict[str, Any], ...] = tuple(map(in_arabic_too, (*QUESTIONS, *FURTHER)))


@dataclass(frozen=True)
class House:
    """A house whose pages a process of its own serves."""

    engine: Engine
    url: str

    def contact(self, name: str = "Nadia Bloom", **values: Any) -> int:
        """Somebody new, to whom three things were promised."""
        with self.engine.store.write(self.engine.scope) as session:
            account = make_account(session, owner_email="maria.keller@harbour.example")
            contact = make_contact(session, account, name=name, **values)
            make_promises(session, contact)
            return contact.id

    def letter(self, *names: str, contact: int | None = None, **values: Any) -> tuple[str, int]:
        """A sent ask with these questions, all there are if none is named: its address and id."""
        contact = contact or self.contact()
        with self.engine.store.write(self.engine.scope) as session:
            whose = session.get_one(Contact, contact)
            survey = make_survey(session, EVERY_TYPE, survey="every_type")
            ask = make_letter(session, *names, contact=whose, survey=survey, **values)
            return self.url + survey_path(self.engine, ask), ask.id

    def own_page(self, kind: str, contact: int | None = None) -> str:
        """A person's promises (p), wishes (w) or unsubscribing (u)."""
        whose = self.find(Contact, contact or self.contact())
        path = promises_path(self.engine, whose) if kind == "p" else wishes_path(self.engine, whose, kind)
        return self.url + path

    def shared_page(self) -> str:
        """What somebody lets colleagues see of what was promised to them."""
        whose = self.contact(shares_promises=True)
        return f"{self.url}/c/{shared_token(self.engine.config.secret, whose)}"

    def answers(self, ask: int) -> dict[str, Any]:
        with self.engine.store.read(self.engine.scope) as session:
            return {row.question: row for row in read_answers(session, ask)}

    def find(self, model: Any, key: int) -> Any:
        with self.engine.store.read(self.engine.scope) as session:
            return session.get_one(model, key)


@contextmanager
def serving_house(options: str = "") -> Iterator[House]:
    """An installed house on the Tuesday of the tests, as long as this lasts. `options`: what its heed.toml says."""
    with TemporaryDirectory() as folder, open_stage(Path(folder), 0, Console(file=StringIO())) as stage:
        stage.clock.move_to(NOW)
        with stage.engine.store.write(stage.engine.scope) as session:
            name_company(session)
            secret = read_link_secret(stage.engine, session)
        (Path(folder) / "heed.toml").write_text(options, encoding="utf-8")
        signing = replace(stage.engine, config=replace(stage.config, secret=secret))
        with serving(stage):
            yield House(signing, stage.config.public_url)
