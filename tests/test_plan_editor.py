"""The plan as sentences: what a change would do is shown before it is saved, what was changed is taken back."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine.api import Schema, one_of
from engine.app import create_app, open_house
from engine.config import Config
from engine.house import Engine
from engine.operations.settings import list_settings
from tests.conftest import NOW, SECRET
from tests.desk import ADMIN, Desks, address, furnish, sign_in
from tests.test_desk import send


@pytest.fixture
def desks(engine: Engine) -> Desks:
    return furnish(engine)


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    return site.test_client()


@pytest.fixture
def owner(client: FlaskClient, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(client, engine, address("owner"))


def value(engine: Engine, name: str, account: str = "northwind"):
    return next(shown.value for shown in list_settings(engine, account) if shown.name == name)


def test_what_a_change_would_do_is_shown_and_nothing_is_set(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    page = f"/admin/accounts/{desks.account}/plan"
    tried = send(owner, page, page, action="try", **{"relationship_tier.every_days": "10"})
    assert "What it would do" in tried.text
    assert 'name="relationship_tier.every_days" value="10"' in tried.text
    assert value(engine, "relationship_tier.every_days") == 120
    part = send(owner, f"{page}/forecast", page, **{"relationship_tier.every_days": "10"})
    assert part.text.startswith('<h2 id="what-it-does">What it would do')


def test_a_change_is_saved_with_its_reason_and_taken_back(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    page = f"/admin/accounts/{desks.account}/plan"
    saved = send(owner, page, page, action="save", comment="Agreed on the phone", **{"fatigue_limits.max_asks": "3"})
    assert "1 setting changed" in saved.text
    assert value(engine, "fatigue_limits.max_asks") == 3
    assert "From this account, set by Owner on Tue 24 Nov" in saved.text
    history = owner.get(f"{page}/history").text
    assert "Agreed on the phone" in history
    number = re.search(r"changes/(\d+)/revert", history)
    assert number
    send(owner, f"{page}/changes/{number[1]}/revert", page)
    assert value(engine, "fatigue_limits.max_asks") == 4


def test_one_setting_is_taken_back_where_it_stands(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    page = f"/admin/accounts/{desks.account}/plan"
    send(owner, page, page, action="save", **{"fatigue_limits.max_asks": "3"})
    assert "take it back, to 4" in owner.get(page).text
    send(owner, page, page, reset="fatigue_limits.max_asks")
    assert value(engine, "fatigue_limits.max_asks") == 4


def test_boxes_are_kept_as_they_are_ticked(owner: FlaskClient, engine: Engine, desks: Desks) -> None:
    page = f"/admin/accounts/{desks.account}/plan"
    send(owner, page, page, action="save", **{"fatigue_limits.gap_exempt": ["", "promise", "renewal"]})
    assert value(engine, "fatigue_limits.gap_exempt") == ["promise", "renewal"]
    send(owner, page, page, action="save", **{"fatigue_limits.gap_exempt": [""]})
    assert value(engine, "fatigue_limits.gap_exempt") == []


def test_what_cannot_stand_together_is_said_and_what_was_typed_is_kept(
    owner: FlaskClient, engine: Engine, desks: Desks
) -> None:
    page = f"/admin/accounts/{desks.account}/plan"
    refused = send(owner, page, page, action="save", **{"fatigue_limits.window_days": "5"})
    assert refused.status_code == 422
    assert "must not be shorter than the gap" in refused.text
    assert 'name="fatigue_limits.window_days" value="5"' in refused.text


def test_a_change_of_the_house_is_not_taken_back_by_an_owner(
    site: Flask, owner: FlaskClient, engine: Engine, desks: Desks
) -> None:
    admin = sign_in(site.test_client(), engine, ADMIN)
    send(admin, "/admin/plan", "/admin/plan", action="save", **{"fatigue_limits.max_asks": "2"})
    page = f"/admin/accounts/{desks.account}/plan"
    assert "Change 1" in owner.get(f"{page}/history").text
    assert send(owner, f"{page}/changes/1/revert", page).status_code == 404


def test_a_tier_has_a_plan_and_a_change_of_it_is_warned_of(site: Flask, engine: Engine, desks: Desks) -> None:
    admin = sign_in(site.test_client(), engine, ADMIN)
    tried = send(admin, "/admin/plan/key", "/admin/plan/key", action="try", **{"account_share.people": "0"})
    assert "would never be asked" in tried.text
    send(admin, "/admin/plan/key", "/admin/plan/key", action="save", **{"fatigue_limits.max_asks": "2"})
    assert value(engine, "fatigue_limits.max_asks") == 2


class Third:
    """Wait for the tide.

    A strategy of somebody else's, with a setting of its own.
    """

    __name__ = "tides"

    class Settings(Schema):
        tide = one_of("low", "Ask at this tide.", ("low", "high"))


def test_a_strategy_of_somebody_else_has_its_form(database: str) -> None:
    engine = open_house(Config(database_url=database, secret=SECRET), lambda: NOW, [Third()])
    desks = furnish(engine)
    owner = sign_in(create_app(engine).test_client(), engine, address("owner"))
    page = f"/admin/accounts/{desks.account}/plan"
    assert "Wait for the tide" in owner.get(page).text
    send(owner, page, page, action="save", **{"tides.tide": "high"})
    assert value(engine, "tides.tide") == "high"
    engine.store.close()


def test_a_strategy_is_put_on_trial_from_its_page(site: Flask, engine: Engine, desks: Desks) -> None:
    admin = sign_in(site.test_client(), engine, ADMIN)
    page = "/admin/strategies/fatigue_limits"
    assert "Leave people alone" in admin.get(page).text
    assert "change 1 of the plan" in send(admin, f"{page}/mode", page, mode="shadow").text
    assert value(engine, "fatigue_limits.mode") == "shadow"
