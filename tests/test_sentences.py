"""Sentences: values as people say them, in every language that ships, so that they can be read aloud to a client."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from hypothesis import HealthCheck, given, settings
from syrupy.assertion import SnapshotAssertion

from engine.decide.changes import what_if
from engine.decide.endings import ENDINGS
from engine.decide.explanation import Explanation, explain
from engine.decide.forms import SENTENCES, WHYS, tell_why
from engine.decide.outline import list_templates, outline, values_of
from engine.decide.page import explanation_as_text, headline
from engine.decide.plan import OWN_WORD, resolve
from engine.decide.planner import decide
from engine.decide.says import FAILED
from engine.decide.sentences import WORDS, Teller, named
from engine.decide.takers import tell_takers
from engine.language import ENGLISH, Language, Languages
from engine.operations.decisions import explain_all
from engine.registry import build_plugins
from engine.types import NEVER, SettingValue
from plugins.quiet_times import WEEK
from tests.books import TODAY, make_book
from tests.disagreements import Houses, bring_in
from tests.generated_books import Scene, scenes

ENGINE = Path("engine")
SHIPPED = Languages([ENGINE])
LOCALES = ("en", "de", "fr")
PLUGINS = build_plugins()
KINDS = ("ticket_closed", "feedback")
BOOK = make_book(kinds=KINDS)
SPEAKING = [SettingValue("holdout.share", "house", "", 0.05)]
"""So that strategies speak that are silent by default."""
SAID = decide(BOOK, resolve(BOOK, PLUGINS.catalog, SPEAKING), PLUGINS.strategies).said
TEMPLATES = list_templates(SAID)
IN_FAVOUR = {say.strategy: say.because for say in SAID.of(pl.Expr)}
"""What worths say of those whom they put first."""

each_language = pytest.mark.parametrize("language", list(SHIPPED), ids=lambda language: language.locale)
each_translation = pytest.mark.parametrize("locale", LOCALES[1:])


def told_in(locale: str, today: date = TODAY) -> Teller:
    return Teller(today, SHIPPED.find(locale))


# values and templates


@pytest.mark.parametrize(
    ("value", "english", "german", "french"),
    [
        (date(2026, 12, 7), "Mon 7 Dec", "Mo., 7. Dez.", "lun. 7 déc."),
        (date(2027, 1, 4), "Mon 4 Jan 2027", "Mo., 4. Jan. 2027", "lun. 4 janv. 2027"),
        (date(2024, 6, 6), "6 Jun 2024", "6. Juni 2024", "6 juin 2024"),
        (NEVER, "taken back", "auf Widerruf", "nouvel avis"),
        (4, "4", "4", "4"),
        (1234567.891, "1,234,567.89", "1.234.567,89", "1\u202f234\u202f567,89"),
        (None, "unknown", "unbekannt", "inconnu"),
        (float("nan"), "unknown", "unbekannt", "inconnu"),
        (True, "yes", "ja", "oui"),
        (["email", "phone", "sms"], "e-mail, phone and SMS", "E-Mail, Telefon und SMS", "e-mail, téléphone et SMS"),
        ([], "none", "keine", "aucun"),
        ("decision_maker", "decision maker", "Entscheider", "décideur"),
        ("head_of_it", "head of it", "head of it", "head of it"),
        ("ann_lee@north.example", "ann_lee@north.example", "ann_lee@north.example", "ann_lee@north.example"),
    ],
)
def test_values_are_said_as_people_say_them(value: Any, english: str, german: str, french: str) -> None:
    assert [told_in(locale).say(value) for locale in LOCALES] == [english, german, french]


def test_a_template_is_filled_once_and_never_evaluated() -> None:
    template = "{a} and {b.c} and {missing}"
    assert named(template) == ["a", "b.c", "missing"]
    assert Teller(TODAY)(template, {"a": "{b.c}", "b.c": "{0.__class__}"}) == "{b.c} and {0.__class__} and unknown"


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "at once"), (1, "a day"), (2, "2 days"), (1200, "1,200 days"), (None, "unknown days"), ("x", "x days")],
)
def test_a_number_chooses_its_form(number: Any, said: str) -> None:
    assert Teller(TODAY)("{n|=0 at once|a day|# days}", n=number) == said


def test_forms_follow_the_plural_categories_of_the_language() -> None:
    polish = Language("pl", Languages([]).choose([]).region.parse("pl"), ENGLISH.translations, frozenset({"{n|a|b|c}"}))
    forms = [Teller(TODAY, polish)("{n|a|b|c}", n=number) for number in (1, 2, 5, 22)]
    assert forms == ["a", "b", "c", "b"]
    assert [polish.choose_form(number, ["one", "other"]) for number in (1, 2, 5)] == ["one", "other", "other"]


def test_what_is_not_translated_is_told_in_english_as_a_whole() -> None:
    assert told_in("de")("no news since {on}, {n|a day|# days}", on=date(2026, 12, 7), n=1) == (
        "no news since Mon 7 Dec, a day"
    )


def test_names_are_said_as_they_are() -> None:
    told = explained({}, name="big_client & Co")
    assert explanation_as_text(told).startswith("big_client & Co at Northwind")


# catalogs


def engine_templates() -> set[str]:
    """Every sentence of the engine's own."""
    found = {*SENTENCES.values(), FAILED, *ENDINGS}
    for file in sorted(Path("engine/decide").glob("*.py")):
        told = extract_from_file("python", str(file), keywords={"tell": None})
        found |= {message for _, message, _, _ in told if isinstance(message, str) and message not in ("why",)}
    return found


