"""Clients' pages in several languages at once: what is not translated, and what is written the other way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import survey_templates
from engine.house import Engine
from engine.language import ENGLISH, Language, Languages
from engine.operations.forms import open_form
from engine.operations.invitations import Stationery, write_invitation
from engine.survey.spoken import language_for, tell
from tests.factories import make_account, make_contact
from tests.letters import make_history, make_letter, make_survey, name_company, promises_path, survey_path

LANGUAGES = Languages([Path(survey_templates.__file__).parent])
ARABIC = LANGUAGES.choose(["ar"])
SPEED = {"en": "How soon do you get an answer?", "ar": "ما سرعة حصولكم على رد؟"}
QUESTIONS = (
    {"name": "speed", "type": "rating", "ask": SPEED, "low_label": {"en": "Slowly", "ar": "ببطء"}, "required": True},
    {"name": "missing", "type": "text", "ask": {"en": "What is missing?"}, "required": True},
    {"name": "half", "type": "choice", "ask": SPEED, "choices": {"soon": {"en": "Soon"}, "late": {"en": "Late"}}},
    {"name": "recommend", "type": "nps", "ask": {"en": "Would you recommend us?"}},
)


def letter(engine: Engine) -> tuple[str, str]:
    """The addresses of the survey and the promises of somebody who reads Arabic, at a house that speaks English."""
    with engine.store.write(engine.scope) as session:
        name_company(session)
        account = make_account(session, owner_email="maria.keller@harbour.example")
        contact = make_contact(session, account, name="Nadia Bloom", locale="ar")
        make_history(session, contact, ("agreed", "2026-10-01", None), title="Reports (by noon)", said="Too late!")
        survey = make_survey(session, QUESTIONS, title={"en": "How are we doing?"})
        return survey_path(engine, make_letter(session, contact=contact, survey=survey)), promises_path(engine, contact)


def question(page: str, field: str) -> str:
    found = re.search(rf'<div class="question[^>]*id="{field}"[^>]*>', page)
    return found[0] if found else ""


def test_a_question_that_lacks_a_text_is_told_and_marked_as_english(engine: Engine, client: FlaskClient) -> None:
    page = client.get(letter(engine)[0]).text
    assert '<html lang="ar" dir="rtl"' in page
    assert "lang=" not in question(page, "q1")
    assert 'lang="en" dir="ltr"' in question(page, "q2")
    assert 'lang="en" dir="ltr"' in question(page, "q3"), "its answers are English, so its wording is, too"
    assert page.count(SPEED["en"]) == page.count(SPEED["ar"]) == 1
    assert "As short as you like." in page, "what the type says of it, too"


def test_a_title_that_lacks_the_language_is_marked_and_the_sentence_around_it_is_not(
    engine: Engine, client: FlaskClient
) -> None:
    page = client.get(letter(engine)[0]).text
    assert '<h1 lang="en" dir="ltr">How are we doing?</h1>' in page


def test_what_is_wrong_with_an_english_question_is_said_in_the_language_of_the_page(
    engine: Engine, client: FlaskClient
) -> None:
    page = client.post(letter(engine)[0], data={"q4": "9", "submission_id": "one-of-the-tests"}).text
    assert '<p class="error" id="q2-error" lang="ar" dir="rtl">' in page
    assert '<p class="error" id="q1-error">' in page


def test_an_invitation_marks_the_question_that_is_not_in_its_language(engine: Engine) -> None:
    form = open_form(engine, letter(engine)[0].removeprefix("/s/"))
    message = write_invitation(Stationery(engine.config, "a secret"), form, 1)
    assert message.html is not None
    assert '<html lang="ar" dir="rtl">' in message.html
    assert 'id="first" lang="en" dir="ltr">Would you recommend us?</p>' in message.html


def test_promises_in_another_way_of_writing_keep_to_themselves(engine: Engine, client: FlaskClient) -> None:
    survey, promises = letter(engine)
    assert "\u2068Reports (by noon)\u2069" in client.get(survey).text
    assert "<bdi>Reports (by noon)</bdi>" in client.get(promises).text


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        (ARABIC, "Reports (by noon)", "\u2068Reports (by noon)\u2069"),
        (ARABIC, "\u200f3 تقارير (ظهرًا)", "\u200f3 تقارير (ظهرًا)"),
        (ARABIC, "12.", "12."),
        (ENGLISH, "Reports (by noon)", "Reports (by noon)"),
        (ENGLISH, "تقارير (ظهرًا)", "\u2068تقارير (ظهرًا)\u2069"),
        (ENGLISH, "safe\u202etxt.exe\u2069", "safetxt.exe"),
    ],
)
def test_only_what_is_written_the_other_way_is_set_apart(language: Language, text: str, told: str) -> None:
    assert language.apart(text) == told
    assert language.gettext("You said: “%(words)s”", words=text).count(told) == 1


def test_facts_in_a_wording_are_set_apart_and_its_own_words_are_not() -> None:
    texts = {"ar": "وعدنا: «{{ promise.title }}» {{ 'Yes' if promise.title else '' }}"}
    told = tell(texts, ARABIC, {"promise": {"title": "Reports"}})
    assert told.startswith("وعدنا: «\u2068Reports\u2069»")


def test_a_language_of_a_country_is_told_by_the_language() -> None:
    swiss = LANGUAGES.choose(["de-CH"])
    assert language_for(swiss, {"en": "What?", "de": "Was?"}) is swiss
    assert language_for(swiss, {"en": "What?", "fr": "Quoi ?"}) is ENGLISH


def test_names_without_texts_are_in_the_language_of_the_page() -> None:
    assert language_for(ARABIC, {"en": "Who?", "ar": "من؟"}, {"choices": ["a", "b"]}) is ARABIC
