"""What Flask-Security and the sessions of the desk are told: what we always want, and what depends on the house."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any

from engine.operations.users import SHORTEST

NEW_ADDRESS_WITHIN = timedelta(hours=2)
FRESH = timedelta(minutes=10)
"""After so long whoever wants another address, or another second factor, is asked for the password again."""

ALWAYS: dict[str, Any] = {
    "SECURITY_TWO_FACTOR": True,
    "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
    "SECURITY_TOTP_ISSUER": "Heed",
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": 8,
    "SECURITY_MSG_TWO_FACTOR_INVALID_TOKEN": ("This code is not right, or was used already.", "error"),
    "SECURITY_MSG_TWO_FACTOR_LOGIN_SUCCESSFUL": ("", "info"),
    "SECURITY_MSG_TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (
        "From now on you sign in with a code of your phone, too. Make recovery codes next.", "info",
    ),
    "SECURITY_MSG_TWO_FACTOR_DISABLED": ("A password is enough again.", "info"),
    "SECURITY_MSG_INVALID_RECOVERY_CODE": ("This code is not right, or was used already.", "error"),
    "SECURITY_MSG_TWO_FACTOR_PERMISSION_DENIED": ("Please sign in.", "info"),
    "SESSION_COOKIE_NAME": "desk",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
    "WTF_CSRF_CHECK_DEFAULT": False,  # clients' pages have signed links instead; the desk checks each of its own
    "WTF_CSRF_TIME_LIMIT": 12 * 3600,
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_SCHEMES": ["argon2"],
    "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
    "SECURITY_PASSWORD_SINGLE_HASH": True,
    "SECURITY_PASSWORD_LENGTH_MIN": SHORTEST,
    "SECURITY_STATIC_FOLDER": None,
    "SECURITY_LOGOUT_CSRF": True,
    "SECURITY_RECOVERABLE": True,
    "SECURITY_CHANGEABLE": True,
    "SECURITY_CHANGE_EMAIL": True,
    "SECURITY_FRESHNESS": FRESH,
    "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(0),
    "SECURITY_CHANGE_EMAIL_WITHIN": NEW_ADDRESS_WITHIN,
    "SECURITY_CHANGE_EMAIL_SUBJECT": "Is this your new address?",
    "SECURITY_MSG_CHANGE_EMAIL_SENT": (
        "A message with a link is on its way to %(email)s. Until it is opened, nothing changes.", "info",
    ),
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    "SECURITY_API_ENABLED_METHODS": ["session"],
    "SECURITY_EMAIL_HTML": False,
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},  # a name server need not know our own users
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


def tell_settings(prefix: str, secret: str, *, secure: bool) -> dict[str, Any]:
    """All of them. `secret`: the house's, every one there was by lines; `secure`: cookies go over https only."""

    def derived(purpose: str, of: str = secret) -> str:
        return sha256(f"{purpose}:{of}".encode()).hexdigest()

    ages = secret.split("\n")  # the earliest first: what was encrypted before a change of the secret opens still
    keys = [urlsafe_b64encode(bytes.fromhex(derived("desk recovery", one))) for one in reversed(ages)]
    return ALWAYS | {
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": f"{prefix}/myself",
        "SECURITY_TOTP_SECRETS": {str(age): derived("desk codes", one) for age, one in enumerate(ages, start=1)},
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": keys,
        "SECRET_KEY": derived("desk session"),
        "SESSION_COOKIE_PATH": prefix,
        "SESSION_COOKIE_SECURE": secure,
        "SECURITY_PASSWORD_SALT": derived("desk salt"),
        "SECURITY_URL_PREFIX": prefix,
        "SECURITY_POST_LOGIN_VIEW": f"{prefix}/",
        "SECURITY_POST_LOGOUT_VIEW": f"{prefix}/login",
        "SECURITY_POST_CHANGE_VIEW": f"{prefix}/",
    }