def words() -> set[str]:
    """What keys are called that every house has."""
    strategies = {name.replace("_", " ") for name, plugin in PLUGINS.all.items() if set(plugin.hooks) & ASKED}
    return {*WORDS.values(), *WEEK.values(), "a day we keep free", "unknown", "none", "yes", "no"} | strategies


ASKED = {"ask_from", "hold_until", "limit"}


@each_translation
def test_every_sentence_is_translated(locale: str) -> None:
    wanted = engine_templates() | words() | {template for _, template in TEMPLATES}
    assert wanted - SHIPPED.find(locale).known == set()


@each_translation
def test_a_translation_names_what_the_sentence_names(locale: str) -> None:
    with (ENGINE / "locales" / locale / "LC_MESSAGES" / "heed.po").open("rb") as file:
        catalog = read_po(file, locale=locale, abort_invalid=True)
    for message in catalog:
        assert sorted(named(message.string)) == sorted(named(message.id)), message.id
        for number in (0, 1, 2, 5, 1_000_000):
            names = dict.fromkeys(named(message.id), number)
            assert not re.search(r"[{}|#]", told_in(locale)(message.id, names)), message.id


@each_translation
def test_no_translation_is_left_over(locale: str) -> None:
    """Sentences that nothing tells any more go. Words of the house's own data may stay."""
    sentences = {text for text in SHIPPED.find(locale).known if "{" in text}
    assert sentences <= engine_templates() | {template for _, template in TEMPLATES}


# strategies, in every language


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def asked(*days: int) -> dict[str, Any]:
    dates = [ago(day) for day in days]
    return {"asked_on": dates, "last_asked_on": dates[0], "relationship_asked_on": dates[0]}


def explained(
    row: dict[str, Any], *values: tuple[str, Any], language: Language = ENGLISH, name: str = "Nadia Bloom"
) -> Explanation:
    book = make_book({"created_on": ago(900), **row}, kinds=KINDS)
    house = [SettingValue(key, "house", "", value) for key, value in values]
    decisions = decide(book, resolve(book, PLUGINS.catalog, house), PLUGINS.strategies, ("email", "phone"))
    rows = pl.Series([0])
    found = values_of(decisions, rows).hstack(what_if(decisions, rows, OWN_WORD)).to_dicts()[0]
    who = {"contact": {"name": name, "key": "n"}, "account": {"name": "Northwind"}}
    return explain(outline(decisions), found, who, language)


