"""Signing in, out and on again: Flask-Security on our own users, with our mail, our pages and our limits.

A session names a user by `fs_uniquifier`; choosing a password changes that, which ends every session there was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, render_template, url_for
from flask import request as flask_request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_security import MailUtil, RoleMixin, Security, UserDatastore, UserMixin
from flask_wtf.csrf import CSRFProtect
from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from engine.data.models import User
from engine.operations.users import SHORTEST, find_login, keep_login
from engine.types import Message
from engine.web.screens import room

csrf = CSRFProtect()
TOO_OFTEN = "That was tried too often. Wait a minute, then try again."
LIMITS = {"security.login": "10 per minute;100 per hour", "security.forgot_password": "5 per minute;20 per hour",
          "security.reset_password": "10 per minute", "security.change_password": "10 per minute",
          "desk.send_welcome": "10 per minute"}  # fmt: skip
"""How often an address may post, each process counting for itself."""


class SignedIn(UserMixin):
    """A user as Flask-Security wants them."""

    fs_uniquifier = ""

    def __init__(self, user: User) -> None:
        self.id, self.email, self.active = user.id, user.email, user.active
        self.password, self.fs_uniquifier = user.password, user.fs_uniquifier
        self.roles: list[str] = []


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
        keep_login(room().engine, model.email, password=model.password, mark=model.fs_uniquifier)
        return model

    def commit(self) -> None:
        """Each change is kept as it is put."""


class Mail(MailUtil):
    """Messages to our own people go the way that messages to clients go."""

    def send_mail(self, template: str, subject: str, recipient: str, sender: Any, body: str, html: Any, user: Any,
                  **_: Any) -> None:  # fmt: skip
        engine = room().engine
        host = urlsplit(engine.config.public_url).hostname
        message = Message(to=recipient, to_name="", sender=engine.config.sender, sender_name="Heed", subject=subject,
                          text=body, message_id=f"<desk-{token_hex(12)}@{host}>")  # fmt: skip
        with engine.plugins.channels["email"].open(engine.config) as line:
            line.deliver(message)


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
    app.config.update(_settings(prefix, house.secret, house.engine.config.public_url.startswith("https://")))
    csrf.init_app(app)
    Security(app, Logins(), mail_util_cls=Mail)
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
        if flask_request.method != "POST" or endpoint not in LIMITS:
            return None
        limits = parse_many(LIMITS[endpoint])
        if all(counter.hit(limit, endpoint, flask_request.remote_addr or "") for limit in limits):
            return None
        return render_template("desk/error.html", status=429, said=TOO_OFTEN), 429

    return count


def _settings(prefix: str, secret: str, secure: bool) -> dict[str, Any]:
    def derived(purpose: str) -> str:
        return sha256(f"{purpose}:{secret}".encode()).hexdigest()

    return {
        "SECRET_KEY": derived("desk session"),
        "SESSION_COOKIE_NAME": "desk",
        "SESSION_COOKIE_PATH": prefix,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        "WTF_CSRF_CHECK_DEFAULT": False,  # clients' pages have signed links instead; the desk checks each of its own
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        "SECURITY_PASSWORD_SINGLE_HASH": True,
        "SECURITY_PASSWORD_SALT": derived("desk salt"),
        "SECURITY_PASSWORD_LENGTH_MIN": SHORTEST,
        "SECURITY_URL_PREFIX": prefix,
        "SECURITY_STATIC_FOLDER": None,
        "SECURITY_POST_LOGIN_VIEW": f"{prefix}/",
        "SECURITY_POST_LOGOUT_VIEW": f"{prefix}/login",
        "SECURITY_LOGOUT_CSRF": True,
        "SECURITY_RECOVERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_POST_CHANGE_VIEW": f"{prefix}/",
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_EMAIL_HTML": False,
        "SECURITY_EMAIL_SUBJECT_PASSWORD_RESET": "Choose a new password",
        "SECURITY_EMAIL_SUBJECT_PASSWORD_NOTICE": "Your password was changed",
        "SECURITY_EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": "Your password was changed",
        "SECURITY_MSG_GENERIC_AUTHN_FAILED": ("This address and this password do not go together.", "error"),
        "SECURITY_MSG_GENERIC_RECOVERY": ("If there is such a user, a message with a link is on its way.", "info"),
        "SECURITY_MSG_PASSWORD_RESET_REQUEST": (
            "If there is such a user, a message with a link is on its way.", "info",
        ),
        "SECURITY_MSG_UNAUTHENTICATED": ("Please sign in.", "info"),
    }  # fmt: skip
