"""Clients' pages in a real browser, from a real server: for every eye and hand, at every width, without script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Page

from engine.data.models import Ask, Contact
from tests.browser import EVERY_TYPE, FURTHER, LOOKS, NARROW, House, Keys, Window, opening_browser, serving_house
from tests.factories import make_contact
from tests.letters import NOW, QUESTIONS, make_history

LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft"


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
    window = Window(browser)
    yield window
    window.context.close()


@pytest.fixture(scope="module")
def looking(browser: Browser) -> Iterator[Window]:
    """One in which one page is looked at after the other: to open it takes as long as to look."""
    window = Window(browser)
    yield window
    window.context.close()


@pytest.fixture
def scriptless(browser: Browser) -> Iterator[Page]:
    """A narrow tab in which no script runs."""
    window = Window(browser, java_script_enabled=False, viewport={"width": 360, "height": 800})
    yield window.page
    window.context.close()


# How they look


def answered(house: House, **who: str) -> str:
    return house.letter("call_me", contact=house.contact(**who), status="answered", answered_at=NOW)[0]


def declined(house: House, **who: str) -> str:
    return house.letter("missing", contact=house.contact(**who), status="declined")[0]


def put_off(house: House) -> str:
    return house.letter("missing", contact=house.contact(paused_until=date(2026, 12, 8)))[0] + "?done=later"


def in_long_words(house: House) -> str:
    contact = house.contact(name=LONG)
    with house.engine.store.write(house.engine.scope) as session:
        whose = session.get_one(Contact, contact)
        make_history(session, whose, ("agreed", "2026-11-23", None), title=LONG, said=LONG)
    return house.letter(contact=contact)[0]


PAGES = {
    "survey": lambda house: house.letter()[0],
    "survey in German": lambda house: house.letter(contact=house.contact(locale="de"))[0],
    "survey in Arabic": lambda house: house.letter(contact=house.contact(locale="ar"))[0],
    "survey in Hebrew, whose questions are not": lambda house: house.letter(contact=house.contact(locale="he"))[0],
    "survey in long words": in_long_words,
    "thank-you": answered,
    "answers changed": lambda house: answered(house) + "?change=1",
    "later": put_off,
    "saved": lambda house: house.letter("missing", status="started")[0] + "?done=save",
    "without its cookie": lambda house: f"{house.url}/s/~0123456789abcdef",
    "declined": lambda house: house.letter("missing", status="declined")[0],
    "promises": lambda house: house.own_page("p"),
    "no promises": lambda house: house.own_page("p", make_stranger(house)),
    "what is stored": lambda house: house.own_page("w") + "/data",
    "wishes": lambda house: house.own_page("w"),
    "unsubscribe": lambda house: house.own_page("u"),
    "unsubscribed": lambda house: house.own_page("u", house.contact(opted_out_on=NOW.date())),
    "expired link": lambda house: house.letter("missing", expires_at=NOW - timedelta(days=1))[0],
    "wrong link": lambda house: f"{house.url}/s/nothing",
    "shared": lambda house: house.shared_page(),
    "thank-you in Arabic": lambda house: answered(house, locale="ar"),
    "promises in Arabic": lambda house: house.own_page("p", house.contact(locale="ar")),
    "wishes in Arabic": lambda house: house.own_page("w", house.contact(locale="ar")),
    "what is stored in Arabic": lambda house: house.own_page("w", house.contact(locale="ar")) + "/data",
    "unsubscribe in Arabic": lambda house: house.own_page("u", house.contact(locale="ar")),
    "declined in Arabic": lambda house: declined(house, locale="ar"),
}


def make_stranger(house: House) -> int:
    with house.engine.store.write(house.engine.scope) as session:
        return make_contact(session).id


def assert_fine(window: Window) -> None:
    """No barrier in any look, nothing that sticks out on a narrow phone, no complaint of the browser."""
    assert window.complaints == []
    for width in NARROW:
        assert window.overflow(width) == [], width
    for look in LOOKS:
        window.look(*look)
        assert window.barriers() == [], look


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_for_everybody_at_any_width_by_day_and_night(house: House, looking: Window, page: str) -> None:
    looking.context.clear_cookies()
    looking.complaints.clear()
    looking.page.goto(PAGES[page](house))
    assert looking.page.get_by_role("heading", level=1).count() == 1
    assert_fine(looking)


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_form_full_of_answers_can_be_read(house: House, window: Window, locale: str) -> None:
    window.page.goto(house.letter(contact=house.contact(locale=locale))[0])
    assert window.page.locator(".question[lang]").count() == 0, "every question is in the language of the page"
    for place in range(1, len(EVERY_TYPE) + 1):
        window.page.locator(f"#q{place} label:visible").first.click()
    window.page.locator(".ranking li:nth-child(2) button").first.click()
    assert_fine(window)


def test_a_chosen_point_has_the_colours_of_the_button_also_under_the_mouse(house: House, window: Window) -> None:
    """Axe does not measure points: the radio lies over the number."""
    window.page.goto(house.letter("responsiveness")[0])
    point, button = window.page.locator(".points label").last, window.page.locator(".primary")
    point.click()
    assert point.locator("span").evaluate(COLOURS) == button.evaluate(COLOURS)


COLOURS = "one => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"


def test_a_form_that_comes_back_says_where_and_keeps_what_was_given(house: House, window: Window) -> None:
    page = window.page
    page.goto(house.letter("call_me", "missing")[0])
    page.get_by_label("Yes, please call me").check()
    page.get_by_label("On which number?").fill("12")
    page.get_by_label("What is missing?").fill("A second person who knows us")
    page.get_by_role("button", name="Send to Maria’s team").click()
    page.get_by_role("alert").wait_for()
    assert page.title().startswith("Please check:")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert page.get_by_label("What is missing?").input_value() == "A second person who knows us"
    assert_fine(window)


def test_a_first_view_is_three_small_requests_to_nobody_else(house: House, window: Window) -> None:
    arrived: list[float] = []
    network = window.context.new_cdp_session(window.page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: arrived.append(event["encodedDataLength"]))
    names = [question["name"] for question in QUESTIONS]
    window.page.goto(house.letter(*names, contact=house.contact(locale="de"))[0], wait_until="networkidle")
    assert sorted(url.removeprefix(house.url)[:3] for url in window.asked) == ["/s/", "/sc", "/st"]
    assert len(list(filter(None, arrived))) == 3
    assert sum(arrived) <= 20 * 1024


# How they are used


def test_every_question_type_is_answered_by_keyboard_alone(house: House, window: Window) -> None:
    assert {question["type"] for question in EVERY_TYPE} == set(house.engine.plugins.question_types)
    address, ask = house.letter(*[question["name"] for question in QUESTIONS])
    window.page.goto(address)
    keys = Keys(window.page)
    keys.choose("q1", 9)
    keys.tick("[name='q1.high'][value=expertise]")
    keys.write("[name='q1.text']", "They know our trade.")
    keys.choose("q2", 3)
    keys.choose("q3", 6)
    keys.choose("q4", 4)
    keys.choose("q5", 1)
    keys.tick("[name=q6][value=roadmap]")
    keys.choose("q7", 0)
    keys.write("[name='q8.text']", "Nothing")
    keys.tick("[name=q9]")
    keys.write("[name='q9.when']", "Friday morning")
    keys.go_to("button[value=send]")
    keys.press("Enter")
    window.page.get_by_role("heading", name="Thank you, Nadia").wait_for()
    given = house.answers(ask)
    assert {name: row.value for name, row in given.items() if row.value} == {
        "recommend": "9", "responsiveness": "4", "effort": "7", "satisfied": "5", "reads": "team", "topics": "roadmap",
        "knows": "yes", "call_me": "yes",
    }  # fmt: skip
    assert given["recommend"].data["reasons"] == {"high": ["expertise"]}
    assert (given["recommend"].words, given["missing"].words) == ("They know our trade.", "Nothing")
    assert "Friday morning" in window.page.get_by_role("main").inner_text()


def test_further_question_types_are_answered_by_keyboard_alone(house: House, window: Window) -> None:
    address, ask = house.letter(*[question["name"] for question in FURTHER])
    window.page.goto(address)
    keys = Keys(window.page)
    for field, place in (("q1", 8), ("q2", 3), ("q3", 4), ("q4", 2)):
        keys.choose(field, place)
    keys.write("[name='q4.text']", "A client of yours")
    keys.tick("[name=q5][value=nothing]")
    keys.tick("[name=q5][value=other]")
    keys.write("[name='q5.text']", "Holidays")
    keys.write("[name='q6.text']", "Lighthouse")
    keys.write("[name=q7]", "1,200")
    keys.write("[name=q8]", "12072026")
    keys.go_to("[type=range]")
    keys.press("ArrowRight", 10)
    keys.go_to("[aria-label='Move up: Advice']")
    keys.press("Enter", 2)
    keys.choose("q11.training", 1)
    keys.choose("q11.reports", 4)
    keys.choose("q12.website", 0)
    keys.go_to("button[value=send]")
    keys.press("Enter")
    window.page.get_by_role("heading", name="Thank you, Nadia").wait_for()
    given = house.answers(ask)
    assert {name: row.value for name, row in given.items() if row.value} == {
        "again": "8", "stars": "4", "faces": "5", "source": "other", "obstacles": "other", "people": "1200",
        "ready_on": "2026-12-07", "share": "60", "order": "advice,price,speed",
        "parts": "training=2,reports=5", "often": "website=daily",
    }  # fmt: skip
    words = [given[name].words for name in ("source", "obstacles", "project")]
    assert words == ["A client of yours", "Holidays", "Lighthouse"]


def test_further_question_types_are_answered_without_script(house: House, scriptless: Page) -> None:
    address, ask = house.letter("share", "order", "parts", "people")
    scriptless.goto(address)
    scriptless.get_by_label("How far along are you?").fill("40")
    scriptless.get_by_label("Speed").select_option("1")
    scriptless.get_by_label("The price").select_option("1")
    scriptless.get_by_role("group", name="Reports").get_by_label("4").check()
    scriptless.get_by_label("How many people use it?").fill("lots")
    scriptless.get_by_role("button", name="Send to Maria’s team").click()
    assert scriptless.locator("#q2 .error").inner_text().startswith("Place 1 was given more than once.")
    assert scriptless.locator("#q4 .error").inner_text().startswith("“lots” is no whole number.")
    typed = [scriptless.get_by_label(name).input_value() for name in ("Speed", "The price", "How many people use it?")]
    assert typed == ["1", "1", "lots"]
    scriptless.get_by_label("The price").select_option("2")
    scriptless.get_by_label("How many people use it?").fill("12 people")
    scriptless.get_by_role("button", name="Send to Maria’s team").click()
    scriptless.get_by_text("Your answers are saved.").wait_for()
    assert {name: row.value for name, row in house.answers(ask).items()} == {
        "share": "40", "order": "speed,price", "parts": "reports=4", "people": "12"
    }  # fmt: skip


def test_a_survey_is_answered_without_script(house: House, scriptless: Page) -> None:
    address, ask = house.letter()
    scriptless.goto(address)
    for name in ("Month-end reports by the third day", "the scanners come a week late"):
        assert scriptless.get_by_text(name).first.is_visible()
    scriptless.locator("label", has=scriptless.locator("[name=q1][value='3']")).click()
    scriptless.get_by_label("Price").first.check()
    scriptless.get_by_label("Why? In your own words").fill("Too dear")
    scriptless.get_by_role("group", name="Do you know whom to turn to?").get_by_label("No").check()
    scriptless.get_by_role("button", name="Send to Maria’s team").click()
    scriptless.get_by_text("Your answers are saved.").wait_for()
    given = house.answers(ask)
    assert (given["recommend"].value, given["recommend"].words, given["knows"].value) == ("3", "Too dear", "no")
    assert given["recommend"].data["reasons"] == {"low": ["price"]}


@pytest.mark.parametrize(
    ("button", "status", "heading"),
    [("Save and go on later", "started", "Saved"), ("Ask me later", "started", "Later, then"),
     ("Not for me", "declined", "That is fine"), ("Call me instead", "answered", "Thank you, Nadia")],
)  # fmt: skip
def test_each_other_way_out_of_a_survey_is_one_press(
    house: House, scriptless: Page, button: str, status: str, heading: str
) -> None:
    address, ask = house.letter("knows", "missing")
    scriptless.goto(address)
    scriptless.get_by_label("What is missing?").fill("A second person")
    scriptless.get_by_role("button", name=button).click()
    assert scriptless.get_by_role("heading", level=1).inner_text() == heading
    assert house.find(Ask, ask).status == status


def test_what_depends_on_an_answer_is_shown_once_that_is_given(house: House, scriptless: Page) -> None:
    scriptless.goto(house.letter("call_me", "recommend")[0])
    when, reason = scriptless.get_by_label("When does it suit you?"), scriptless.get_by_label("People")
    assert not when.is_visible()
    assert not reason.is_visible()
    wants_call = scriptless.get_by_label("Yes, please call me")
    wants_call.check()
    scriptless.locator("label", has=scriptless.locator("[value='9']")).click()
    assert reason.is_visible()
    when.fill("Tuesday")
    wants_call.uncheck()
    assert when.is_visible(), "what is filled in will be sent"


def test_wishes_are_saved_without_script(house: House, scriptless: Page) -> None:
    contact = house.contact()
    scriptless.goto(house.own_page("w", contact))
    assert not scriptless.get_by_label("How many days").is_visible()
    scriptless.get_by_label("Less often").check()
    scriptless.get_by_label("How many days").fill("200")
    scriptless.get_by_role("button", name="Save my wishes").click()
    scriptless.get_by_text("Your wishes are saved.").wait_for()
    assert house.find(Contact, contact).wish_min_interval == 200


def test_a_promise_is_judged_without_script(house: House, scriptless: Page) -> None:
    scriptless.goto(house.own_page("p"))
    scriptless.get_by_label("A word on it").fill("Twice, then it stopped")
    scriptless.get_by_role("button", name="No, not yet").click()
    scriptless.get_by_text("Your word is saved.").wait_for()
    assert scriptless.get_by_text("Open again, because you told us it is not done").is_visible()


def test_unsubscribing_takes_one_press_and_can_be_taken_back(house: House, scriptless: Page) -> None:
    contact = house.contact()
    scriptless.goto(house.own_page("u", contact))
    scriptless.get_by_role("button", name="Do not ask me again").click()
    assert house.find(Contact, contact).opted_out_on == NOW.date()
    scriptless.get_by_role("button", name="Take it back").click()
    assert house.find(Contact, contact).opted_out_on is None
