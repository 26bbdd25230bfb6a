"""By which way somebody is asked: strategies.md, "Channels and time", and how sure we are of it."""

from __future__ import annotations

from math import comb, sqrt
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.api import Chance, Preference, hookimpl
from engine.decide.chances import cumulative, interval
from engine.decide.channels import choose_channels, tell_channel
from engine.decide.plan import resolve
from engine.decide.sentences import Teller
from engine.registry import build_plugins
from engine.types import TIERS, SettingValue
from plugins import channel_history, channel_order, channel_possible, wishes
from tests.books import TODAY, make_book, make_grid, says, values

PLUGINS = build_plugins()
WAYS = ("phone", "sms", "email")
TELL = Teller(TODAY)
both = pytest.mark.parametrize("columns", [False, True], ids=["literal", "column"])


def choose(
    *rows: dict[str, Any],
    ways: tuple[str, ...] = WAYS,
    plugins: Any = PLUGINS,
    own: list[SettingValue] | None = None,
    **house: Any,
) -> list[dict[str, Any]]:
    """How each row is asked. Every way is possible unless a row says otherwise."""
    anyway = {"channels": list(ways), "owner": "maria@house.example"}
    book = make_book(*(anyway | row for row in rows), channels=ways)
    plan = resolve(book, plugins.catalog, [*(setting(name, value) for name, value in house.items()), *(own or [])])
    preferred = book.frame.select("preferred_channel")
    return choose_channels(plan, (), plugins.strategies, ways).hstack(preferred).to_dicts()


def setting(name: str, value: Any) -> SettingValue:
    return SettingValue(name.replace("__", "."), "house", "", value)


def counted(channel: str, answered: int, sent: int, *, of: str = "") -> dict[str, int]:
    return {f"{of}sent_by:{channel}": sent, f"{of}answered_by:{channel}": answered}


def chosen(*rows: dict[str, Any], **house: Any) -> list[str | None]:
    return [row["channel"] for row in choose(*rows, **house)]


def worths(strategy: Any, channel: str, *rows: dict[str, Any], **settings: Any) -> list[Any]:
    grid = make_grid(*rows, channel=channel)
    return values(grid, says(strategy, "channel_worth", grid, **settings)[0], pl.Float64)


# what is possible


@both
def test_a_channel_that_cannot_reach_the_person_is_impossible(columns: bool) -> None:
    rows = [{"channels": channels} for channels in ([], ["email"], ["sms", "email"], ["sms"])]
    assert worths(channel_possible, "email", *rows, columns=columns) == [None, 1, 1, None]
    assert worths(channel_possible, "email", *rows, off=["email"], columns=columns) == [None] * 4


def test_nobody_is_asked_by_a_way_that_is_impossible() -> None:
    rows = [{"channels": []}, {"channels": ["email"]}, {"channels": ["email"], "preferred_channel": "sms"}]
    assert chosen(*rows) == [None, "email", "email"]
    assert chosen({}, channel_possible__off=["email", "sms", "phone"]) == [None]
    assert chosen({}, ways=()) == [None]


# the person's wish


@both
def test_a_wish_is_the_first_place_among_all_that_is_possible(columns: bool) -> None:
    grid = make_grid(*({"preferred_channel": channel} for channel in ("sms", "email", None)), channel="sms")
    (said,) = says(wishes, "channel_worth", grid, columns=columns)
    assert values(grid, said.place, pl.Int32) == [0, 1, 1]
    assert said.within == 1


def test_a_wish_beats_any_history_and_any_order() -> None:
    hopeless = counted("sms", 0, 100_000) | counted("email", 1000, 1000)
    assert chosen(hopeless | {"preferred_channel": "sms"}, channel_history__prior=1) == ["sms"]


# what was answered


