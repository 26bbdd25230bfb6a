"""Reading the Book: every fact that a strategy can see, from one snapshot of the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import polars as pl
from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import aliased

from engine.data.columns import Snapshot, kept
from engine.data.counts import known_counts, read_counts
from engine.data.events import count_followups, events_of, read_promises, read_touchpoints
from engine.data.history import history_of, read_history
from engine.data.models import Account, Contact
from engine.data.places import places_of, read_channel_asks
from engine.data.rows import ACCOUNTS, EMAIL, FAR, MOBILE, NO_NUMBER, PHONE, Rows, as_date, normalise, read_rows
from engine.data.scope import among_listed, list_ids
from engine.data.store import Store
from engine.decide.book import COLUMNS, COUNTS, Book
from engine.types import OCCASIONS, TIERS, Moment


def read_book(
    store: Store,
    moment: Moment,
    *,
    account_ids: Collection[int] | None = None,
    due: bool = False,
    channels: Sequence[str] = (),
) -> Book:
    """The Book of these accounts (None: of all); with `due`, of those whose day to be planned has come.

    What a person does at one account counts at all of them, whichever are read. Rows are sorted by account and contact.
    `channels`: those that there are COUNTS for.
    """
    with store.snapshot() as snapshot:
        return book_in(snapshot, moment, account_ids, due=due, channels=channels)


def book_in(
    snapshot: Snapshot, moment: Moment, account_ids: Collection[int] | None, *, due: bool, channels: Sequence[str]
) -> Book:
    """The same, of a snapshot that shows more than the Book."""
    rows = read_rows(snapshot, moment, account_ids, due=due)
    if rows.whose.picked:
        _read_ahead(snapshot, rows, channels)
    history = read_history(snapshot, rows, channels)
    feedback, touchpoints, kinds = read_touchpoints(snapshot, rows, history)
    promises = read_promises(snapshot, rows, history)
    facts = [_describe(rows), _read_wishes(rows), _compare_revenue(snapshot, rows)]
    counts = read_counts(snapshot, facts[0]["tier"], channels)
    frame = pl.concat(
        [*facts, pl.DataFrame([*history.columns, *counts, *promises, *feedback, *touchpoints])], how="horizontal"
    )
    first = pl.min_horizontal("^changes_on:.*$")
    frame = frame.with_columns(
        owner_open_followups=count_followups(snapshot, rows), changes_on=pl.when(first != FAR).then(first)
    )
    channel_asks = read_channel_asks(snapshot, rows)
    exact = (as_date(name) if dtype == pl.Date else pl.col(name).cast(dtype) for name, dtype, *_ in COLUMNS)
    of_touchpoints = (as_date(series.name) for series in touchpoints)
    by_channel = (f"{name}:{channel}" for channel in channels for name in COUNTS)
    return Book(frame.select(*exact, *of_touchpoints, *by_channel).rechunk(), kinds, channel_asks)


def _read_ahead(snapshot: Snapshot, rows: Rows, channels: Sequence[str]) -> None:
    """All at once of what few rows need."""
    of_rows = *history_of(rows.whose, channels), *events_of(rows)
    snapshot.read_ahead([*of_rows, known_counts(), _middle_revenues(), *places_of()], rows.given)


def linked_accounts(store: Store, contact_id: int) -> set[int]:
    """The accounts that decisions on this contact can concern: connected through shared persons, however far."""
    with store.snapshot() as snapshot:
        return set(snapshot.frame(_linked_to_contact(), {"contact": contact_id})["account_id"])


def linked_to(store: Store, account_ids: Collection[int]) -> set[int]:
    """These accounts, and all that are connected with them."""
    with store.snapshot() as snapshot:
        found = snapshot.frame(_linked_to_accounts(snapshot.dialect), {"accounts": list_ids(account_ids)})
    return set(found["account_id"])


@kept
def _linked_to_contact() -> Select[*tuple[Any, ...]]:
    return _reach(select(Contact.account_id).where(Contact.id == bindparam("contact")))


@kept
def _linked_to_accounts(dialect: str) -> Select[*tuple[Any, ...]]:
    return _reach(select(Account.id.label("account_id")).where(among_listed(Account.id, ACCOUNTS, dialect)))


def _reach(start: Select[int]) -> Select[*tuple[Any, ...]]:
    """These accounts, those of everybody who is somebody there, and so on."""
    found, here, elsewhere = start.cte("found", recursive=True), aliased(Contact), aliased(Contact)
    others = select(elsewhere.account_id).select_from(found).join(here, here.account_id == found.c.account_id)
    found = found.union(others.join(elsewhere, elsewhere.person_id == here.person_id))
    return select(found.c.account_id)


def _describe(rows: Rows) -> pl.DataFrame:
    """Who and where: what needs no history."""
    imported_on = rows.zones.days(rows.frame["imported_at"].to_numpy(), rows.zone)
    return rows.frame.select(
        "contact_id",
        "account_id",
        "person_id",
        "contact_key",
        "account_key",
        pl.Series("today", rows.today),
        pl.Series("timezone", rows.zones.names, pl.String).gather(rows.zone),
        pl.when(pl.col("tier").is_in(TIERS)).then("tier").otherwise(pl.lit("standard")).alias("tier"),
        *(_known(name) for name in ("segment", "region", "role", "influence")),
        _known("country").str.to_uppercase(),
        normalise(_known("owner_email")).alias("owner"),
        "renewal_on",
        pl.coalesce("created_on", pl.Series(imported_on)).alias("created_on"),
        _list_channels(rows.frame),
    )


def _known(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(name).alias(name)


def _list_channels(frame: pl.DataFrame) -> pl.Series:
    """There are few different answers among millions of contacts, so each is worked out once."""
    facts = ["channels", "addresses", "bounced_channels"]
    different = frame.select(facts).unique()
    lists = pl.Series("usable", [_usable(*row) for row in different.iter_rows()], pl.List(pl.String))
    usable = different.with_columns(lists)
    return frame.select(facts).join(usable, on=facts, how="left", maintain_order="left")["usable"].alias("channels")


def _usable(named: str, addresses: int, bounced: str) -> list[str]:
    """Those named, or all there are addresses for. Whoever names SMS says that any number of theirs takes it."""
    by_address = ["email"] * bool(addresses & EMAIL) + ["sms"] * bool(addresses & MOBILE)
    nowhere = ["email"] * (not addresses & EMAIL) + ["sms", "phone"] * (not addresses & PHONE)
    return [channel for channel in named.split() or by_address if channel not in (*bounced.split(), *nowhere)]


def _read_wishes(rows: Rows) -> pl.DataFrame:
    """The person's own word, whichever of their contacts they gave it as."""
    people = rows.people
    by_person = people.group_by("person_id").agg(
        pl.col("opted_out_on").min(),
        pl.col("paused_until").max(),
        pl.col("wish_min_interval").max(),
        pl.col("wish_every_days").min(),
    )
    told = rows.frame[["row", "person_id"]].join(by_person, on="person_id", how="left", maintain_order="left")
    return told.select(
        pl.when(pl.col("opted_out_on") <= pl.Series(rows.today))
        .then("opted_out_on")
        .cast(pl.Date)
        .alias("opted_out_on"),
        "paused_until",
        "wish_min_interval",
        "wish_every_days",
        _unite_occasions(rows),
        _prefer_channel(rows),
        pl.when(pl.col("opted_out_on") > pl.Series(rows.today)).then("opted_out_on").alias("changes_on:opted_out_on"),
    )


