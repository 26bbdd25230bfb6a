"""The company that speaks to its clients: what its settings say of it, and the secret that signs its links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from engine.colour import readable
from engine.data.clients import read_company_settings
from engine.data.house import read_secret
from engine.data.models import Contact
from engine.decide.plan import Catalog, value_in_force
from engine.errors import HeedError
from engine.house import Engine, once
from engine.looks import Looks
from engine.types import TIERS, SettingValue


@dataclass(frozen=True)
class Company:
    name: str
    timezone: str
    locale: str
    accent: str
    country: str = ""
    font: str = ""
    logo: str = ""

    @cached_property
    def looks(self) -> Looks:
        return Looks(self.accent, self.font, self.logo)

    @property
    def accent_on_white(self) -> str:
        """The accent, dark enough to carry white words."""
        return readable(self.accent, "#ffffff")

    def zone(self, *wanted: str | None) -> ZoneInfo:
        """The first time zone that is stated, the contact's before the account's, else the company's."""
        return _zone(next(filter(None, wanted), self.timezone))


_zone = lru_cache(maxsize=None)(ZoneInfo)
"""ZoneInfo itself keeps eight of them, and reads the file of any other each time. There are some six hundred."""


class Client(NamedTuple):
    """To whom the company shows itself: how it looks may differ by their tier, account and contact."""

    tier: str | None
    account_id: int
    contact_id: int | None = None


def client_of(contact: Contact) -> Client:
    return Client(contact.account.tier, contact.account_id, contact.id)


def read_company(engine: Engine, session: Session, client: Client | None = None) -> Company:
    """The company as this client sees it; as the house is, where none is named."""
    if client is None:
        return once(engine, "company", lambda: _company(engine, read_company_settings(session), None))
    return read_companies(engine, session, [client])[0]


def read_companies(engine: Engine, session: Session, clients: Sequence[Client]) -> list[Company]:
    """The same for several, by one query."""
    contacts = {client.contact_id for client in clients if client.contact_id is not None}
    values = read_company_settings(session, {client.account_id for client in clients}, contacts)
    return [_company(engine, values, client) for client in clients]


def _company(engine: Engine, values: Sequence[SettingValue], client: Client | None) -> Company:
    if client is None:
        values = [value for value in values if value.layer == "house"]
    tier, account_id, contact_id = client or Client(None, 0)
    tier = tier if tier in TIERS else "standard"
    keys = {"house": "", "tier": tier, "account": str(account_id), "contact": str(contact_id)}
    near = tuple((value.name, value.layer, value.value) for value in values if value.layer_key == keys[value.layer])
    return _company_by(engine.plugins.catalog, tier, near)


@lru_cache(maxsize=512)
def _company_by(catalog: Catalog, tier: str, near: tuple[tuple[str, str, str], ...]) -> Company:
    """The company in the light of values that somebody set."""
    values = [SettingValue(name, layer, "", value) for name, layer, value in near]
    specs = (catalog.spec(f"company.{field.name}") for field in fields(Company))
    return Company(*(value_in_force(spec, values, tier)[0] for spec in specs))


def read_link_secret(engine: Engine, session: Session) -> str:
    """What signs clients' links: the configured secret, else the one that `heed init` made; after any earlier ones."""
    secret = engine.config.secret or read_secret(session)
    if not secret:
        raise HeedError("There is no secret to sign links with. Run `heed init` first, or set HEED_SECRET.")
    return "\n".join([*engine.config.secrets_before.split(), secret])
