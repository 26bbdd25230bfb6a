"""Who may open which page and take which step: every route of the desk, for everybody, of their team and another."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from engine.house import Engine
from engine.operations.users import RANKS
from tests.desk import ADMIN, ROLES, STRANGER, Desks, address, furnish, sign_in

ANYBODY, SIGNED_IN = "anybody", "signed in"
NEEDS = {
    "security.login": ANYBODY, "security.logout": ANYBODY, "security.forgot_password": ANYBODY,
    "security.reset_password": ANYBODY, "security.change_password": SIGNED_IN, "security.verify": SIGNED_IN,
    "security.two_factor_setup": SIGNED_IN, "security.two_factor_setup_validate": SIGNED_IN,
    "security.two_factor_token_validation": ANYBODY, "security.two_factor_rescue": ANYBODY,
    "security.tf_select": ANYBODY,
    "security.mf_recovery": ANYBODY, "security.mf_recovery_codes": SIGNED_IN, "desk.reset_factor": "admin",
    "security.change_email": SIGNED_IN, "security.change_email_confirm": ANYBODY, "desk.show_new_address": ANYBODY,
    "desk.send_new_address": ANYBODY,
    "desk.show_welcome": ANYBODY, "desk.send_welcome": ANYBODY, "desk.show_style": ANYBODY, "desk.show_script": ANYBODY,
    "desk.show_desk": SIGNED_IN, "desk.list_mine": SIGNED_IN,
    "desk.show_today": "viewer", "desk.search": "viewer", "desk.show_myself": SIGNED_IN,
    "desk.sign_out_everywhere": SIGNED_IN, "desk.list_accounts": "viewer", "desk.list_asks": "viewer",
    "desk.list_calls": "viewer", "desk.show_call": "viewer", "desk.send_call": "member", "desk.show_calendar": "viewer",
    "desk.send_part_owner": "owner", "desk.simulate_plan": "admin", "desk.show_trial": "viewer",
    "desk.show_programme": "lead", "desk.send_programme": "lead",
    "desk.list_initiatives": "viewer", "desk.make_initiative": "member", "desk.show_initiative": "viewer",
    "desk.extend_initiative": "member", "desk.narrow_initiative": "member", "desk.publish_initiative": "admin",
    "desk.show_ledger": "viewer", "desk.list_absences": "viewer", "desk.send_absence": "viewer",
    "desk.send_return": "viewer",
    "desk.show_link": "member", "desk.show_terms": "owner", "desk.send_terms": "owner", "desk.show_logo": "owner",
    "desk.send_logo": "owner", "desk.show_house_logo": "admin", "desk.send_house_logo": "admin",
    "desk.show_guess": "viewer", "desk.send_guess": "member", "desk.list_sides": "viewer",
    "desk.list_promises": "viewer", "desk.list_voices": "viewer", "desk.list_strategies": "viewer",
    "desk.show_strategy": "viewer", "desk.approve_many": "owner",
    "desk.show_account": "viewer", "desk.show_plan": "viewer", "desk.show_plan_history": "viewer",
    "desk.add_voice": "member", "desk.add_touchpoint": "member", "desk.add_contact": "member",
    "desk.promise_from_voice": "member", "desk.show_brief": "viewer",
    "desk.add_promise": "member", "desk.send_plan": "owner", "desk.show_forecast": "owner", "desk.revert_plan": "owner",
    "desk.show_why": "viewer", "desk.show_preview": "viewer", "desk.show_preview_survey": "viewer",
    "desk.show_preview_message": "viewer", "desk.show_promise": "viewer", "desk.take_step": "member",
    "desk.approve_one": "owner", "desk.send_note": "member", "desk.send_move": "owner", "desk.send_skip": "owner",
    "desk.show_house_plan": "admin", "desk.send_house_plan": "admin", "desk.show_tier_plan": "admin",
    "desk.send_tier_plan": "admin", "desk.send_mode": "admin", "desk.show_imports": "admin",
    "desk.send_imports": "admin", "desk.show_files": "admin", "desk.send_files": "admin", "desk.show_rejected": "admin",
    "desk.show_import": "admin", "desk.show_undo": "admin", "desk.send_undo": "admin",
    "desk.list_changes": "admin", "desk.list_people": "lead",
    "desk.add_person": "admin", "desk.send_person_link": "admin", "desk.change_person": "admin",
    "desk.add_team": "admin", "desk.place_person": "lead", "desk.place_account": "admin",
    "desk.list_surveys": "viewer", "desk.show_survey": "viewer", "desk.show_survey_page": "viewer",
    "desk.show_survey_versions": "viewer", "desk.revert_survey": "admin", "desk.follow_survey_file": "admin",
    "desk.retire_survey": "admin", "desk.start_survey": "admin", "desk.edit_survey": "admin",
    "desk.send_survey": "admin", "desk.show_survey_draft": "admin",
}  # fmt: skip
"""The least role for every route; a route that is not here fails. Of its account, where the address names one."""
OF_AN_ACCOUNT = ("account", "contact", "promise", "ask", "voice")
REFUSED = (401, 403, 404)
VISITORS = ("nobody", *map(address, ROLES), ADMIN, STRANGER)


@pytest.fixture
def desks(engine: Engine) -> Desks:
    return furnish(engine)


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    return site.test_client()


def routes(site: Flask) -> list[tuple[Rule, str]]:
    """Every route of the desk, with each verb."""
    rules = [rule for rule in site.url_map.iter_rules() if rule.rule.startswith("/admin")]
    return [(rule, verb) for rule in rules for verb in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]


def url_of(site: Flask, rule: Rule, desks: Desks) -> str:
    known = vars(desks) | {"tier": "key", "name": "fatigue_limits", "step": "agree", "number": 1, "token": "none",
                           "initiative": 1, "accent": "2f5d62", "mark": "0",
                           "survey": "relationship"}  # fmt: skip
    with site.test_request_context():
        url: str = site.url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
    return url


def test_every_route_has_a_row(site: Flask) -> None:
    assert {rule.endpoint for rule, _ in routes(site)} == set(NEEDS)


@pytest.mark.parametrize("visitor", VISITORS)
def test_everybody_comes_as_far_as_their_role_reaches(site: Flask, engine: Engine, desks: Desks, visitor: str) -> None:
    site.config["WTF_CSRF_ENABLED"] = False
    wrong = []
    for rule, verb in routes(site):
        if NEEDS[rule.endpoint] in (ANYBODY, SIGNED_IN):
            continue
        client = site.test_client()
        if visitor != "nobody":
            sign_in(client, engine, visitor)
        answer = client.open(url_of(site, rule, desks), method=verb)
        if said := _is_wrong(rule, verb, visitor, answer):
            wrong.append(said)
    assert wrong == []


def _is_wrong(rule: Rule, verb: str, visitor: str, answer: Any) -> str:
    got = f"{verb} {rule.rule} for {visitor}: {answer.status_code}"
    if answer.status_code >= 500:
        return got
    if visitor == "nobody":
        sent_away = answer.status_code == 401 or "/admin/login" in answer.headers.get("Location", "")
        return "" if sent_away else got
    about = [name for name in OF_AN_ACCOUNT if name in rule.arguments]
    if visitor == STRANGER and (about or "team" in rule.arguments):
        return "" if answer.status_code in REFUSED else got
    role = {ADMIN: "admin", STRANGER: "lead"}.get(visitor, visitor.partition("@")[0])
    reaches = RANKS.index(role) >= RANKS.index(NEEDS[rule.endpoint])
    return "" if reaches == (answer.status_code not in (401, 403)) else got


@pytest.mark.parametrize("visitor", [None, ADMIN])
def test_no_form_of_another_site_is_taken(site: Flask, engine: Engine, desks: Desks, visitor: str | None) -> None:
    client = site.test_client()
    if visitor:
        sign_in(client, engine, visitor)
    unsafe = [rule for rule, verb in routes(site) if verb != "GET"]
    taken = {
        rule.rule: code
        for rule in unsafe
        if (code := client.post(url_of(site, rule, desks), data={"password": "x"}).status_code) not in (400, 401)
    }
    # Flask-Security shows its own forms again, with what is wrong, or sends those away who are signed in already.
    shown_again = {"/admin/login", "/admin/reset", "/admin/reset/<token>", "/admin/change", "/admin/verify",
                   "/admin/logout", "/admin/change-email", "/admin/tf-rescue",
                   "/admin/tf-setup/<token>", "/admin/mf-recovery",
                   "/admin/mf-recovery-codes"}  # fmt: skip
    assert set(taken) <= shown_again


def test_what_another_team_has_is_in_no_list(client: FlaskClient, engine: Engine, desks: Desks) -> None:
    sign_in(client, engine, address("lead"))
    for page in (
        "today",
        "today?whose=everybody",
        "accounts",
        "asks",
        "calls",
        "calendar",
        "promises?state=all",
        "voices",
        "search?q=north",
    ):
        text = client.get(f"/admin/{page}").text
        assert "Southwind" not in text, page
    assert "Northwind" in client.get("/admin/search?q=north").text


def test_asks_of_another_team_are_not_approved_with_ones_own(
    site: Flask, client: FlaskClient, engine: Engine, desks: Desks
) -> None:
    site.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, engine, address("owner"))
    said = client.post("/admin/asks/approve", data={"ask": [desks.ask, desks.theirs["ask"]]}, follow_redirects=True)
    assert "1 ask approved." in said.text


def test_a_person_and_an_account_that_do_not_belong_together_are_not_there(
    client: FlaskClient, engine: Engine, desks: Desks
) -> None:
    sign_in(client, engine, address("lead"))
    assert client.get(f"/admin/people/{desks.theirs['contact']}/why").status_code == 404
