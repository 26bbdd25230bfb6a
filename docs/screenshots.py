"""`python -m docs.screenshots`: the pictures of docs/account-teams.md, taken of the sample book on a desk.

Where there is `pngquant`, it makes them small.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright
from rich.console import Console

from engine.cli.demo.stage import open_stage, serving
from engine.house import Engine
from engine.operations.imports import import_files
from engine.operations.planning import plan_asks
from engine.operations.promises import add_promise
from engine.operations.settings import set_settings
from engine.operations.users import add_user, choose_password, welcome_link
from engine.operations.voices import add_voice
from engine.samples.book import HOUSE, write_book

FOLDER = Path(__file__).parent / "screenshots"
TODAY = date(2026, 11, 24)
MARIA = "maria.keller@quillbrook.example"
PASSWORD = "four words in a row"  # noqa: S105  (of a house that lasts as long as this takes)
KEYS = "I read the note on the new keys twice and still cannot tell my board what changes."
ADMIN = "ada.min@quillbrook.example"
PEOPLE = b"""Contact ID,Account ID,Full name,Work e-mail,Job title,Birthday
jo.lind,nordhaven,Jo Lind,jo.lind@nordhaven.example,finance,3 May
,verbeek,Sam Visser,sam@verbeek,buyer,
"""
PICTURES = {
    MARIA: {"today": "today", "account": "accounts/6", "plan": "accounts/2/plan", "why": "people/23/why",
            "preview": "people/23/preview"},
    ADMIN: {"survey": "surveys/relationship/edit", "imports": "imports"},
}  # fmt: skip


def take_pictures() -> None:
    with serving_desk() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for email, pictures in PICTURES.items():
            page = browser.new_page(viewport={"width": 1080, "height": 760}, color_scheme="light")
            page.goto(f"{url}/admin/")
            page.get_by_label("E-mail").fill(email)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            for name, path in pictures.items():
                page.goto(f"{url}/admin/{path}")
                _take(page, FOLDER / f"{name}.png")
        browser.close()


def _take(page: Page, place: Path) -> None:
    if page.url.endswith("/plan"):
        page.get_by_label("Ask how we are doing every").fill("150")
        page.get_by_role("heading", name="What it would do").wait_for()
    if page.url.endswith("/edit"):
        page.get_by_text("1. How likely are you to recommend").click()
        page.wait_for_load_state("networkidle")  # the page beside it is drawn anew as soon as the script runs
        page.frame_locator("iframe[name=phone]").get_by_text("How likely are you to recommend").wait_for()
    if page.url.endswith("/imports"):
        page.get_by_label("Files").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE})
        page.get_by_role("button", name="Look at them").click()
        page.get_by_role("button", name="Try it").click()
        page.get_by_role("heading", name="What would happen").wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=place)
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--strip", "--output", place, "64", place], check=True)  # noqa: S607


@contextmanager
def serving_desk() -> Iterator[str]:
    """The desk of Maria, who looks after four of the sample accounts, on a Tuesday morning."""
    with TemporaryDirectory() as folder, open_stage(Path(folder), 0, Console(file=StringIO())) as stage:
        stage.clock.move_to(datetime(2026, 11, 24, 8, 30, tzinfo=UTC))
        _furnish(stage.engine, Path(folder))
        with serving(stage):
            yield stage.config.public_url


def _furnish(engine: Engine, folder: Path) -> None:
    set_settings(engine, HOUSE | {"approval.required": "yes"})
    import_files(engine, write_book(TODAY, folder / "book"))
    add_voice(engine, "nordhaven", "mette.kragh", source="call_note", words=KEYS)
    add_promise(engine, "nordhaven", "mette.kragh", title="Go through the new keys on a call", said=KEYS)
    plan_asks(engine)
    for email in PICTURES:
        add_user(engine, email, is_admin=email == ADMIN)
        choose_password(engine, welcome_link(engine, email).rpartition("/")[2], PASSWORD)


if __name__ == "__main__":
    take_pictures()
