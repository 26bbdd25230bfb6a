"""The Book's rows: which contacts are looked at, who else is the same person, and where each of them lives."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sqlalchemy import ColumnElement, Select, String, Text, bindparam, case, cast, func, select, true

from engine.data.columns import Snapshot, kept
from engine.data.localtime import NONE, Codes, Days, Instants, Zones, is_zone
from engine.data.models import Account, Contact, SettingRow
from engine.data.scope import among_listed, list_ids
from engine.data.types import EPOCH, Day
from engine.types import Moment

FEW, BROAD = 1000, 5
"""Where more accounts than FEW are wanted and more than one in BROAD, reading all is quicker than picking some."""
NO_NUMBER = -1e300
EMAIL, MOBILE, PHONE = 1, 2, 4
"""Which addresses there are of a contact, as bits."""
FAR = np.iinfo(np.int32).max
"""A day that does not come."""

_PERSON = (
    "contact_id", "account_id", "person_id", "opted_out_on", "paused_until",
    "wish_min_interval", "wish_every_days", "wish_occasions_off", "wish_channel",
)  # fmt: skip


@dataclass(frozen=True)
class Whose:
    """Whose history a query reads: everybody's, or only that of the people and accounts it is given: Rows.given."""

    picked: bool
    dialect: str

    def people(self, column: Any) -> ColumnElement[bool]:
        """The condition that reads what concerns the rows' persons, by a column of contact ids."""
        return among_listed(column, PEOPLE, self.dialect) if self.picked else true()

    def accounts(self, column: Any) -> ColumnElement[bool]:
        """The condition that reads what concerns the rows' accounts."""
        return among_listed(column, ACCOUNTS, self.dialect) if self.picked else true()


PEOPLE, ACCOUNTS = (bindparam(name, type_=String()) for name in ("people", "accounts"))


@dataclass(frozen=True)
class Rows:
    """One row per contact that is looked at, by account and contact id, and what its history is read with."""

    frame: pl.DataFrame
    people: pl.DataFrame
    """Every contact of the rows' persons, or simply every contact."""
    views: pl.DataFrame
    """`row` sees `contact_id`'s history, because they are one person; `own`: it is that row, `here`: its account."""
    zones: Zones
    zone: Codes
    house: int
    """The house's time zone."""
    whose: Whose

    @cached_property
    def given(self) -> dict[str, Any]:
        """What queries are given: whose, by `whose`, and the days that it is today somewhere."""
        todays = [EPOCH + timedelta(days=day) for day in np.unique(self.zones.today).tolist()]
        given = {"todays": todays, "last": todays[-1], **{f"today_{place}": day for place, day in enumerate(todays)}}
        if not self.whose.picked:
            return given
        people, accounts = self.people["contact_id"].to_list(), self.frame["account_id"].unique().to_list()
        given |= {"people": list_ids(people), "accounts": list_ids(accounts)}
        owners = self.frame.select(normalise(pl.col("owner_email")).unique()).to_series().to_list()
        # beyond ASCII, SQLite's lower() leaves letters as they are
        return given | {"owners": owners} if owners and all(map(str.isascii, owners)) else given

    @cached_property
    def today(self) -> Days:
        return self.zones.today[self.zone]

    @cached_property
    def end(self) -> Instants:
        return self.zones.end[self.zone]

    def latest(self, rows: npt.NDArray[Any], days: Days) -> Days:
        """The latest of the days of each row; NONE where it has none."""
        found = np.full(self.frame.height, NONE, np.int32)
        np.maximum.at(found, rows, days)
        return found

    def ahead(self, of: str, rows: npt.NDArray[Any], days: Days) -> pl.Series:
        """`changes_on:OF`: the first of the days of each row that is after its today; FAR where none is."""
        later = days > self.today[rows]
        found = np.full(self.frame.height, FAR, np.int32)
        np.minimum.at(found, rows[later], days[later])
        return pl.Series(f"changes_on:{of}", found)


@lru_cache(maxsize=256)
def as_date(name: str) -> pl.Expr:
    """A column of day numbers as dates; NONE is null."""
    return pl.when(pl.col(name).cast(pl.Int32) != NONE).then(name).cast(pl.Date).alias(name)


def normalise(address: pl.Expr) -> pl.Expr:
    """What tells one e-mail address from another."""
    return address.str.strip_chars().str.to_lowercase()


def read_rows(snapshot: Snapshot, moment: Moment, account_ids: Collection[int] | None, *, due: bool) -> Rows:
    """Read the contacts of these accounts (None: of all), or of those among them that are due."""
    if account_ids is not None and len(account_ids) <= FEW and not due:
        those = Whose(picked=True, dialect=snapshot.dialect)
        queries = _accounts(those, due), _people(those), _house_zone()
        snapshot.read_ahead(queries, {"accounts": list_ids(account_ids)})
    accounts = _read_accounts(snapshot, moment, account_ids, due=due)
    picked = accounts.height <= FEW or accounts.height * BROAD < _count_accounts(snapshot)
    people = _read_people(snapshot, accounts["account_id"].to_list() if picked else None)
    frame = people.join(accounts, on="account_id", how="inner")
    house = _read_house_zone(snapshot)
    frame, zones = _locate(frame, moment, house)
    if due:
        here = frame.with_columns(today=pl.Series(zones.today).gather(frame["zone"]))
        frame = here.filter((pl.col("plan_on") <= pl.col("today")).any().over("account_id")).drop("today")
    frame = frame.sort("account_id", "contact_id").with_row_index("row")
    people = people.select(_PERSON)
    if picked:
        people = people.join(frame[["person_id"]], on="person_id", how="semi")
    zone = frame["zone"].to_numpy()
    whose = Whose(picked, snapshot.dialect)
    return Rows(frame, people, _pair(frame, people), zones, zone, zones.names.index(house), whose)