@both
def test_what_is_known_of_a_contact_is_shrunk_to_the_tier_and_the_house(columns: bool) -> None:
    tier = counted("email", 30, 90, of="tier_")
    rows = [{}, tier, counted("email", 3, 4), tier | counted("email", 3, 4), tier | counted("email", 0, 90)]
    grid = make_grid(*({"house_answer_rate": 0.4} | row for row in rows), channel="email")
    (said,) = says(channel_history, "channel_worth", grid, columns=columns, prior=10)
    means = values(grid, said.alpha / (said.alpha + said.beta), pl.Float64)
    of_tier = (10 * 0.4 + 30) / 100
    expected = [0.4, of_tier, (10 * 0.4 + 3) / 14, (10 * of_tier + 3) / 14, 10 * of_tier / 100]
    assert means == pytest.approx(expected)
    assert values(grid, said.answered, pl.Int32) == [0, 0, 3, 3, 0]
    assert values(grid, said.sent, pl.Int32) == [0, 0, 4, 4, 90]


def test_a_tier_that_answers_one_way_is_asked_that_way_until_a_contact_shows_otherwise() -> None:
    tier = counted("email", 5, 100, of="tier_") | counted("sms", 60, 100, of="tier_")
    rows = [tier, tier | counted("sms", 0, 20), tier | counted("sms", 0, 20) | counted("email", 0, 90)]
    assert chosen(*rows, ways=("sms", "email")) == ["sms", "sms", "sms"]
    assert chosen(tier | counted("sms", 0, 20) | counted("email", 8, 10), ways=("sms", "email")) == ["email"]


def test_ways_that_were_never_tried_are_as_good_as_the_house() -> None:
    (row,) = choose({"house_answer_rate": 0.3})
    assert [row[f"score:{way}"] for way in WAYS] == pytest.approx([0.3] * 3)
    assert row["channel"] == "email"


history = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted)


@settings(deadline=None)
@given(st.floats(0.01, 0.99), history, history, st.integers(1, 100))
def test_the_worth_is_between_what_was_seen_and_what_others_do(
    house: float, tier: list[int], own: list[int], prior: int
) -> None:
    row = {"house_answer_rate": house} | counted("sms", *tier, of="tier_") | counted("sms", *own)
    (found,) = choose(row, ways=("sms",), channel_history__prior=prior)
    of_tier = (prior * house + tier[0]) / (prior + tier[1])
    seen = own[0] / own[1] if own[1] else of_tier
    assert min(of_tier, seen) - 1e-9 <= found["score:sms"] <= max(of_tier, seen) + 1e-9
    chance = found["chance:sms"]
    assert chance["alpha"] + chance["beta"] == pytest.approx(prior + own[1], abs=0.01)
    assert (chance["answered"], chance["sent"]) == tuple(own)


def test_history_on_trial_is_shown_and_decides_nothing() -> None:
    row = counted("sms", 9, 9)
    assert chosen(row, ways=("sms", "email")) == ["sms"]
    (trial,) = choose(row, ways=("sms", "email"), channel_history__mode="shadow")
    assert (trial["channel"], trial["score:sms"]) == ("email", 1)
    assert trial["chance:sms"]["answered"] == 9
    (off,) = choose(row, ways=("sms", "email"), channel_history__mode="off")
    assert off["channel"] == "email"
    assert "chance:sms" not in off


def test_a_strategy_can_be_on_for_some_and_on_trial_or_off_for_others() -> None:
    rows = [{"tier": tier, "preferred_channel": None} | counted("sms", 9, 9) for tier in ("key", "standard", "light")]
    layers = [("key", "on"), ("standard", "shadow"), ("light", "off")]
    own = [SettingValue("channel_history.mode", "tier", tier, mode) for tier, mode in layers]
    found = choose(*rows, ways=("sms", "email"), own=own)
    assert [row["channel"] for row in found] == ["sms", "email", "email"]
    assert [row["chance:sms"] is None for row in found] == [False, False, True]
    order = [SettingValue("channel_order.mode", "tier", "key", "off")]
    assert [row["channel"] for row in choose({"tier": "key"}, {}, own=order)] == ["phone", "email"]


# near-ties


