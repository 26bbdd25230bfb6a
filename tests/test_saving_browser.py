"""Answers in a real browser: saved as they are given, kept while there is no connection, in few presses and taps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from engine.data.models import Ask
from tests.browser import House, Window, opening_browser, serving_house

FIVE = ("responsiveness", "effort", "satisfied", "knows", "again")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with serving_house() as house:
        yield house


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opening_browser() as browser:
        yield browser


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    window = Window(browser, viewport={"width": 360, "height": 800})
    yield window
    window.context.close()


@pytest.fixture(params=["with script", "without script"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A narrow tab for fingers and keys."""
    narrow = {"viewport": {"width": 360, "height": 800}, "has_touch": True}
    window = Window(browser, java_script_enabled=request.param == "with script", **narrow)
    yield window.page
    window.context.close()


def saved(page: Page, words: str = "Saved.") -> None:
    """Wait until the page says so."""
    page.locator(".saved", has_text=words).wait_for()


def wait_until_all_is_saved(page: Page) -> None:
    """Until the browser keeps nothing that the server does not have."""
    for _look in range(200):
        if not page.evaluate("localStorage.length"):
            return
        page.wait_for_timeout(50)
    raise AssertionError("The browser still keeps answers that are not saved.")


def test_the_address_loses_its_key_at_once_and_a_refresh_stays(house: House, window: Window) -> None:
    page = window.page
    address, _ask = house.letter("missing")
    page.goto(address)
    page.wait_for_url("**/s/~*")
    page.reload()
    assert page.get_by_role("heading", name="How are we doing?").is_visible()
    assert window.complaints == []


def test_each_answer_is_saved_as_it_is_given_and_said_in_words(house: House, window: Window) -> None:
    page = window.page
    address, ask = house.letter("knows", "missing")
    page.goto(address)
    saved(page, "Each answer is saved as you give it.")
    assert page.get_by_text("0 of 2 answered").is_visible()
    page.get_by_label("No", exact=True).check()
    saved(page)
    assert page.get_by_text("1 of 2 answered").is_visible()
    page.get_by_label("What is missing?").fill("A second person")
    page.get_by_text("2 of 2 answered").wait_for()
    page.keyboard.press("Tab")
    wait_until_all_is_saved(page)
    assert {name: row.value or row.words for name, row in house.answers(ask).items()} == {
        "knows": "no", "missing": "A second person",
    }  # fmt: skip
    assert house.find(Ask, ask).status == "started"


def test_another_device_goes_on_where_this_one_stopped(house: House, browser: Browser, window: Window) -> None:
    address, _ask = house.letter("knows", "missing")
    window.page.goto(address)
    window.page.get_by_label("What is missing?").fill("Half a sen")
    saved(window.page)
    other = Window(browser)
    other.page.goto(address)
    assert other.page.get_by_label("What is missing?").input_value() == "Half a sen"
    other.page.get_by_label("What is missing?").fill("")
    saved(other.page)
    window.page.reload()
    assert window.page.get_by_label("What is missing?").input_value() == ""
    other.context.close()


def test_without_a_connection_nothing_is_lost_and_nothing_freezes(house: House, window: Window) -> None:
    page = window.page
    address, ask = house.letter("knows", "missing")
    page.goto(address)
    saved(page, "Each answer is saved")
    window.context.set_offline(True)
    page.get_by_label("Yes", exact=True).check()
    saved(page, "Not saved yet: there is no connection.")
    page.get_by_label("What is missing?").fill("It goes on")
    page.get_by_role("button", name="Send to Maria").click()
    saved(page, "Not sent yet")
    assert page.get_by_role("button", name="Send to Maria").is_enabled()
    assert house.answers(ask) == {}
    window.context.set_offline(False)
    page.get_by_role("heading", name="Thank you").wait_for()
    assert house.answers(ask)["missing"].words == "It goes on"


@pytest.mark.parametrize("full", [False, True], ids=["no connection", "a full disk"])
def test_what_could_not_be_saved_is_filled_in_again_after_the_browser_was_closed(
    house: House, window: Window, full: bool
) -> None:
    page = window.page
    address, ask = house.letter("knows", "missing")
    page.goto(address)
    saved(page, "Each answer is saved")

    def fail(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=503, json={"status": 503}) if full else route.abort()
        else:
            route.continue_()

    page.route("**/s/**", fail)
    page.get_by_label("Yes", exact=True).check()
    page.get_by_label("What is missing?").fill("Typed in a tunnel")
    saved(page, "Not saved yet")
    page.close()
    later = window.context.new_page()
    later.goto(address)
    saved(later)
    assert later.get_by_label("What is missing?").input_value() == "Typed in a tunnel"
    assert later.get_by_label("Yes", exact=True).is_checked()
    assert house.answers(ask)["missing"].words == "Typed in a tunnel"


def test_pressing_send_twice_sends_once_and_going_back_shows_what_was_sent(house: House, window: Window) -> None:
    page = window.page
    address, ask = house.letter("missing")
    page.goto(address)
    page.get_by_label("What is missing?").fill("Once")
    page.get_by_role("button", name="Send to Maria").dblclick()
    page.get_by_role("heading", name="Thank you").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert house.find(Ask, ask).status == "answered"


def test_a_second_tab_is_told_when_the_form_was_sent_from_the_first(house: House, window: Window) -> None:
    address, ask = house.letter("missing")
    one, other = window.page, window.context.new_page()
    for page in (one, other):
        page.goto(address)
        saved(page, "Each answer is saved")
    one.get_by_label("What is missing?").fill("From the first")
    one.get_by_role("button", name="Send to Maria").click()
    one.get_by_role("heading", name="Thank you").wait_for()
    other.get_by_label("What is missing?").fill("From the second")
    other.get_by_role("button", name="Send to Maria").click()
    other.get_by_role("heading", name="Thank you").wait_for()
    assert house.answers(ask)["missing"].words == "From the second"


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_five_questions_take_at_most_twelve_key_presses(house: House, page: Page, locale: str) -> None:
    """Tab, then a key that chooses, for each; Enter sends. One Tab is for the link to what came of the last answers."""
    address, ask = house.letter(*FIVE, contact=house.contact(locale=locale))
    page.goto(address)
    keys = ["Tab", *("Tab", "ArrowDown") * len(FIVE), "Enter"]
    assert len(keys) <= 12
    for key in keys:
        page.keyboard.press(key)
    page.locator("h1", has_text="Nadia").wait_for()
    assert set(house.answers(ask)) == set(FIVE)


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_five_questions_take_at_most_nine_taps(house: House, page: Page, locale: str) -> None:
    address, ask = house.letter(*FIVE, contact=house.contact(locale=locale))
    page.goto(address)
    taps = [page.locator(f"#q{place} label").nth(1) for place in range(1, 6)] + [page.locator("button[value=send]")]
    assert len(taps) <= 9
    for tap in taps:
        tap.tap()
    page.locator("h1", has_text="Nadia").wait_for()
    assert set(house.answers(ask)) == set(FIVE)