def _read_accounts(
    snapshot: Snapshot, moment: Moment, account_ids: Collection[int] | None, *, due: bool
) -> pl.DataFrame:
    given: dict[str, Any] = {} if account_ids is None else {"accounts": list_ids(account_ids)}
    if due:  # nowhere on earth is it later than this; whose day it is not yet goes when the zones are known
        given["last"] = moment.on or (moment.now + timedelta(hours=14)).date()
    return snapshot.frame(_accounts(Whose(account_ids is not None, snapshot.dialect), due), given)


@kept
def _accounts(whose: Whose, due: bool) -> Select[*tuple[Any, ...]]:
    query = select(
        Account.id.label("account_id"),
        Account.key.label("account_key"),
        *(_text(Account, name) for name in ("tier", "segment", "owner_email", "country", "region")),
        _text(Account, "timezone").label("account_timezone"),
        func.coalesce(Account.annual_revenue, NO_NUMBER).label("annual_revenue"),
        Account.renewal_on,
        Account.plan_on,
    ).where(whose.accounts(Account.id))
    return query.where(Account.plan_on <= bindparam("last", type_=Day())) if due else query


def _count_accounts(snapshot: Snapshot) -> int:
    return int(snapshot.frame(select(func.count(Account.id).label("total"))).item())


def _read_people(snapshot: Snapshot, account_ids: list[int] | None) -> pl.DataFrame:
    """The accounts' contacts and whoever is the same person at another account."""
    given = {} if account_ids is None else {"accounts": list_ids(account_ids)}
    return snapshot.frame(_people(Whose(account_ids is not None, snapshot.dialect)), given)


@kept
def _people(whose: Whose) -> Select[*tuple[Any, ...]]:
    query = select(
        Contact.id.label("contact_id"),
        Contact.account_id,
        Contact.person_id,
        Contact.key.label("contact_key"),
        *(
            _text(Contact, name)
            for name in ("role", "influence", "timezone", "channels", "bounced_channels", "preferred_channel")
        ),
        *(_text(Contact, name) for name in ("wish_channel", "wish_occasions_off")),
        (
            _bit(EMAIL, Contact.email)
            + _bit(MOBILE, Contact.mobile_key)
            + _bit(PHONE, Contact.phone, Contact.mobile_key)
        ).label("addresses"),
        Contact.created_on,
        Contact.imported_at,
        Contact.opted_out_on,
        Contact.paused_until,
        Contact.wish_min_interval,
        Contact.wish_every_days,
    )
    if not whose.picked:
        return query
    return query.where(Contact.person_id.in_(select(Contact.person_id).where(whose.accounts(Contact.account_id))))


def _bit(bit: int, *columns: Any) -> Any:
    """The bit where any of the columns has a text."""
    return case((func.coalesce(*columns, "") != "", bit), else_=0)


def _text(table: type[Account] | type[Contact], name: str) -> Any:
    return func.coalesce(getattr(table, name), "").label(name)


def _read_house_zone(snapshot: Snapshot) -> str:
    found = snapshot.frame(_house_zone())
    house = str(json.loads(found.item())) if found.height else "UTC"
    return house if is_zone(house) else "UTC"


@kept
def _house_zone() -> Select[*tuple[Any, ...]]:
    query = select(cast(SettingRow.value, Text).label("value"))
    return query.where(SettingRow.name == "company.timezone", SettingRow.layer == "house")


def _locate(frame: pl.DataFrame, moment: Moment, house: str) -> tuple[pl.DataFrame, Zones]:
    """Add `zone`, the place of the contact's time zone: its own, else its account's, else the house's."""
    stated = pl.concat([frame["timezone"], frame["account_timezone"]]).unique().to_list()
    names = sorted({name for name in stated if is_zone(name)} | {house})
    codes = {name: code for code, name in enumerate(names)}

    def code(column: str) -> pl.Expr:
        return pl.col(column).replace_strict(codes, default=None, return_dtype=pl.Int32)

    zone = pl.coalesce(code("timezone"), code("account_timezone"), pl.lit(codes[house], pl.Int32))
    return frame.with_columns(zone.alias("zone")), Zones(names, moment)


def _pair(frame: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    seen = people.select("person_id", seen_contact="contact_id", seen_account="account_id")
    views = frame[["row", "person_id", "contact_id", "account_id"]].join(seen, on="person_id")
    return views.select(
        "row",
        contact_id="seen_contact",
        own=pl.col("seen_contact") == pl.col("contact_id"),
        here=pl.col("seen_account") == pl.col("account_id"),
    )
