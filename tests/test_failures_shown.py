"""Where a plugin that fails is seen: in the plan, the explanation, the forecast, `heed strategies` and `heed check`."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from engine.app import create_app
from engine.cli import main
from engine.decide.page import explanation_as_text
from engine.house import Engine
from engine.operations.decisions import explain_contact
from engine.operations.futures import forecast_account
from engine.operations.planning import plan_asks, read_health
from engine.operations.users import add_user
from engine.registry import build_plugins
from engine.types import Hold
from tests.desk import ADMIN, sign_in
from tests.factories import make_account, make_contact
from tests.test_planner import plugin

TODAY = date(2026, 11, 24)
NEVER = pl.lit(None, pl.Date)


def failing(book: Any, settings: Any) -> Any:
    raise RuntimeError("the CRM is down")


def house_with(engine: Engine, **hooks: Any) -> Engine:
    """A house with one contact who would be asked today, and a plugin."""
    with engine.store.write(engine.scope) as session:
        account = make_account(session, key="north", owner_email="maria@harbour.example")
        make_contact(session, account, key="ada", email="ada@north.example", created_on=date(2020, 1, 1))
    return replace(engine, plugins=build_plugins([plugin("guest", **hooks)]))


def test_the_account_team_reads_that_a_rule_failed_and_which(engine: Engine) -> None:
    told = explain_contact(house_with(engine, hold_until=failing), "ada", TODAY)
    assert (told.decision, told.next_ask_on) == ("hold", date(2026, 11, 25))
    page = explanation_as_text(told)
    assert "not before Wed 25 Nov: one of our rules could not be worked out, so we wait a day to be safe" in page
    assert "guest failed in hold_until: RuntimeError: the CRM is down." in page


def test_a_plan_tells_failures_and_keeps_how_each_plugin_did(engine: Engine) -> None:
    house = house_with(engine, hold_until=failing, worth=lambda book, settings: 1)
    assert read_health(house) == {}
    funnel = plan_asks(house, TODAY)
    hooks = [error.partition(":")[0] for error in funnel.errors]
    assert hooks == ["guest failed in hold_until", "guest failed in worth"]
    assert "! guest failed in worth: it returned int, not Expr or Worth. It has no say in that" in funnel.as_text()
    health = read_health(house)["guest"]
    assert (health["calls"], health["failures"], health["last_error"]) == (2, 2, funnel.errors[-1])
    assert read_health(house)["consent"]["failures"] == 0


def test_a_plan_tells_which_plugin_took_long(engine: Engine) -> None:
    funnel = plan_asks(house_with(engine), TODAY)
    funnel.plugins["guest"]["seconds"] = 3.21
    assert "! guest took 3.2 s" in funnel.as_text().splitlines()


def test_a_forecast_goes_on_without_what_fails(engine: Engine) -> None:
    def fail(_: Any) -> Any:
        raise ValueError("odd")

    fragile = pl.col("account_id").map_elements(fail, return_dtype=pl.Float64)
    told = forecast_account(house_with(engine, worth=fragile), "north", TODAY)
    assert told.asks
    assert any("guest failed in worth: ValueError: odd" in error for error in told.errors)


STRANGE = {
    "a name that nothing has": ("because of {last_aksed_on}", {}, "because of unknown"),
    "a fact that fails": ("because of {it}", {"it": pl.col("tier").str.to_date()}, "because of unknown"),
    "a fact of a kind that is no word": ("because of {it}", {"it": pl.struct("tier")}, "because of unknown"),
    "a fact beyond all days": ("because of {it}", {"it": pl.lit(10**8).cast(pl.Date)}, "because of taken back"),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_a_sentence_that_cannot_be_told_is_told_with_a_gap_and_its_rule_counts(engine: Engine, kind: str) -> None:
    because, facts, words = STRANGE[kind]
    until = (pl.col("today").cast(pl.Int32) + 9).cast(pl.Date)
    told = explain_contact(house_with(engine, hold_until=Hold(until=until, because=because, facts=facts)), "ada", TODAY)
    assert told.next_ask_on == date(2026, 12, 3)
    assert [hold["because"] for hold in told.holds if hold["strategy"] == "guest"] == [words]


def test_a_name_in_a_sentence_that_nothing_has_is_told(engine: Engine) -> None:
    house = house_with(engine, hold_until=Hold(until=NEVER, because="since {last_aksed_on}"))
    told = explain_contact(house, "ada", TODAY)
    assert told.errors == (
        "guest failed in hold_until: because names {last_aksed_on}, and nothing is called so. Did you mean "
        "last_asked_on? Whom it might hold is not asked until it is mended or guest.mode is set to off.",
    )


# at the command line


BROKEN = '''
"""A rule that looks things up elsewhere."""
from engine.api import hookimpl

@hookimpl
def hold_until():
    raise RuntimeError("the CRM is down")
'''


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that brings the plugin crm_rule, as pip would install it."""
    site = tmp_path / "site"
    (site / "crm-1.0.dist-info").mkdir(parents=True)
    (site / "crm_rule.py").write_text(BROKEN, encoding="utf-8")
    (site / "crm-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: crm\nVersion: 1.0\n")
    (site / "crm-1.0.dist-info" / "entry_points.txt").write_text("[heed.plugins]\ncrm_rule = crm_rule\n")
    monkeypatch.syspath_prepend(site)


@pytest.mark.usefixtures("installed")
def test_the_strategies_page_shows_what_each_took_and_why_one_failed(runner: CliRunner) -> None:
    assert "failed" not in runner.invoke(main, ["strategies"]).output
    assert runner.invoke(main, ["plan"]).exit_code == 0
    listed = runner.invoke(main, ["strategies"]).output.splitlines()
    line = next(number for number, text in enumerate(listed) if text.startswith("crm_rule"))
    assert "0.00 s" in listed[line]
    assert listed[line + 1].startswith(
        "  ! failed 1 time in the last plan: crm_rule failed in hold_until: RuntimeError: the CRM is down."
    )
    page = runner.invoke(main, ["strategies", "crm_rule"]).output
    assert "In the last plan: 1 call, 0.00 s, 1 failure." in page
    told = json.loads(runner.invoke(main, ["strategies", "crm_rule", "--json"]).output)
    assert (told["last_plan"]["failures"], told["last_plan"]["calls"]) == (1, 1)


@pytest.mark.usefixtures("installed")
def test_the_check_finds_it_before_anybody_is_decided_for(runner: CliRunner) -> None:
    result = runner.invoke(main, ["check"])
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "plugin crm_rule: crm_rule failed in hold_until: RuntimeError: the CRM is down. Whom it might hold is not "
        "asked until it is mended or crm_rule.mode is set to off.",
        "1 mistake found.",
    ]


def test_the_desk_shows_what_each_strategy_took_of_the_last_plan_whichever_process_made_it(engine: Engine) -> None:
    plan_asks(house_with(engine, hold_until=failing), TODAY)
    add_user(engine, ADMIN, is_admin=True)
    house = replace(engine, plugins=build_plugins([plugin("guest", hold_until=failing)]))
    desk = sign_in(create_app(house).test_client(), house, ADMIN)
    listed, page = desk.get("/admin/strategies").text, desk.get("/admin/strategies/guest").text
    for text in (listed, page):
        assert "guest failed in hold_until: RuntimeError: the CRM is down" in text
    assert "In the last plan it was asked 1 time" in page
    assert "it failed 1 time" in page
