"""`heed demo` tells its whole story from an empty folder, with a real mail server and a real web server."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from email.message import EmailMessage
from smtplib import SMTP
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from rich.console import Console

from engine.app import create_app, open_house
from engine.cli.demo import play
from engine.cli.demo.catcher import catching_mail, free_port
from engine.cli.demo.stage import open_stage
from engine.cli.demo.story import STEPS, Story
from engine.cli.demo.visitor import open_page
from engine.clock import DemoClock
from engine.config import Config
from engine.errors import HeedError
from engine.operations.installation import install_house
from engine.web.mailcatcher import list_mail
from tests.browser import Window, opening_browser

PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("HEED_")} | {"PYTHONUNBUFFERED": "1"}


@contextmanager
def playing(folder, *options):
    """The demo as a process. A test that fails leaves none behind."""
    command = [sys.executable, "-c", "from engine.cli import main; main()", "demo", *options]
    process = subprocess.Popen(
        command, cwd=folder, env=PLAIN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )
    try:
        yield process
    finally:
        stop(process)


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def caught(folder, **headers) -> EmailMessage:
    message = EmailMessage()
    for name, value in ({"From": "us@house.example", "To": "nadia@client.example"} | headers).items():
        message[name] = value
    message.set_content("Plain words.")
    message.add_alternative("<p>Words<script>alert(1)</script></p>", subtype="html")
    with catching_mail(folder) as url:
        host, _, port = url.removeprefix("smtp://").partition(":")
        with SMTP(host, int(port)) as line:
            line.send_message(message)
    return message


def test_the_story_is_told_to_its_end(tmp_path):
    with playing(tmp_path, "--no-serve", "--port", "0") as process:
        told, _ = process.communicate(timeout=120)
    assert process.returncode == 0, told
    headings = re.findall(r"^(\d)  (.+)$", told, re.MULTILINE)
    assert headings == [(str(number), title) for number, (title, _) in enumerate(STEPS, start=1)]
    assert "not before P-10 is kept" in told
    assert "James Okafor promised: Warn you two days ahead" in told
    assert "http://" not in told  # nothing answers any more
    assert (tmp_path / "heed-demo" / "heed.db").exists()


def test_every_page_is_open_and_fine_on_a_phone_until_the_demo_is_stopped(tmp_path):
    with opening_browser() as browser, playing(tmp_path, "--port", str(free_port())) as process:
        window = Window(browser)
        urls = read_urls(process)
        for url in reversed(urls):
            assert window.page.goto(url).status == 200
            assert window.overflow(360) == []
            assert window.barriers() == []
        assert window.complaints == []
        came_of_it = window.page.get_by_role("region", name="What came of your last answers").inner_text()
        assert "James Okafor promised: Warn you two days ahead" in came_of_it
        stop(process)
        assert process.returncode == 0
        with pytest.raises(URLError):
            urlopen(urls[0], timeout=5)


def read_urls(process):
    """The addresses that the demo prints, a survey first."""
    told = ""
    for line in process.stdout:
        told += line
        if "Ctrl+C" in line:
            break
    urls = re.findall(r"http://\S+", told)
    assert len(urls) == 5, told
    return urls


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path):
    (tmp_path / "heed-demo").mkdir()
    (tmp_path / "heed-demo" / "thesis.txt").write_text("years of work")
    with playing(tmp_path, "--no-serve") as process:
        told, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "holds something else" in told
    assert (tmp_path / "heed-demo" / "thesis.txt").exists()


def break_down(story):
    raise OSError("the cable is out")


def test_a_step_that_fails_is_named(tmp_path):
    quiet = Console(quiet=True)
    steps = [("All is well", lambda story: None), ("Something breaks", break_down)]
    failed = pytest.raises(HeedError, match="failed at step 2, “Something breaks”: the cable is out")
    with open_stage(tmp_path / "demo", 0, quiet) as stage, failed:
        play(Story(stage), steps)


def test_every_process_follows_the_clock_of_the_demo(tmp_path):
    mine, theirs = DemoClock(tmp_path), DemoClock(tmp_path)
    there = mine().replace(year=mine().year + 1, microsecond=0, day=1)
    mine.move_to(there)
    assert abs(theirs() - there).total_seconds() < 60


# The mail catcher


def client_of(folder):
    engine = open_house(Config(database_url=f"sqlite:///{folder / 'heed.db'}", demo=str(folder)))
    install_house(engine)
    return create_app(engine).test_client()


def test_mail_is_caught_over_smtp_and_read_in_a_browser(tmp_path):
    caught(tmp_path, Subject="How are we doing? – “Grüße”")
    (one,) = list_mail(tmp_path)
    assert (one.to, one.subject, one.text.strip()) == (
        "nadia@client.example", "How are we doing? – “Grüße”", "Plain words.",
    )  # fmt: skip
    client = client_of(tmp_path)
    assert "How are we doing? – “Grüße”" in client.get("/demo/mail/").text
    shown = client.get("/demo/mail/1").text
    assert "Plain words." in shown
    assert "sandbox=" in shown
    assert client.get("/demo/mail/2").status_code == 404


def test_what_a_message_brings_along_cannot_run(tmp_path):
    caught(tmp_path, Subject="<script>alert(1)</script>")
    client = client_of(tmp_path)
    assert "<script>" not in client.get("/demo/mail/").text
    assert "<script>" not in client.get("/demo/mail/1").text
    html = client.get("/demo/mail/1/html")
    (security,) = html.headers.getlist("Content-Security-Policy")
    assert security.startswith("sandbox allow-popups ")
    assert "default-src 'none'" in security


def test_there_is_no_mail_catcher_outside_of_the_demo(tmp_path):
    engine = open_house(Config(database_url=f"sqlite:///{tmp_path / 'heed.db'}"))
    install_house(engine)
    assert create_app(engine).test_client().get("/demo/mail/").status_code == 404


# The visitor


def test_a_page_that_does_not_answer_is_named():
    url = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(HeedError, match=f"{url} does not answer"):
        open_page(url)
