"""A survey inside the company's own product: who is believed, who is answered, and what is shown."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from playwright.sync_api import Browser, FrameLocator, Page

from engine.app import create_app, open_house
from engine.cli import main
from engine.config import Config
from engine.data.models import Ask, Contact
from engine.data.store import EVERYTHING
from engine.errors import InputError, LinkError
from engine.house import Engine
from engine.identity import Identity, read_identity
from engine.links import ask_token, frame_token, wishes_token
from engine.operations.planning import plan_asks
from engine.operations.sending import send_due
from engine.operations.surveys import sync_surveys
from engine.web.embed import SCRIPT
from tests.browser import LOOKS, House, Window, opening_browser, serving_house
from tests.conftest import NOW, SECRET
from tests.factories import make_account, make_contact
from tests.letters import make_letter
from tests.test_personal import dump

KEY, OLD_KEY = "the key of the product, long enough to sign", "the key before that one, which still counts"
HOME, PRODUCT = "https://ask.harbour.example", "https://app.harbour.example"
SECONDS = int(NOW.timestamp())
CLAIMS = {"sub": "nadia", "account": "north", "exp": SECONDS + 600}


def sign(key: str = KEY, algorithm: str = "HS256", headers: Any = None, **claims: Any) -> str:
    return jwt.encode(CLAIMS | claims, key, algorithm=algorithm, headers=headers)


def part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned(algorithm: str, signature: str = "") -> str:
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(CLAIMS)}.{signature}"


def without(name: str) -> str:
    return jwt.encode({key: value for key, value in CLAIMS.items() if key != name}, KEY, algorithm="HS256")


@pytest.mark.parametrize(
    "token",
    [sign(), sign(OLD_KEY), f" {sign()}\n", sign(aud=HOME, iat=SECONDS, nbf=SECONDS), sign(exp=SECONDS + 3600),
     sign(exp=SECONDS - 30)],
)  # fmt: skip
def test_what_either_key_has_signed_is_believed_for_an_hour(token: str) -> None:
    assert read_identity(token, [KEY, OLD_KEY], NOW, HOME) == Identity("north", "nadia")


HOSTILE = {
    "nothing": "", "words": "let me in", "dots": "..", "two parts": sign().rpartition(".")[0], "cut": sign()[:-4],
    "no algorithm": unsigned("none"), "None": unsigned("None"), "nOnE": unsigned("nOnE", "x"),
    "empty signature": unsigned("HS256"), "another key": sign("a" * 40), "HS384": sign(algorithm="HS384"),
    "HS512": sign(algorithm="HS512"), "RS256 in name": unsigned("RS256", sign().rpartition(".")[2]),
    "another head": f"{part({'alg': 'HS256', 'x': 1})}.{sign().split('.', 1)[1]}",
    "another body": ".".join([sign().split(".")[0], part(CLAIMS | {"sub": "ben"}), sign().split(".")[2]]),
    "key in the head": sign("a" * 40, headers={"jwk": {"kty": "oct", "k": "YWFh"}}),
    "key by address": sign("a" * 40, headers={"jku": "https://evil.example/keys", "kid": "../../dev/null"}),
    "critical": sign(headers={"crit": ["b64"], "b64": False}),
    "run out": sign(exp=SECONDS - 120), "for a day": sign(exp=SECONDS + 86_400), "for good": without("exp"),
    "nobody": without("sub"), "nowhere": without("account"), "empty sub": sign(sub=" "),
    "long sub": sign(sub="x" * 400),
    "another audience": sign(aud="https://evil.example"), "audiences": sign(aud=[HOME, "https://evil.example"]),
    "from tomorrow": sign(nbf=SECONDS + 3000), "made tomorrow": sign(iat=SECONDS + 3000),
    "exp as text": f"{part({'alg': 'HS256'})}.{part(CLAIMS | {'exp': 'soon'})}.x",
    "account of another kind": sign(account=[1]),
    "not a number": sign(exp=float("nan")), "endless": sign(exp=float("inf")), "true": sign(exp=True),
    "too long": sign(more="x" * 5000), "no json": "bm90IGpzb24.bm90IGpzb24.x", "nul": "\0.\0.\0",
}  # fmt: skip


@pytest.mark.parametrize("token", HOSTILE.values(), ids=HOSTILE)
def test_nothing_else_is(token: str) -> None:
    with pytest.raises(LinkError, match="says nothing that can be believed"):
        read_identity(token, [KEY, OLD_KEY], NOW, HOME)


def test_without_keys_nobody_is_believed() -> None:
    with pytest.raises(LinkError):
        read_identity(sign(), [], NOW, HOME)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"embed_keys": "short"}, "at least 32 characters"),
        ({"embed_keys": " ".join("abc"[i] * 32 for i in range(3))}, "one key or two"),
        ({"embed_origins": "https://app.example.com/"}, "as https://app.example.com"),
        ({"embed_origins": "http://app.example.com"}, "as https://app.example.com"),
        ({"embed_origins": "*"}, "as https://app.example.com"),
        ({"embed_origins": "https://app.example.com; script-src *"}, "as https://app.example.com"),
        ({"embed_origins": "https://*.example.com"}, "as https://app.example.com"),
    ],
)
def test_what_cannot_be_a_key_or_an_origin_is_refused_at_the_start(options: dict[str, str], why: str) -> None:
    with pytest.raises(InputError, match=why):
        Config(**options)  # type: ignore[arg-type]


@pytest.fixture
def product(engine: Engine) -> Engine:
    """A house whose company has a product."""
    keys = {"embed_keys": f"{KEY.replace(' ', '-')} {OLD_KEY.replace(' ', '-')}", "embed_origins": PRODUCT}
    return replace(engine, config=replace(engine.config, public_url=HOME, **keys))


@pytest.fixture
def inside(product: Engine) -> FlaskClient:
    return create_app(product).test_client()


def signed(**claims: Any) -> str:
    return sign(KEY.replace(" ", "-"), **claims)


def letter(engine: Engine, **values: Any) -> Ask:
    with engine.store.write(EVERYTHING) as session:
        account = make_account(session, key="north", owner_email="maria.keller@harbour.example")
        person = values.pop("person", {})
        contact = make_contact(session, account, key="nadia", name="Nadia Bloom", email="nadia@north.example", **person)
        return make_letter(session, "recommend", "missing", contact=contact, **values)


def ask(client: FlaskClient, token: str, origin: str = PRODUCT) -> Any:
    return client.post("/embed/ask", data=token, headers={"Origin": origin}, content_type="text/plain")


@pytest.mark.parametrize("who", ["nadia", "Nadia@north.example"])
def test_whoever_is_signed_in_is_shown_what_waits_for_them(product: Engine, inside: FlaskClient, who: str) -> None:
    letter(product)
    before = dump(product)
    found = ask(inside, signed(sub=who))
    assert found.headers["Access-Control-Allow-Origin"] == PRODUCT
    assert "Access-Control-Allow-Credentials" not in found.headers
    assert (found.json["due"], found.json["title"], found.json["close"]) == (True, "How are we doing?", "Close")
    frame = inside.get(found.json["frame"].removeprefix(HOME))
    assert frame.status_code == 200
    assert f"frame-ancestors {PRODUCT}" in frame.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in frame.headers
    assert dump(product) == before, "nothing is recorded by being shown"


@pytest.mark.parametrize(
    ("claims", "values"),
    [
        ({"sub": "ben"}, {}), ({"account": "south"}, {}), ({}, {"status": "answered"}), ({}, {"status": "planned"}),
        ({}, {"status": "declined"}), ({}, {"expires_at": NOW - timedelta(1)}), ({}, {"origin": "import"}),
        ({}, {"person": {"opted_out_on": NOW.date()}}), ({}, {"person": {"erased_on": NOW.date()}}),
        ({}, {"person": {"paused_until": NOW.date() + timedelta(3)}}),
    ],
)  # fmt: skip
def test_otherwise_nothing_is_and_nobody_learns_why(
    product: Engine, inside: FlaskClient, claims: dict[str, str], values: dict[str, Any]
) -> None:
    letter(product, **values)
    assert ask(inside, signed(**claims)).json == {"due": False}


def test_only_the_products_own_origin_is_answered(product: Engine, inside: FlaskClient) -> None:
    letter(product)
    for origin in ("", "null", "https://evil.example", f"{PRODUCT}.evil.example", PRODUCT + "/", PRODUCT.upper(), HOME):
        refused = ask(inside, signed(), origin)
        assert refused.status_code == 403
        assert "Access-Control-Allow-Origin" not in refused.headers
    assert inside.get("/embed/ask", headers={"Origin": PRODUCT}).status_code == 405
    assert ask(inside, "nonsense").status_code == 401
    assert {ask(inside, f"nonsense {number}").status_code for number in range(80)} == {401, 429}
    assert ask(inside, signed()).json["due"] is True, "a whole office comes from one address"


def test_every_other_page_refuses_frames(product: Engine, inside: FlaskClient) -> None:
    sent = letter(product)
    secret = product.config.secret
    for path in (
        f"/s/{ask_token(secret, sent.id)}",
        f"/w/{wishes_token(secret, sent.contact_id)}",
        "/nowhere",
        "/embed.js",
    ):
        assert "frame-ancestors 'none'" in inside.get(path).headers["Content-Security-Policy"]


def test_a_frames_token_opens_one_ask_in_a_frame_for_a_day(product: Engine, inside: FlaskClient) -> None:
    sent = letter(product)
    later = SECONDS + 100
    assert inside.get(f"/f/{frame_token(SECRET, sent.id, later)}").status_code == 200
    assert inside.get(f"/f/{frame_token(SECRET, sent.id, SECONDS - 1)}").status_code == 410
    for token in (
        ask_token(SECRET, sent.id),
        wishes_token(SECRET, sent.contact_id, 7),
        "x",
        frame_token("y" * 40, 1, later),
    ):
        assert inside.get(f"/f/{token}").status_code == 404
    assert inside.get(f"/s/{frame_token(SECRET, sent.id, later)}").status_code == 404


def test_answers_in_a_frame_are_answers(product: Engine, inside: FlaskClient) -> None:
    sent = letter(product)
    frame = ask(inside, signed()).json["frame"].removeprefix(HOME)
    done = inside.post(frame, data={"q1": "9", "submission_id": "submission-1"})
    assert (done.status_code, done.headers["Location"]) == (303, frame)
    assert "Thank you, Nadia" in inside.get(frame).text
    assert ask(inside, signed()).json == {"due": False}
    with product.store.read(EVERYTHING) as session:
        assert session.get_one(Ask, sent.id).status == "answered"


def test_without_keys_or_origins_there_is_nothing(engine: Engine, client: FlaskClient) -> None:
    sent = letter(engine)
    assert client.get("/embed.js").status_code == 404
    assert ask(client, signed()).status_code == 404
    assert client.get(f"/f/{frame_token(SECRET, sent.id, SECONDS + 100)}").status_code == 404


def test_the_script_is_small_and_asks_nobody_else(product: Engine, inside: FlaskClient) -> None:
    script = inside.get("/embed.js")
    assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert len(script.data) <= 10 * 1024
    for forbidden in ("innerHTML", "eval(", "document.write", "http://", "cookie", "localStorage"):
        assert forbidden not in SCRIPT.read_text()


def test_an_ask_for_the_product_waits_there_and_is_the_only_one(product: Engine, inside: FlaskClient) -> None:
    sync_surveys(product)
    with product.store.write(EVERYTHING) as session:
        account = make_account(session, key="north", plan_on=NOW.date())
        make_contact(session, account, key="nadia", channels="in_app", email=None)
    assert plan_asks(product).asked == {"in_app": 1}
    assert ask(inside, signed()).json == {"due": False}, "not before it is due"
    late = replace(product, clock=lambda: NOW + timedelta(days=1))
    assert send_due(late).sent == 1
    client = create_app(late).test_client()
    assert ask(client, signed(exp=SECONDS + 86_400 + 600)).json["due"] is True
    assert plan_asks(late).asked == {}
    with late.store.read(EVERYTHING) as session:
        assert [(one.channel, one.status) for one in session.query(Ask)] == [("in_app", "sent")]


def test_a_link_and_its_qr_code_at_the_command_line(engine: Engine, runner: CliRunner, tmp_path: Path) -> None:
    sent = letter(engine, expires_at=NOW + timedelta(days=4000))
    done = runner.invoke(main, ["link", "north/nadia", "--qr", "nadia.svg"])
    assert done.output.splitlines()[0] == f"http://127.0.0.1:8000/s/{ask_token(SECRET, sent.id)}"
    assert "<svg" in (tmp_path / "nadia.svg").read_text()
    assert runner.invoke(main, ["link", "north/nadia", "--qr", "nadia.png"]).exit_code == 0
    assert (tmp_path / "nadia.png").read_bytes().startswith(b"\x89PNG")
    wrong = runner.invoke(main, ["link", "north/nadia", "--qr", "nadia.gif"])
    assert (wrong.exit_code, "ends in .svg or .png" in wrong.output) == (2, True)
    with engine.store.write(EVERYTHING) as session:
        session.get_one(Ask, sent.id).status = "declined"
    none = runner.invoke(main, ["link", "north/nadia"])
    assert (none.exit_code, "No survey is under way" in none.output) == (1, True)


# In a browser: the product on one port, Heed on another


class Product:
    """The company's own product: one page, and who is signed in. Its policy allows what docs/embed.md says."""

    def __init__(self) -> None:
        self.heed, self.token, self.place = "", "", ""
        product = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/token":
                    self._say("text/plain", product.token)
                else:
                    self._say("text/html; charset=utf-8", product.page())

            def _say(self, kind: str, text: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Security-Policy", product.policy())
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def policy(self) -> str:
        own = "default-src 'none'; base-uri 'none'; form-action 'none'"
        return f"{own}; script-src {self.heed}; connect-src 'self' {self.heed}; frame-src {self.heed}; img-src data:"

    def page(self) -> str:
        place = f' data-place="{self.place}"' if self.place else ""
        return (
            '<!doctype html><html lang="en"><head><title>Product</title><link rel="icon" href="data:,">'
            '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
            f'<script src="{self.heed}/embed.js" data-token="/token"{place} defer></script></head>'
            '<body><main><h1>Invoices</h1><p>An invoice</p><div id="here"></div></main></body></html>'
        )


@contextmanager
def running_product() -> Iterator[Product]:
    product = Product()
    thread = threading.Thread(target=product.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield product
    finally:
        product.server.shutdown()
        product.server.server_close()


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[House, Product]]:
    with running_product() as product:
        options = f'embed_keys = "{KEY.replace(" ", "-")}"\nembed_origins = "{product.url}"\n'
        with serving_house(options) as house:
            product.heed = house.url
            yield house, product


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opening_browser() as browser:
        yield browser


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    window = Window(browser)
    yield window
    window.context.close()


def visit(both: tuple[House, Product], page: Page, locale: str = "en", place: str = "") -> tuple[int, FrameLocator]:
    """Somebody comes to the product, signed in, with an ask that waits for them."""
    house, product = both
    contact = house.contact(locale=locale)
    _address, sent = house.letter("recommend", "missing", contact=contact)
    whose = house.find(Contact, contact)
    with house.engine.store.read(EVERYTHING) as session:
        account = session.get_one(Contact, contact).account.key
    product.place, product.token = place, signed(sub=whose.key, account=account)
    page.goto(product.url)
    return sent, page.frame_locator("iframe")


def test_a_survey_is_answered_inside_the_product_by_keyboard(both: tuple[House, Product], window: Window) -> None:
    house, page = both[0], window.page
    sent, frame = visit(both, page)
    frame.get_by_role("heading", level=1).wait_for()
    assert page.evaluate("document.activeElement === document.body"), "it takes no focus"
    for _press in range(40):
        page.keyboard.press("Tab")
        if frame.locator("[name=q1]:focus").count():
            break
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    frame.get_by_label("What is missing?").fill("A second person")
    frame.get_by_text("Saved. It counts once you send it.").wait_for()
    frame.get_by_role("button", name="Send to Maria’s team").press("Enter")
    frame.get_by_role("heading", name="Thank you, Nadia").wait_for()
    given = house.answers(sent)
    assert (given["recommend"].value, given["missing"].words) == ("1", "A second person")
    assert window.complaints == []


def test_it_is_closed_by_escape_and_stays_away_in_this_visit(both: tuple[House, Product], window: Window) -> None:
    page = window.page
    _sent, frame = visit(both, page)
    frame.get_by_role("heading", level=1).wait_for()
    assert page.get_by_role("region", name="How are we doing?").is_visible()
    page.get_by_role("button", name="Close").focus()
    page.keyboard.press("Escape")
    assert page.locator("iframe").count() == 0
    with page.expect_response("**/embed/ask"):
        page.reload()
    page.wait_for_load_state("networkidle")
    assert page.locator("iframe").count() == 0


@pytest.mark.parametrize(("locale", "close"), [("en", "Close"), ("ar", "إغلاق")])
@pytest.mark.parametrize("place", ["", "#here"])
def test_it_is_for_everybody(both: tuple[House, Product], window: Window, locale: str, close: str, place: str) -> None:
    page = window.page
    _sent, frame = visit(both, page, locale, place)
    frame.get_by_role("heading", level=1).wait_for()
    button = page.get_by_role("button", name=close)
    assert button.bounding_box()["height"] >= 44  # type: ignore[index]
    assert window.complaints == []
    for look in LOOKS:
        window.look(*look)
        assert page.evaluate("document.documentElement.scrollWidth") <= look[0]
        assert window.barriers() == [], look
    if place:
        assert page.locator("iframe").bounding_box()["height"] > 480  # type: ignore[index]


def test_nothing_is_shown_where_nothing_is_due_nor_in_somebody_elses_page(
    both: tuple[House, Product], window: Window
) -> None:
    page, product = window.page, both[1]
    visit(both, page)
    product.token = signed(sub="nobody")
    with page.expect_response("**/embed/ask"):
        page.goto(product.url)
    page.wait_for_load_state("networkidle")
    assert page.locator("iframe").count() == 0
    with running_product() as other:
        other.heed, other.token = product.heed, product.token
        page.goto(other.url, wait_until="networkidle")
        assert page.locator("iframe").count() == 0


def test_an_open_house_reads_its_keys_from_outside(database: str) -> None:
    house = open_house(Config(database_url=database, secret=SECRET, embed_keys="k" * 32, embed_origins=PRODUCT))
    house.store.close()
    assert house.config.embed_origins == PRODUCT
