"""Signing in, out and on again: Flask-Security on our own users, with our mail, our pages and our limits.

A session names a user by `fs_uniquifier`; choosing a password changes that, which ends every session there was. Whoever
has a second factor, or a role that needs one, is let in by a code of their phone after the password, or by a code kept
for when it is lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import segno
from flask import Flask, Request, Response, redirect, render_template, session, url_for
from flask import request as flask_request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_security import (
    MailUtil,
    RoleMixin,
    Security,
    Totp,
    TwoFactorRescueForm,
    TwoFactorSetupForm,
    UserDatastore,
    UserMixin,
)
from flask_security.utils import check_and_get_token_status, verify_hash
from flask_wtf.csrf import CSRFProtect
from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from wtforms import RadioField

from admin.login_settings import NEW_ADDRESS_WITHIN, tell_settings
from engine.data.models import User
from engine.errors import HeedError, LinkError
from engine.operations.addresses import change_address
from engine.operations.users import Login, find_login, keep_login, needs_factor, take_code
from engine.types import Message
from engine.web.screens import room

log = logging.getLogger(__name__)
csrf = CSRFProtect()
TOO_OFTEN = "That was tried too often. Wait a minute, then try again."
LIMITS = {"security.login": "10 per minute;100 per hour", "security.forgot_password": "5 per minute;20 per hour",
          "security.reset_password": "10 per minute", "security.change_password": "10 per minute",
          "desk.send_welcome": "10 per minute", "security.change_email": "5 per minute;20 per hour",
          "security.two_factor_setup": "10 per minute",
          "security.two_factor_setup_validate": "10 per minute"}  # fmt: skip
"""How often an address may post, each process counting for itself."""
CODES = "5 per minute;30 per hour"
GUESSED = ("security.two_factor_token_validation", "security.mf_recovery")
"""Where codes could be guessed: however many addresses somebody comes from, it is one user's code."""


class SignedIn(UserMixin):
    """A user as Flask-Security wants them."""

    fs_uniquifier = ""

    def __init__(self, user: User) -> None:
        self.user = user
        self.id, self.email, self.active = user.id, user.email, user.active
        self.password, self.fs_uniquifier = user.password, user.fs_uniquifier
        self.roles: list[str] = []
        self.tf_totp_secret = user.factor_secret
        self.tf_primary_method = "authenticator" if user.factor_secret else None
        self.tf_phone_number = None
        self.mf_recovery_codes = list(user.recovery_codes or ())
        self.last_counter = user.factor_counter

    def check_tf_required(self, tf_setup_methods: list[Any], tf_fresh: bool) -> tuple[bool, list[Any]]:
        return bool(tf_setup_methods) or self.check_tf_required_setup(), tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        return needs_factor(room().engine, self.email)


class Role(RoleMixin):
    """Flask-Security wants one; ours are of teams, and asked for elsewhere."""


class Logins(UserDatastore):
    """Users in our store, one transaction for each change."""

    def __init__(self) -> None:
        super().__init__(SignedIn, Role)

    def find_user(self, case_insensitive: bool = False, **wanted: Any) -> SignedIn | None:
        found = find_login(room().engine, **wanted)
        return SignedIn(found) if found else None

    def put(self, model: SignedIn) -> SignedIn:
        login = Login(model.password, model.fs_uniquifier, model.tf_totp_secret, model.mf_recovery_codes or ())
        keep_login(room().engine, model.email, login)
        return model

    def tf_reset(self, user: SignedIn) -> None:
        """Without a factor there is nothing to recover."""
        user.mf_recovery_codes = []
        super().tf_reset(user)

    def commit(self) -> None:
        """Each change is kept as it is put."""


class Mail(MailUtil):
    """Messages to our own people go the way that messages to clients go."""

    def send_mail(self, template: str, subject: str, recipient: str, sender: Any, body: str, html: Any, user: Any,
                  **_: Any) -> None:  # fmt: skip
        send_to(recipient, subject, body)


def send_to(recipient: str, subject: str, text: str) -> bool:
    """Whether the mail server took it. Pages say the same either way: who is a user is nobody's business."""
    engine = room().engine
    host = urlsplit(engine.config.public_url).hostname
    message = Message(to=recipient, to_name="", sender=engine.config.sender, sender_name="Heed", subject=subject,
                      text=text, message_id=f"<desk-{token_hex(12)}@{host}>")  # fmt: skip
    try:
        with engine.plugins.channels["email"].open(engine.config) as line:
            return line.deliver(message).outcome == "sent"
    except HeedError as error:
        log.error("a message of the desk could not be sent", exc_info=error)
        return False


