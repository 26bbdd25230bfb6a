"""How the company looks to each client: name, colour, fonts and logo by layers, on pages and in messages."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from engine.cli import main
from engine.data.models import HouseFact
from engine.data.store import EVERYTHING
from engine.errors import InputError
from engine.house import Engine
from engine.looks import MOST_BYTES, Looks, read_fonts, read_looks, read_png
from engine.operations.looks import set_logo
from engine.operations.sending import send_due
from engine.operations.settings import list_settings, set_settings
from tests.browser import LOOKS, NARROW, House, Window, opening_browser, serving_house
from tests.factories import make_account, make_contact
from tests.letters import NOW, make_letter, make_promises, name_company, promises_path, survey_path, wishes_path
from tests.test_sending import mail_server, plan_letters, sending_to

UNPICKED = ("responsiveness", "missing")
"""No points to choose in the message itself, which only HTML can offer."""
FIVE = ("recommend", "responsiveness", "satisfied", "missing", "call_me")


def part(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 240, height: int = 80, *more: tuple[bytes, bytes], noise: int = 0) -> bytes:
    """A picture of two colours, with further parts before what is drawn."""
    line = b"\0" + bytes(range(16)) * (width // 128) + b"\0" * (-(-width // 8) - 16 * (width // 128))
    drawn = zlib.compress(line * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)
    noisy = [(b"IDAT", bytes((place * 37) % 251 for place in range(noise)))] if noise else []
    parts = [(b"IHDR", header), (b"PLTE", b"\x1c\x3d\x5a\xff\xff\xff"), *more, (b"IDAT", drawn), *noisy, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(part(*one) for one in parts)


@pytest.mark.parametrize(
    ("typed", "css"),
    [
        ("", 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'),
        ("Georgia, serif", '"Georgia", serif'),
        ("'Source Sans 3', \"Open Sans\"", '"Source Sans 3", "Open Sans", sans-serif'),
        ("UI-Rounded", "ui-rounded"),
    ],
)
def test_fonts_are_named_and_nothing_else(typed: str, css: str) -> None:
    assert read_fonts(typed) == css


HOSTILE = (
    "url(https://evil.example/x)", "a}body{display:none", 'x";}', "x;color:red", "\\75rl(x)", "x/*", "inherit",
    "@import",
    "expression(alert(1))", "local('x')", "x\ny", "-x", "var(--x)", "é", "x" * 41, "a,b,c,d,e,f,g", "</style>",
    "x!important",
)  # fmt: skip


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_is_no_font_is_refused_where_it_is_set_and_where_it_is_served(
    engine: Engine, client: FlaskClient, typed: str
) -> None:
    with pytest.raises(InputError, match="font"):
        set_settings(engine, {"company.font": typed})
    assert client.get(f"/style/{Looks(font=typed).code}/1.css").status_code == 404


@given(st.text())
def test_whatever_passes_for_fonts_cannot_leave_its_declaration(typed: str) -> None:
    try:
        css = read_fonts(typed)
    except InputError:
        return
    assert re.fullmatch(r'[A-Za-z0-9 ,"-]+', css)
    assert css.count('"') % 2 == 0


@given(st.from_regex("#[0-9a-f]{6}", fullmatch=True), st.sampled_from(["", "Georgia", "Source Sans 3, serif"]))
def test_looks_go_into_an_address_and_come_back(accent: str, font: str) -> None:
    looks = Looks(accent, font, "0" * 32 + ".240x80")
    assert read_looks(looks.code) == looks
    assert re.fullmatch(r"[A-Za-z0-9._-]+", looks.code)


def test_a_logo_keeps_its_picture_and_nothing_that_came_with_it() -> None:
    logo = read_png(png(240, 80, (b"tEXt", b"Author\0Leila"), (b"eXIf", b"GPS"), (b"acTL", b"\0" * 8)))
    assert logo == read_png(png())
    assert logo.name.endswith(".240x80")
    assert b"Leila" not in logo.content
    assert Looks(logo=logo.name).size == (120, 40)
    assert Looks(logo=read_png(png(1280, 80)).name).size == (240, 15)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "An SVG is a document of its own"),
        (b"GIF89a", "has to be a PNG file"),
        (b"", "has to be a PNG file"),
        (png()[:-20], "damaged"),
        (png().replace(b"\x1c\x3d", b"\x1d\x3d"), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + part(b"IDAT", b"x") + part(b"IEND", b""), "damaged"),
        (png(2001, 8), "2000 pixels wide and high; this one is 2001 by 8"),
        (png(0, 8), "this one is 0 by 8"),
        (png(noise=MOST_BYTES), "at most 4,096 are possible"),
    ],
)
def test_what_cannot_be_a_logo_is_refused_with_what_to_do(engine: Engine, content: bytes, why: str) -> None:
    with pytest.raises(InputError, match=re.escape(why)):
        set_logo(engine, content)
    with engine.store.read(EVERYTHING) as session:
        assert session.query(HouseFact).filter(HouseFact.name.startswith("logo")).count() == 0


def test_what_stands_behind_a_picture_is_not_kept() -> None:
    assert read_png(png() + b"<script>alert(1)</script>") == read_png(png())


def test_each_client_sees_the_looks_of_the_nearest_layer(engine: Engine, client: FlaskClient) -> None:
    set_settings(engine, {"company.name": "Harbour & Lane", "company.accent": "#112233"})
    set_settings(engine, {"company.accent": "#445566"}, tier="key")
    with engine.store.write(EVERYTHING) as session:
        contacts = {}
        for key, tier in (("plain", "standard"), ("keen", "key"), ("own", "key")):
            contacts[key] = make_contact(session, make_account(session, key=key, tier=tier), key="ada")
        paths = {
            key: survey_path(engine, make_letter(session, "recommend", contact=one)) for key, one in contacts.items()
        }
        more = [wishes_path(engine, contacts["own"]), promises_path(engine, contacts["own"]),
                wishes_path(engine, contacts["own"], "u"), wishes_path(engine, contacts["own"]) + "/data"]  # fmt: skip
    set_settings(engine, {"company.name": "Lane for Own", "company.font": "Georgia"}, account="own")
    pages = {key: client.get(path).text for key, path in paths.items()}
    assert "/style/112233/" in pages["plain"]
    assert "/style/445566/" in pages["keen"]
    assert all("Harbour &amp; Lane" in pages[key] for key in ("plain", "keen"))
    for page in (pages["own"], *(client.get(path).text for path in more)):
        assert "Lane for Own" in page
        assert "/style/445566.R2VvcmdpYQ/" in page
    assert "recommend Lane for Own" in pages["own"], "also in the wording of a question"
    set_settings(engine, {"company.accent": "#778899"}, contact="own/ada")
    assert "/style/778899.R2VvcmdpYQ/" in client.get(paths["own"]).text


def test_where_the_company_is_stays_the_whole_houses(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        make_account(session, key="own")
    with pytest.raises(InputError, match="whole house"):
        set_settings(engine, {"company.timezone": "Europe/Vienna"}, account="own")
    assert {one.name for one in list_settings(engine, "own") if one.name.startswith("company.")} == {
        "company.name", "company.accent", "company.font", "company.logo"
    }  # fmt: skip


def test_a_logo_is_in_the_stylesheet_which_browsers_keep(engine: Engine, client: FlaskClient) -> None:
    set_logo(engine, png())
    with engine.store.write(EVERYTHING) as session:
        page = client.get(survey_path(engine, make_letter(session, "recommend"))).text
    style = client.get(re.findall(r'"(/style/[^"]+)"', page)[0])
    assert "immutable" in style.headers["Cache-Control"]
    assert "data:image/png;base64," in style.text
    assert '<header class="letterhead logo"><p><bdi>Our company</bdi>' in page, "the name is there to be heard"
    unknown = client.get(f"/style/{Looks(logo='f' * 32 + '.9x9').code}/1.css")
    assert (unknown.status_code, "data:image" in unknown.text) == (200, False)


@pytest.mark.parametrize("code", ["2f5d62.!!", "2f5d62..x", "2F5D6", "2f5d62.R2VvcmdpYTt9", "..", "2f5d62..0-9x9"])
def test_what_are_no_looks_has_no_stylesheet(client: FlaskClient, code: str) -> None:
    assert client.get(f"/style/{code}/1.css").status_code == 404


def test_a_message_brings_its_logo_and_says_the_same_without(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        set_logo(house, png())
        set_settings(house, {"company.name": "Harbour", "company.font": "Georgia"})
        plan_letters(house)
        send_due(house)
    [message] = server.kept
    html, pictures = html_of(message), [one for one in message.walk() if one.get_content_type() == "image/png"]
    assert [one["Content-ID"] for one in pictures] == ["<logo@heed>"]
    assert pictures[0].get_content() == read_png(png()).content
    assert '<img src="cid:logo@heed" width="120" height="40" alt="Harbour"' in html
    assert "&#34;Georgia&#34;, sans-serif" in html
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"
    ]  # fmt: skip
    assert re.findall(r'(?:src|background)="?(http[^"]*)', html) == [], "nothing is fetched"


def html_of(message: EmailMessage) -> str:
    found = message.get_body(("html",))
    assert found is not None
    return str(found.get_content())


def test_a_message_without_a_logo_is_as_it_was(engine: Engine) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        plan_letters(house)
        send_due(house)
    assert [part.get_content_type() for part in server.kept[0].walk()] == [
        "multipart/alternative", "text/plain", "text/html"
    ]  # fmt: skip


def test_a_logo_at_the_command_line(engine: Engine, runner: CliRunner, tmp_path: Path) -> None:
    with engine.store.write(EVERYTHING) as session:
        make_account(session, key="own")
    (tmp_path / "harbour.png").write_bytes(png())
    (tmp_path / "harbour.svg").write_text("<svg/>")
    assert runner.invoke(main, ["logo", "harbour.png", "--account", "own"]).output == "It is change 1 of the plan.\n"
    assert runner.invoke(main, ["logo", "harbour.png", "--account", "own"]).output == "It stands so already.\n"
    assert runner.invoke(main, ["logo", "--none", "--account", "own"]).exit_code == 0
    assert "An SVG is a document" in runner.invoke(main, ["logo", "harbour.svg"]).output
    assert runner.invoke(main, ["logo"]).exit_code == 2
    wrong = runner.invoke(main, ["set", "company.logo=harbour.png"])
    assert wrong.exit_code == 2
    assert "choose a file by `heed logo FILE`" in wrong.output


# In a browser


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with serving_house() as house:
        set_logo(house.engine, png())
        set_settings(house.engine, {"company.font": "Georgia, serif", "company.accent": "#ffd400"})
        yield house


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opening_browser() as browser:
        yield browser


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    window = Window(browser)
    yield window
    window.context.close()


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_page_in_the_companys_looks_is_for_everybody(house: House, window: Window, locale: str) -> None:
    page = window.page
    page.goto(house.letter(*FIVE, contact=house.contact(locale=locale))[0])
    name = page.locator(".letterhead p")
    assert name.evaluate("one => getComputedStyle(one).backgroundImage").startswith('url("data:image/png')
    assert name.inner_text() == "Harbour & Lane"
    assert page.evaluate("getComputedStyle(document.body).fontFamily") == "Georgia, serif"
    for width in NARROW:
        assert window.overflow(width) == []
    for look in LOOKS:
        window.look(*look)
        assert window.barriers() == [], look
    assert window.complaints == []


def test_a_first_view_with_a_logo_is_three_small_requests(house: House, window: Window) -> None:
    arrived: list[float] = []
    network = window.context.new_cdp_session(window.page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: arrived.append(event["encodedDataLength"]))
    window.page.goto(house.letter(*FIVE)[0], wait_until="networkidle")
    assert len(list(filter(None, arrived))) == 3
    assert sum(arrived) <= 20 * 1024


def test_both_parts_of_a_message_say_the_same_and_its_picture_shows(engine: Engine, window: Window) -> None:
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        set_logo(house, png())
        with house.store.write(EVERYTHING) as session:
            name_company(session)
            contact = make_contact(session, make_account(session, owner_email="maria.keller@harbour.example"))
            make_promises(session, contact)
            make_letter(
                session, *UNPICKED, contact=contact, status="planned", sent_at=None, send_at=NOW, planned_on=NOW.date()
            )
        send_due(house)
    [message] = server.kept
    plain, html = message.get_body(("plain",)), html_of(message)
    assert plain is not None
    picture = next(one for one in message.walk() if one.get_content_type() == "image/png")
    encoded = "".join(str(picture.get_payload()).split())
    html = html.replace("cid:logo@heed", f"data:image/png;base64,{encoded}")
    window.page.set_content(html)
    shown = window.page.locator("img")
    assert shown.evaluate("one => [one.complete, one.naturalWidth]") == [True, 240]
    labels = words(" ".join(window.page.locator("a").all_inner_texts()))
    window.page.evaluate("document.querySelectorAll('a').forEach(one => { one.textContent = one.href })")
    told = words(window.page.locator("body").inner_text())
    assert told <= words(plain.get_content())
    assert words(plain.get_content()) - told <= labels, "what HTML hides behind a link"
    window.page.set_content(html)
    for width in (360, 1280):
        window.look(width, "light")
        assert window.page.evaluate("document.documentElement.scrollWidth") <= width


def words(text: str) -> set[str]:
    """Words, and addresses as they are."""
    return {word.rstrip(".") for word in re.findall(r"https?://\S+|\w+", text)}
