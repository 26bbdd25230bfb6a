"""Which questions an ask carries: the promises of product.md on short forms, held for any book."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import survey_templates
from engine.decide.book import COLUMNS, Book
from engine.decide.forms import Forms, tell_why
from engine.decide.hearing import ASKED_COLUMNS, BEHIND_COLUMNS, HEARD_COLUMNS, construct_of, is_driver
from engine.decide.plan import resolve
from engine.decide.questioning import choose_questions
from engine.decide.sentences import Teller
from engine.registry import build_plugins
from engine.survey.bank import read_survey
from engine.survey.journey import read_journey
from engine.types import Question, SettingValue, Survey
from tests.books import NEUTRAL, TODAY

PLUGINS = build_plugins()
OWN_WORDS = [name for name, kind in PLUGINS.question_types.items() if kind.own_words]
FOLDER = Path(survey_templates.__file__).parent
JOURNEY = read_journey((FOLDER / "journey.yaml").read_text(), "journey.yaml")
SHIPPED = [
    read_survey(path.read_text(encoding="utf-8"), path.name, PLUGINS.question_types, JOURNEY)
    for path in sorted((FOLDER / "surveys").glob("*.yaml"))
]
PROMISES = "promises.done_without_verdict"


def question(name: str, kind: str = "rating", **values: Any) -> Question:
    return Question(name=name, type=kind, ask={"en": name}, **{"measures": name, "seconds": 10} | values)


def survey(*questions: Question, name: str = "checkin") -> Survey:
    anchors = (question("score", "nps", anchor=True), question("words", "text", anchor=True, seconds=20))
    return Survey(name=name, title={"en": name}, occasions=("relationship",), questions=(*anchors, *questions))


def choose(
    *asks: dict[str, Any],
    surveys: list[Survey],
    heard: list[dict[str, Any]] | None = None,
    asked: list[dict[str, Any]] | None = None,
    behind: list[dict[str, Any]] | None = None,
    **house: Any,
) -> Forms:
    """Every ask is of another contact of account 1, ranked as they stand, unless it says otherwise."""
    extra = {"occasion": pl.String, "survey": pl.String, "rank": pl.Int64, PROMISES: pl.Int32}
    defaults = NEUTRAL | {"account_id": 1, "occasion": "relationship", "survey": surveys[0].name, PROMISES: 0}
    rows = [
        defaults | {"contact_id": number, "person_id": number, "rank": number} | ask
        for number, ask in enumerate(asks, 1)
    ]
    frame = pl.DataFrame(rows, schema={column.name: column.dtype for column in COLUMNS} | extra)
    values = [SettingValue(name.replace("__", "."), "house", "", value) for name, value in house.items()]
    return choose_questions(
        resolve(Book(frame), PLUGINS.catalog, values),
        surveys,
        PLUGINS.strategies,
        heard=_events(heard, "answered_on", HEARD_COLUMNS, surveys),
        asked=_events(asked, "asked_on", ASKED_COLUMNS, surveys),
        behind=_events(behind, "on", BEHIND_COLUMNS, surveys),
        own_words=OWN_WORDS,
    )


def _events(rows: list[dict[str, Any]] | None, day: str, schema: Any, surveys: list[Survey]) -> pl.DataFrame:
    defaults = {"account_id": 1, "person_id": 99, "timezone": "UTC", "survey": surveys[0].name}
    defaults |= {"reasons": None, "promised": False}
    found = [defaults | row | {day: TODAY - timedelta(days=row["ago"])} for row in rows or []]
    return pl.DataFrame([{name: row[name] for name in schema} for row in found], schema=schema)


def names(forms: Forms, row: int = 0) -> list[str]:
    return [one["name"] for one in forms.of(row)[0]]


def why(forms: Forms, name: str, row: int = 0) -> str:
    return next(tell_why(one, Teller(TODAY)) for part in forms.of(row) for one in part if one["name"] == name)


# the rules, one by one


def test_anchors_come_first_and_always_even_over_the_budget() -> None:
    bank = survey(question("speed"))
    forms = choose({}, surveys=[bank], form_budget__seconds=5)
    assert names(forms) == ["score", "words"]
    assert why(forms, "score") == "asked of everyone, so that answers can be compared over time"
    assert why(forms, "speed") == "it would take longer than 5 seconds in all"


@pytest.mark.parametrize("mode", ["off", "shadow"])
def test_an_anchor_that_does_not_come_first_is_asked_where_there_is_room(mode: str) -> None:
    bank = survey(question("speed"))
    forms = choose({}, surveys=[bank], anchors_first__mode=mode, form_budget__seconds=60)
    assert names(forms) == ["score", "words", "speed"]
    forms = choose({}, surveys=[bank], anchors_first__mode=mode, form_budget__most=1)
    assert names(forms) == ["words"]
    assert why(forms, "score") == "there is one question already"


def test_the_form_keeps_within_its_seconds_and_its_number() -> None:
    bank = survey(*(question(f"driver{number}") for number in range(12)))
    assert choose({}, surveys=[bank], form_budget__seconds=75).seconds.to_list() == [70]
    forms = choose({}, surveys=[bank], form_budget__most=4)
    assert len(names(forms)) == 4
    assert why(forms, "driver9") == "there are 4 questions already"


def test_what_teaches_most_per_second_is_asked_first() -> None:
    bank = survey(question("long", seconds=60), question("short", seconds=6), question("middling", seconds=20))
    assert names(choose({}, surveys=[bank], form_budget__seconds=60)) == ["score", "words", "short", "middling"]


def test_what_was_not_heard_for_longest_comes_before_what_was_heard_lately() -> None:
    bank = survey(question("lately"), question("long_ago"), question("never"))
    heard = [{"question": "lately", "ago": 70}, {"question": "long_ago", "ago": 700}]
    forms = choose({}, surveys=[bank], heard=heard, form_budget__most=4)
    assert names(forms) == ["score", "words", "long_ago", "never"]
    assert why(forms, "never") == "nobody at this company has told us about it yet"
    assert why(forms, "long_ago") == "last heard from this company 700 days ago"


def test_nobody_is_asked_what_they_answered_lately() -> None:
    bank = survey(question("speed", every_days=90), question("value", every_days=10))
    heard = [{"person_id": 1, "question": name, "ago": 20} for name in ("speed", "value")]
    forms = choose({}, surveys=[bank], heard=heard)
    assert names(forms) == ["score", "words", "value"]
    assert why(forms, "speed") == "answered 20 days ago"


def test_an_answer_counts_for_the_person_wherever_they_gave_it() -> None:
    bank = survey(question("speed"))
    heard = [{"account_id": 7, "person_id": 1, "question": "speed", "ago": 20}]
    assert names(choose({}, surveys=[bank], heard=heard)) == ["score", "words"]


def test_a_colleagues_answer_rests_the_construct_for_all_surveys() -> None:
    bank, other = survey(question("speed")), survey(question("pace", measures="speed"), name="other")
    heard = [{"person_id": 5, "survey": "other", "question": "pace", "ago": 12}]
    forms = choose({}, surveys=[bank, other], heard=heard)
    assert names(forms) == ["score", "words"]
    assert why(forms, "speed") == "a colleague was asked, or told us, 12 days ago"
    assert "speed" in names(choose({}, surveys=[bank, other], heard=[heard[0] | {"ago": 61}]))
    assert "speed" in names(choose({}, surveys=[bank, other], heard=[heard[0] | {"account_id": 2}]))


def test_what_a_colleague_was_asked_this_week_is_not_asked_whatever_the_settings() -> None:
    bank = survey(question("speed"))
    forms = choose({}, surveys=[bank], asked=[{"person_id": 5, "question": "speed", "ago": 6}], rotation__mode="off")
    assert why(forms, "speed") == "a colleague was asked this week"
    again = choose({}, surveys=[bank], asked=[{"person_id": 5, "question": "speed", "ago": 7}], rotation__mode="off")
    assert "speed" in names(again)
    own = choose({}, surveys=[bank], asked=[{"person_id": 1, "question": "speed", "ago": 2}])
    assert "speed" in names(own)


def test_colleagues_asked_together_share_no_driver_and_the_first_by_rank_chooses() -> None:
    bank = survey(*(question(f"driver{number}") for number in range(4)))
    forms = choose({"rank": 2}, {"rank": 1}, surveys=[bank], form_budget__most=4)
    assert names(forms, 1) == ["score", "words", "driver0", "driver1"]
    assert names(forms, 0) == ["score", "words", "driver2", "driver3"]


def test_every_form_has_room_for_own_words_and_keeps_that_place() -> None:
    words = [question("why", "text", seconds=40), question("what", "text", seconds=30)]
    drivers = [question(f"driver{number}", seconds=5) for number in range(9)]
    bank = Survey("checkin", {}, ("relationship",), (question("score", "nps", anchor=True), *drivers, *words))
    forms = choose({}, surveys=[bank], form_budget__most=3, form_budget__seconds=60)
    assert names(forms) == ["score", "driver0", "what"]
    assert why(forms, "what") == "room for their own words"


def test_own_words_are_invited_even_where_every_open_question_rests() -> None:
    bank = Survey("checkin", {}, ("relationship",), (question("score", "nps", anchor=True), question("why", "text")))
    forms = choose({}, {}, surveys=[bank])
    assert names(forms, 0) == names(forms, 1) == ["score", "why"]


def test_a_question_is_asked_only_of_the_roles_it_is_meant_for() -> None:
    bank = survey(question("price", roles=("buyer", "finance")))
    forms = choose({"role": "finance"}, {"role": "user", "account_id": 2}, {"account_id": 3}, surveys=[bank])
    assert ["price" in names(forms, row) for row in range(3)] == [True, False, False]
    assert why(forms, "price", 1) == "meant for people in other roles"


def test_a_condition_decides_for_whom_a_question_is() -> None:
    bank = survey(question("roadmap", show_if="account.tier != 'light' and contact.role == 'user'"))
    asks = [{"tier": tier, "role": role, "account_id": n} for n, (tier, role) in enumerate(TIERS_AND_ROLES)]
    forms = choose(*asks, surveys=[bank])
    assert ["roadmap" in names(forms, row) for row in range(4)] == [True, False, False, False]
    assert why(forms, "roadmap", 1) == "not meant for this company"


TIERS_AND_ROLES = [("key", "user"), ("light", "user"), ("key", "buyer"), ("key", None)]


def test_a_promise_that_waits_for_a_verdict_is_asked_about_once_for_each() -> None:
    kept = question("kept", "yes_no", for_each=PROMISES)
    forms = choose({PROMISES: 2}, {PROMISES: 0}, {PROMISES: 9}, surveys=[survey(question("speed"), kept)])
    assert names(forms, 0).count("kept") == 2
    assert why(forms, "kept", 0) == "we promised this person something, and only they can say whether it was kept"
    assert why(forms, "kept", 1) == "no promise waits for their word"
    assert names(forms, 2).count("kept") == 3


def test_an_ask_without_a_survey_carries_nothing() -> None:
    forms = choose({"survey": None}, {"survey": "gone"}, {}, surveys=[survey()])
    assert [len(names(forms, row)) for row in range(3)] == [0, 0, 2]
    assert forms.seconds.to_list() == [0, 0, 30]


def test_nobody_to_ask_is_nothing_to_choose() -> None:
    forms = choose(surveys=[survey()])
    assert (forms.picked.height, forms.left_out.height, len(forms.seconds)) == (0, 0, 0)


# for any book

DAYS = st.integers(0, 400)
TIERS = st.sampled_from(["strategic", "key", "standard", "light"])
ROLES = st.sampled_from([None, "decision_maker", "user", "finance"])
QUESTIONS = [(each.name, one.name) for each in SHIPPED for one in each.questions]


@st.composite
def books(draw: st.DrawFn) -> dict[str, Any]:
    """Some accounts with colleagues, each asked one of the shipped surveys, and what was heard and asked before."""
    asks = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "account_id": st.integers(1, 3),
                    "rank": st.integers(1, 5),
                    "survey": st.sampled_from([each.name for each in SHIPPED]),
                    "tier": TIERS,
                    "role": ROLES,
                    PROMISES: st.integers(0, 4),
                }
            ),
            min_size=1,
            max_size=8,
        )
    )
    asks = [ask | {"contact_id": number, "person_id": number} for number, ask in enumerate(asks, 1)]
    event = st.fixed_dictionaries(
        {"account_id": st.integers(1, 3), "person_id": st.integers(1, 9), "pair": st.sampled_from(QUESTIONS)}
    )
    heard = draw(st.lists(st.tuples(event, DAYS), max_size=30))
    asked = draw(st.lists(st.tuples(event, st.integers(0, 9)), max_size=10))
    limits = {"form_budget__most": draw(st.integers(3, 9)), "form_budget__seconds": draw(st.integers(20, 200))}
    return {"asks": asks, "heard": _flat(heard), "asked": _flat(asked), "limits": limits}


def _flat(events: list[tuple[dict[str, Any], int]]) -> list[dict[str, Any]]:
    return [
        {"account_id": event["account_id"], "person_id": event["person_id"], "ago": ago}
        | dict(zip(("survey", "question"), event["pair"], strict=True))
        for event, ago in events
    ]


def choose_from(book: dict[str, Any], asks: list[dict[str, Any]] | None = None) -> Forms:
    asks = book["asks"] if asks is None else asks
    known = {name: book.get(name) for name in ("heard", "asked", "behind")}
    return choose(*asks, surveys=SHIPPED, **known, **book["limits"])


BANKS = {each.name: {one.name: one for one in each.questions} for each in SHIPPED}


@settings(max_examples=60, deadline=None)
@given(books())
def test_every_form_has_its_anchors_own_words_and_keeps_its_budget(book: dict[str, Any]) -> None:
    forms = choose_from(book)
    for row, ask in enumerate(book["asks"]):
        bank, picked = BANKS[ask["survey"]], names(forms, row)
        anchors = [one for one in bank.values() if one.anchor and (not one.for_each or ask[PROMISES])]
        assert {one.name for one in anchors} <= set(picked)
        firsts = [bank[name].anchor for name in picked]
        assert firsts == sorted(firsts, reverse=True)
        assert any(bank[name].type in OWN_WORDS for name in picked)
        assert len(picked) <= max(book["limits"]["form_budget__most"], len(anchors))
        at_least = sum(one.seconds for one in anchors)
        assert sum(bank[name].seconds for name in picked) <= max(book["limits"]["form_budget__seconds"], at_least)
        assert sum(bank[name].seconds for name in picked) == forms.seconds[row]
        assert set(picked) | {one["name"] for one in forms.of(row)[1]} == set(bank)


@settings(max_examples=60, deadline=None)
@given(books())
def test_nobody_is_asked_a_driver_they_or_a_colleague_gave_lately(book: dict[str, Any]) -> None:
    forms = choose_from(book)
    for row, ask in enumerate(book["asks"]):
        for name in set(names(forms, row)):
            one = BANKS[ask["survey"]][name]
            if is_driver(one):
                assert not any(_answered(event, ask, one) for event in book["heard"])
                assert not any(_resting(event, ask, one, 60) for event in book["heard"])
                assert not any(
                    _resting(event, ask, one, 7)
                    for event in book["asked"]
                    if is_driver(BANKS[event["survey"]][event["question"]])
                )


def _answered(event: dict[str, Any], ask: dict[str, Any], one: Question) -> bool:
    same = (event["person_id"], event["survey"], event["question"]) == (ask["person_id"], ask["survey"], one.name)
    return same and event["ago"] < one.every_days


def _resting(event: dict[str, Any], ask: dict[str, Any], one: Question, days: int) -> bool:
    colleague = event["account_id"] == ask["account_id"] and event["person_id"] != ask["person_id"]
    measured = construct_of(event["survey"], BANKS[event["survey"]][event["question"]])
    return colleague and measured == construct_of(ask["survey"], one) and event["ago"] < days


@settings(max_examples=60, deadline=None)
@given(books())
def test_two_colleagues_asked_together_share_no_driver(book: dict[str, Any]) -> None:
    forms = choose_from(book)
    seen: dict[tuple[int, str], int] = {}
    for row, ask in enumerate(book["asks"]):
        for name in set(names(forms, row)):
            one = BANKS[ask["survey"]][name]
            if is_driver(one):
                assert seen.setdefault((ask["account_id"], construct_of(ask["survey"], one)), row) == row


@settings(max_examples=60, deadline=None)
@given(books(), st.randoms())
def test_a_form_is_the_same_whatever_the_order_and_the_batch(book: dict[str, Any], random: Any) -> None:
    together = choose_from(book)
    expected = {ask["contact_id"]: together.of(row) for row, ask in enumerate(book["asks"])}
    shuffled = list(book["asks"])
    random.shuffle(shuffled)
    forms = choose_from(book, shuffled)
    assert {ask["contact_id"]: forms.of(row) for row, ask in enumerate(shuffled)} == expected
    for account in {ask["account_id"] for ask in book["asks"]}:
        part = [ask for ask in book["asks"] if ask["account_id"] == account]
        forms = choose_from(book, part)
        assert {ask["contact_id"]: forms.of(row) for row, ask in enumerate(part)} == {
            ask["contact_id"]: expected[ask["contact_id"]] for ask in part
        }


@pytest.mark.parametrize("each", SHIPPED, ids=lambda each: each.name)
def test_a_first_form_of_each_shipped_survey_takes_two_minutes_at_most(each: Survey) -> None:
    forms = choose({"role": "decision_maker"}, surveys=[each])
    assert 2 <= len(names(forms)) <= 7
    assert forms.seconds[0] <= 120


def test_days_are_told_as_people_say_them() -> None:
    bank = survey(question("speed"), question("value"))
    heard = [{"person_id": 1, "question": "speed", "ago": 1}, {"person_id": 1, "question": "value", "ago": 0}]
    forms = choose({"today": TODAY}, surveys=[bank], heard=heard)
    assert (why(forms, "speed"), why(forms, "value")) == ("answered yesterday", "answered today")
