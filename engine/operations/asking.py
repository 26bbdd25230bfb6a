"""The link to the survey that is under way for somebody: to be handed over by hand, or printed as a QR code."""

from __future__ import annotations

from typing import Any

import segno

from engine.data.asks import find_open_ask
from engine.data.calls import find_ask
from engine.data.models import Ask
from engine.errors import NotFoundError
from engine.house import Engine
from engine.links import ask_token
from engine.operations.company import read_link_secret
from engine.operations.decisions import find_one_contact


def find_link(engine: Engine, who: str) -> str:
    """The address of the survey that waits for a contact, named by e-mail, key or ACCOUNT/KEY. Raises NotFoundError."""
    with engine.store.read(engine.scope) as session:
        contact = find_one_contact(session, who)
        ask_id = find_open_ask(session, contact.account.key, contact.key, engine.clock())
        if ask_id is None:
            raise NotFoundError(
                f"No survey is under way for “{who}”. `heed explain {contact.account.key}/{contact.key}` says why.",
                about=who,
            )
        return engine.config.link(f"/s/{ask_token(read_link_secret(engine, session), ask_id)}")


def find_link_of(engine: Engine, ask_id: int) -> tuple[Ask, str]:
    """An ask, and the address of its survey; empty where it is not under way. Raises NotFoundError."""
    with engine.store.read(engine.scope) as session:
        ask = find_ask(session, ask_id)
        if ask is None:
            raise NotFoundError("There is no such ask.", about=str(ask_id))
        if find_open_ask(session, ask.account.key, ask.contact.key, engine.clock()) != ask_id:
            return ask, ""
        return ask, engine.config.link(f"/s/{ask_token(read_link_secret(engine, session), ask_id)}")


PRINTED: dict[str, Any] = {"scale": 8, "border": 4, "light": "#fff"}
"""How a code is saved: large enough for a letter, with the margin that readers need (ISO/IEC 18004), on white."""


def draw_code(address: str) -> segno.QRCode:
    """The address as a QR code that can still be read with a corner torn off."""
    return segno.make_qr(address, error="m")
