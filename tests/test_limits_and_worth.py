"""Who shares how many places, and whose answer is worth most: strategies.md, "Limits" and "Worth", edge by edge."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from plugins import (
    account_share,
    channel_capacity,
    coverage,
    influence,
    loss_price,
    one_live_ask,
    owner_capacity,
    promise_check,
    renewal_runup,
    revenue_weight,
)
from tests.books import TODAY, make_book, says, values, worths

pytestmark = pytest.mark.parametrize("columns", [False, True], ids=["literal", "column"])


def ago(days: int):
    return TODAY - timedelta(days)


def test_who_was_asked_in_the_window_holds_a_place_of_the_account(columns):
    book = make_book(*({"asked_here_on": day} for day in (None, ago(30), ago(29), TODAY, TODAY + timedelta(3))))
    (share,) = says(account_share, "limit", book, columns=columns)
    assert share.per == ("account_id",)
    assert values(book, share.used, pl.Boolean) == [False, False, True, True, True]
    assert values(book, share.at_most, pl.Int32) == [2] * 5


def test_open_follow_ups_take_places_of_the_owner(columns):
    book = make_book({"owner": "maria@heed.example", "owner_open_followups": 13}, {})
    (capacity,) = says(owner_capacity, "limit", book, columns=columns)
    assert capacity.per == ("owner",)
    assert values(book, capacity.at_most, pl.Int32) == [15, 15]
    assert values(book, capacity.used, pl.Int32) == [13, 0]


def test_a_person_has_one_place_everywhere(columns):
    book = make_book({"planned_elsewhere": True}, {})
    (one,) = says(one_live_ask, "limit", book, columns=columns)
    assert one.per == ("person_id",)
    assert values(book, one.at_most, pl.Int32) == [1, 1]
    assert values(book, one.used, pl.Int32) == [1, 0]


def test_calls_are_few_and_messages_are_not_counted_unless_somebody_says_so(columns):
    rows = [{"channel": channel, "channel_asks": 4} for channel in ("phone", "email", "sms", "fax", None)]
    book = make_book(*rows, {"channel": "phone", "planned_on": TODAY})
    (capacity,) = says(channel_capacity, "limit", book, columns=columns)
    assert capacity.per == ("channel", "today")
    assert values(book, capacity.at_most, pl.Int32) == [10, None, None, None, None, 10]
    assert values(book, capacity.used, pl.Int32) == [4, 4, 4, 4, 4, 0]
    assert values(book, capacity.holds, pl.Boolean) == [False] * 5 + [True]
    (capacity,) = says(channel_capacity, "limit", book, email=200, phone=1, columns=columns)
    assert values(book, capacity.at_most, pl.Int32) == [1, 200, None, None, None, 1]


def test_revenue_counts_gently_and_within_bounds(columns):
    rows = [{"revenue_ratio": ratio} for ratio in (None, 1.0, 16.0, 81.0, 0.0625, 0.0001, 0.0, -3.0, float("nan"))]
    assert worths(revenue_weight, *rows, columns=columns) == [1, 1, 2, 2, 0.5, 0.5, 0.5, 0.5, 1]
    assert worths(revenue_weight, *rows[:3], power=0, columns=columns) == [1, 1, 1]
    assert worths(revenue_weight, {"revenue_ratio": 1.5}, power=1, columns=columns) == [1.5]


def test_a_near_renewal_counts_more(columns):
    days = (-1, 0, 180, 181)
    rows = [{"renewal_on": TODAY + timedelta(number)} for number in days]
    assert worths(renewal_runup, {}, *rows, columns=columns) == [1, 1, 1.5, 1.5, 1]


def test_who_decides_counts_more(columns):
    rows = [{"influence": influence} for influence in (None, "user", "champion", "decision_maker")]
    assert worths(influence, *rows, columns=columns) == [1, 1, 1.2, 1.5]


def test_silent_accounts_come_first_and_silent_years_before_everyone(columns):
    rows = [{"account_heard_on": ago(days)} for days in (0, 179, 180, 364)]
    assert worths(coverage, *rows, columns=columns) == [1, 1, 2, 2]
    unheard = worths(coverage, {"account_heard_on": ago(365)}, {}, columns=columns)
    assert min(unheard) > 1000 * 2


def test_a_role_that_was_never_heard_counts_more(columns):
    heard = {"account_heard_on": TODAY}
    rows = [{"role": "IT"}, {"role": "IT", "role_heard_on": ago(900)}, {}]
    assert worths(coverage, *(heard | row for row in rows), columns=columns) == [1.5, 1, 1]


def test_a_promise_done_since_the_last_ask_counts_more(columns):
    done = {"promise_done_on": ago(10)}
    rows = [done, done | {"last_asked_on": ago(11)}, done | {"last_asked_on": ago(10)}, {"last_asked_on": ago(9)}, {}]
    assert worths(promise_check, *rows, columns=columns) == [1.2, 1.2, 1, 1, 1]


@pytest.mark.parametrize(
    ("asked", "price", "worth"),
    [
        ((), 20, 0.96),
        ((1, 89), 20, 0.64),
        ((1, 89, 90, 5000), 20, 0.64),
        ((1, 2, 3, 4, 5), 20, 0.1),
        ((1, 2), 0, 1.0),
    ],
    ids=["never asked", "twice", "older ones do not count", "at least a tenth", "no price"],
)
def test_the_risk_of_losing_somebody_grows_with_every_ask(columns, asked, price, worth):
    row = {"asked_on": [ago(days) for days in asked]}
    assert worths(loss_price, row, price=price, columns=columns) == pytest.approx([worth])
