"""A survey inside the company's own product: shown to whoever is signed in there, where one is under way for them.

Nothing is decided here: an ask that was made and sent, by whatever way, is shown until it is answered. So there is
never a second one, and everything that holds people back holds here, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from engine.data.asks import find_open_ask
from engine.data.clients import find_asks
from engine.errors import LinkError
from engine.house import Engine
from engine.identity import read_identity
from engine.links import ask_token, frame_token, read_frame_token
from engine.operations.company import read_link_secret
from engine.operations.forms import Form, read_forms

FRAME_LIFE = timedelta(hours=24)
"""How long a frame opens: as long as a page may stay open in somebody's product."""


@dataclass(frozen=True)
class Due:
    """An ask that is under way. `frame`: the token its frame opens by; `mark`: tells it from others, opens nothing."""

    frame: str
    mark: str
    form: Form


def find_due(engine: Engine, token: str) -> Due | None:
    """The ask that waits for whoever the product says is signed in. Changes nothing. Raises LinkError."""
    keys, now = engine.config.embed_keys.split(), engine.clock()
    who = read_identity(token, keys, now, engine.config.public_url)
    with engine.store.read(engine.scope) as session:
        ask_id = find_open_ask(session, who.account, who.subject, now)
        if ask_id is None:
            return None
        secret = read_link_secret(engine, session)
        form = read_forms(engine, session, find_asks(session, [ask_id]))[0]
    mark = sha256(f"{secret} {ask_id}".encode()).hexdigest()[:16]
    return Due(frame_token(secret, ask_id, int((now + FRAME_LIFE).timestamp())), mark, form)


def open_frame(engine: Engine, token: str) -> str:
    """The link token of the ask that a frame shows. Raises LinkError."""
    with engine.store.read(engine.scope) as session:
        secret = read_link_secret(engine, session)
    ask_id, until = read_frame_token(secret, token)
    if until <= engine.clock().timestamp():
        raise LinkError("This link has run out.", about="expired")
    return ask_token(secret, ask_id)
