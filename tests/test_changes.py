"""What would change a decision is no guess: deciding under that change comes to the same day."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import polars as pl
import pytest

from engine.decide.changes import what_if
from engine.decide.explanation import explain
from engine.decide.outline import outline, values_of
from engine.decide.plan import OWN_WORD, resolve
from engine.decide.planner import Decisions, decide
from engine.registry import build_plugins
from engine.types import SettingValue
from tests.books import TODAY, make_book
from tests.test_explanation import CASES, WHO, as_text, asked, explained

PLUGINS = build_plugins()
WHOLE = ("spontaneous_feedback", "unanswered_rest", "promise_brake", "renewal_quiet", "live_ask", "quiet_times")
"""Strategies that say one thing, so that lifting it and switching them off is the same."""


def decided(rows: list[dict[str, Any]], *settings: SettingValue) -> Decisions:
    book = make_book(*rows, kinds=("ticket_closed", "feedback"))
    return decide(book, resolve(book, PLUGINS.catalog, settings), PLUGINS.strategies)


def changes(decisions: Decisions) -> list[dict[str, dict[str, Any]]]:
    rows = pl.int_range(decisions.frame.height, eager=True)
    values = values_of(decisions, rows).hstack(what_if(decisions, rows, OWN_WORD)).to_dicts()
    told = [explain(outline(decisions), row, WHO) for row in values]
    return [{change["strategy"]: change for change in one.what_would_change} for one in told]


def some_rows(random: Random, number: int = 60) -> list[dict[str, Any]]:
    """Contacts of whom two or three things are true at once."""
    rows = []
    for _ in range(number):
        mixed: dict[str, Any] = {}
        for case in random.sample(list(CASES), 3):
            mixed |= {name: value for name, value in CASES[case].items() if name != "today"}
        rows.append(mixed | {"created_on": TODAY - timedelta(days=random.randrange(5, 900))})
    return rows


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("strategy", WHOLE)
def test_without_a_rule_is_as_when_it_is_off(strategy: str, seed: int) -> None:
    rows = some_rows(Random(seed))
    found = changes(decided(rows))
    without = decided(rows, SettingValue(f"{strategy}.mode", "house", "", "off")).frame.to_dicts()
    for change, other in zip(found, without, strict=True):
        if strategy in change:
            assert change[strategy]["next_ask_on"] == other["next_ask_on"]
            assert change[strategy]["occasion"] == other["occasion"]


@pytest.mark.parametrize("strategy", WHOLE)
def test_what_is_on_trial_says_what_it_would_do(strategy: str) -> None:
    rows = some_rows(Random(7), 300)
    found = changes(decided(rows, SettingValue(f"{strategy}.mode", "house", "", "shadow")))
    in_force = decided(rows).frame.to_dicts()
    told = [(change[strategy], other) for change, other in zip(found, in_force, strict=True) if strategy in change]
    assert told
    for change, other in told:
        assert change["if"].startswith("if the rule on trial counted (")
        assert change["next_ask_on"] == other["next_ask_on"]


def test_a_promise_kept_frees_the_way_and_is_said_so() -> None:
    (change,) = explained(**CASES["a promise is late"]).what_would_change
    assert (change["strategy"], change["if"], change["next_ask_on"]) == ("promise_brake", "once P-12 is kept", TODAY)


def test_where_no_single_rule_decides_all_of_them_do() -> None:
    both = asked(7) | {"open_asked_on": TODAY - timedelta(days=7)}
    both |= {"relationship_asked_on": TODAY - timedelta(days=400)}
    told = explained(SettingValue("quiet_times.mode", "house", "", "off"), **both)
    (change,) = told.what_would_change
    assert (change["strategy"], change["if"], change["next_ask_on"]) == (None, "without all of these", TODAY)


def test_nobody_but_the_person_takes_back_their_no() -> None:
    (change,) = explained(opted_out_on=TODAY, last_feedback_on=TODAY).what_would_change
    assert (change["if"], change["next_ask_on"]) == ("if that is taken back", TODAY + timedelta(days=2))


def test_a_limit_says_what_would_make_room() -> None:
    told = explained(SettingValue("account_share.people", "house", "", 0))
    (change,) = told.what_would_change
    assert (change["decision"], change["if"]) == ("ask", "with room for one more person at this company")
    assert told.worth
    assert {factor["strategy"] for factor in told.worth} >= {"relationship_tier", "coverage"}


def test_those_who_do_not_object_are_named() -> None:
    told = explained(last_feedback_on=TODAY)
    silent = {each["strategy"] for each in told.no_objection if each["part"] == "hold"}
    assert "spontaneous_feedback" not in silent
    assert silent >= {"consent", "wishes", "live_ask"}
    assert {each["strategy"] for each in told.no_objection if each["part"] == "reason"} >= {"renewal_runup"}
    assert "No objection" in as_text(told)