def near(best: int, other: int) -> dict[str, int]:
    """SMS is answered `best` of 1000 times, e-mail `other`; the tier's numbers leave nothing else to count."""
    return counted("sms", best, 1000, of="tier_") | counted("email", other, 1000, of="tier_")


def test_the_order_decides_where_the_best_is_at_most_a_tenth_better() -> None:
    exact = {"house_answer_rate": 0.0}
    rows = [exact | near(500, other) for other in (500, 460, 450, 449, 400)]
    assert chosen(*rows, ways=("sms", "email")) == ["email", "email", "email", "sms", "sms"]
    assert chosen(exact | near(450, 500), ways=("sms", "email"), channel_order__order=["sms", "email"]) == ["sms"]


def test_three_ways_are_near_to_the_best_and_not_to_each_other() -> None:
    counts = counted("phone", 550, 1000, of="tier_")
    row = {"house_answer_rate": 0.0} | near(500, 450) | counts
    assert chosen(row, channel_order__order=["email", "sms", "phone"]) == ["sms"]


def test_important_clients_are_called_first() -> None:
    assert chosen(*({"tier": tier} for tier in TIERS)) == ["phone", "email", "email", "email"]


def test_channels_that_are_not_in_the_order_come_last() -> None:
    assert chosen({}, channel_order__order=["sms"]) == ["sms"]
    assert chosen({}, channel_order__order=[]) == ["phone"]
    assert chosen({}, ways=("fax", "letter", "email")) == ["email"]


def test_an_order_that_is_off_leaves_the_best() -> None:
    row = {"house_answer_rate": 0.0} | near(500, 460)
    assert chosen(row, ways=("email", "sms"), channel_order__mode="off") == ["sms"]


@both
def test_the_order_gives_places(columns: bool) -> None:
    for place, channel in enumerate(("email", "sms", "fax")):
        grid = make_grid({"tier": "standard"}, channel=channel)
        (said,) = says(channel_order, "channel_worth", grid, columns=columns)
        assert values(grid, said.place, pl.Int32) == [place]


scores = st.fixed_dictionaries(
    {
        "channels": st.lists(st.sampled_from(WAYS), unique=True),
        "preferred_channel": st.sampled_from([None, *WAYS]),
        "house_answer_rate": st.floats(0.05, 0.95),
        **{f"sent_by:{way}": st.integers(20, 40) for way in WAYS},
        **{f"answered_by:{way}": st.integers(0, 20) for way in WAYS},
    }
)


@settings(deadline=None)
@given(st.lists(scores, min_size=1, max_size=8), st.permutations(WAYS))
def test_the_choice_is_always_possible_wished_or_near_the_best(rows: list[dict[str, Any]], order: list[str]) -> None:
    for row, found in zip(rows, choose(*rows, channel_order__order=order), strict=True):
        possible = {way: found[f"score:{way}"] for way in WAYS if found[f"score:{way}"] is not None}
        assert set(possible) == set(row["channels"])
        if not possible:
            assert found["channel"] is None
        elif row["preferred_channel"] in possible:
            assert found["channel"] == row["preferred_channel"]
        else:
            best = max(possible.values())
            first = min((way for way in possible if possible[way] >= best * 0.9 - 1e-9), key=order.index)
            assert found["channel"] == first


# strategies that fail


class Odd:
    def __init__(self, said: Any) -> None:
        self.said = said

    @hookimpl
    def channel_worth(self, grid: Any) -> Any:
        return self.said(grid)


def fails(grid: Any) -> Any:
    raise SystemExit("no")


@pytest.mark.parametrize(
    "said",
    [
        fails,
        lambda grid: "email",
        lambda grid: SimpleNamespace(place=1),
        lambda grid: pl.lit(1),
        lambda grid: pl.col("nothing"),
        lambda grid: Preference(place=pl.lit(0.5), within=1.0),
        lambda grid: Preference(place=pl.col("nothing"), within=1.0),
    ],
)
def test_a_strategy_that_fails_is_left_out_and_named(said: Any) -> None:
    plugins = build_plugins([Odd(said)])
    assert chosen({"preferred_channel": "sms"}, {}, plugins=plugins) == ["sms", "email"]
    assert plugins.all["Odd"].health.failures >= 3


