"""`make picture`: the README's picture, a survey of the demo on a phone.

It wants the font of an Android phone, and a tool that makes it small: apt-get install fonts-roboto-unhinted pngquant
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).parent / "images" / "survey.png"
PHONE = {"width": 360, "height": 850}
FONT = "html { font-family: Roboto, system-ui, sans-serif }"


def take_picture() -> None:
    with telling_demo() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=PHONE, device_scale_factor=2, bypass_csp=True)
        page.goto(url)
        page.add_style_tag(content=FONT)
        page.screenshot(path=PICTURE)
        browser.close()
    subprocess.run(["pngquant", "--force", "--strip", "--output", PICTURE, "128", PICTURE], check=True)  # noqa: S607


@contextmanager
def telling_demo() -> Iterator[str]:
    """The address of the story's last survey, while the demo serves it."""
    with TemporaryDirectory() as folder:
        command = [Path(sys.executable).with_name("heed"), "demo", "--port", "0"]
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        demo = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            yield next(found[0] for line in demo.stdout or () if (found := re.search(r"http://\S+/s/\S+", line)))
        finally:
            demo.send_signal(signal.SIGINT)
            demo.communicate()


if __name__ == "__main__":
    take_picture()
