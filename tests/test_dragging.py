"""Putting things in order by hand: a mouse, a finger, and the key that puts them back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import House, Window, opening_browser, serving_house

WORDS = ".ranking li label"


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with serving_house() as house:
        yield house


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opening_browser() as browser:
        yield browser


@pytest.fixture
def phone(browser: Browser, house: House) -> Iterator[tuple[Page, int]]:
    """A phone on which somebody has opened a form with one ranking: the page, and the ask."""
    window = Window(browser, viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    url, ask = house.letter("missing", "order")
    window.page.goto(url)
    yield window.page, ask
    assert window.complaints == []
    window.context.close()


def order(page: Page) -> list[str]:
    return page.locator(WORDS).all_text_contents()


def middle(page: Page, row: int) -> tuple[float, float]:
    page.locator(".ranking").evaluate("one => one.scrollIntoView({block: 'center'})")
    box = page.locator(".grip").nth(row).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pull(page: Page, row: int, by: float) -> None:
    """Take a row by its grip and pull it down so many pixels, with the mouse, without letting go."""
    x, y = middle(page, row)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + by, steps=12)


def swipe(page: Page, x: float, y: float, by: float) -> None:
    """One finger down, pulled so many pixels, and up again."""
    session: Any = page.context.new_cdp_session(page)
    touches = [("touchStart", y), *(("touchMove", y + by * step / 12) for step in range(1, 13)), ("touchEnd", None)]
    for kind, at in touches:
        points = [] if at is None else [{"x": x, "y": at}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_thing_is_pulled_to_its_place_with_a_mouse_and_saved_there(house: House, phone: tuple[Page, int]) -> None:
    page, ask = phone
    assert order(page) == ["The price", "Speed", "Advice"]
    pull(page, 0, 130)
    page.mouse.up()
    assert order(page) == ["Speed", "Advice", "The price"]
    assert page.locator(".ranking select").evaluate_all("all => all.map(one => one.value)") == ["1", "2", "3"]
    assert page.locator(".ranking [role=status]").text_content() == "Place 3: The price"
    page.get_by_text("Saved. It counts once you send it.").wait_for()
    assert house.answers(ask)["order"].value == "speed,advice,price"


def test_a_thing_is_pulled_up_with_a_finger_and_the_page_stays(house: House, phone: tuple[Page, int]) -> None:
    page, ask = phone
    x, y = middle(page, 2)
    before = page.evaluate("scrollY")
    swipe(page, x, y, -60)
    assert order(page) == ["The price", "Advice", "Speed"]
    assert page.evaluate("scrollY") == before
    page.get_by_text("Saved. It counts once you send it.").wait_for()
    assert house.answers(ask)["order"].value == "price,advice,speed"


def test_a_finger_on_the_words_scrolls_the_page_and_moves_nothing(phone: tuple[Page, int]) -> None:
    page, _ask = phone
    page.evaluate("scrollTo(0, 0)")
    box = page.locator(".ranking li").first.bounding_box()
    assert box
    swipe(page, box["x"] + 120, min(box["y"] + 20, 600), -120)
    assert page.evaluate("scrollY") > 0
    assert order(page) == ["The price", "Speed", "Advice"]


def test_escape_puts_a_thing_back(phone: tuple[Page, int]) -> None:
    page, _ask = phone
    pull(page, 0, 130)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert order(page) == ["The price", "Speed", "Advice"]
    assert page.locator(".held").count() == 0


def test_a_thing_that_is_let_go_where_it_was_answers_nothing(house: House, phone: tuple[Page, int]) -> None:
    page, ask = phone
    pull(page, 1, 8)
    page.mouse.up()
    page.get_by_label("What is missing?").fill("The report")
    page.get_by_label("What is missing?").blur()
    page.get_by_text("Saved. It counts once you send it.").wait_for()
    assert set(house.answers(ask)) == {"missing"}
