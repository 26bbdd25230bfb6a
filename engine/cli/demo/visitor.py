"""A client with a browser: opens a link, fills in the form that is there, sends it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

from engine.errors import HeedError

TIMEOUT = 20


@dataclass(frozen=True)
class Input:
    """A field of the form: its name, its type and the value that choosing it sends."""

    name: str
    type: str
    value: str


@dataclass
class Page:
    """What came back: where from, its visible text, its links and the fields of its form."""

    url: str
    text: str = ""
    links: list[str] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)

    def find_link(self, part: str) -> str:
        """The first link that has this in its address."""
        for link in self.links:
            if part in link:
                return urljoin(self.url, link)
        raise HeedError(f"The page {self.url} has no link to {part}.", about=self.url)


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self._page.links.append(given["href"])
        if tag in ("input", "textarea", "button") and given.get("name"):
            kind = given.get("type", "text") if tag == "input" else tag
            self._page.inputs.append(Input(given["name"], kind, given.get("value", "")))

    def handle_data(self, data: str) -> None:
        self._page.text += f" {data}"


def open_page(url: str, posted: Collection[tuple[str, str]] | None = None) -> Page:
    """GET a page, or POST these fields to it. Raises HeedError unless it answers."""
    body = urlencode(list(posted)).encode() if posted is not None else None
    try:
        with urlopen(Request(url, body), timeout=TIMEOUT) as answer:  # noqa: S310 - our own server's address
            page = Page(answer.geturl())
            _Reader(page).feed(answer.read().decode())
    except OSError as error:
        raise HeedError(f"{url} does not answer: {error}", about=url) from error
    page.text = " ".join(page.text.split())
    return page


@dataclass(frozen=True)
class Mind:
    """What a client thinks: how good it is (0 to 1), in their words, for which reasons; and when to call them where."""

    good: float
    words: str = ""
    reasons: tuple[str, ...] = ()
    call_when: str = ""
    call_number: str = ""


def answer_form(page: Page, mind: Mind) -> Page:
    """Fill the form in as this client would, and send it. The page that says thanks."""
    posted = [(one.name, one.value) for one in page.inputs if one.type == "hidden"]
    posted += _points(page, mind) + _reasons(page, mind) + _words(page, mind)
    call = {".when": mind.call_when, ".number": mind.call_number}
    calls = [(one.name, text) for one in page.inputs for end, text in call.items() if text and one.name.endswith(end)]
    wants_call = bool(mind.call_when or mind.call_number)
    action = "send" if calls or not wants_call else "call"
    return open_page(page.url, [*posted, *calls, ("action", action)])


def _points(page: Page, mind: Mind) -> list[tuple[str, str]]:
    """A point on each scale; the scale of agreement, too, goes from bad to good."""
    scales: dict[str, list[str]] = {}
    for one in page.inputs:
        if one.type == "radio":
            scales.setdefault(one.name, []).append(one.value)
    return [
        (name, values[round(mind.good * (len(values) - 1))])
        for name, values in scales.items()
        if all(value.isdigit() for value in values)
    ]


def _reasons(page: Page, mind: Mind) -> list[tuple[str, str]]:
    """Each reason where it is first offered: low before high on the page, and only one of them holds."""
    offered = {one.value: one.name for one in reversed(page.inputs) if one.type == "checkbox"}
    return [(offered[reason], reason) for reason in mind.reasons if reason in offered]


def _words(page: Page, mind: Mind) -> list[tuple[str, str]]:
    """Own words, in the first box there is for them."""
    boxes = [one.name for one in page.inputs if one.type == "textarea"]
    return [(boxes[0], mind.words)] if boxes and mind.words else []
