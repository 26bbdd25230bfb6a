"""Before a setting is kept it is looked at whom it would never let anybody ask, and said with a count."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.data.store import EVERYTHING
from engine.decide.outlook import Outlook, look_ahead, warn
from engine.decide.plan import resolve
from engine.decide.planner import decide
from engine.operations import foresight
from engine.operations.settings import reset_settings, set_settings
from engine.registry import build_plugins
from engine.types import SettingValue
from tests.books import TODAY, make_book
from tests.conftest import NOW
from tests.factories import make_account, make_ask, make_contact
from tests.test_settings import stored


def outlook(*rows, **settings):
    plugins, book = build_plugins(), make_book(*rows, kinds=("ticket_closed",))
    values = [SettingValue(name.replace("__", "."), "house", "", value) for name, value in settings.items()]
    return look_ahead(decide(book, resolve(book, plugins.catalog, values), plugins.strategies))


ASKED = {"last_asked_on": TODAY, "relationship_asked_on": TODAY, "asked_on": [TODAY]}


@pytest.mark.parametrize(
    ("row", "settings", "never"),
    [
        ({}, {}, 0),
        ({"opted_out_on": TODAY}, {}, 1),
        ({}, {"quiet_times__blackouts": "2026-01-01..2040-01-01"}, 1),
        ({}, {"quiet_times__blackouts": "2026-01-01..2028-01-01"}, 0),
        ({}, {"quiet_times__blackouts": "2026-01-01..2040-01-01", "quiet_times__mode": "shadow"}, 0),
        (ASKED, {"relationship_tier__every_days": 3650}, 1),
        (ASKED, {"relationship_tier__every_days": 400}, 0),
        ({}, {"account_share__people": 0}, 1),
        ({}, {"account_share__people": 0, "account_share__mode": "off"}, 0),
        (ASKED, {"account_share__people": 0}, 1),
        ({"owner": None}, {"owner_capacity__open_followups": 0}, 0),
        ({"owner": "maria@house.example"}, {"owner_capacity__open_followups": 0}, 1),
        ({"wish_occasions_off": ["relationship"]}, {"account_share__people": 0}, 0),
    ],
)
def test_never_is_what_no_day_and_no_place_is_left_for(row, settings, never):
    assert outlook(row, **settings).never == never


def test_reasons_are_counted_by_occasion_where_they_decide():
    closed = {"touchpoint_on:ticket_closed": TODAY}
    assert outlook(closed, {}).occasions == {"promise": 0, "touchpoint": 1, "renewal": 0, "relationship": 2}
    assert outlook(closed, {}, touchpoint_followup__mode="shadow").occasions["touchpoint"] == 0


def test_a_run_up_that_ends_in_the_quiet_days_is_found_though_two_strategies_make_it():
    renewal = {"renewal_on": TODAY + timedelta(300)}
    found = warn(outlook(renewal), outlook(renewal, renewal_runup__before_days=10))
    assert list(found) == ["After this, there would be no renewal run-up for any of 1 contact (1 before)."]


def test_nothing_is_said_where_nothing_gets_worse():
    assert not list(warn(Outlook(40, 2, {"renewal": 3}), Outlook(40, 2, {"renewal": 1})))
    assert not list(warn(Outlook(40, 2, {"renewal": 0}), Outlook(40, 1, {})))


def test_where_nobody_is_left_no_occasion_is_named():
    assert list(warn(Outlook(40, 2, {"renewal": 3}), Outlook(40, 40, {"renewal": 0}))) == [
        "After this, 40 of 40 contacts would never be asked (2 before)."
    ]


# when it is set


@pytest.fixture
def book(engine):
    """Four contacts at two accounts, of whom one opted out."""
    with engine.store.write(EVERYTHING) as session:
        for key in ("north", "south"):
            account = make_account(session, key=key)
            make_ask(session, make_contact(session, account), sent_at=NOW - timedelta(days=9), answered_at=NOW)
            make_contact(session, account, opted_out_on=TODAY if key == "north" else None)


FOR_YEARS = "2026-01-01..2040-01-01"


def test_a_setting_that_never_lets_anybody_be_asked_is_warned_of_and_set(engine, book):
    changed = set_settings(engine, {"quiet_times.blackouts": FOR_YEARS})
    assert changed.warnings == ("After this, 4 of 4 contacts would never be asked (1 before).",)
    assert stored(engine) == {("quiet_times.blackouts", "house"): FOR_YEARS}


def test_only_those_whom_it_concerns_are_counted(engine, book):
    changed = set_settings(engine, {"quiet_times.blackouts": FOR_YEARS}, account="south")
    assert changed.warnings == ("After this, 2 of 2 contacts would never be asked (0 before).",)


def test_taking_back_is_foreseen_too(engine, book):
    set_settings(engine, {"quiet_times.blackouts": FOR_YEARS})
    own = set_settings(engine, {"quiet_times.blackouts": ""}, account="south")
    assert own.warnings == ()
    back = reset_settings(engine, ["quiet_times.blackouts"], account="south")
    assert back.warnings == ("After this, 2 of 2 contacts would never be asked (0 before).",)


def test_of_many_only_some_are_looked_at_and_that_is_said(engine, book, monkeypatch):
    monkeypatch.setattr(foresight, "MOST", 2)
    changed = set_settings(engine, {"quiet_times.blackouts": FOR_YEARS})
    assert changed.warnings == (
        "After this, 2 of 2 contacts would never be asked (1 before). We looked at one account in 2.",
    )


@pytest.mark.parametrize("pair", [{"company.name": "Halden"}, {"usual_hour.to": 12}, {"fatigue_limits.max_asks": 5}])
def test_what_lets_everybody_be_asked_is_set_without_a_word(engine, book, pair):
    assert set_settings(engine, pair).warnings == ()
