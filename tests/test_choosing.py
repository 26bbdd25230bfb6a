"""Choosing under limits that overlap: none is exceeded, nobody is left out for nothing, and rows have no order."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.choosing import compare_with_bound
from engine.decide.book import CHANNEL_ASKS, Book
from engine.decide.plan import resolve
from engine.decide.planner import Decisions, decide
from engine.registry import build_plugins
from engine.types import SettingValue
from tests.books import TODAY, make_book

PLUGINS = build_plugins()
Rows = list[dict[str, Any]]


@st.composite
def houses(draw: st.DrawFn) -> Rows:
    """Up to fourteen contacts, all to be asked today, of few accounts, owners and persons, many of them alike."""
    rows = []
    open_followups = {owner: draw(st.integers(0, 2)) for owner in ("o", "p")}
    for number in range(draw(st.integers(1, 14))):
        account, owner = draw(st.integers(1, 4)), draw(st.sampled_from(["o", "p", None]))
        rows.append(
            {
                "contact_key": f"{number:02}",
                "account_id": account,
                "account_key": str(account),
                "person_id": draw(st.integers(1, 12)),
                "owner": owner,
                "owner_open_followups": open_followups.get(owner or "", 0),
                "influence": draw(st.sampled_from(["champion", "user", None])),
                "created_on": TODAY - timedelta(days=draw(st.sampled_from([400, 500]))),
                "asked_here_on": draw(st.sampled_from([None, None, TODAY - timedelta(days=9)])),
                "channels": draw(st.sampled_from([["email"], ["phone"], []])),
            }
        )
    return _one_word_of_each_person(rows)


def _one_word_of_each_person(rows: Rows) -> Rows:
    """When a person was asked at an account is the same for all of their contacts there."""
    asked = {(row["person_id"], row["account_id"]): row["asked_here_on"] for row in rows}
    return [row | {"asked_here_on": asked[row["person_id"], row["account_id"]]} for row in rows]


NUMBERS = st.fixed_dictionaries(
    {
        "account_share.people": st.integers(1, 3),
        "owner_capacity.open_followups": st.integers(1, 5),
        "channel_capacity.email": st.integers(1, 6),
        "channel_capacity.phone": st.integers(1, 3),
    }
)
TAKEN = {"email": 2, "phone": 0}
"""Places of the day that other asks took before."""


def decided(rows: Rows, numbers: dict[str, int]) -> Decisions:
    asks = [{"channel": name, "today": TODAY, "channel_asks": number} for name, number in TAKEN.items()]
    book = make_book(*rows, channels=("email", "phone"))
    book = Book(book.frame, book.kinds, pl.DataFrame(asks, schema=CHANNEL_ASKS))
    values = [SettingValue(name, "house", "", value) for name, value in numbers.items()]
    return decide(book, resolve(book, PLUGINS.catalog, values), PLUGINS.strategies, ("email", "phone"))


def asked(rows: Rows, numbers: dict[str, int]) -> set[str]:
    frame = decided(rows, numbers).frame
    assert set(frame["decision"]) <= {"ask", "limited"}
    return set(frame.filter(frame["decision"] == "ask")["contact_key"])


def places(rows: Rows, keys: set[str]) -> dict[tuple[str, Any], int]:
    """How many places of each group are taken when these are asked, counted one by one."""
    chosen = [row for row in rows if row["contact_key"] in keys]
    people = {(row["account_id"], row["person_id"]) for row in chosen}
    people |= {(row["account_id"], row["person_id"]) for row in rows if row["asked_here_on"]}
    taken: Counter[tuple[str, Any]] = Counter(("account_share.people", account) for account, _ in people)
    taken.update(("person", row["person_id"]) for row in chosen)
    for row in chosen:
        taken.update([("owner_capacity.open_followups", row["owner"])] if row["owner"] else [])
        ways = [channel for channel in row["channels"] if channel != "phone" or row["owner"]]  # somebody has to call
        taken.update((f"channel_capacity.{channel}", channel) for channel in ways)
    for channel, number in TAKEN.items():
        taken[f"channel_capacity.{channel}", channel] += number
    for owner, number in {(row["owner"], row["owner_open_followups"]) for row in rows if row["owner"]}:
        taken["owner_capacity.open_followups", owner] += number
    return taken


def exceeded(rows: Rows, numbers: dict[str, int], keys: set[str]) -> list[tuple[str, Any]]:
    """Groups that these asks bring, or bring further, beyond their number."""
    before, taken = places(rows, set()), places(rows, keys)
    most = numbers | {"person": 1}
    return [group for group, number in taken.items() if number > max(most[group[0]], before.get(group, 0))]


@given(houses(), NUMBERS)
def test_no_limit_is_ever_exceeded(rows: Rows, numbers: dict[str, int]) -> None:
    assert exceeded(rows, numbers, asked(rows, numbers)) == []


@given(houses(), NUMBERS)
def test_nobody_who_was_left_out_could_be_added(rows: Rows, numbers: dict[str, int]) -> None:
    keys = asked(rows, numbers)
    for row in rows:
        if row["contact_key"] not in keys:
            assert exceeded(rows, numbers, keys | {row["contact_key"]}), row


@given(houses(), NUMBERS, st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(rows: Rows, numbers: dict[str, int], random: Random) -> None:
    assert asked(random.sample(rows, len(rows)), numbers) == asked(rows, numbers)


@given(houses(), NUMBERS)
def test_those_who_share_no_places_may_be_decided_for_apart(rows: Rows, numbers: dict[str, int]) -> None:
    """Two houses in one Book, with owners, accounts and persons of their own; channels are not limited."""
    numbers = {name: value for name, value in numbers.items() if not name.startswith("channel")}
    numbers |= {"channel_capacity.phone": 1_000_000}
    others = [
        row
        | {"contact_key": f"x{row['contact_key']}", "account_id": row["account_id"] + 100}
        | {"person_id": row["person_id"] + 100, "owner": row["owner"] and f"other {row['owner']}"}
        for row in rows
    ]
    assert asked(rows + others, numbers) == asked(rows, numbers) | asked(others, numbers)


@given(houses(), st.integers(1, 6))
def test_among_equals_the_older_reason_comes_first_and_then_the_key(rows: Rows, places: int) -> None:
    """With one limit only, those who are asked are the first of the list."""
    plain = {"influence": None, "asked_here_on": None, "owner": "o", "owner_open_followups": 0, "channels": ["email"]}
    rows = [row | plain | {"person_id": number} for number, row in enumerate(rows, 1)]
    first = sorted(rows, key=lambda row: (row["created_on"], row["account_key"], row["contact_key"]))
    numbers = {"account_share.people": 99, "owner_capacity.open_followups": places}
    assert asked(rows, numbers) == {row["contact_key"] for row in first[:places]}


def test_the_choice_is_worth_within_one_percent_of_the_best_there_can_be() -> None:
    total, bound = compare_with_bound(2500)
    assert total <= bound * (1 + 1e-9)
    assert total >= 0.99 * bound
