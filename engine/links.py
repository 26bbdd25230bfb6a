"""Clients' links: a signed number and what it opens. No expiry inside: the ask's row decides, so it can be changed."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Any

from itsdangerous import BadData, Serializer, URLSafeSerializer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode

from engine.errors import LinkError

PATHS = {
    "ask": "/s/", "wishes": "/w/", "unsubscribe": "/u/", "promises": "/p/", "shared": "/c/",
    "welcome": "/admin/welcome/",
}  # fmt: skip
"""Where each kind of link leads."""
DESK_PATH = "/admin/asks/"
"""Where the account team sees an ask; a login opens it, and no token."""


def ask_token(secret: str, ask_id: int) -> str:
    return _sign(secret, "ask", ask_id)


def read_ask_token(secret: str, token: str) -> int:
    """The ask's id. Raises LinkError for anything that was not signed for an ask with this secret."""
    found = _read(secret, "ask", token)
    if not isinstance(found, int):
        raise LinkError("This link does not work.")
    return found


def frame_token(secret: str, ask_id: int, until: int) -> str:
    """Opens one ask in a frame, until a moment (seconds since 1970)."""
    return _sign(secret, "frame", [ask_id, until])


def read_frame_token(secret: str, token: str) -> tuple[int, int]:
    """The ask, and until when. Raises LinkError for anything that was not signed for a frame with this secret."""
    found = _read(secret, "frame", token)
    if not isinstance(found, list):
        raise LinkError("This link does not work.")
    return found[0], found[1]


def wishes_token(secret: str, contact_id: int, round: int = 0) -> str:
    return _own(secret, "wishes", contact_id, round)


def unsubscribe_token(secret: str, contact_id: int) -> str:
    """Of no round: what an old message offers has to work for as long as the message is there (RFC 8058)."""
    return _own(secret, "unsubscribe", contact_id, 0)


def promises_token(secret: str, contact_id: int, round: int = 0) -> str:
    return _own(secret, "promises", contact_id, round)


def shared_token(secret: str, contact_id: int, round: int = 0) -> str:
    return _own(secret, "shared", contact_id, round)


def read_contact_token(secret: str, purpose: str, token: str) -> tuple[int, int]:
    """The contact and the round of a link for this purpose: wishes, unsubscribe, promises or shared. Raises LinkError.

    Whoever opens it checks that the round is the contact's present one: that is how links are revoked.
    """
    found = _read(secret, purpose, token)
    return (found[0], found[1]) if isinstance(found, list) else (found, 0)


@lru_cache(maxsize=1024)
def _own(secret: str, purpose: str, contact_id: int, round: int) -> str:
    return _sign(secret, purpose, [contact_id, round] if round else contact_id)


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
    return URLSafeTimedSerializer(secret.splitlines(), salt="heed.welcome", signer_kwargs={"digest_method": sha256})


CALENDARS = {"promises": "calendar", "asks": "agenda"}
"""Calendars that our own people's programs subscribe to, each by links of its own purpose."""


def calendar_token(secret: str, email: str, kind: str = "promises", left: int = 0) -> str:
    """`left`: how often somebody has given this address up; what was signed before then opens nothing any more."""
    return _sign(secret, CALENDARS[kind], [email.casefold(), left] if left else email.casefold())


def read_calendar_token(secret: str, token: str, kind: str = "promises") -> tuple[str, int]:
    """The owner's address, and `left`. Raises LinkError for anything not signed for this calendar with this secret."""
    found = _unsign(secret, CALENDARS[kind], token)
    email, left = found if isinstance(found, list) else (found, 0)
    return str(email), int(left)


@lru_cache(maxsize=1024)
def _read(secret: str, purpose: str, token: str) -> int | list[int]:
    found: int | list[int] = _unsign(secret, purpose, plain_token(token))
    parts = found if isinstance(found, list) and len(found) == 2 else [found]
    if not all(isinstance(part, int) for part in parts):
        raise LinkError("This link does not work.")
    return found


def _sign(secret: str, purpose: str, said: object) -> str:
    return str(_signer(secret, purpose).dumps(said))


def _unsign(secret: str, purpose: str, token: str) -> Any:
    """What was signed. Raises LinkError for anything that was not signed for this purpose with one of these secrets."""
    try:
        return _signer(secret, purpose).loads(token)
    except (BadData, ValueError):
        raise LinkError("This link does not work.") from None


class _Links(URLSafeSerializer):
    """Never compressed, so that an address does not change with what is shortest, and begins with no dot."""

    def dump_payload(self, obj: Any) -> bytes:
        return base64_encode(Serializer.dump_payload(self, obj))


@lru_cache
def _signer(secret: str, purpose: str) -> _Links:
    """One key per purpose, so that a link to an ask never opens the wishes page.

    `secret` may be several, one a line: the last signs, and links that an earlier one signed still open.
    """
    return _Links(secret.splitlines(), salt=f"heed.{purpose}", signer_kwargs={"digest_method": sha256})


def plain_token(token: str) -> str:
    """A token without what it took on: mail programs wrap long lines, and take the full stop after a link as its end.

    >>> plain_token("MQ.abc\\n def.")
    'MQ.abcdef'
    """
    return "".join(token.split()).rstrip(".,;:>)")
