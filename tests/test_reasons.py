"""When there is a reason to ask: strategies.md, "When there is a reason", edge by edge."""

from __future__ import annotations

from datetime import date

import pytest

from plugins import promise_check, relationship_tier, renewal_runup, touchpoint_followup
from tests.books import TODAY, make_book, reasons, says, values

pytestmark = pytest.mark.parametrize("columns", [False, True], ids=["literal", "column"])

KINDS = ("ticket_closed", "onboarding_done", "invoice_disputed")


def test_a_relationship_ask_follows_the_last_one_at_the_tiers_pace(columns):
    asked = {"relationship_asked_on": date(2026, 3, 1)}
    assert reasons(relationship_tier, asked, columns=columns) == [[(date(2026, 8, 28), None)]]


def test_a_leap_day_counts_as_a_day(columns):
    asked = {"relationship_asked_on": date(2024, 2, 28)}
    assert reasons(relationship_tier, asked, every_days=2, columns=columns) == [[(date(2024, 3, 1), None)]]
    asked = {"relationship_asked_on": date(2024, 2, 29)}
    assert reasons(relationship_tier, asked, every_days=366, columns=columns) == [[(date(2025, 3, 1), None)]]


def test_who_was_never_asked_how_we_are_doing_settles_in_first_whatever_else_was_asked(columns):
    new = {"created_on": date(2026, 11, 1), "renewal_asked_on": TODAY, "last_asked_on": TODAY, "asked_on": [TODAY]}
    assert reasons(relationship_tier, new, columns=columns) == [[(date(2026, 12, 1), None)]]


def test_a_touchpoint_is_followed_up_until_it_expires(columns):
    happened = {"touchpoint_on:ticket_closed": date(2026, 11, 20)}
    assert reasons(touchpoint_followup, happened, happened=KINDS, columns=columns) == [
        [(date(2026, 11, 22), date(2026, 12, 4))]
    ]


def test_no_touchpoint_no_reason(columns):
    assert reasons(touchpoint_followup, {}, happened=KINDS, columns=columns) == [[]]
    assert reasons(touchpoint_followup, {}, columns=columns) == []


def test_touchpoints_of_other_kinds_are_no_reason(columns):
    other = {"touchpoint_on:invoice_disputed": TODAY, "account_touchpoint_on:invoice_disputed": TODAY}
    assert reasons(touchpoint_followup, other, happened=KINDS, columns=columns) == [[]]


def test_the_account_team_chooses_the_kinds(columns):
    other = {"touchpoint_on:invoice_disputed": TODAY}
    (found,) = reasons(touchpoint_followup, other, happened=KINDS, kinds=["invoice_disputed"], columns=columns)
    assert found == [(date(2026, 11, 25), date(2026, 12, 7))]
    assert reasons(touchpoint_followup, other, happened=KINDS, kinds=[], columns=columns) == [[]]


def test_of_several_touchpoints_the_latest_counts_and_is_named(columns):
    row = {
        "touchpoint_on:ticket_closed": date(2026, 11, 10),
        "account_touchpoint_on:onboarding_done": date(2026, 11, 12),
        "touchpoint_on:invoice_disputed": date(2026, 11, 20),
    }
    book = make_book(row, {}, kinds=KINDS)
    (reason,) = says(touchpoint_followup, "ask_from", book, columns=columns)
    assert values(book, reason.on) == [date(2026, 11, 14), None]
    assert values(book, reason.facts["kind"]) == ["onboarding_done", None]
    assert values(book, reason.facts["happened_on"]) == [date(2026, 11, 12), None]


def test_what_concerns_the_whole_account_is_asked_of_the_named_roles_only(columns):
    whole = {"account_touchpoint_on:ticket_closed": date(2026, 11, 20)}
    rows = [whole | {"role": role} for role in ("IT", "finance", None)] + [
        {"touchpoint_on:ticket_closed": date(2026, 11, 20), "role": None}
    ]
    asked = reasons(touchpoint_followup, *rows, happened=KINDS, roles=["IT"], columns=columns)
    assert [bool(row) for row in asked] == [True, False, False, True]
    asked = reasons(touchpoint_followup, *rows, happened=KINDS, columns=columns)
    assert [bool(row) for row in asked] == [True, True, True, True]


def test_a_renewal_run_up_starts_in_time_and_ends_with_the_renewal(columns):
    renewal = {"renewal_on": date(2026, 6, 30)}
    assert reasons(renewal_runup, renewal, {}, columns=columns) == [[(date(2026, 3, 2), date(2026, 6, 30))], []]


@pytest.mark.parametrize(
    ("asked_on", "settled"), [(date(2026, 3, 1), False), (date(2026, 3, 2), True), (date(2026, 5, 1), True)]
)
def test_a_renewal_ask_of_this_run_up_settles_it_an_older_one_does_not(columns, asked_on, settled):
    row = {"renewal_on": date(2026, 6, 30), "renewal_asked_on": asked_on}
    assert bool(reasons(renewal_runup, row, columns=columns)[0]) is not settled


def test_a_done_promise_is_asked_about_after_a_while(columns):
    row = {"done_promises_on": [date(2026, 11, 1)]}
    assert reasons(promise_check, row, {}, columns=columns) == [[(date(2026, 11, 15), date(2027, 1, 30))], []]


def test_the_earliest_promise_that_has_not_expired_counts(columns):
    expired, on_the_edge, fresh = date(2026, 8, 24), date(2026, 8, 25), date(2026, 11, 1)
    rows = [{"done_promises_on": days} for days in ([expired, on_the_edge, fresh], [expired, fresh], [expired])]
    first_days = [[on for on, _ in row] for row in reasons(promise_check, *rows, columns=columns)]
    assert first_days == [[date(2026, 9, 8)], [date(2026, 11, 15)], []]


def test_history_older_than_anything_is_no_trouble(columns):
    long_ago = [date(1970 + year, 1, 1) for year in range(50)]
    assert reasons(promise_check, {"done_promises_on": long_ago}, columns=columns) == [[]]
