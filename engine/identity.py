"""Who is signed in to the company's own product, said by it in a JSON Web Token (RFC 7519) that it signs.

HS256 and nothing else (RFC 8725, 3.1): a token that names another algorithm, or none, is refused before its signature
is looked at. It names the account and the contact, and lives for an hour at most, so a copy of it soon says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import jwt

from engine.errors import LinkError

LONGEST = 4096
"""Characters of a token."""
LONGEST_LIFE = 3600
LEEWAY = 60
"""Seconds by which two clocks may differ."""
REQUIRED = ("sub", "account", "exp")


@dataclass(frozen=True)
class Identity:
    """`subject`: the contact's key at the account, or their e-mail address."""

    account: str
    subject: str


def read_identity(token: str, keys: Sequence[str], now: datetime, audience: str) -> Identity:
    """Who a token says is signed in, by whichever of the keys signed it. Raises LinkError; it never says why."""
    for key in keys:
        try:
            return _read(token.strip(), key, now.timestamp(), audience)
        except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError):
            continue
    raise LinkError("This token says nothing that can be believed.", about="identity")


def _read(token: str, key: str, now: float, audience: str) -> Identity:
    if len(token) > LONGEST:
        raise ValueError("too long")
    # Times are looked at below, against the house's own clock.
    options = {"require": list(REQUIRED), "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    said = jwt.decode(token, key, algorithms=["HS256"], options={**options, "verify_aud": False})  # type: ignore[arg-type]
    for name in ("exp", "nbf", "iat"):
        if name in said and type(said[name]) not in (int, float):
            raise ValueError(name)
    if not now - LEEWAY < said["exp"] <= now + LONGEST_LIFE + LEEWAY:
        raise ValueError("exp")
    if max(said.get("nbf", now), said.get("iat", now)) > now + LEEWAY:
        raise ValueError("nbf")
    if said.get("aud", audience) != audience:
        raise ValueError("aud")
    return Identity(_words(said["account"]), _words(said["sub"]))


def _words(text: object) -> str:
    if not isinstance(text, str) or not 0 < len(text.strip()) <= 320:
        raise ValueError("no name")
    return text.strip()
