"""Plans by layers: the nearest layer wins, what is set replaces what ships, a contact's wish comes after all."""

from __future__ import annotations

from typing import Any

import pytest

from engine.decide.book import Book
from engine.decide.plan import Catalog, resolve, value_for
from engine.errors import InputError, PluginError
from engine.registry import build_plugins
from engine.types import SettingValue
from tests.books import make_book


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return build_plugins().catalog


def value(name: str, value: Any, layer: str = "house", key: object = "") -> SettingValue:
    return SettingValue(name, layer, str(key), value)


def resolved(catalog: Catalog, name: str, *values: SettingValue, book: Book | None = None) -> list[Any]:
    book = book or make_book({"tier": "strategic"}, {"tier": "standard"}, {"tier": "light"})
    plan = resolve(book, catalog, values)
    return plan.frame.select("contact_id", found=plan.columns[name])["found"].to_list()


def test_what_ships_may_differ_by_tier(catalog: Catalog) -> None:
    assert resolved(catalog, "relationship_tier.every_days") == [90, 180, 365]


def test_a_value_set_for_the_house_replaces_what_ships_for_every_tier(catalog: Catalog) -> None:
    assert resolved(catalog, "relationship_tier.every_days", value("relationship_tier.every_days", 60)) == [60] * 3


def test_the_nearest_layer_wins(catalog: Catalog) -> None:
    name = "fatigue_limits.max_asks"
    layers = [
        value(name, 9),
        value(name, 8, "tier", "light"),
        value(name, 7, "account", 2),
        value(name, 6, "contact", 2),
    ]
    assert resolved(catalog, name, *layers) == [9, 6, 8]
    assert resolved(catalog, name, *layers[:3]) == [9, 7, 8]


def test_lists_and_texts_have_layers_too(catalog: Catalog) -> None:
    exempt, blackouts = "fatigue_limits.gap_exempt", "quiet_times.blackouts"
    assert resolved(catalog, exempt, value(exempt, [], "account", 3)) == [["promise"], ["promise"], []]
    assert resolved(catalog, blackouts, value(blackouts, "2026-12-24", "account", 1)) == ["2026-12-24", "", ""]


def test_a_wish_to_be_asked_more_often_comes_after_all_layers(catalog: Catalog) -> None:
    book = make_book({"wish_every_days": 20}, {"wish_every_days": 0}, {"wish_every_days": 400}, {})
    name = "relationship_tier.every_days"
    assert resolved(catalog, name, value(name, 50, "contact", 1), book=book) == [20, 1, 180, 180]


def test_where_a_value_comes_from_is_known(catalog: Catalog) -> None:
    spec = catalog.spec("fatigue_limits.max_asks")
    layers = [value(spec.name, 9), value(spec.name, 7, "account", 2)]
    assert value_for(spec, layers, tier="key", account_id=2)[0] == 7
    assert value_for(spec, layers, tier="key", account_id=3) == (9, layers[0])
    assert value_for(spec, [], tier="key", account_id=3) == (4, None)


@pytest.mark.parametrize(
    ("name", "typed", "read"),
    [
        ("fatigue_limits.max_asks", "3", 3),
        ("fatigue_limits.gap_exempt", "promise, touchpoint", ["promise", "touchpoint"]),
        ("fatigue_limits.gap_exempt", "", []),
        ("quiet_times.blackouts", "2026-12-24..2027-01-01,2027-05-14", "2026-12-24..2027-01-01,2027-05-14"),
        ("quiet_times.blackouts", ["2026-12-24..2027-01-01"], "2026-12-24..2027-01-01"),
        ("revenue_weight.power", "0.5", 0.5),
        ("fatigue_limits.mode", "shadow", "shadow"),
        ("company.timezone", "Europe/Berlin", "Europe/Berlin"),
    ],
)
def test_values_are_read_as_they_are_typed(catalog: Catalog, name: str, typed: Any, read: Any) -> None:
    assert catalog.read(name, typed) == read


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("fatigue_limits.max_ask", "3", "fatigue_limits.max_asks"),
        ("fatigue_limits.max_asks", "often", "often"),
        ("fatigue_limits.max_asks", "0", "0"),
        ("fatigue_limits.max_asks", "3.5", "3.5"),
        ("fatigue_limits.gap_exempt", "promises", "promises"),
        ("quiet_times.weekdays", "", "quiet_times.weekdays"),
        ("quiet_times.blackouts", "2026-13-01", "2026-13-01"),
        ("quiet_times.blackouts", "2026-12-24..2026-12-01", "ends before it begins"),
        ("revenue_weight.power", "nan", "nan"),
        ("fatigue_limits.mode", "of", "of"),
        ("consent.mode", "off", "client's own word"),
        ("wishes.mode", "shadow", "client's own word"),
        ("company.timezone", "Europe/Berln", "Europe/Berlin"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_the_reason(catalog: Catalog, name: str, typed: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        catalog.read(name, typed)
    assert name in str(refused.value) or "There is no setting" in str(refused.value)
    assert said in str(refused.value)


def test_a_strategy_that_names_a_setting_it_has_not_is_told_the_nearest(catalog: Catalog) -> None:
    plan = resolve(make_book(), catalog, ())
    with pytest.raises(PluginError, match="max_asks"):
        _ = plan.settings("fatigue_limits").max_aks
