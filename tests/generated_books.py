"""Small books full of edges: shared persons, date lines, clock changes, every status.

`random_scene(seed)` and the hypothesis strategy `scenes()` make a book, settings and a day; `write_csv` writes the
files that `heed import` reads.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests import oracle
from tests.oracle import Account, Ask, Book, Contact, Promise, Setting, Touchpoint

T = TypeVar("T")

DAYS = (
    *("2024-02-29", "2025-02-28", "2028-03-01", "2024-03-10", "2024-03-31", "2024-04-01", "2024-10-27", "2024-11-03"),
    *("2024-11-04", "2024-12-24", "2025-01-01", "2025-12-31", "2026-01-01", "2026-11-21", "2026-11-23", "2027-03-01"),
)
"""Leap days, days on which clocks change, holidays, the turn of the year, and plain ones."""

ZONES = ("", "Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata", "Europe/Berlin", "Pacific/Niue")
COUNTRIES = (
    ("", ""),
    ("DE", ""),
    ("DE", "BY"),
    ("US", ""),
    ("US", "CA"),
    ("GB", "SCT"),
    ("GB", ""),
    ("DE", "ZZ"),
    ("", "BY"),
)
EMAILS = (
    "ann@a.example",
    " ANN@a.example",
    "ann@A.example ",
    "bo@b.example",
    "straße@c.example",
    "STRASSE@c.example",
    "cy@d.example",
)
MOBILES = ("+49 151 23456789", "+49 (151) 2345-6789", "+4915123456789", "+44 7400 123456", "+91 81234 56789")
OTHER_PHONES = ("+49 30 901820", "+1 650-253-0000", "0151 23456789", "07400 123456", "ask reception", "+1 650 253 0000")
ROLES = ("", "buyer", "user", "finance")
INFLUENCES = ("", "decision_maker", "champion", "user")
TIERS = ("strategic", "key", "standard", "light", "gold", "")
OWNERS = ("", "maria@house.example", "Maria@House.example", "omar@house.example")
STATUSES = ("sent", "opened", "started", "answered", "answered", "answered", "expired", "declined", "bounced")
KINDS = ("ticket_closed", "onboarding_done", "project_milestone", "feedback", "feedback", "meeting_held")
EDGES = (0, 0, 1, 1, 2, 3, 12, 13, 14, 15, 16, 28, 29, 30, 31, 60, 88, 89, 90, 91, 104, 119, 120, 121, 179, 180, 181)
FAR_EDGES = (*EDGES, 334, 335, 364, 365, 366, 400, 700, -1, -2, -20)


@dataclass(frozen=True)
class Scene:
    book: Book
    settings: tuple[Setting, ...]
    on: date


def random_scene(seed: int, *, contacts: int = 8, accounts: int = 4) -> Scene:
    return make_scene(Random(seed), contacts=contacts, accounts=accounts)


def random_book(seed: int, *, contacts: int = 8) -> Book:
    return random_scene(seed, contacts=contacts).book


def scenes(*, contacts: int = 5) -> st.SearchStrategy[Scene]:
    return st.randoms(use_true_random=False).map(lambda random: make_scene(random, contacts=contacts))


def make_scene(random: Random, *, contacts: int = 8, accounts: int = 4) -> Scene:
    on = day_of_decision(random)
    book = make_book(random, on, contacts=contacts, accounts=accounts)
    return Scene(book, make_settings(random, book, on), on)


def day_of_decision(random: Random) -> date:
    if random.random() < 0.3:
        return date(2024, 1, 1) + timedelta(days=random.randrange(1500))
    return date.fromisoformat(random.choice(DAYS))


# The book


def make_book(random: Random, on: date, *, contacts: int, accounts: int) -> Book:
    companies = tuple(make_account(random, on, n) for n in range(1, random.randint(1, accounts) + 1))
    people = tuple(
        make_contact(random, on, random.choice(companies), n) for n in range(1, random.randint(1, contacts) + 1)
    )
    moments = moments_around(random, on)
    return Book(
        accounts=companies,
        contacts=people,
        asks=distinct(
            (
                make_ask(random, person, moments, on)
                for person in people
                for _ in range(random.choice((0, 0, 1, 1, 2, 3, 6)))
            ),
            lambda ask: (ask.account_key, ask.contact_key, ask.sent_at),
        ),
        touchpoints=distinct(
            (
                make_touchpoint(random, person, moments)
                for person in people
                for _ in range(random.choice((0, 0, 1, 2, 3)))
            ),
            lambda t: (t.account_key, t.contact_key, t.kind, t.happened_at),
        ),
        promises=distinct(
            (make_promise(random, person, on) for person in people for _ in range(random.choice((0, 0, 1, 1, 2)))),
            lambda p: (p.account_key, p.contact_key, p.title, p.made_on),
        ),
    )


def distinct(rows: Iterable[T], identity: Callable[[T], Any]) -> tuple[T, ...]:
    return tuple({identity(row): row for row in rows}.values())


def maybe(random: Random, chance: float, value: Any, otherwise: Any = None) -> Any:
    return value if random.random() < chance else otherwise


def make_account(random: Random, on: date, number: int) -> Account:
    country, region = random.choice(COUNTRIES)
    return Account(
        key=f"A{number}",
        tier=random.choice(TIERS),
        owner_email=random.choice(OWNERS),
        country=country,
        region=region,
        timezone=random.choice(ZONES),
        annual_revenue=random.choice((None, 0.0, 1000.0, 50_000.0, 50_000.0, 1_234_567.5)),
        renewal_on=maybe(random, 0.5, on + timedelta(days=random.choice((*EDGES, -1, -2, 150, 200, 400)))),
    )


def make_contact(random: Random, on: date, account: Account, number: int) -> Contact:
    return Contact(
        account_key=account.key,
        key=f"c{number}",
        email=random.choice(("", "", f"p{number}@own.example", f"p{number}@own.example", *EMAILS)),
        phone=random.choice(("", "", *MOBILES, *OTHER_PHONES)),
        channels=maybe(random, 0.2, random.choice(("email", "phone", "sms phone")), ""),
        role=random.choice(ROLES),
        influence=random.choice(INFLUENCES),
        timezone=random.choice(("", *ZONES)),
        created_on=maybe(random, 0.9, on - timedelta(days=random.choice(FAR_EDGES))),
        opted_out_on=maybe(random, 0.05, on - timedelta(days=random.choice((0, 1, 50, -1, -3)))),
        paused_until=maybe(random, 0.07, on + timedelta(days=random.choice((0, 1, 2, 40, -5, 1499, 1500, 2000)))),
        wish_min_interval=maybe(random, 0.06, random.choice((1, 45, 200))),
        wish_every_days=maybe(random, 0.06, random.choice((1, 10, 45, 500))),
        wish_occasions_off=maybe(random, 0.06, tuple(random.sample(oracle.OCCASIONS, random.randint(1, 2))), ()),
    )


def moments_around(random: Random, on: date) -> Callable[[], datetime]:
    """Instants near local midnights; some are given twice, so that different rows fall on one instant."""
    given: list[datetime] = []

    def moment() -> datetime:
        if given and random.random() < 0.15:
            return random.choice(given)
        day = on - timedelta(days=random.choice(FAR_EDGES))
        zone = ZoneInfo(random.choice(ZONES) or "UTC")
        clock = datetime.combine(day, random.choice((time(0), time(0), time(2, 30), time(12), time(23, 59, 59))), zone)
        given.append(clock.astimezone(UTC) + timedelta(seconds=random.choice((0, 0, -1, 1, 3600))))
        return given[-1]

    return moment


def make_ask(random: Random, contact: Contact, moment: Callable[[], datetime], on: date) -> Ask:
    sent_at, status = moment(), random.choice(STATUSES)
    answered_at = sent_at + timedelta(seconds=random.choice((0, 60, 86_400, 5 * 86_400, 40 * 86_400)))
    chance = {"answered": 0.9, "sent": 0.0, "bounced": 0.0}.get(status, 0.1)
    return Ask(
        account_key=contact.account_key,
        contact_key=contact.key,
        occasion=random.choice((*oracle.OCCASIONS, "relationship")),
        sent_at=sent_at,
        status=status,
        answered_at=maybe(random, chance, answered_at),
    )


def make_touchpoint(random: Random, contact: Contact, moment: Callable[[], datetime]) -> Touchpoint:
    key = maybe(random, 0.7, contact.key, "")
    return Touchpoint(contact.account_key, key, random.choice(KINDS), moment())


def make_promise(random: Random, contact: Contact, on: date) -> Promise:
    status = random.choice(("drafted", "agreed", "agreed", "done", "done", "done", "declined"))
    made_on = on - timedelta(days=random.choice(FAR_EDGES))
    done_on = max(made_on, on - timedelta(days=random.choice((*EDGES, -1, -3))))
    return Promise(
        account_key=contact.account_key,
        contact_key=maybe(random, 0.85, contact.key, ""),
        title=random.choice(("Faster reports", "A named contact", "Weekly call")),
        owner_email=random.choice(OWNERS[1:]),
        made_on=made_on,
        due_on=maybe(random, 0.8, made_on + timedelta(days=random.choice(EDGES))),
        status=status,
        done_on=done_on if status == "done" else None,
        verdict=random.choice(("", "", "", "kept", "disputed")) if status == "done" else "",
    )


# Settings at every layer

CHOICES: dict[str, Sequence[Any]] = {
    "relationship_tier.every_days": (1, 30, 90, 400),
    "relationship_tier.settle_days": (0, 1, 60),
    "touchpoint_followup.delay_days": (0, 1, 13, 14),
    "touchpoint_followup.expires_days": (1, 2, 30, 60),
    "touchpoint_followup.kinds": (["feedback"], ["meeting_held", "ticket_closed"], []),
    "touchpoint_followup.roles": (["buyer"], ["user", "finance"]),
    "renewal_runup.before_days": (10, 14, 30, 200),
    "promise_check.after_days": (0, 1, 30),
    "promise_check.expires_days": (1, 14, 30, 200),
    "fatigue_limits.min_gap_days": (0, 1, 2, 14, 90),
    "fatigue_limits.max_asks": (1, 2, 3, 6),
    "fatigue_limits.window_days": (1, 30, 90, 730),
    "fatigue_limits.gap_exempt": ([], ["promise", "touchpoint"], ["renewal", "relationship"]),
    "spontaneous_feedback.quiet_days": (0, 1, 14),
    "unanswered_rest.n": (1, 3, 4),
    "unanswered_rest.rest_days": (14, 30, 365),
    "promise_brake.scope": ("contact", "account"),
    "promise_brake.grace_days": (1, 2, 30),
    "promise_brake.exempt": ([], ["promise", "renewal"], ["relationship"]),
    "renewal_quiet.quiet_days": (0, 1, 30, 120),
    "live_ask.valid_days": (1, 14, 60),
    "quiet_times.weekdays": (["mon"], ["sat", "sun"], ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
    "account_share.people": (1, 2, 5),
    "account_share.window_days": (1, 14, 90),
    "owner_capacity.open_followups": (1, 2, 3),
    "channel_capacity.email": (1, 2, 3),
    "channel_possible.off": (["email"], ["phone"]),
    "relationship_tier.worth": (0.1, 3.0),
    "revenue_weight.power": (0.0, 0.5, 1.0),
    "coverage.after_days": (30, 400),
    "coverage.worth": (1.0, 5.0),
    "influence.champion": (0.5, 2.0),
    "promise_check.worth": (1.0, 4.0),
    "loss_price.price": (0.0, 200.0),
}
MODED = (
    *(strategy.__name__ for strategy in (*oracle.REASONS.values(), *oracle.HOLDS[2:])),
    *("quiet_times", "account_share", "owner_capacity", "channel_capacity", "one_live_ask"),
    *("revenue_weight", "coverage", "loss_price"),
)
"""All but consent and wishes, which no layer may switch off."""


def make_settings(random: Random, book: Book, on: date) -> tuple[Setting, ...]:
    values = [make_setting(random, on) for _ in range(random.choice((0, 1, 2, 4, 8)))]
    placed = [
        replace(setting, layer=layer, layer_key=key) for setting in values for layer, key in [layer_of(random, book)]
    ]
    house = [Setting("company.timezone", zone) for zone in [random.choice(ZONES)] if zone]
    return distinct([*house, *placed], lambda setting: (setting.name, setting.layer, setting.layer_key))


def make_setting(random: Random, on: date) -> Setting:
    kind = random.random()
    if kind < 0.15:
        return Setting(f"{random.choice(MODED)}.mode", random.choice(("off", "shadow", "shadow", "on")))
    if kind < 0.25:
        first = on + timedelta(days=random.choice((-1, 0, 1, 3)))
        return Setting("quiet_times.blackouts", f"{first}..{first + timedelta(days=random.choice((0, 1, 30, 1600)))}")
    name = random.choice(list(CHOICES))
    return Setting(name, random.choice(CHOICES[name]))


def layer_of(random: Random, book: Book) -> tuple[str, str | oracle.Key]:
    return random.choice(
        (
            ("house", ""),
            ("tier", random.choice(oracle.TIERS)),
            ("account", random.choice(book.accounts).key),
            ("contact", random.choice(book.contacts).id),
        )
    )


# The files


def write_csv(book: Book, folder: Path, *, house_zone: str = "UTC", random: Random | None = None) -> list[Path]:
    """The CSV files, accounts first. With `random`, rows are shuffled and times are written in several ways."""
    tables = {
        "accounts": (Account, book.accounts),
        "contacts": (Contact, book.contacts),
        "asks": (Ask, book.asks),
        "touchpoints": (Touchpoint, book.touchpoints),
        "promises": (Promise, book.promises),
    }
    paths = []
    for name, (row_type, rows) in tables.items():
        columns = [c.name for c in fields(row_type) if not c.name.startswith("wish_")]
        shuffled = random.sample(rows, len(rows)) if random else rows
        paths.append(folder / f"{name}.csv")
        with paths[-1].open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows([as_text(getattr(row, c), house_zone, random) for c in columns] for row in shuffled)
    return paths


def as_text(value: Any, house_zone: str, random: Random | None) -> str:
    if isinstance(value, datetime):
        return time_as_text(value, ZoneInfo(house_zone), random)
    return "" if value is None else str(value)


def time_as_text(instant: datetime, house: ZoneInfo, random: Random | None) -> str:
    """With an offset, or as the house's wall clock shows it where that is unambiguous."""
    local = instant.astimezone(house).replace(tzinfo=None, fold=0)
    if random and random.random() < 0.3 and local.replace(tzinfo=house).astimezone(UTC) == instant:
        return local.isoformat(sep=random.choice("T "))
    zone = ZoneInfo(random.choice(("UTC", "Asia/Kolkata"))) if random else UTC
    return instant.astimezone(zone).isoformat()
