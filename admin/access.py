"""Who is signed in, and what they may do. One gate: every view says which role it needs, and of which account it is.

A view's arguments tell whose account it is about: `account`, `contact`, `promise`, `ask` and `voice` are ids. They are
looked for within the accounts of whoever is signed in, so that what belongs to others is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from engine.data.models import Account, Contact
from engine.data.store import Scope
from engine.errors import NotFoundError
from engine.house import Engine
from engine.operations.relations import find_account_behind
from engine.operations.users import Colleague, read_colleague
from engine.operations.worklists import find_kept
from engine.web.screens import room

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

ANYBODY = "anybody"
"""Needs nobody to be signed in."""
SIGNED_IN = "signed in"
"""Needs no role: for what is one's own, as promises are that somebody answers for without being in a team."""
KEEPERS = ("viewer", "member")
"""What whoever answers for a promise may do with it."""


@dataclass(frozen=True)
class Desk:
    """Whose desk it is, the house within their accounts, and what the page is about."""

    colleague: Colleague
    engine: Engine
    account: Account | None = None
    contact: Contact | None = None
    keeps: bool = False
    """Whether they answer for the promise that the page is about, and so may see and keep it without any role."""

    def may(self, role: str) -> bool:
        """Whether they may do what needs this role here."""
        of = self.account.id if self.account else None
        return (self.keeps and role in KEEPERS) or self.colleague.may(role, of)


def needs(role: str) -> Callable[[View], View]:
    """The least role that a view is for: of its account, or of any where it has none."""

    def mark(view: View) -> View:
        view.needs = role  # type: ignore[attr-defined]
        return view

    return mark


def check() -> ResponseReturnValue | None:
    """Let nobody in without a role; whoever is not signed in is sent to the door."""
    view = current_app.view_functions.get(request.endpoint or "")
    role = getattr(view, "needs", "admin")
    if role == ANYBODY:
        return None
    if not current_user.is_authenticated:
        if request.method != "GET":
            return abort(401)
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
    _sit_down(request.view_args or {})
    if role != SIGNED_IN and not g.desk.may(role):
        abort(403)
    return None


def _sit_down(arguments: dict[str, Any]) -> None:
    """Know whose desk it is, and then what the page is about: whatever is not theirs is not there."""
    house = room().engine
    colleague = read_colleague(house, current_user.email, current_user.user)
    scope, kept = colleague.scope, find_kept(house, colleague, arguments.get("promise", 0))
    engine = house.acting_as(colleague.email, Scope(frozenset({*(scope.accounts or ()), kept})) if kept else scope)
    engine = replace(engine, memory={}) if request.method == "GET" else engine
    g.desk = Desk(colleague, engine)
    about = {name: arguments[name] for name in ("account", "contact", "promise", "ask", "voice") if name in arguments}
    if about:
        account, contact = find_account_behind(engine, **about)
        g.desk = Desk(colleague, engine, account, contact, keeps=kept is not None)


def here() -> Desk:
    """The desk of this request."""
    found: Desk = g.desk
    return found


def account() -> Account:
    """The account that this page is about."""
    found = here().account
    if found is None:
        raise NotFoundError("There is no such account.")
    return found


def contact() -> Contact:
    """The contact that this page is about."""
    found = here().contact
    if found is None:
        raise NotFoundError("There is no such person.")
    return found


ROOMS = (
    ("show_today", "Today", "viewer"),
    ("list_accounts", "Accounts", "viewer"),
    ("list_asks", "Asks", "viewer"),
    ("list_promises", "Promises", "viewer"),
    ("list_voices", "Voices", "viewer"),
    ("list_surveys", "Surveys", "viewer"),
    ("show_programme", "Programme", "lead"),
    ("show_house_plan", "Plan", "admin"),
    ("list_strategies", "Strategies", "viewer"),
    ("show_imports", "Imports", "admin"),
    ("list_people", "People", "lead"),
    ("list_changes", "Changes", "admin"),
)


def rooms() -> list[tuple[str, str]]:
    """The rooms that are open to whoever is signed in."""
    colleague = visitor()
    return [(endpoint, name) for endpoint, name, role in ROOMS if colleague and colleague.may(role)]


def visitor() -> Colleague | None:
    """Who is signed in, for templates."""
    desk = g.get("desk")
    return desk.colleague if desk else None
