"""What admins do at the desk, in a browser: surveys written with the client's page beside them, files brought in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from rich.console import Console

from engine.app import create_app
from engine.cli.demo.stage import Stage, open_stage, serving
from engine.data.models import AnswerRow
from engine.operations.survey_changes import find_survey
from engine.operations.users import add_user, choose_password, welcome_link
from tests.browser import LOOKS, NARROW, Window, opening_browser
from tests.desk import ADMIN
from tests.factories import make_account, make_contact
from tests.letters import NOW, make_letter, make_survey
from tests.test_second_factor import code_of

WORDS = "four words in a row"


@dataclass
class Served:
    stage: Stage
    url: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("desk")
    with open_stage(folder, 0, Console(file=StringIO())) as stage:
        stage.clock.move_to(NOW)
        engine = stage.engine
        with engine.store.write(engine.scope) as session:
            make_contact(session, make_account(session, key="northwind", name="Northwind"), key="nadia", name="Nadia")
        add_user(engine, ADMIN, is_admin=True)
        choose_password(engine, welcome_link(engine, ADMIN).rpartition("/")[2], WORDS)
        with serving(stage):
            yield Served(stage, stage.config.public_url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opening_browser() as browser:
        yield browser


def enter(browser: Browser, served: Served, path: str, email: str = ADMIN, **options: object) -> Window:
    """Signed in, at a page of the desk."""
    window = Window(browser, viewport={"width": 1280, "height": 900}, **options)
    window.page.goto(f"{served.url}/admin/{path}")
    window.page.get_by_label("E-mail").fill(email)
    window.page.get_by_label("Password").fill(WORDS)
    window.page.get_by_role("button", name="Sign in").click()
    return window


def is_for_everybody(window: Window) -> None:
    for width in NARROW:
        assert window.overflow(width) == [], width
    for look in LOOKS:
        window.look(*look)
        assert window.barriers() == [], look
    assert [said for said in window.complaints if "Blocked script execution" not in said] == []


def test_the_client_s_page_follows_as_a_survey_is_written(browser: Browser, served: Served) -> None:
    window = enter(browser, served, "surveys/relationship/edit")
    page, phone = window.page, window.page.locator(".frames iframe").last.content_frame
    page.get_by_text("1. How likely are you to recommend").click()
    asked = page.locator("#question-1").get_by_role("textbox", name="en").first
    asked.fill("Would {{ account.name }} choose us again?")
    phone.get_by_text("Would Northwind choose us again?").wait_for()
    asked.fill("Would {{ account.nome }} choose us again?")
    phone.get_by_text("There is no fact “account.nome”. Did you mean account.name?").wait_for()
    page.get_by_role("button", name="Save").click()
    mistake = page.get_by_role("alert")
    mistake.get_by_text("Nothing was saved").wait_for()
    mistake.get_by_role("link", name="question 1").click()
    asked = page.locator("#question-1").get_by_role("textbox", name="en").first
    assert asked.input_value() == "Would {{ account.nome }} choose us again?"
    is_for_everybody(window)
    window.look(1280, "light")
    asked.fill("Would {{ account.name }} choose us again?")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("It is version").wait_for()
    saved = find_survey(served.stage.engine, "relationship").survey
    assert saved.questions[0].ask["en"] == "Would {{ account.name }} choose us again?"
    window.context.close()


def test_the_last_look_at_a_survey_stays_until_the_next_is_there(browser: Browser, served: Served) -> None:
    window = enter(browser, served, "surveys/onboarding/edit")
    page, looks, held = window.page, window.page.locator(".frames iframe"), []
    looks.last.content_frame.get_by_role("heading", level=1).wait_for()
    expect(looks).to_have_count(1)
    page.route("**/onboarding/draft", lambda route: held.append(route))
    page.get_by_role("group", name="Title").get_by_role("textbox", name="en").fill("How did it begin?")
    expect(looks).to_have_count(2)
    assert [looks.nth(place).is_visible() for place in (0, 1)] == [True, False]
    assert looks.first.content_frame.get_by_role("heading", level=1).is_visible()
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    page.unroute_all()
    looks.last.content_frame.get_by_role("heading", name="How did it begin?").wait_for()
    expect(looks).to_have_count(1)
    assert looks.first.is_visible()
    page.get_by_label("Try it as").fill("northwind/nadia")
    page.locator("select[name=which]").select_option("picked")
    looks.last.content_frame.get_by_text("How did it begin?").wait_for()
    window.context.close()


def test_a_survey_is_written_and_looked_at_without_script(browser: Browser, served: Served) -> None:
    window = enter(browser, served, "surveys/support/edit", java_script_enabled=False)
    page, phone = window.page, window.page.frame_locator("iframe[name=phone]")
    phone.get_by_role("heading", level=1).wait_for()  # as it stands; a second look would meet the first on its way
    page.get_by_role("group", name="Title").get_by_role("textbox", name="en").fill("Is it solved?")
    page.get_by_role("button", name="See it").click()
    phone.get_by_role("heading", name="Is it solved?").wait_for()
    page.get_by_role("button", name="As text").click()
    assert "en: Is it solved?" in page.get_by_label("The survey as text").input_value()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Is it solved?", level=1).wait_for()
    window.context.close()


PEOPLE = b"""Contact ID,Account ID,Full name,Work e-mail,Shoe size
nora,northwind,Nora Vale,nora@client.example,38
x,nobody,,,
"""


@pytest.mark.parametrize("script", [True, False])
def test_a_file_is_looked_at_tried_and_imported(browser: Browser, served: Served, script: bool) -> None:
    window = enter(browser, served, "imports", java_script_enabled=script)
    page = window.page
    page.get_by_label("Files").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE})
    page.get_by_role("button", name="Look at them").click()
    assert page.get_by_label("Work e-mail is").input_value() == "email"
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("heading", name="What would happen; nothing was written").wait_for()
    page.get_by_text("there is no account with this key").wait_for()
    if script:
        is_for_everybody(window)
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("heading", name="What was done").wait_for()
    window.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_a_call_is_led_from_the_list_to_their_own_words(browser: Browser, served: Served, script: bool) -> None:
    engine = served.stage.engine
    name = f"Cora Lind {script}"
    with engine.store.write(engine.scope) as session:
        contact = make_contact(session, make_account(session, owner_email=ADMIN), name=name, phone="+43 660 1234567")
        survey = make_survey(session, survey="by phone")
        ask = make_letter(session, "recommend", "missing", contact=contact, survey=survey, channel="phone",
                          planned_on=NOW.date())  # fmt: skip
    window = enter(browser, served, "calls", java_script_enabled=script)
    page = window.page
    page.get_by_role("link", name=name).click()
    page.get_by_role("heading", name=f"Call {name}").wait_for()
    if script:
        is_for_everybody(window)
        window.look(1280, "light")
    page.get_by_label("They said yes to my writing down what they say").check()
    page.get_by_role("radio", name="8", exact=True).check()
    page.get_by_role("textbox").filter(visible=True).nth(1).fill("Somebody who calls back.")
    page.get_by_role("button", name="Keep their answers").click()
    page.get_by_text("Their answers are kept, as given by phone to you.").wait_for()
    with engine.store.read(engine.scope) as session:
        kept = {row.question: row for row in session.query(AnswerRow).filter_by(ask_id=ask.id)}
    assert (kept["recommend"].score, kept["missing"].words) == (8, "Somebody who calls back.")
    window.context.close()


def test_the_door_with_a_second_factor_is_for_everybody(browser: Browser, served: Served) -> None:
    """Every page of setting it up and of signing in with it, which no address alone leads to."""
    engine, olga = served.stage.engine, "olga@house.example"
    add_user(engine, olga)
    choose_password(engine, welcome_link(engine, olga).rpartition("/")[2], WORDS)
    window = enter(browser, served, "myself", olga)  # who has no role yet can do that, too
    page = window.page
    page.get_by_role("link", name="Set it up").click()
    page.get_by_role("button", name="Show the picture to scan").click()
    is_for_everybody(window)
    key = page.locator("code").inner_text()
    page.get_by_label("The code that the app shows").fill(code_of(create_app(engine), key))
    page.get_by_role("button", name="Use it from now on").click()
    page.get_by_text("From now on you sign in with a code of your phone").wait_for()
    page.get_by_role("link", name="Recovery codes").click()
    page.get_by_role("button", name="Make new codes").click()
    is_for_everybody(window)
    window.context.close()
    window = enter(browser, served, "today", olga)
    page = window.page
    page.get_by_label("figures").wait_for()
    is_for_everybody(window)
    page.get_by_role("link", name="recovery code").click()
    page.get_by_label("Recovery code").wait_for()
    is_for_everybody(window)
    window.context.close()


def test_what_is_not_there_is_said_to_everybody(browser: Browser, served: Served) -> None:
    window = enter(browser, served, "accounts/999")
    window.page.get_by_role("heading", name="There is nothing here").wait_for()
    assert window.page.get_by_role("link", name="Accounts").is_visible()
    is_for_everybody(window)
    window.context.close()
