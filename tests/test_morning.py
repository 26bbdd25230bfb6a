"""A morning at the desk in a real browser, found by visible labels only: few clicks, few pages, no barrier."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from flask_security.change_email import _generate_token
from flask_security.recoverable import generate_reset_password_token
from playwright.sync_api import Browser, Locator, Page
from rich.console import Console
from sqlalchemy import select

from engine.app import create_app
from engine.cli.demo.stage import Stage, open_stage, serving
from engine.data.models import Contact
from engine.operations.imports import import_files
from engine.operations.initiatives import make_initiative
from engine.operations.planning import plan_asks
from engine.operations.promises import add_promise, list_promises
from engine.operations.settings import list_settings, set_settings
from engine.operations.users import add_user, choose_password, welcome_link
from engine.samples.book import HOUSE, write_book
from tests.browser import NARROW, Window, opening_browser
from tests.letters import NOW, make_letter, make_survey
from tests.test_permissions import ANYBODY, NEEDS, routes

WORDS = "four words in a row"
MARIA, ADMIN = "maria.keller@quillbrook.example", "ada.min@quillbrook.example"
TODAY = date(2026, 11, 24)
EACH_ONCE = ((360, "dark"), (1280, "light"))
"""Widths and schemes, each seen once."""
DRAFTS = ("Explain the new keys on a call", "One number to call")


@dataclass
class Served:
    stage: Stage
    url: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The sample book on the Tuesday of the tests, where every ask waits for approval, and two drafts for Maria."""
    folder: Path = tmp_path_factory.mktemp("desk")
    with open_stage(folder, 0, Console(file=StringIO())) as stage:
        stage.clock.move_to(NOW)
        engine = stage.engine
        set_settings(engine, HOUSE | {"approval.required": "yes"})
        import_files(engine, write_book(TODAY, folder / "book"))
        plan_asks(engine)
        for title in DRAFTS:
            add_promise(engine, "nordhaven", "mette.kragh", title=title, said="I do not follow the keys.")
        for email in (MARIA, ADMIN):
            add_user(engine, email, is_admin=email == ADMIN)
            choose_password(engine, welcome_link(engine, email).rpartition("/")[2], WORDS)
        with serving(stage):
            yield Served(stage, stage.config.public_url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opening_browser() as browser:
        yield browser


def sign_in(page: Page, served: Served, email: str = MARIA) -> None:
    page.goto(f"{served.url}/admin/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(WORDS)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture(scope="module")
def sessions(browser: Browser, served: Served) -> dict[str, Any]:
    """What a browser keeps of whoever has signed in."""
    kept: dict[str, Any] = {"": None}
    for email in (MARIA, ADMIN):
        window = Window(browser)
        sign_in(window.page, served, email)
        kept[email] = window.context.storage_state()
        window.context.close()
    return kept


@pytest.fixture
def window(browser: Browser, sessions: dict[str, Any]) -> Iterator[Window]:
    window = Window(browser, viewport={"width": 1280, "height": 900}, storage_state=sessions[MARIA])
    yield window
    window.context.close()


@dataclass
class Hand:
    """Clicks, and the pages they lead to, counted."""

    page: Page
    clicks: int = 0
    pages: set[str] = field(default_factory=set)

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()
        self.page.wait_for_load_state()
        self.pages.add(self.page.url.partition("?")[0].partition("#")[0])


def test_a_morning_takes_few_clicks_and_few_pages(window: Window, served: Served) -> None:
    page, hand = window.page, Hand(window.page)
    engine = served.stage.engine
    page.goto(f"{served.url}/admin/")

    # Three asks are approved.
    for _ in range(3):
        asks = page.get_by_role("region", name="Asks that wait for your approval")
        hand.click(asks.get_by_role("button", name="Approve").first)
    # Two drafts are agreed to.
    for _ in range(2):
        drafts = page.get_by_role("region", name="Drafts to agree")
        hand.click(drafts.get_by_role("button", name="Agree").first)
    # A promise is moved with a reason.
    hand.click(page.get_by_role("link", name="Promises"))
    hand.click(page.get_by_role("link", name="Explain the new allocation keys in writing"))
    hand.click(page.get_by_text("Move", exact=True))
    page.get_by_label("To which day?").fill("2027-01-20")
    page.get_by_label("Why? The client reads it.").fill("The auditors come first.")
    hand.click(page.get_by_role("button", name="Move it"))
    assert page.get_by_text("Moved to Wed 20 Jan 2027, because The auditors come first").is_visible()
    # Why was a client asked?
    hand.click(page.get_by_role("link", name="Mette Kragh (Nordhaven Energi)"))
    hand.click(page.get_by_role("link", name="Why and when next: Mette Kragh"))
    assert page.get_by_role("heading", name="Why we would ask").is_visible()
    # A plan is changed, after looking at what that will do.
    hand.click(page.get_by_role("link", name="Nordhaven Energi"))
    hand.click(page.get_by_role("link", name="Plan and forecast"))
    every = page.get_by_label("Ask how we are doing every")
    before = every.input_value()
    every.fill("30")
    page.get_by_role("heading", name="What it would do").wait_for()
    page.get_by_label("Why, for those who read it later").fill("They asked for more")
    hand.click(page.get_by_role("button", name="Save"))
    assert page.get_by_text("1 setting changed").is_visible()

    assert (hand.clicks <= 25, len(hand.pages) <= 8) == (True, True), (hand.clicks, hand.pages)
    assert before == "120"
    agreed = [one.title for one in list_promises(engine, account="nordhaven") if one.status == "agreed"]
    assert set(DRAFTS) <= set(agreed)
    values = {shown.name: shown.value for shown in list_settings(engine, "nordhaven")}
    assert values["relationship_tier.every_days"] == 30
    assert window.complaints == []


def test_the_desk_works_without_script(browser: Browser, served: Served) -> None:
    window = Window(browser, java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = window.page
    sign_in(page, served)
    page.get_by_role("link", name="Accounts").click()
    page.get_by_role("link", name="Verbeek Logistiek").click()
    page.get_by_role("link", name="Plan and forecast").click()
    page.get_by_label("Ask how we are doing every").fill("40")
    page.get_by_role("button", name="See what it will do").click()
    assert page.get_by_role("heading", name="What it would do").is_visible()
    page.get_by_role("button", name="Save").click()
    assert page.get_by_text("1 setting changed").is_visible()
    window.context.close()


PAGES: dict[str, tuple[str, ...]] = {
    "desk.show_today": ("today", "today?whose=everybody"), "desk.list_mine": ("mine",),
    "desk.search": ("search?q=keys",),
    "desk.list_accounts": ("accounts",), "desk.show_account": ("accounts/6",), "desk.show_brief": ("accounts/6/brief",),
    "desk.show_plan": ("accounts/6/plan",), "desk.show_plan_history": ("accounts/6/plan/history",),
    "desk.show_trial": ("accounts/6/plan/trial/holdout",), "desk.show_terms": ("accounts/6/terms",),
    "desk.show_logo": ("accounts/6/logo",), "desk.show_why": ("people/23/why",),
    "desk.show_preview": ("people/23/preview",), "desk.list_asks": ("asks", "asks?show=all"),
    "desk.show_calendar": ("calendar",), "desk.list_calls": ("calls",), "desk.show_call": ("asks/{call}/call",),
    "desk.show_guess": ("asks/{call}/guess",), "desk.show_link": ("asks/{call}/link",), "desk.list_sides": ("sides",),
    "desk.list_promises": ("promises", "promises?state=all"), "desk.show_promise": ("promises/9",),
    "desk.list_initiatives": ("initiatives",), "desk.show_initiative": ("initiatives/{initiative}",),
    "desk.show_ledger": ("ledger",), "desk.list_absences": ("away",), "desk.list_voices": ("voices",),
    "desk.list_surveys": ("surveys",), "desk.show_survey": ("surveys/relationship",),
    "desk.show_survey_versions": ("surveys/relationship/versions",), "desk.edit_survey": ("surveys/support/edit",),
    "desk.show_programme": ("programme",), "desk.show_house_plan": ("plan",), "desk.show_tier_plan": ("plan/key",),
    "desk.show_house_logo": ("plan/logo",), "desk.list_strategies": ("strategies",),
    "desk.show_strategy": ("strategies/fatigue_limits",), "desk.show_imports": ("imports",),
    "desk.show_import": ("imports/1",), "desk.show_undo": ("imports/1/undo",), "desk.list_people": ("team",),
    "desk.list_changes": ("changes",), "desk.show_myself": ("myself",), "security.change_password": ("change",),
    "security.change_email": ("change-email",), "security.verify": ("verify",), "security.login": ("login",),
    "security.two_factor_setup": ("tf-setup",), "security.mf_recovery_codes": ("mf-recovery-codes",),
    "security.forgot_password": ("reset",), "security.reset_password": ("reset/{reset}",),
    "desk.show_welcome": ("welcome/{welcome}",), "desk.show_new_address": ("new-address/{address}",),
}  # fmt: skip
"""Every page of the desk that is opened by its address, by the route that shows it."""
NO_PAGES = {
    "desk.show_style", "desk.show_script",  # files
    "desk.show_rejected",  # a sheet
    "desk.show_preview_survey", "desk.show_preview_message", "desk.show_survey_page",  # clients' pages, in their frames
    "desk.show_desk", "desk.start_survey", "security.two_factor_rescue", "security.tf_select",
    "security.change_email_confirm",  # lead to another page
}  # fmt: skip
ON_THE_WAY = {"desk.show_files", "security.two_factor_token_validation", "security.mf_recovery"}
"""Pages with something before them: tests/test_desk_browser.py comes to them and looks at them in the same way."""


def test_a_page_of_the_desk_that_nobody_looks_at_does_not_pass(served: Served) -> None:
    found = {rule.endpoint for rule, verb in routes(create_app(served.stage.engine)) if verb == "GET"}
    assert found == {*PAGES, *NO_PAGES, *ON_THE_WAY}


@pytest.fixture(scope="module")
def places(served: Served) -> dict[str, object]:
    """What addresses name besides the sample book: a call, an initiative, and what is sent by mail."""
    engine = served.stage.engine
    cause = {"title": "Reports in one format", "cause": "reporting", "owner_email": MARIA}
    with engine.store.write(engine.scope) as session:
        contact = session.scalars(select(Contact).where(Contact.key == "soren.lund")).one()
        survey = make_survey(session, survey="by phone")
        call = make_letter(session, "recommend", "missing", contact=contact, survey=survey, channel="phone").id
    new = add_user(engine, "new.here@quillbrook.example")[0].email
    app = create_app(engine)
    with app.test_request_context("/admin/"):
        login = app.extensions["security"].datastore.find_user(email=new)
        reset = generate_reset_password_token(login)
        address = _generate_token(login, "newer.here@quillbrook.example")
    return {"call": call, "initiative": make_initiative(engine, **cause).id, "reset": reset, "address": address,
            "welcome": welcome_link(engine, new).rpartition("/")[2]}  # fmt: skip


def visitor(endpoint: str) -> str:
    """Who opens it: an admin what only leads and admins see, nobody what is there for whoever has not signed in."""
    return {"lead": ADMIN, "admin": ADMIN, ANYBODY: ""}.get(NEEDS[endpoint], MARIA)


@pytest.fixture(scope="module")
def windows(browser: Browser, sessions: dict[str, Any]) -> Iterator[dict[str, Window]]:
    """One of each visitor, who looks at one page after the other: to open it takes as long as to look."""
    opened = {
        who: Window(browser, viewport={"width": 1280, "height": 900}, storage_state=kept)
        for who, kept in sessions.items()
    }
    yield opened
    for window in opened.values():
        window.context.close()


@pytest.mark.parametrize(("endpoint", "path"), [(one, path) for one, paths in PAGES.items() for path in paths])
def test_a_page_of_the_desk_is_for_everybody_at_any_width_by_day_and_night(
    windows: dict[str, Window], served: Served, places: dict[str, object], endpoint: str, path: str
) -> None:
    window = windows[visitor(endpoint)]
    window.complaints.clear()
    answer = window.page.goto(f"{served.url}/admin/{path.format(**places)}")
    assert answer is not None
    assert answer.status == 200
    assert window.page.get_by_role("heading", level=1).count() == 1
    for width in NARROW:
        assert window.overflow(width) == [], width
    for look in EACH_ONCE:
        window.look(*look)
        assert window.barriers() == [], look
    # A survey's own script is kept from running where it is only looked at, and axe knocks at its frame.
    assert [said for said in window.complaints if "Blocked script" not in said and "postMessage" not in said] == []


def test_the_brief_of_an_account_prints_on_one_page(window: Window, served: Served) -> None:
    window.page.goto(f"{served.url}/admin/accounts/6/brief")
    printed = window.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1


def test_keys_can_be_turned_off_and_do_nothing_while_typing(window: Window, served: Served) -> None:
    page = window.page
    page.goto(f"{served.url}/admin/accounts")
    page.get_by_role("button", name="Keys").click()
    assert window.barriers() == []
    page.get_by_label("Use these keys on this device").uncheck()
    page.get_by_role("button", name="Close").click()
    page.goto(f"{served.url}/admin/accounts")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") != "q"
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these keys on this device").check()
    page.get_by_role("button", name="Close").click()
    page.goto(f"{served.url}/admin/accounts")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("Boolean(document.activeElement.closest('[data-stop]'))")
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("jk?e")
    assert page.get_by_label("Search").input_value() == "jk?e"
    page.goto(f"{served.url}/admin/promises/9")
    page.keyboard.press("e")
    assert page.evaluate("document.activeElement.name") == "title"
