"""The way in and out: choosing a password by a link, one's own account, looks of the pages."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user, logout_user

from admin.access import ANYBODY, SIGNED_IN, here, needs
from admin.desk import desk
from admin.looks import answer_script, answer_style
from admin.signing_in import read_new_address, take_new_address
from engine.errors import InputError, LinkError
from engine.operations.calendars import find_calendar
from engine.operations.users import SHORTEST, choose_password, end_sessions, open_welcome
from engine.web.screens import room


@desk.get("/welcome/<token>")
@needs(ANYBODY)
def show_welcome(token: str) -> ResponseReturnValue:
    return render_template("desk/welcome.html", email=open_welcome(room().engine, token), shortest=SHORTEST)


@desk.post("/welcome/<token>")
@needs(ANYBODY)
def send_welcome(token: str) -> ResponseReturnValue:
    try:
        if request.form.get("password", "") != request.form.get("again", ""):
            raise InputError("The two passwords are not the same.")
        choose_password(room().engine, token, request.form.get("password", ""))
    except InputError as error:
        email = open_welcome(room().engine, token)
        return render_template("desk/welcome.html", email=email, shortest=SHORTEST, error=str(error)), 422
    flash("Your password is kept. Sign in with it.")
    return redirect(url_for("security.login"), 303)


@desk.get("/new-address/<token>")
@needs(ANYBODY)
def show_new_address(token: str) -> ResponseReturnValue:
    """Opening the link changes nothing: programs that look through mail open it, too."""
    return render_template("desk/new_address.html", email=read_new_address(token)[1])


@desk.post("/new-address/<token>")
@needs(ANYBODY)
def send_new_address(token: str) -> ResponseReturnValue:
    mark, email = read_new_address(token)
    if getattr(current_user, "fs_uniquifier", None) != mark:  # whoever reads the mail need not be who asked for it
        flash("Sign in with the address that you have now, then say yes.")
        return redirect(url_for("security.login", next=url_for("desk.show_new_address", token=token)), 303)
    take_new_address(token)
    logout_user()
    flash(f"From now on you sign in with {email}.")
    return redirect(url_for("security.login"), 303)


@desk.get("/myself")
@needs(SIGNED_IN)
def show_myself() -> ResponseReturnValue:
    calendar = find_calendar(here().engine, here().colleague.email)
    return render_template("desk/myself.html", colleague=here().colleague, calendar=calendar)


@desk.post("/myself/sign-out-everywhere")
@needs(SIGNED_IN)
def sign_out_everywhere() -> ResponseReturnValue:
    end_sessions(here().engine, here().colleague.email)
    logout_user()
    flash("You are signed out everywhere.")
    return redirect(url_for("security.login"), 303)


@desk.get("/style/<accent>-<mark>.css")
@needs(ANYBODY)
def show_style(accent: str, mark: str) -> ResponseReturnValue:
    if len(accent) != 6 or set(accent) - set("0123456789abcdef"):
        raise LinkError("There is no such colour.")
    return answer_style(accent)


@desk.get("/script/<mark>.js")
@needs(ANYBODY)
def show_script(mark: str) -> ResponseReturnValue:
    return answer_script()