def _unite_occasions(rows: Rows) -> pl.Series:
    off: dict[int, set[str]] = {}
    stated = rows.people.filter(pl.col("wish_occasions_off") != "")
    for person, words in stated[["person_id", "wish_occasions_off"]].iter_rows():
        off.setdefault(person, set()).update(words.replace(",", " ").split())
    lists = {person: [occasion for occasion in OCCASIONS if occasion in words] for person, words in off.items()}
    return _spread(rows, "wish_occasions_off", lists, pl.List(pl.String)).fill_null(
        pl.Series([[]], dtype=pl.List(pl.String))
    )


def _prefer_channel(rows: Rows) -> pl.Series:
    """The wish given as this contact, else as another contact of the person, else what the account team noted."""
    wishes = rows.people.filter(pl.col("wish_channel") != "").sort("contact_id", descending=True)
    elsewhere = _spread(rows, "elsewhere", dict(wishes[["person_id", "wish_channel"]].iter_rows()), pl.String)
    choices = [_known("wish_channel"), elsewhere, _known("preferred_channel")]
    return rows.frame.select(pl.coalesce(choices).alias("preferred_channel")).to_series()


def _spread(rows: Rows, name: str, by_person: dict[int, Any], dtype: Any) -> pl.Series:
    if not by_person:
        return pl.Series(name, [None], dtype).new_from_index(0, rows.frame.height)
    few = pl.DataFrame(
        {"person_id": list(by_person), name: list(by_person.values())}, {"person_id": pl.Int64, name: dtype}
    )
    return rows.frame[["person_id"]].join(few, on="person_id", how="left", maintain_order="left")[name]


def _compare_revenue(snapshot: Snapshot, rows: Rows) -> pl.DataFrame:
    """Each account's revenue by the house's median, whichever accounts are read."""
    median = snapshot.frame(_middle_revenues())["annual_revenue"].mean()
    revenue = rows.frame["annual_revenue"]
    # NumPy divides; Polars multiplies by the reciprocal where rows are many, and one account's ratio must not differ.
    ratio = pl.Series("revenue_ratio", revenue.to_numpy() / (median or 1.0))
    return ratio.set((revenue == NO_NUMBER) | (not median), None).to_frame()


@kept
def _middle_revenues() -> Select[*tuple[Any, ...]]:
    """The one in the middle, or the two that are."""
    known = Account.annual_revenue.is_not(None)
    counted = select(func.count().label("number")).select_from(Account).where(known).cte("counted")
    count: Any = select(counted.prefix_with("MATERIALIZED").c.number).scalar_subquery()  # once for both uses
    query = select(Account.annual_revenue).where(known).order_by(Account.annual_revenue)
    return query.offset((count - 1) // 2).limit(2 - count % 2)