def send_welcome(recipient: str, link: str) -> bool:
    """The link to choose a password with, by mail: whoever opens it has shown that the address is theirs."""
    return send_to(recipient, "Choose a password for Heed", render_template("security/email/welcome.txt", link=link))


def read_new_address(token: str) -> tuple[str, str]:
    """What the link that was sent to a new address says: the user's mark, and the address. Raises LinkError."""
    late, wrong, found = check_and_get_token_status(token, "change_email", NEW_ADDRESS_WITHIN)
    user = None if late or wrong else find_login(room().engine, fs_uniquifier=found[0])
    if user is None or not verify_hash(found[1], user.email):
        raise LinkError("This link does not lead anywhere any more. Ask for another one under your name.")
    return found[0], found[2]


def take_new_address(token: str) -> str:
    """Sign in with the new address from now on; the old one hears of it. Raises LinkError."""
    mark, email = read_new_address(token)
    before = change_address(room().engine, mark, email)
    send_to(before, "Your address was changed", render_template("security/email/new_address.txt", email=email))
    return email


class SetUpForm(TwoFactorSetupForm):
    """With the only ways there are; as Flask-Security writes its own, wtforms warns of them."""

    setup = RadioField(choices=["authenticator", "disable"], validate_choice=False)


class RescueForm(TwoFactorRescueForm):
    """Never shown: recovery codes are the way."""

    help_setup = RadioField(choices=["help"], validate_choice=False)


class Codes(Totp):
    """Codes of an app, each taken once (RFC 6238, 5.2); the picture to scan is made by the library we have."""

    def get_last_counter(self, user: SignedIn) -> int | None:
        return user.last_counter

    def set_last_counter(self, user: SignedIn, tmatch: Any) -> None:
        take_code(room().engine, user.email, tmatch.counter)

    def generate_qrcode(self, username: str, totp: str) -> str:
        return segno.make(self.get_totp_uri(username, totp)).svg_data_uri(scale=4, border=4, light="#fff")


class DeskSecurity(Security):
    def _check_modules(self, module: str, config_name: str) -> Any:
        """`Codes` draws without the library that would be asked for."""
        return module == "qrcode" or super()._check_modules(module, config_name)


class DeskSessions(SecureCookieSessionInterface):
    """Sessions below the desk only: clients' pages have none, and nothing of theirs varies by a cookie."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return super().open_session(app, request) if self._has_one(app, request) else self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if self._has_one(app, flask_request):
            super().save_session(app, session, response)

    def _has_one(self, app: Flask, request: Request) -> bool:
        return request.path.startswith(self.get_cookie_path(app))


def set_up(app: Flask, prefix: str) -> None:
    app.session_interface = DeskSessions()
    house = room_of(app)
    secure = house.engine.config.public_url.startswith("https://")
    app.config.update(tell_settings(prefix, house.secret, secure=secure))
    csrf.init_app(app)
    DeskSecurity(app, Logins(), mail_util_cls=Mail, totp_cls=Codes, two_factor_setup_form=SetUpForm,
                 two_factor_rescue_form=RescueForm)  # fmt: skip
    # Flask-Security changes the address when the link is opened, which programs that look through mail do as well.
    app.view_functions["security.change_email_confirm"] = lambda token: redirect(
        url_for("desk.show_new_address", token=token)
    )
    # Nobody is there to read a cry for help by mail: recovery codes are the way, and after those an admin.
    app.view_functions["security.two_factor_rescue"] = lambda: redirect(url_for("security.mf_recovery"))
    app.before_request(_counting(MovingWindowRateLimiter(MemoryStorage())))
    app.jinja_env.globals["public_link"] = lambda endpoint, **values: house.engine.config.link(
        url_for(endpoint, **values)
    )


def room_of(app: Flask) -> Any:
    return app.extensions["heed"]


def _counting(counter: MovingWindowRateLimiter) -> Callable[[], ResponseReturnValue | None]:
    """Count posts, and answer in their place once there are too many."""

    def count() -> ResponseReturnValue | None:
        endpoint = flask_request.endpoint or ""
        if flask_request.method != "POST" or endpoint not in (*LIMITS, *GUESSED):
            return None
        whose = session.get("tf_user_id", "") if endpoint in GUESSED else flask_request.remote_addr
        limits = parse_many(LIMITS.get(endpoint, CODES))
        if all(counter.hit(limit, endpoint, whose or "") for limit in limits):
            return None
        return render_template("desk/error.html", status=429, said=TOO_OFTEN), 429

    return count
