"""Clients' links: a signed number and what it opens. No expiry inside: the ask's row decides, so it can be changed."""

from __future__ import annotations

from hashlib import sha256

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from engine.errors import LinkError

PATHS = {"ask": "/s/", "wishes": "/w/", "unsubscribe": "/u/", "promises": "/p/", "welcome": "/admin/welcome/"}
"""Where each kind of link leads. `unsubscribe` takes the token of `wishes`."""


def ask_token(secret: str, ask_id: int) -> str:
    return _signer(secret, "ask").dumps(ask_id)


def read_ask_token(secret: str, token: str) -> int:
    """The ask's id. Raises LinkError for anything that was not signed for an ask with this secret."""
    return _read(secret, "ask", token)


def wishes_token(secret: str, contact_id: int) -> str:
    return _signer(secret, "wishes").dumps(contact_id)


def read_wishes_token(secret: str, token: str) -> int:
    return _read(secret, "wishes", token)


def promises_token(secret: str, contact_id: int) -> str:
    return _signer(secret, "promises").dumps(contact_id)


def read_promises_token(secret: str, token: str) -> int:
    return _read(secret, "promises", token)


WELCOME_DAYS = 3


def welcome_token(secret: str, mark: str) -> str:
    """For one of our own people, to choose a password with. `mark` changes when they do, so it works once."""
    return _welcome_signer(secret).dumps(mark)


def read_welcome_token(secret: str, token: str) -> str:
    """The mark. Raises LinkError also when it has run out."""
    try:
        mark = _welcome_signer(secret).loads(token, max_age=WELCOME_DAYS * 86_400)
    except (BadData, ValueError):
        raise LinkError("This link does not work any more.") from None
    return str(mark)


def _welcome_signer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="heed.welcome", signer_kwargs={"digest_method": sha256})


def calendar_token(secret: str, email: str) -> str:
    return str(_signer(secret, "calendar").dumps(email.casefold()))


def read_calendar_token(secret: str, token: str) -> str:
    """The owner's address. Raises LinkError for anything that was not signed for a calendar with this secret."""
    try:
        email = _signer(secret, "calendar").loads(token)
    except (BadData, ValueError):
        raise LinkError("This link does not work.") from None
    return str(email)


def _signer(secret: str, purpose: str) -> URLSafeSerializer:
    """One salt per purpose, so that a link to an ask never opens the wishes page."""
    return URLSafeSerializer(secret, salt=f"heed.{purpose}", signer_kwargs={"digest_method": sha256})


def _read(secret: str, purpose: str, token: str) -> int:
    try:
        number = _signer(secret, purpose).loads(plain_token(token))
    except (BadData, ValueError):
        raise LinkError("This link does not work.") from None
    if not isinstance(number, int):
        raise LinkError("This link does not work.")
    return number


def plain_token(token: str) -> str:
    """A token without what it took on: mail programs wrap long lines, and take the full stop after a link as its end.

    >>> plain_token("MQ.abc\\n def.")
    'MQ.abcdef'
    """
    return "".join(token.split()).rstrip(".,;:>)")
