"""Our own people: who may sign in, which teams there are, who is in them, and whose accounts are whose."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from admin.access import here, needs
from admin.desk import desk
from admin.forms import text_field
from admin.signing_in import send_welcome
from engine.operations import users
from engine.operations.users import TEAM_ROLES


@desk.get("/team", endpoint="list_people")
@needs("lead")
def show_people() -> ResponseReturnValue:
    everyone, teams = users.list_everyone(here().engine)
    colleague = here().colleague
    led = [team for team in teams if colleague.is_admin or team.is_led_by(colleague.email)]
    return render_template("desk/people.html", users=everyone, teams=led, roles=TEAM_ROLES, colleague=colleague)


@desk.post("/team/people")
@needs("admin")
def add_person() -> ResponseReturnValue:
    user, new = users.add_user(here().engine, text_field("email"), name=text_field("name"))
    if new:
        link = users.send_welcome(here().engine, user.email)
        if send_welcome(user.email, link):
            flash(f"{user.email} is added. A link to choose a password with is on its way to them.")
        else:
            flash(f"{user.email} is added, but no mail can be sent. Give them this link, once: {link}", "error")
    else:
        flash(f"{user.email} was a user already.")
    return _back()


@desk.post("/team/people/link")
@needs("admin")
def send_person_link() -> ResponseReturnValue:
    email = text_field("email")
    flash(f"With this link {email} chooses a password, once: {users.send_welcome(here().engine, email)}")
    return _back()


@desk.post("/team/people/factor")
@needs("admin")
def reset_factor() -> ResponseReturnValue:
    email = text_field("email")
    users.reset_factor(here().engine, email)
    flash(f"{email} signs in with the password alone, until they set up another phone.")
    return _back()


@desk.post("/team/people/change")
@needs("admin")
def change_person() -> ResponseReturnValue:
    email = text_field("email")
    users.change_user(here().engine, email, active="active" in request.form, is_admin="is_admin" in request.form)
    flash(f"{email} is changed.")
    return _back()


@desk.post("/team/teams")
@needs("admin")
def add_team() -> ResponseReturnValue:
    users.add_team(here().engine, text_field("name"))
    flash("The team is there.")
    return _back()


@desk.post("/team/teams/<int:team>/people")
@needs("lead")
def place_person(team: int) -> ResponseReturnValue:
    _check_leads(team)
    users.put_in_team(here().engine, team, users.read_email(text_field("email")), text_field("role") or None)
    flash("The team is changed.")
    return _back()


@desk.post("/team/teams/<int:team>/accounts")
@needs("admin")
def place_account(team: int) -> ResponseReturnValue:
    users.give_account(here().engine, team, text_field("account"), taken="taken" in request.form)
    flash("The team is changed.")
    return _back()


def _check_leads(team: int) -> None:
    colleague = here().colleague
    _, teams = users.list_everyone(here().engine)
    if not colleague.is_admin and not any(one.id == team and one.is_led_by(colleague.email) for one in teams):
        raise Forbidden


def _back() -> ResponseReturnValue:
    return redirect(url_for("desk.list_people"), 303)