def test_a_plugin_can_prefer_too_and_a_wider_preference_comes_first() -> None:
    def first(grid: Any) -> Preference:
        return Preference(place=pl.lit(["sms", "phone", "email"].index(grid.channel), pl.Int32), within=0.5)

    plugins = build_plugins([Odd(first)])
    rows = [{}, {"preferred_channel": "email"}, {"house_answer_rate": 0.0} | near(200, 500)]
    assert chosen(*rows, plugins=plugins) == ["sms", "email", "email"]


def test_chances_of_two_strategies_are_multiplied_and_the_first_is_shown() -> None:
    def even(grid: Any) -> Chance:
        one, none = pl.lit(1.0), pl.lit(0, pl.Int32)
        return Chance(alpha=one, beta=one, answered=none, sent=none)

    (row,) = choose({"house_answer_rate": 0.5} | counted("email", 10, 10), plugins=build_plugins([Odd(even)]))
    assert row["score:email"] == pytest.approx(15 / 20 * 0.5)
    assert row["chance:email"]["sent"] == 10


# in words


def test_the_choice_is_told_with_how_sure_we_are() -> None:
    (row,) = choose({"house_answer_rate": 0.6} | counted("email", 3, 4))
    told = tell_channel(row, TELL)
    assert told["why"] == (
        "of 3 ways to reach this person, that suits best; "
        "answered 3 of 4 times, and we expect an answer to 64 % (43–83 %)"
    )
    assert told["scores"] == pytest.approx({"phone": 0.6, "sms": 0.6, "email": 9 / 14})


def test_the_choice_is_told_by_what_decided_it() -> None:
    never = "; never tried, and we expect an answer to 50 % (25–75 %)"
    rows = [{"preferred_channel": "sms"}, {"channels": ["phone"]}, {"channels": []}]
    assert [tell_channel(row, TELL)["why"] for row in choose(*rows)] == [
        f"that is what this person prefers{never}",
        f"that is the only way to reach this person{never}",
        "there is no way to reach this person",
    ]
    (row,) = choose({"channels": ["sms"]}, channel_history__mode="off")
    assert tell_channel(row, TELL)["why"] == "that is the only way to reach this person"


# how sure


def binomial(x: float, alpha: int, beta: int) -> float:
    """The same by the binomial distribution, for whole numbers (DLMF 8.17.5)."""
    n = alpha + beta - 1
    return sum(comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(alpha, n + 1))


@settings(deadline=None)
@given(st.floats(0.001, 0.999), st.integers(1, 60), st.integers(1, 60))
def test_the_beta_distribution_agrees_with_the_binomial_one(x: float, alpha: int, beta: int) -> None:
    assert cumulative(x, alpha, beta) == pytest.approx(binomial(x, alpha, beta), abs=1e-10)


@settings(deadline=None)
@given(st.floats(0.5, 3000), st.floats(0.5, 3000))
def test_an_interval_leaves_out_a_twentieth_on_each_side(alpha: float, beta: float) -> None:
    low, high = interval(alpha, beta)
    assert 0 <= low <= high <= 1
    assert cumulative(max(low, 1e-12), alpha, beta) == pytest.approx(0.05, abs=1e-3)
    assert cumulative(min(high, 1 - 1e-12), alpha, beta) == pytest.approx(0.95, abs=1e-3)


def test_intervals_that_are_known_exactly() -> None:
    assert interval(1, 1) == pytest.approx((0.05, 0.95))
    assert interval(2, 1) == pytest.approx((sqrt(0.05), sqrt(0.95)))
    assert interval(1, 2) == pytest.approx((1 - sqrt(0.95), 1 - sqrt(0.05)))


def test_an_interval_narrows_as_more_is_known() -> None:
    widths = [high - low for low, high in (interval(3 * times, 7 * times) for times in (1, 2, 10, 100))]
    assert widths == sorted(widths, reverse=True)
