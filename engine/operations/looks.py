"""The company's logo, for everyone or for one tier, account or contact: kept once, named by a setting."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable

from sqlalchemy.orm import Session

from engine.data.house import keep_fact, read_fact
from engine.house import Engine
from engine.looks import Logo, read_png
from engine.operations.plan_changes import Changed
from engine.operations.settings import set_settings

SETTING = "company.logo"
FindLogo = Callable[[str], Logo | None]


def set_logo(
    engine: Engine, content: bytes, *, tier: str | None = None, account: str | None = None, contact: str | None = None
) -> Changed:
    """Keep a PNG file as the logo of a layer. Raises InputError with what to do where it cannot be one."""
    logo = read_png(content)
    with engine.store.write(engine.scope) as session:
        keep_fact(session, _fact(logo.name), b64encode(logo.content).decode())
    return set_settings(engine, {SETTING: logo.name}, tier=tier, account=account, contact=contact)


def read_logo(session: Session, name: str) -> Logo | None:
    """The logo that a setting names; None where there is none by this name."""
    kept = read_fact(session, _fact(name)) if name else None
    return Logo(name, b64decode(kept)) if kept else None


def logo_finder(engine: Engine) -> FindLogo:
    """Logos by name, each read once."""
    found: dict[str, Logo | None] = {}

    def find(name: str) -> Logo | None:
        if name not in found:
            with engine.store.read(engine.scope) as session:
                found[name] = read_logo(session, name)
        return found[name]

    return find


def _fact(name: str) -> str:
    return f"logo {name}"
