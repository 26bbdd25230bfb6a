"""Explanations: what is listed, what binds, and sentences that could be read aloud."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from syrupy.assertion import SnapshotAssertion

from engine.decide.changes import what_if
from engine.decide.explanation import Explanation, explain
from engine.decide.outline import outline, values_of
from engine.decide.page import explanation_as_text as as_text
from engine.decide.plan import OWN_WORD, resolve
from engine.decide.planner import decide
from engine.registry import build_plugins
from engine.types import SettingValue
from tests.books import TODAY, make_book

WHO = {
    "contact": {"key": "nadia", "email": "nadia@northwind.example", "name": "Nadia Bloom"},
    "account": {"key": "northwind", "name": "Northwind", "tier": "key"},
}
KINDS = ("ticket_closed", "feedback")


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def explained(*settings: SettingValue, **row: Any) -> Explanation:
    plugins = build_plugins()
    book = make_book({"created_on": ago(900), **row}, kinds=KINDS)
    decisions = decide(book, resolve(book, plugins.catalog, settings), plugins.strategies)
    row = pl.Series([0])
    values = values_of(decisions, row).hstack(what_if(decisions, row, OWN_WORD)).to_dicts()[0]
    return explain(outline(decisions), values, WHO)


def asked(*days: int) -> dict[str, Any]:
    """Relationship asks so many days ago, newest first, all answered."""
    dates = [ago(day) for day in days]
    return {"asked_on": dates, "last_asked_on": dates[0], "relationship_asked_on": dates[0]}


CASES: dict[str, dict[str, Any]] = {
    "never asked": {},
    "asked last week": asked(7),
    "four in a year": asked(200, 250, 300, 350) | {"touchpoint_on:ticket_closed": ago(3)},
    "opted out": {"opted_out_on": ago(30)},
    "paused": {"paused_until": TODAY + timedelta(days=20)},
    "a promise is late": {"promise_due_on": ago(3), "promise_due": 12},
    "a promise was done": asked(60) | {"done_promises_on": [ago(20)]},
    "renewal is close": asked(300) | {"renewal_on": TODAY + timedelta(days=10)},
    "renewal comes up": asked(20) | {"renewal_on": TODAY + timedelta(days=90)},
    "said something yesterday": {"last_feedback_on": ago(1)},
    "does not answer": asked(20, 80) | {"unanswered_in_a_row": 2, "settled_asked_on": ago(20)},
    "an ask is open": asked(200) | {"open_asked_on": ago(4)},
    "wants to be asked rarely": asked(200) | {"wish_min_interval": 365},
    "wants no check-ins": {"wish_occasions_off": ["relationship"]},
    "new": {"created_on": ago(9)},
    "a holiday": {"country": "US", "today": date(2026, 11, 26)},
}


@pytest.mark.parametrize("case", CASES)
def test_each_decision_reads_as_words(case: str, snapshot: SnapshotAssertion) -> None:
    assert as_text(explained(**CASES[case])) == snapshot


@pytest.mark.parametrize("case", CASES)
def test_no_sentence_shows_a_setting_a_column_or_an_iso_date(case: str) -> None:
    text = as_text(explained(**CASES[case]))
    assert not re.search(r"[a-z]_[a-z]|\d{4}-\d\d|[{}]|None|unknown", text), text


def test_the_holds_that_set_the_date_bind_and_no_others() -> None:
    told = explained(**asked(170), paused_until=TODAY + timedelta(days=20), last_feedback_on=ago(1))
    binding = {hold["strategy"]: hold["binding"] for hold in told.holds}
    assert binding == {"consent": True, "spontaneous_feedback": False, "quiet_times": True}
    assert told.next_ask_on == TODAY + timedelta(days=21)  # the 20th day is a Sunday


def test_no_hold_binds_where_the_reason_itself_lies_ahead() -> None:
    told = explained(**asked(7))
    assert [hold["strategy"] for hold in told.holds if hold["binding"]] == ["quiet_times"]
    assert [hold["binding"] for hold in explained(**asked(9)).holds] == [False]


def test_a_promise_that_is_late_never_shows_tomorrow() -> None:
    told = explained(**CASES["a promise is late"])
    assert told.as_dict()["holds"][0]["until"] == (TODAY + timedelta(days=1)).isoformat()
    assert "not before P-12 is kept" in as_text(told)
    assert "24 Nov" not in as_text(told)


def test_a_hold_that_is_over_is_not_listed() -> None:
    assert explained(**asked(300)).holds == []


def test_a_strategy_on_trial_is_shown_and_decides_nothing() -> None:
    feedback = SettingValue("spontaneous_feedback.mode", "house", "", "shadow")
    told = explained(feedback, last_feedback_on=ago(1))
    assert told.decision == "ask"
    assert [(hold["strategy"], hold["mode"], hold["binding"]) for hold in told.holds] == [
        ("spontaneous_feedback", "shadow", False)
    ]
    assert "on trial" in as_text(told)


def test_a_strategy_that_is_off_is_not_shown() -> None:
    off = SettingValue("spontaneous_feedback.mode", "account", "1", "off")
    assert explained(off, last_feedback_on=ago(1)).holds == []


def test_who_holds_a_place_already_is_asked_though_all_are_taken() -> None:
    told = explained(SettingValue("account_share.people", "house", "", 1), **asked(200) | {"asked_here_on": ago(5)})
    assert (told.decision, told.limits and told.limits[0]["used"]) == ("ask", 1)
    assert "this person has one of these places already" in as_text(told)


def test_json_says_never_for_ever() -> None:
    told = explained(opted_out_on=ago(3)).as_dict()
    assert (told["decision"], told["next_ask_on"], told["occasion"]) == ("hold", None, None)
    assert told["holds"][0]["until"] == "never"
    assert told["limits"] is None


def test_json_has_the_keys_of_the_interface() -> None:
    told = explained().as_dict()
    keys = "contact account on decision occasion next_ask_on reasons holds limits channel questions left_out seconds"
    beyond = "no_objection worth what_would_change stored differs without_rivals"
    assert list(told) == keys.split() + beyond.split()
    assert set(told["reasons"][0]) == {"strategy", "occasion", "on", "because", "mode"}
    assert set(told["limits"][0]) == {"strategy", "per", "at_most", "used", "because", "binding", "mode", "taken_by"}
    assert set(explained(**asked(7)).as_dict()["holds"][0]) == {
        *("strategy", "since", "until", "because", "binding", "mode")
    }
