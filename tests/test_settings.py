"""Settings: checked before anything is written, layered, shown with who set them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.data.models import Account, SettingRow
from engine.data.store import EVERYTHING
from engine.errors import AmbiguousError, HeedError
from engine.operations.settings import list_settings, set_settings
from tests.conftest import NOW
from tests.factories import make_account, make_contact

MOST = "fatigue_limits.max_asks"


@pytest.fixture
def book(engine):
    """Two accounts, of which one has a tier that Heed does not know, and one person at both."""
    with engine.store.write(EVERYTHING) as session:
        north, south = make_account(session, key="north", tier="key"), make_account(session, key="south", tier="gold")
        make_contact(session, north, key="ada", email="ada@x.example")
        make_contact(session, south, key="ada2", email="ada@x.example")


def stored(engine):
    with engine.store.read(EVERYTHING) as session:
        return {(row.name, row.layer): row.value for row in session.scalars(select(SettingRow))}


def shown(engine, name, account=None):
    return [
        (setting.value, setting.layer, setting.of) for setting in list_settings(engine, account) if setting.name == name
    ]


def due(engine):
    with engine.store.read(EVERYTHING) as session:
        return set(session.scalars(select(Account.key).where(Account.plan_on <= NOW.date())))


def test_the_nearest_layer_counts_and_is_named(engine, book):
    assert shown(engine, MOST, "north") == [(4, "default", "")]
    set_settings(engine, {MOST: "5"})
    assert shown(engine, MOST, "north") == [(5, "house", "")]
    set_settings(engine, {MOST: "6"}, tier="key")
    assert shown(engine, MOST, "north") == [(6, "tier", "key")]
    assert shown(engine, MOST, "south") == [(5, "house", "")]
    set_settings(engine, {MOST: "7"}, account="north")
    set_settings(engine, {MOST: "8"}, contact="north/ada")
    assert shown(engine, MOST, "north") == [(7, "account", "north"), (8, "contact", "north/ada")]
    assert shown(engine, MOST) == [(5, "house", ""), (6, "tier", "key")]


def test_an_unknown_tier_has_the_settings_of_standard(engine, book):
    set_settings(engine, {MOST: "2"}, tier="standard")
    assert shown(engine, MOST, "south") == [(2, "tier", "standard")]
    assert due(engine) == {"south"}


def test_tier_defaults_are_shown_where_they_differ(engine):
    name = "relationship_tier.every_days"
    assert (90, "default", "strategic") in shown(engine, name)
    [warning] = set_settings(engine, {name: "100"}).warnings
    assert "strategic 90" in warning
    assert shown(engine, name) == [(100, "house", "")]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("fatigue_limits.gap_exempt=promise,touchpoint", ["promise", "touchpoint"]),
        ("fatigue_limits.gap_exempt=", []),
        ("quiet_times.blackouts=2026-12-24..2027-01-01", "2026-12-24..2027-01-01"),
        ("fatigue_limits.mode=shadow", "shadow"),
        ("revenue_weight.power=0.5", 0.5),
    ],
)
def test_values_are_typed_as_the_manual_says(engine, typed, kept):
    name, _, value = typed.partition("=")
    set_settings(engine, {name: value})
    assert stored(engine) == {(name, "house"): kept}


@pytest.mark.parametrize(
    ("name", "value", "where", "said"),
    [
        ("fatigue_limits.max_ask", "3", {}, "Did you mean fatigue_limits.max_asks?"),
        (MOST, "many", {}, "fatigue_limits.max_asks cannot be “many”: it is no whole number."),
        (MOST, "-1", {}, "fatigue_limits.max_asks cannot be “-1”: it must be from 1 to 1,000,000."),
        (
            "fatigue_limits.mode",
            "shadwo",
            {},
            "cannot be “shadwo”: it is none of on, shadow, off. Did you mean shadow?",
        ),
        ("fatigue_limits.gap_exempt", "renewal,promiss", {}, "“promiss” is none of promise, touchpoint,"),
        ("company.country", "Germany", {}, "Did you mean DE?"),
        ("company.country", "de", {}, "write it as DE"),
        ("company.locale", "deutsch", {}, "write it as de or de-AT"),
        ("company.locale", "", {}, "write it as de or de-AT"),
        ("quiet_times.blackouts", "christmas", {}, "write 2026-12-24..2027-01-01"),
        ("consent.mode", "off", {}, "stays on"),
        ("wishes.mode", "shadow", {}, "stays on"),
        ("company.timezone", "Europe/Viena", {}, "Did you mean Europe/Vienna?"),
        ("company.country", "AT", {"account": "north"}, "leave out --tier, --account and --contact"),
        (MOST, "3", {"tier": "strategik"}, "Did you mean strategic?"),
        (MOST, "3", {"account": "nort"}, "Did you mean north?"),
        (MOST, "3", {"account": "north", "contact": "add"}, "Did you mean ada?"),
        (MOST, "3", {"contact": "nobody@x.example"}, "There is no contact “nobody@x.example”"),
        (MOST, "3", {"tier": "key", "account": "north"}, "one layer"),
    ],
)
def test_a_wrong_setting_is_refused_and_nothing_is_written(engine, book, name, value, where, said):
    with pytest.raises(HeedError) as error:
        set_settings(engine, {"live_ask.valid_days": "20", name: value}, **where)
    assert said in str(error.value)
    assert not stored(engine)


def test_a_contact_who_could_be_several_is_asked_back(engine, book):
    with pytest.raises(AmbiguousError) as error:
        set_settings(engine, {MOST: "3"}, contact="ada@x.example")
    assert error.value.matches == ("north/ada", "south/ada2")


def test_who_set_a_value_and_when_is_shown_with_it_and_the_accounts_are_decided_again(engine, book):
    maria = engine.acting_as("maria@us.example", EVERYTHING)
    set_settings(maria, {MOST: "3"}, account="north")
    [setting] = [one for one in list_settings(engine, "north") if one.name == MOST]
    assert (setting.author, setting.set_at) == ("maria@us.example", NOW)
    assert due(engine) == {"north"}
