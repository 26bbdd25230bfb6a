"""The company that speaks to its clients: what its settings say of it, and the secret that signs its links."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from engine.colour import readable
from engine.data.clients import read_company as read_values
from engine.data.house import read_secret
from engine.errors import HeedError
from engine.house import Engine


@dataclass(frozen=True)
class Company:
    name: str
    timezone: str
    locale: str
    accent: str
    country: str = ""

    @property
    def accent_on_white(self) -> str:
        """The accent, dark enough to carry white words."""
        return readable(self.accent, "#ffffff")

    def zone(self, *wanted: str | None) -> ZoneInfo:
        """The first time zone that is stated, the contact's before the account's, else the company's."""
        return ZoneInfo(next(filter(None, wanted), self.timezone))


def read_company(engine: Engine, session: Session) -> Company:
    values = read_values(session)
    names = ("name", "timezone", "locale", "accent", "country")
    return Company(*(values.get(name, engine.plugins.catalog.spec(f"company.{name}").default) for name in names))


def read_link_secret(engine: Engine, session: Session) -> str:
    """What signs clients' links: the configured secret, else the one that `heed init` made; after any earlier ones."""
    secret = engine.config.secret or read_secret(session)
    if not secret:
        raise HeedError("There is no secret to sign links with. Run `heed init` first, or set HEED_SECRET.")
    return "\n".join([*engine.config.secrets_before.split(), secret])
