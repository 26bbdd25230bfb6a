"""Where everything is put together, and nowhere else: the house in engine.house, and what serves it here.

Whoever serves nothing opens the house by itself: the web takes a command longer to import than all it works with.
"""

from __future__ import annotations

from flask import Flask

from engine.house import Engine, open_house
from engine.web.site import build_site

__all__ = ["create_app", "open_house"]


def create_app(engine: Engine) -> Flask:
    """What `heed serve` serves."""
    return build_site(engine)
