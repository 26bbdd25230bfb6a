"""Banks of questions and the journey: what may stand in the files, and how mistakes are named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import survey_templates
from engine.registry import build_plugins
from engine.survey.bank import read_survey, survey_as_dict, survey_for, survey_from_dict, text_for
from engine.survey.journey import Journey, read_journey
from engine.survey.reader import FileError
from engine.types import OCCASIONS, TIERS, Question, Survey

DOCS = Path(__file__).parent.parent / "docs"
SHIPPED = Path(survey_templates.__file__).parent
PLUGINS = build_plugins()
TYPES = PLUGINS.question_types
JOURNEY = read_journey((SHIPPED / "journey.yaml").read_text(), "journey.yaml")

SOUND = """\
survey: checkin
title: {en: How are we doing?, no: Hvordan går det?}
occasions: [relationship]
questions:
  - name: recommend
    type: nps_plus
    ask: {en: "How likely are you to recommend {{ company.name }}?"}
    reasons: {low: [price], high: [people]}
    anchor: true
  - name: speed
    type: rating
    scale: 7
    ask: {en: How quick are we?, de: Wie schnell sind wir?}
    about: support
    show_if: account.tier != 'light'
"""


def read(source: str) -> Survey:
    return read_survey(source, "checkin.yaml", TYPES, JOURNEY)


def mistakes(source: str) -> list[str]:
    with pytest.raises(FileError) as caught:
        read(source)
    return [str(finding) for finding in caught.value.findings]


def shipped() -> list[Survey]:
    paths = sorted((SHIPPED / "surveys").glob("*.yaml"))
    return [read_survey(path.read_text(encoding="utf-8"), path.name, TYPES, JOURNEY) for path in paths]


def test_the_survey_that_the_docs_explain_is_sound() -> None:
    [source] = re.findall(r"```yaml\n(.*?)```", (DOCS / "surveys.md").read_text(encoding="utf-8"), re.DOTALL)
    assert [question.name for question in read(source).questions] == ["recommend", "responsiveness", "role"]


def test_a_survey_is_read_with_everything_it_says() -> None:
    survey = read(SOUND)
    assert survey.name == "checkin"
    assert survey.title["no"] == "Hvordan går det?"  # YAML 1.2: a language, not false
    recommend, speed = survey.questions
    assert recommend.anchor
    assert recommend.options == {"reasons": {"low": ["price"], "high": ["people"]}}
    assert (speed.options, speed.show_if, speed.seconds) == ({"scale": 7}, "account.tier != 'light'", 10)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title:", "titel:", "checkin.yaml:2: there is no key “titel” here. Did you mean title?"),
        ("scale: 7", "scal: 7", "checkin.yaml:12: there is no key “scal” here. Did you mean scale?"),
        ("type: rating", "type: ratng", "checkin.yaml:11: there is no question type “ratng”. Did you mean rating?"),
        ("about: support", "about: suport", "checkin.yaml:14: about: there is no “suport”. Did you mean support?"),
        ("scale: 7", "scale: 700", "checkin.yaml:12: scale: takes a whole number from 3 to 11, not 700"),
        ("scale: 7", "scale: true", "checkin.yaml:12: scale: takes a whole number from 3 to 11, not True"),
        ("scale: 7", "seconds: soon", "checkin.yaml:12: seconds takes a whole number, not 'soon'"),
        ("scale: 7", "seconds: 0", "checkin.yaml:12: seconds takes a whole number from 1 to 600, not 0"),
        ("scale: 7", "required: 1", "checkin.yaml:12: required takes true or false, not 1"),
        ("name: speed", "name: recommend", "checkin.yaml:10: another question has the name “recommend”"),
        ("{en: How quick are we?, de: ", "{de: ", "checkin.yaml:13: ask needs an English text: en"),
        ("{en: How quick are we?, de: ", "{en: 3, de: ", "checkin.yaml:13: ask: en takes text, not 3"),
        ("[relationship]", "[renewl]", "checkin.yaml:3: occasions: there is no “renewl”. Did you mean renewal?"),
        ("[relationship]", "relationship", "checkin.yaml:3: occasions takes a list of words, not 'relationship'"),
        (
            "high: [people]",
            "hi: [people]",
            "checkin.yaml:8: reasons: there is no band “hi”, only low, middle and high.",
        ),
        (
            "'light'",
            "'light' + 1",
            "checkin.yaml:15: show_if: A text can use facts, conditions and filters only, not add",
        ),
        ("account.tier", "contact.name", "checkin.yaml:15: show_if: There is no fact “contact.name”."),
        ("show_if:", "for_each: promises.all #", "checkin.yaml:15: for_each: there is no “promises.all”."),
        ("company.name", "promise.title", "checkin.yaml:7: ask: There is no fact “promise.title”."),
        (
            "company.name",
            "9**(9**8)",
            "checkin.yaml:7: ask: A text can use facts, conditions and filters only, not pow",
        ),
        (
            "scale: 7",
            "knows: contact.roles",
            "checkin.yaml:12: knows: there is no “contact.roles”. Did you mean contact.role?",
        ),
        ("scale: 7", "knows: [contact.role]", "checkin.yaml:12: knows takes text, not ['contact.role']"),
        ("anchor: true", "anchor: true\n    knows: contact.role", "checkin.yaml:10: an anchor is asked of everyone"),
        (
            "anchor: true",
            "knows: contact.role",
            "checkin.yaml:4: at least one question must invite the client's own words",
        ),
        ("anchor: true", "anchor: false", "checkin.yaml:4: at least one question must be an anchor"),
        ("type: nps_plus", "type: nps", "checkin.yaml:4: at least one question must invite the client's own words"),
        ("survey: checkin\n", "", "checkin.yaml:1: the key “survey” is missing"),
        ("occasions: [relationship]", "occasions: []", "checkin.yaml:3: occasions is empty"),
        ("scale: 7", "scale: 7\n    scale: 8", "checkin.yaml:13: this is no YAML: found duplicate key"),
        ("scale: 7", "scale: [7", "checkin.yaml:13: this is no YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line_its_key_and_what_would_do(old: str, new: str, said: str) -> None:
    found = mistakes(SOUND.replace(old, new))
    assert any(line.startswith(said) for line in found), found


def test_all_mistakes_of_a_file_are_named_at_once() -> None:
    assert len(mistakes(SOUND.replace("scale:", "scal:").replace("about:", "abut:").replace("title:", "titel:"))) >= 3


@pytest.mark.parametrize(
    "source", ["", "3", "[]", "a: &a [*a]", "survey: !!python/object:os.system x", "questions: [3]"]
)
def test_what_is_no_survey_is_refused_in_words(source: str) -> None:
    assert mistakes(source)


def test_aliases_cannot_make_a_small_file_large() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 9)]
    assert "holds too much" in mistakes("\n".join(lines))[0]


@pytest.mark.parametrize("survey", shipped(), ids=lambda survey: survey.name)
def test_a_survey_is_kept_as_json_and_comes_back_the_same(survey: Survey) -> None:
    assert survey_from_dict(json.loads(json.dumps(survey_as_dict(survey)))) == survey


@pytest.mark.parametrize("survey", shipped(), ids=lambda survey: survey.name)
def test_a_shipped_survey_speaks_english_and_german(survey: Survey) -> None:
    texts: list[Any] = [survey.title, survey.intro, *(question.ask for question in survey.questions)]
    texts += [found for question in survey.questions for found in _texts(question.options)]
    assert all(set(found) >= {"en", "de"} for found in texts)


def _texts(options: Any) -> list[dict[str, str]]:
    if not isinstance(options, dict):
        return []
    return [options] if "en" in options else [found for value in options.values() for found in _texts(value)]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("survey", shipped(), ids=lambda survey: survey.name)
def test_anchors_fit_every_tiers_budget_with_room_to_spare(survey: Survey, tier: str) -> None:
    budget = PLUGINS.catalog.spec("form_budget.seconds").shipped(tier)
    assert sum(question.seconds for question in survey.questions if question.anchor) + 15 <= budget
    assert any(TYPES[question.type].own_words for question in survey.questions if question.anchor)


def test_every_occasion_and_each_touchpoint_followed_up_has_a_survey() -> None:
    surveys = shipped()
    for occasion in set(OCCASIONS) - {"touchpoint"}:
        assert survey_for(surveys, occasion)
    for kind in PLUGINS.catalog.spec("touchpoint_followup.kinds").default:
        assert survey_for(surveys, "touchpoint", kind)


def test_a_touchpoint_is_followed_by_the_survey_that_names_it_or_by_one_that_names_none() -> None:
    def survey(name: str, *kinds: str) -> Survey:
        return Survey(name=name, title={"en": name}, occasions=("touchpoint",), questions=(), touchpoints=kinds)

    surveys = [survey("general"), survey("support", "ticket_closed")]
    assert survey_for(surveys, "touchpoint", "ticket_closed") == surveys[1]
    assert survey_for(surveys, "touchpoint", "qbr_held") == surveys[0]
    assert survey_for(surveys[1:], "touchpoint", "qbr_held") is None
    assert survey_for(surveys, "renewal") is None


def test_a_text_falls_back_to_the_language_and_then_to_english() -> None:
    texts = {"en": "Hello", "de": "Hallo", "de-AT": "Servus"}
    assert [text_for(texts, locale) for locale in ("de-AT", "de_CH", "de", "fr")] == [
        "Servus",
        "Hallo",
        "Hallo",
        "Hello",
    ]


def test_the_journey_knows_its_touchpoints_in_order_and_who_answers_for_them() -> None:
    assert JOURNEY.kinds[0] == "onboarding_done"
    entry = JOURNEY.entry_of("ticket_closed")
    assert entry is not None
    assert (entry.name, entry.owner) == ("support", "")
    assert JOURNEY.title_of("ticket_closed", "de-CH") == "eine Anfrage an unseren Support"
    assert JOURNEY.title_of("moon_landing", "en") == "moon landing"


def test_mistakes_in_the_journey_are_named_with_their_line() -> None:
    source = "journey:\n  - entry: support\n    title: {de: Hilfe}\n    ownr: me\n    touchpoints: {ticket: 3}\n"
    with pytest.raises(FileError) as caught:
        read_journey(source, "journey.yaml")
    assert [str(finding) for finding in caught.value.findings] == [
        "journey.yaml:4: there is no key “ownr” here. Did you mean owner?",
        "journey.yaml:2: the key “owner” is missing",
        "journey.yaml:3: title needs an English text: en",
        "journey.yaml:5: ticket takes texts by language, such as {en: …, de: …}, not 3",
    ]


def test_a_question_of_an_unknown_type_does_not_hide_its_other_mistakes() -> None:
    source = SOUND.replace("type: rating", "type: slidr").replace("about: support", "about: nowhere")
    assert len(mistakes(source)) == 2


def test_a_survey_without_a_journey_cannot_be_about_anything() -> None:
    with pytest.raises(FileError, match="there is no “support”"):
        read_survey(SOUND, "checkin.yaml", TYPES, Journey())


def test_defaults_are_not_kept() -> None:
    survey = Survey(name="s", title={"en": "S"}, occasions=("renewal",), questions=(Question("q", "nps", {"en": "Q"}),))
    assert survey_as_dict(survey)["questions"] == [{"name": "q", "type": "nps", "ask": {"en": "Q"}}]
