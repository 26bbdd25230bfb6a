"""Settings that contradict each other are refused when they are set, at whatever layers they meet."""

from __future__ import annotations

from types import ModuleType

import pytest

from engine import api
from engine.app import open_house
from engine.config import Config
from engine.data.store import EVERYTHING
from engine.errors import InputError
from engine.operations.settings import reset_settings, set_settings
from engine.operations.surveys import check_house
from tests.conftest import NOW, SECRET
from tests.factories import make_account, make_contact, make_setting
from tests.test_settings import stored

GAP, WINDOW = "fatigue_limits.min_gap_days", "fatigue_limits.window_days"
SHORTER = "The window must not be shorter than the gap"


@pytest.fixture
def book(engine):
    with engine.store.write(EVERYTHING) as session:
        north = make_account(session, key="north", tier="key")
        make_contact(session, north, key="ada")
        return {"north": north.id}


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ({WINDOW: 29}, f"{WINDOW} cannot be “29”: {SHORTER}, which is 30 days."),
        ({GAP: 400}, f"{GAP} cannot be “400” while {WINDOW} is “365”: {SHORTER}, which is 400 days."),
        ({GAP: 90, WINDOW: 60}, f"{WINDOW} cannot be “60”: {SHORTER}"),
        ({"usual_hour.to": 9}, "usual_hour.to cannot be “9”: The last hour must be after the first, which is 9."),
        ({"usual_hour.from": 14}, "usual_hour.from cannot be “14” while usual_hour.to is “11”"),
        ({"touchpoint_followup.delay_days": 15}, "It would be too late before we ask, which is after 15 days."),
        ({"touchpoint_followup.expires_days": 1}, "touchpoint_followup.expires_days cannot be “1”: It would be too"),
        ({"promise_check.expires_days": 13}, "It would be too late before we ask, which is after 14 days."),
        ({"quiet_times.weekdays": []}, "quiet_times.weekdays cannot be “[]”"),
        ({"fatigue_limits.max_asks": 0}, "fatigue_limits.max_asks cannot be “0”"),
    ],
)
def test_a_contradiction_is_refused_with_the_reason_and_nothing_is_written(engine, pairs, said):
    with pytest.raises(InputError) as refused:
        set_settings(engine, {"live_ask.valid_days": 20} | pairs)
    assert said in str(refused.value)
    assert not stored(engine)


@pytest.mark.parametrize(
    "pairs",
    [
        {WINDOW: 30},
        {GAP: 400, WINDOW: 400},
        {"usual_hour.from": 14, "usual_hour.to": 15},
        {"touchpoint_followup.delay_days": 14},
        {"promise_check.expires_days": 14},
    ],
)
def test_what_just_goes_together_is_set(engine, pairs):
    set_settings(engine, pairs)
    assert len(stored(engine)) == len(pairs)


@pytest.mark.parametrize(
    ("first", "then", "where"),
    [
        (({GAP: 100}, {"contact": "north/ada"}), ({WINDOW: 60}, {}), "for contact north/ada"),
        (({GAP: 100}, {"account": "north"}), ({WINDOW: 60}, {"tier": "key"}), "for account north"),
        (({GAP: 100}, {"tier": "key"}), ({WINDOW: 60}, {}), "for tier key"),
        (({WINDOW: 60}, {"tier": "key"}), ({GAP: 100}, {"contact": "north/ada"}), "for contact north/ada"),
        (({WINDOW: 60}, {}), ({GAP: 100}, {"account": "north"}), "for account north"),
    ],
)
def test_the_values_in_force_are_checked_wherever_a_change_reaches(engine, book, first, then, where):
    set_settings(engine, first[0], **first[1])
    with pytest.raises(InputError) as refused:
        set_settings(engine, then[0], **then[1])
    assert where in str(refused.value)
    assert len(stored(engine)) == 1


def test_taking_a_value_back_may_contradict_too(engine, book):
    set_settings(engine, {GAP: 10})
    set_settings(engine, {WINDOW: 20}, account="north")
    with pytest.raises(InputError, match=f"{GAP} cannot be “30” for account north while {WINDOW} is “20”"):
        reset_settings(engine, [GAP])


def test_a_value_that_another_layer_replaces_contradicts_nothing(engine, book):
    for tier in api.TIERS:
        set_settings(engine, {WINDOW: 730}, tier=tier)
    set_settings(engine, {WINDOW: 10, GAP: 300})
    assert len(stored(engine)) == 3  # by name and layer


def test_an_old_contradiction_stops_nothing_else_and_is_found_by_a_check(engine, book):
    """It may come with a plugin's new version, or with an account that moves to another tier."""
    with engine.store.write(EVERYTHING) as session:
        make_setting(session, WINDOW, 5, layer="account", layer_key=book["north"])
    set_settings(engine, {"fatigue_limits.mode": "shadow"}, tier="light")
    [found] = check_house(engine)
    assert found.where == f"setting {WINDOW} for account north"
    assert found.message.startswith(SHORTER)


def test_what_is_wrong_for_everyone_names_nobody_though_they_differ_elsewhere(engine, book):
    set_settings(engine, {"fatigue_limits.max_asks": 3}, tier="key")
    with pytest.raises(InputError, match=f"^{GAP} cannot be “500” while"):
        set_settings(engine, {GAP: 500})


def test_what_is_wrong_for_many_names_a_few(engine):
    with engine.store.write(EVERYTHING) as session:
        for number in range(6):
            account = make_account(session, key=f"a{number}")
            make_setting(session, GAP, 100, layer="account", layer_key=account.id)
    with pytest.raises(InputError, match="for account a0, account a1, account a2 and 3 more"):
        set_settings(engine, {WINDOW: 60})


PLUGIN = '''"""Rest a while, then ask within some days."""

from engine.api import Hold, Schema, ValidationError, days, hookimpl, plus_days, validates_schema


class Settings(Schema):
    rest = days(3, "Rest.")
    most = days(9, "At most.")

    @validates_schema
    def check(self, data, **_):
        if data["rest"] == 8:
            raise RuntimeError("broken")
        if data["rest"] > data["most"]:
            raise ValidationError("No rest is longer than the longest.")


@hookimpl
def hold_until(book, settings):
    return Hold(until=plus_days(book["created_on"], settings.rest), because="a rest")
'''


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (10, "a_rest.rest cannot be “10”: No rest is longer than the longest."),
        (8, r"a_rest.rest cannot be “8”: it could not be checked \(RuntimeError: broken\)"),
    ],
)
def test_a_plugins_own_rule_is_kept_and_one_that_breaks_concerns_only_its_settings(database, value, said):
    module = ModuleType("a_rest")
    exec(PLUGIN, vars(module))
    house = open_house(Config(database_url=database, secret=SECRET), lambda: NOW, [module])
    with pytest.raises(InputError, match=said):
        set_settings(house, {"a_rest.rest": value})
    set_settings(house, {"a_rest.rest": 9, GAP: 20})
    assert len(stored(house)) == 2
    house.store.close()