QUIET_OFF = ("renewal_quiet.mode", "off")
Case = tuple[dict[str, Any], tuple[tuple[str, Any], ...]]
LONG_AGO = {"relationship_asked_on": ago(300)}
DRAWN = ((0.01, 196), (0.05, 196))
"""Shares and draws in which the lot falls on this person."""
CASES: dict[str, list[Case]] = {
    "promise_check": [
        (asked(60) | {"done_promises_on": [ago(20)]}, (("promise_check.after_days", days),)) for days in (0, 1, 14)
    ],
    "touchpoint_followup": [
        ({"touchpoint_on:ticket_closed": ago(3)}, (("touchpoint_followup.delay_days", days),)) for days in (0, 1, 2)
    ],
    "renewal_runup": [
        (asked(60) | {"renewal_on": TODAY + timedelta(days=days)}, (("renewal_runup.before_days", days), QUIET_OFF))
        for days in (0, 1, 120)
    ],
    "relationship_tier": [
        (asked(7), (("relationship_tier.every_days", 1),)),
        (asked(400), ()),
        ({"created_on": ago(9)}, (("relationship_tier.settle_days", 0),)),
        ({"created_on": ago(9)}, (("relationship_tier.settle_days", 1),)),
        ({}, ()),
    ],
    "consent": [({"opted_out_on": ago(30)}, ()), ({"paused_until": TODAY + timedelta(days=60)}, ())],
    "wishes": [
        (LONG_AGO | {"last_asked_on": TODAY, "wish_min_interval": 1}, ()),
        (asked(200) | {"wish_min_interval": 365}, ()),
    ],
    "fatigue_limits": [
        (LONG_AGO | {"last_asked_on": TODAY}, (("fatigue_limits.min_gap_days", 1),)),
        (LONG_AGO | {"last_asked_on": ago(3)}, ()),
        (asked(200, 250, 300, 350) | {"touchpoint_on:ticket_closed": ago(3)}, ()),
        (asked(200), (("fatigue_limits.max_asks", 1),)),
        (asked(200, 300), (("fatigue_limits.max_asks", 2),)),
    ],
    "spontaneous_feedback": [
        ({"last_feedback_on": ago(0)}, (("spontaneous_feedback.quiet_days", 1),)),
        ({"last_feedback_on": ago(1)}, ()),
    ],
    "unanswered_rest": [
        (LONG_AGO | {"unanswered_in_a_row": 1, "settled_asked_on": ago(20)}, (("unanswered_rest.n", 1),)),
        (LONG_AGO | {"unanswered_in_a_row": 2, "settled_asked_on": ago(20)}, ()),
    ],
    "promise_brake": [
        ({"promise_due_on": ago(1), "promise_due": 12}, ()),
        ({"promise_due_on": ago(3), "promise_due": 12}, ()),
    ],
    "renewal_quiet": [
        ({"renewal_on": TODAY}, (("renewal_quiet.quiet_days", 0),)),
        ({"renewal_on": TODAY + timedelta(days=1)}, (("renewal_quiet.quiet_days", 1),)),
        ({"renewal_on": TODAY + timedelta(days=10)}, ()),
        ({"renewal_on": TODAY + timedelta(days=90)}, ()),
    ],
    "live_ask": [
        (asked(200) | {"open_asked_on": ago(0)}, (("live_ask.valid_days", 1),)),
        (asked(200) | {"open_asked_on": ago(4)}, ()),
    ],
    "holdout": [(asked(200) | {"person_id": 99}, (("holdout.share", share),)) for share in (0.001, 0.05)],
    "quiet_times": [
        ({"today": date(2026, 11, 28)}, ()),
        ({"today": date(2026, 12, 25), "country": "DE"}, ()),
        ({"today": date(2026, 12, 28), "country": "GB"}, ()),
        ({}, (("quiet_times.blackouts", "2026-11-20..2026-11-24"),)),
    ],
    "account_share": [
        ({}, ()),
        ({}, (("account_share.people", 1), ("account_share.window_days", 1))),
        (asked(200) | {"asked_here_on": ago(5)}, ()),
    ],
    "owner_capacity": [({"owner": "o@house.example", "owner_open_followups": open_now}, ()) for open_now in (0, 1, 15)],
    "channel_capacity": [
        ({"channels": ["phone"], "owner": "o@house.example"}, (("channel_capacity.phone", number),))
        for number in (1, 10)
    ],
    "one_live_ask": [({}, ()), ({"planned_elsewhere": True}, ())],
}


