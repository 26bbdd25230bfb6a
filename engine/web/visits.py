"""How a link is exchanged: for a cookie of its own, and an address that no longer holds the key.

A page that was opened by its link, `/s/TOKEN`, sets a cookie that opens this one thing, and has a second address,
`/s/~HANDLE`, which leads there with that cookie only. The script puts it in the address bar at once, a form that was
sent leads there, too. So a history, a screenshot or a copied address gives nothing away, and the first view takes no
redirect. Where a browser keeps no cookies, as in a frame of another site, everything goes by the link.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote, urlencode

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from engine.errors import LinkError
from engine.links import plain_token

MARK = "~"
"""What an address without a token begins with. No token does: it is not in their alphabet."""


@dataclass(frozen=True)
class Visit:
    """Who came by which link. `kind`: the first part of its path; `has_cookie`: the browser keeps ours."""

    kind: str
    token: str
    has_cookie: bool
    framed: str = ""
    """The token of the frame, where it is shown in one."""

    @property
    def name(self) -> str:
        return MARK + _handle(self.kind, self.token)

    @property
    def address(self) -> str:
        """The address without the token; a frame's is seen by nobody."""
        return f"/{self.kind}/{self.framed or self.name}"

    @property
    def place(self) -> str:
        """What to lead back to: the name where the cookie is there, else the token."""
        return self.framed or (self.name if self.has_cookie else self.token)

    def back(self, **query: str | None) -> str:
        """The address to lead back to."""
        asked = urlencode({name: value for name, value in query.items() if value})
        return f"/{self.kind}/{quote(self.place, safe='~')}{'?' if asked else ''}{asked}"


def arrive(kind: str, asked: str) -> Visit:
    """The visit behind `/KIND/ASKED`. Raises LinkError where an address without a token came without its cookie."""
    if not asked.startswith(MARK):
        token = plain_token(asked)
        return Visit(kind, token, request.cookies.get(_cookie(kind, token)) == token)
    token = request.cookies.get(f"heed-{asked[1:]}", "")
    if _handle(kind, token) != asked[1:] or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise LinkError("This page opens from the message that brought you here.", about="cookie")
    return Visit(kind, token, True)


def welcome(visit: Visit, answer: ResponseReturnValue, *, secure: bool) -> Response:
    """The answer to a visit, with the cookie that it is exchanged for."""
    response = make_response(answer)
    if not visit.has_cookie and not visit.framed and response.status_code == 200:
        response.set_cookie(
            _cookie(visit.kind, visit.token), visit.token, path=f"/{visit.kind}/", secure=secure, httponly=True,
            samesite="Lax",
        )  # fmt: skip
    return response


def _cookie(kind: str, token: str) -> str:
    return f"heed-{_handle(kind, token)}"


@lru_cache(maxsize=1024)
def _handle(kind: str, token: str) -> str:
    """Tells one link from another and opens nothing: there is no way back from it to the token."""
    return sha256(f"{kind} {token}".encode(errors="replace")).hexdigest()[:16]
