"""Languages: every text is translated, with the same places for values; dates and directions are the locale's."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from engine.language import Languages

FOLDER = Path("survey_templates")
KEYWORDS = {"_": None, "ngettext": (1, 2), "marked": None, "refused": (2,)}


def messages() -> set[str]:
    """Every text that pages, messages and question types show, in the source's English."""
    sources = {"jinja2": [*FOLDER.glob("pages/*.html"), *FOLDER.glob("messages/*")]}
    sources["python"] = [*Path("engine").rglob("*.py"), *Path("plugins").glob("*.py")]
    found = set()
    for method, files in sources.items():
        for file in files:
            for _line, message, _comments, _context in extract_from_file(method, file, keywords=KEYWORDS):
                found.add(message if isinstance(message, str) else message[0])
    return found


@pytest.mark.parametrize("locale", ["de", "fr", "es", "ar", "he"])
def test_every_text_is_translated(locale: str) -> None:
    with (FOLDER / f"locales/{locale}/LC_MESSAGES/heed.po").open("rb") as file:
        catalog = read_po(file, locale=locale, abort_invalid=True)
    assert messages() - {message.id if isinstance(message.id, str) else message.id[0] for message in catalog} == set()
    assert [error for message in catalog for error in message.check(catalog)] == []
    assert [message.id for message in catalog if message.id and not message.string] == []


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [(["de-CH"], "de"), (["de_AT.UTF-8"], "de"), (["xx", None, "", "de"], "de"), ([], "en"), (["../../etc"], "en")],
)
def test_the_first_locale_that_is_spoken_is_chosen(wanted: list[str | None], spoken: str) -> None:
    assert Languages([FOLDER]).choose(wanted).locale == spoken


def test_days_are_written_as_people_say_them() -> None:
    languages = Languages([FOLDER])
    today, day, long_ago = date(2026, 11, 24), date(2026, 12, 7), date(2025, 3, 1)
    assert languages.choose(["en"]).day(day, today) == "Mon 7 Dec"
    assert languages.choose(["de"]).day(day, today) == "Mo., 7. Dez."
    assert languages.choose(["en"]).day(long_ago, today) == "1 Mar 2025"


def test_a_house_can_bring_a_language_of_its_own_that_is_written_from_right_to_left(tmp_path: Path) -> None:
    folder = tmp_path / "locales" / "fa" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "heed.po").write_text('msgid ""\nmsgstr ""\n"Language: fa\\n"\n\nmsgid "Yes"\nmsgstr "بله"\n', "utf-8")
    persian = Languages([tmp_path, FOLDER]).choose(["fa-IR"])
    assert (persian.locale, persian.direction, persian.gettext("Yes")) == ("fa", "rtl", "بله")
    assert persian.gettext("No") == "No"


def test_plurals_follow_the_language() -> None:
    told = {
        locale: [Languages([FOLDER]).choose([locale]).ngettext("%(number)s question", "%(number)s questions", number)
                 for number in (1, 2, 8, 11, 100)]
        for locale in ("fr", "ar", "he")
    }  # fmt: skip
    assert told["fr"] == ["1 question", "2 questions", "8 questions", "11 questions", "100 questions"]
    assert told["ar"] == ["سؤال واحد", "سؤالان", "8 أسئلة", "11 سؤالًا", "100 سؤال"]
    assert told["he"] == ["שאלה אחת", "שתי שאלות", "8 שאלות", "11 שאלות", "100 שאלות"]


def test_a_text_without_a_translation_is_shown_in_english() -> None:
    german = Languages([FOLDER]).choose(["de"])
    assert german.choose({"en": "Hello"}) == "Hello"
    assert german.choose({"de": "Hallo", "en": "Hello"}) == "Hallo"
    assert german.choose({}) == ""