def sentences(strategy: str, case: Case, language: Language) -> list[str]:
    """What one strategy says of a row, and how the decision reads."""
    row, values = case
    told = explained(row, *values, language=language)
    parts = (told.reasons, told.holds, told.limits or (), told.what_would_change)
    own = [str(line.get("because", line.get("if"))) for part in parts for line in part if line["strategy"] == strategy]
    return [*own, f"– {headline(told)}"]


def test_every_strategy_that_speaks_has_typical_rows() -> None:
    assert {strategy for strategy, template in TEMPLATES if template not in IN_FAVOUR.values()} == set(CASES)


@each_language
def test_what_strategies_say_can_be_read_aloud(language: Language, snapshot: SnapshotAssertion) -> None:
    told = [
        f"{strategy}\n" + "\n".join(f"  {line}" for case in cases for line in sentences(strategy, case, language))
        for strategy, cases in CASES.items()
    ]
    assert "\n\n".join(told) == snapshot


@each_language
def test_what_is_in_favour_of_others_can_be_read_aloud(language: Language, snapshot: SnapshotAssertion) -> None:
    first = {"contact_id": 1, "name": "Nadia Bloom", "since": None, "waits": None, "today": True, "older": False}
    facts = [first | {"by": [place]} for place in range(len(IN_FAVOUR))]
    told = tell_takers(facts, 1, [*IN_FAVOUR.values()], Teller(TODAY, language))
    assert "\n".join(each["because"] for each in told) == snapshot


@each_language
def test_why_a_question_is_asked_can_be_read_aloud(language: Language, snapshot: SnapshotAssertion) -> None:
    tell = Teller(TODAY, language)
    told = {tell_why({"why": why, "number": number}, tell): None for why in WHYS for number in (0, 1, 12)}
    assert "\n".join(told) == snapshot


PAGES = {
    "held": asked(3) | {"renewal_on": TODAY + timedelta(days=90), "last_feedback_on": ago(1)},
    "promise": {"promise_due_on": ago(3), "promise_due": 12},
    "opted out": {"opted_out_on": ago(30)},
    "asked": {"touchpoint_on:ticket_closed": ago(3)},
}


@each_language
@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_read_aloud(language: Language, page: str, snapshot: SnapshotAssertion) -> None:
    assert explanation_as_text(explained(PAGES[page], language=language)) == snapshot


# whatever the book and the settings


MACHINE = re.compile(r"[_{}|#]|\d{4}-\d|9999|\bNone\b|unknown|unbekannt|inconnu|\b1 (days|Tage|jours|places|Plätze)\b")
SOME = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Houses:
    return Houses(tmp_path_factory.mktemp("houses"))


@SOME
@given(scene=scenes())
def test_no_sentence_shows_a_key_a_column_or_an_iso_date(houses: Houses, scene: Scene) -> None:
    with houses.new() as engine:
        bring_in(engine, scene, houses.folder)
        for language in SHIPPED:
            for told in explain_all(engine, scene.on, language):
                page = explanation_as_text(told)
                assert not (found := MACHINE.search(page)), f"{found}: {page}"


@SOME
@given(scene=scenes())
def test_no_sentence_is_left_in_english(houses: Houses, scene: Scene) -> None:
    with houses.new() as engine:
        bring_in(engine, scene, houses.folder)
        english = list(explain_all(engine, scene.on))
        for locale in LOCALES[1:]:
            others = list(explain_all(engine, scene.on, SHIPPED.find(locale)))
            for one, other in zip(english, others, strict=True):
                assert not set(_because(one)) & set(_because(other))


def _because(told: Explanation) -> list[str]:
    parts = (told.reasons, told.holds, told.limits or (), told.what_would_change)
    said = [line.get("because", line.get("if")) for part in parts for line in part]
    whys = [line["why"] for part in (told.questions, told.left_out) for line in part or ()]
    return [*map(str, said), *whys, headline(told)]
