"""The built-in strategies read a second time, in plain Python, one contact and one day at a time.

It shares nothing with the engine but the contract's text, so that a slip in either shows as a disagreement. Slow on
purpose: it walks the days. Readings of what the text leaves open are marked “Reading:”.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import phonenumbers

NEVER = date.max
OCCASIONS = ("promise", "touchpoint", "renewal", "relationship")
TIERS = ("strategic", "key", "standard", "light")
OPEN = ("sent", "opened", "started")
ASKED = (*OPEN, "answered", "expired", "declined")
Key = tuple[str, str]


# What a book is: the rows of the CSV files.


@dataclass(frozen=True)
class Account:
    key: str
    name: str = "Northwind"
    tier: str = ""
    owner_email: str = ""
    country: str = ""
    region: str = ""
    timezone: str = ""
    annual_revenue: float | None = None
    renewal_on: date | None = None


@dataclass(frozen=True)
class Contact:
    """The last three are what the person set on the wishes page; no file carries them."""

    account_key: str
    key: str
    email: str = ""
    phone: str = ""
    role: str = ""
    influence: str = ""
    timezone: str = ""
    channels: str = ""
    created_on: date | None = None
    opted_out_on: date | None = None
    paused_until: date | None = None
    wish_min_interval: int | None = None
    wish_every_days: int | None = None
    wish_occasions_off: tuple[str, ...] = ()

    @property
    def id(self) -> Key:
        return self.account_key, self.key


@dataclass(frozen=True)
class Ask:
    account_key: str
    contact_key: str
    occasion: str
    sent_at: datetime
    status: str = "sent"
    answered_at: datetime | None = None


@dataclass(frozen=True)
class Touchpoint:
    account_key: str
    contact_key: str
    kind: str
    happened_at: datetime


@dataclass(frozen=True)
class Promise:
    account_key: str
    contact_key: str
    title: str
    owner_email: str
    made_on: date
    due_on: date | None = None
    status: str = "agreed"
    done_on: date | None = None
    verdict: str = ""


@dataclass(frozen=True)
class Book:
    accounts: tuple[Account, ...] = ()
    contacts: tuple[Contact, ...] = ()
    asks: tuple[Ask, ...] = ()
    touchpoints: tuple[Touchpoint, ...] = ()
    promises: tuple[Promise, ...] = ()
    imported_at: datetime | None = None


@dataclass(frozen=True)
class Setting:
    """`layer_key`: the tier's name, the account's key, or (account key, contact key); empty for the house."""

    name: str
    value: Any
    layer: str = "house"
    layer_key: str | Key = ""


@dataclass(frozen=True)
class Reason:
    strategy: str
    occasion: str
    on: date
    expires: date | None = None
    mode: str = "on"


@dataclass(frozen=True)
class Hold:
    until: date
    since: date | None = None
    except_for: tuple[str, ...] = ()
    strategy: str = ""
    mode: str = "on"

    def covers(self, day: date, occasion: str) -> bool:
        return occasion not in self.except_for and (self.since or date.min) <= day < self.until


@dataclass(frozen=True)
class Decision:
    decision: str
    occasion: str | None
    next_ask_on: date | None
    reasons: frozenset[tuple[str, str, date]] = frozenset()
    holds: frozenset[tuple[str, date]] = frozenset()


# Settings: contact over account over tier over house over what ships (one value, or one per tier).

DEFAULTS: Mapping[str, Any] = {
    "company.timezone": "UTC",
    "relationship_tier.every_days": (90, 120, 180, 365),
    "relationship_tier.settle_days": 30,
    "relationship_tier.worth": (2.0, 1.5, 1.0, 0.5),
    "touchpoint_followup.delay_days": 2,
    "touchpoint_followup.expires_days": 14,
    "touchpoint_followup.kinds": ["onboarding_done", "ticket_closed", "project_milestone", "incident_resolved"],
    "touchpoint_followup.roles": [],
    "renewal_runup.before_days": 120,
    "renewal_runup.soon_days": 180,
    "renewal_runup.worth": 1.5,
    "promise_check.after_days": 14,
    "promise_check.expires_days": 90,
    "promise_check.worth": 1.2,
    "fatigue_limits.min_gap_days": 30,
    "fatigue_limits.max_asks": 4,
    "fatigue_limits.window_days": 365,
    "fatigue_limits.gap_exempt": ["promise"],
    "spontaneous_feedback.quiet_days": 2,
    "unanswered_rest.n": 2,
    "unanswered_rest.rest_days": 120,
    "promise_brake.scope": "contact",
    "promise_brake.grace_days": 0,
    "promise_brake.exempt": ["promise"],
    "renewal_quiet.quiet_days": 14,
    "live_ask.valid_days": 30,
    "quiet_times.weekdays": ["mon", "tue", "wed", "thu", "fri"],
    "quiet_times.blackouts": "",
    "account_share.people": (3, 2, 2, 1),
    "account_share.window_days": 30,
    "owner_capacity.open_followups": 15,
    "channel_capacity.phone": 10,
    "channel_capacity.email": None,
    "channel_capacity.sms": None,
    "channel_possible.off": [],
    "revenue_weight.power": 0.25,
    "influence.decision_maker": 1.5,
    "influence.champion": 1.2,
    "coverage.after_days": 180,
    "coverage.worth": 2.0,
    "coverage.role_worth": 1.5,
    "loss_price.price": 20.0,
}

THEIR_OWN_WORD = ("consent", "wishes")
"""Strategies that no layer can switch off: the contact's wishes are never overruled."""


# Facts


def persons(book: Book) -> dict[Key, Key]:
    """Contacts with the same trimmed, case-folded e-mail are one person; where one of two has none, the same mobile."""
    country = {account.key: account.country for account in book.accounts}
    leader = {contact.id: contact.id for contact in book.contacts}

    def find(key: Key) -> Key:
        return key if leader[key] == key else find(leader[key])

    for one in book.contacts:
        for other in book.contacts:
            if _same(one, other, country):
                leader[find(one.id)] = find(other.id)
    return {key: find(key) for key in leader}


def _same(one: Contact, other: Contact, country: Mapping[str, str]) -> bool:
    mine, theirs = (contact.email.strip().casefold() for contact in (one, other))
    if mine and theirs:
        return mine == theirs
    number = mobile(one.phone, country[one.account_key])
    return number is not None and number == mobile(other.phone, country[other.account_key])


@cache
def mobile(phone: str, country: str) -> str | None:
    """The number in E.164 if it is surely a mobile's.

    Reading: a number without + is one of the account's country.
    """
    try:
        number = phonenumbers.parse(phone, country.strip().upper() or None)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.MOBILE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@dataclass(frozen=True)
class Seen:
    """An ask that was sent, as known at the end of the day, in the viewing contact's zone."""

    ask: Ask
    on: date
    open: bool
    answered_on: date | None


@dataclass
class View:
    """One contact on one day: what its strategies can see."""

    book: Book
    settings: Sequence[Setting]
    person_of: Mapping[Key, Key]
    contact: Contact
    account: Account
    today: date
    reason: Reason | None = field(default=None)

    def __post_init__(self) -> None:
        self.person = self.person_of[self.contact.id]
        self.zone = ZoneInfo(self.contact.timezone or self.account.timezone or self.value("company.timezone"))
        self.same = [c for c in self.book.contacts if self.person_of[c.id] == self.person]
        ours = {c.id for c in self.same}
        self.asks = self._asked(ask for ask in self.book.asks if (ask.account_key, ask.contact_key) in ours)
        self.own_asks = [s for s in self.asks if (s.ask.account_key, s.ask.contact_key) == self.contact.id]
        self.account_asks = self._asked(ask for ask in self.book.asks if ask.account_key == self.account.key)
        self.touchpoints = [t for t in self.book.touchpoints if self.day(t.happened_at) <= self.today]
        self.promises = [self._as_known(p) for p in self.book.promises if p.made_on <= self.today]
        self.own_promises = [p for p in self.promises if (p.account_key, p.contact_key) == self.contact.id]

    @property
    def tier(self) -> str:
        return self.account.tier if self.account.tier in TIERS else "standard"

    def value(self, name: str) -> Any:
        layers = (("contact", self.contact.id), ("account", self.account.key), ("tier", self.tier), ("house", ""))
        for layer, key in layers:
            for setting in self.settings:
                if (setting.name, setting.layer, setting.layer_key) == (name, layer, key):
                    return setting.value
        default = "on" if name.endswith(".mode") else DEFAULTS[name]
        return default[TIERS.index(self.tier)] if isinstance(default, tuple) else default

    def mode(self, strategy: str) -> str:
        return "on" if strategy in THEIR_OWN_WORD else self.value(f"{strategy}.mode")

    def day(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def _asked(self, asks: Iterable[Ask]) -> list[Seen]:
        """Newest first. Bounced asks do not count; later asks and later answers are not seen yet.

        Reading: of asks sent in the same second the answered one is the newer.
        """
        seen = []
        for ask in asks:
            if ask.status in ASKED and self.day(ask.sent_at) <= self.today:
                answered_on = self.day(ask.answered_at) if ask.answered_at else None
                early = answered_on is not None and answered_on > self.today
                is_open = ask.status in OPEN or (ask.status == "answered" and early)
                seen.append(Seen(ask, self.day(ask.sent_at), is_open, None if early else answered_on))
        return sorted(seen, key=lambda s: (s.ask.sent_at, s.answered_on is not None), reverse=True)

    def _as_known(self, promise: Promise) -> Promise:
        """What was done only later stands agreed, without a verdict."""
        if promise.done_on and promise.done_on > self.today:
            return Promise(**{**vars(promise), "status": "agreed", "done_on": None, "verdict": ""})
        return promise

    @property
    def last_asked_on(self) -> date | None:
        return self.asks[0].on if self.asks else None

    def wished(self, setting: str) -> int:
        """A wish for more replaces every_days and min_gap_days, down to one day.

        Reading: it replaces what it makes smaller, since a wish for more never makes asking rarer; the person's
        shortest wish counts.
        """
        wishes = [max(1, c.wish_every_days) for c in self.same if c.wish_every_days is not None]
        return min([self.value(setting), *wishes])


def later(day: date, days: int) -> date:
    return day + timedelta(days=days)


# When there is a reason: a day and its expiry, or None


def relationship_tier(view: View) -> tuple[date, date | None] | None:
    """Last relationship ask + every_days; none yet, whatever else was asked: created_on + settle_days."""
    sent = [s.on for s in view.own_asks if s.ask.occasion == "relationship"]
    if sent:
        return later(max(sent), view.wished("relationship_tier.every_days")), None
    created_on = view.contact.created_on or view.day(view.book.imported_at)
    return later(created_on, view.value("relationship_tier.settle_days")), None


def touchpoint_followup(view: View) -> tuple[date, date | None] | None:
    """The latest touchpoint of a kind in `kinds` with no touchpoint ask to this contact at or after it."""
    asked = [s.ask.sent_at for s in view.own_asks if s.ask.occasion == "touchpoint"]
    waiting = [
        t.happened_at for t in view.touchpoints if concerns(view, t) and not any(a >= t.happened_at for a in asked)
    ]
    if not waiting:
        return None
    day = view.day(max(waiting))
    delay, expires = (view.value(f"touchpoint_followup.{name}") for name in ("delay_days", "expires_days"))
    return later(day, delay), later(day, expires)


def concerns(view: View, touchpoint: Touchpoint) -> bool:
    """Of a kind in `kinds`; naming this contact, or nobody and the contact's role is in `roles` (empty: all)."""
    if touchpoint.account_key != view.account.key or touchpoint.kind not in view.value("touchpoint_followup.kinds"):
        return False
    if touchpoint.contact_key:
        return touchpoint.contact_key == view.contact.key
    roles = view.value("touchpoint_followup.roles")
    return not roles or view.contact.role in roles


def renewal_runup(view: View) -> tuple[date, date | None] | None:
    """renewal_on − before_days, unless a renewal ask to this contact was sent on or after that day."""
    renewal_on = view.account.renewal_on
    if renewal_on is None:
        return None
    day = later(renewal_on, -view.value("renewal_runup.before_days"))
    if any(s.ask.occasion == "renewal" and s.on >= day for s in view.own_asks):
        return None
    return day, renewal_on


def promise_check(view: View) -> tuple[date, date | None] | None:
    """The earliest done promise without verdict, not past its expiry, and without a promise ask after its done_on."""
    after, expires = (view.value(f"promise_check.{name}") for name in ("after_days", "expires_days"))
    asked = [s.on for s in view.own_asks if s.ask.occasion == "promise"]
    days = [
        p.done_on
        for p in view.own_promises
        if p.status == "done"
        and p.done_on
        and not p.verdict
        and later(p.done_on, expires) >= view.today
        and not any(on > p.done_on for on in asked)
    ]
    return (later(min(days), after), later(min(days), expires)) if days else None


REASONS = {
    "promise": promise_check,
    "touchpoint": touchpoint_followup,
    "renewal": renewal_runup,
    "relationship": relationship_tier,
}
"""In the order that breaks ties."""


# Holds: days covered


def consent(view: View) -> Iterator[Hold]:
    """The person opted out: always. Paused: until paused_until."""
    if any(c.opted_out_on and c.opted_out_on <= view.today for c in view.same):
        yield Hold(NEVER)
    if paused := [c.paused_until for c in view.same if c.paused_until]:
        yield Hold(max(paused))


def wishes(view: View) -> Iterator[Hold]:
    """Until last asked + the person's own minimum interval (Reading: the longest, where contacts differ)."""
    intervals = [c.wish_min_interval for c in view.same if c.wish_min_interval is not None]
    if intervals and view.last_asked_on:
        yield Hold(later(view.last_asked_on, max(intervals)))


def fatigue_limits(view: View) -> Iterator[Hold]:
    """A gap after the last ask, at most so many in a window, and never twice in a day, whatever the settings."""
    if not view.asks:
        return
    gap = view.wished("fatigue_limits.min_gap_days")
    yield Hold(later(view.asks[0].on, gap), except_for=tuple(view.value("fatigue_limits.gap_exempt")))
    most = view.value("fatigue_limits.max_asks")
    if len(view.asks) >= most:
        yield Hold(later(view.asks[most - 1].on, view.value("fatigue_limits.window_days")))
    yield Hold(later(view.asks[0].on, 1))


def spontaneous_feedback(view: View) -> Iterator[Hold]:
    """Until the last feedback the person gave unasked + quiet_days."""
    ours = {c.id for c in view.same}
    given = [t for t in view.touchpoints if t.kind == "feedback" and (t.account_key, t.contact_key) in ours]
    if given:
        yield Hold(later(max(view.day(t.happened_at) for t in given), view.value("spontaneous_feedback.quiet_days")))


def unanswered_rest(view: View) -> Iterator[Hold]:
    """None of the latest n asks sent at least 14 days ago has an answer: until the latest of them + rest_days."""
    n = view.value("unanswered_rest.n")
    settled = [s for s in view.asks if s.on <= later(view.today, -14)]
    if len(settled) >= n and not any(s.answered_on for s in settled[:n]):
        yield Hold(later(settled[0].on, view.value("unanswered_rest.rest_days")))


def promise_brake(view: View) -> Iterator[Hold]:
    """A promise is agreed, not done, and more than grace_days overdue today: until tomorrow, renewed daily.

    Reading: with scope account a promise to the account as a whole counts too.
    """
    at_account = [p for p in view.promises if p.account_key == view.account.key]
    promises = at_account if view.value("promise_brake.scope") == "account" else view.own_promises
    grace = view.value("promise_brake.grace_days")
    if any(p.status == "agreed" and p.due_on and later(p.due_on, grace) < view.today for p in promises):
        yield Hold(later(view.today, 1), except_for=tuple(view.value("promise_brake.exempt")))


def renewal_quiet(view: View) -> Iterator[Hold]:
    """From renewal_on − quiet_days until renewal_on + 1."""
    if renewal_on := view.account.renewal_on:
        yield Hold(later(renewal_on, 1), since=later(renewal_on, -view.value("renewal_quiet.quiet_days")))


def live_ask(view: View) -> Iterator[Hold]:
    """An ask to this person is open: until sent + valid_days."""
    if sent := [s.on for s in view.asks if s.open]:
        yield Hold(later(max(sent), view.value("live_ask.valid_days")))


HOLDS = (
    consent,
    wishes,
    fatigue_limits,
    spontaneous_feedback,
    unanswered_rest,
    promise_brake,
    renewal_quiet,
    live_ask,
)


def shut(view: View, day: date) -> bool:
    """quiet_times: not one of the weekdays, a public holiday of the account's country, or in a blackout."""
    if ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()] not in view.value("quiet_times.weekdays"):
        return True
    if day in public_holidays(view.account.country, view.account.region):
        return True
    return any(first <= day <= last for first, last in date_ranges(view.value("quiet_times.blackouts")))


@cache
def public_holidays(country: str, region: str) -> Any:
    """By ISO alpha-2; the subdivision only if there is a region; unknown country: none.

    Reading: a region the country does not have is no region.
    """
    supported = holidays.list_supported_countries(include_aliases=False)
    if country.upper() not in supported:
        return ()
    known = region if region in supported[country.upper()] else None
    return holidays.country_holidays(country.upper(), subdiv=known)


@cache
def date_ranges(text: str) -> list[tuple[date, date]]:
    pairs = [part.partition("..") for part in text.split(",") if part]
    return [(date.fromisoformat(first), date.fromisoformat(last or first)) for first, _, last in pairs]


# Worth: factors that multiply when a limit binds


def worth(view: View) -> float:
    total = 1.0
    for strategy, factor in WORTH.items():
        if view.mode(strategy) == "on":
            total *= factor(view)
    return total


def revenue_weight(view: View) -> float:
    """(annual revenue / median of the book) ^ power, between 0.5 and 2; unknown 1."""
    stated = [a.annual_revenue for a in view.book.accounts if a.annual_revenue is not None]
    if view.account.annual_revenue is None or median(stated) <= 0:
        return 1.0
    ratio = max(view.account.annual_revenue, 0.0) / median(stated)
    return min(2.0, max(0.5, ratio ** view.value("revenue_weight.power")))


def renewal_worth(view: View) -> float:
    """Renewal within soon_days."""
    renewal_on = view.account.renewal_on
    soon = later(view.today, view.value("renewal_runup.soon_days"))
    return view.value("renewal_runup.worth") if renewal_on and view.today <= renewal_on <= soon else 1.0


def influence(view: View) -> float:
    """decision_maker, champion, others."""
    known = view.contact.influence in ("decision_maker", "champion")
    return view.value(f"influence.{view.contact.influence}") if known else 1.0


def coverage(view: View) -> float:
    """Account not heard for after_days: worth; the contact's role never heard at the account: role_worth."""
    factor = view.value("coverage.worth") if unheard(view, view.value("coverage.after_days")) else 1.0
    roles = {c.id: c.role for c in view.book.contacts}
    heard = {roles[s.ask.account_key, s.ask.contact_key] for s in view.account_asks if s.answered_on}
    new_role = view.contact.role and view.contact.role not in heard
    return factor * (view.value("coverage.role_worth") if new_role else 1.0)


def unheard(view: View, days: int) -> bool:
    """Nobody at the account answered in the last so many days."""
    heard = [s.answered_on for s in view.account_asks if s.answered_on]
    return not heard or later(max(heard), days) <= view.today


def promise_worth(view: View) -> float:
    """A promise to the contact was kept or done since the last ask."""
    done = [p.done_on for p in view.own_promises if p.status == "done" and p.done_on]
    since = view.last_asked_on
    return view.value("promise_check.worth") if done and (since is None or max(done) > since) else 1.0


def loss_price(view: View) -> float:
    """1 − price × 0.002 × (1 + asks in the last 90 days)², at least 0.1 in total."""
    recent = sum(1 for s in view.asks if later(s.on, 90) > view.today)
    return max(0.1, 1 - view.value("loss_price.price") * 0.002 * (1 + recent) ** 2)


WORTH = {
    "relationship_tier": lambda view: view.value("relationship_tier.worth"),
    "revenue_weight": revenue_weight,
    "renewal_runup": renewal_worth,
    "influence": influence,
    "coverage": coverage,
    "promise_check": promise_worth,
    "loss_price": loss_price,
}


# Limits


class Places:
    """Who holds the places that asks compete for."""

    def __init__(self, views: Sequence[View]) -> None:
        self.account_persons = {view.account.key: set[Key]() for view in views}
        self.owner_asks: dict[str, int] = {}
        self.channel_asks: dict[str, int] = {}
        self.asked: set[Key] = set()
        for view in views:
            here = [s.on for s in view.asks if s.ask.account_key == view.account.key]
            if here and later(max(here), view.value("account_share.window_days")) > view.today:
                self.account_persons[view.account.key].add(view.person)

    def binding(self, view: View) -> list[str]:
        """The limits (mode on) that leave no room for one more."""
        limits = (self.account_share, self.owner_capacity, self.channel_capacity, self.one_live_ask)
        return [limit.__name__ for limit in limits if view.mode(limit.__name__) == "on" and not limit(view)]

    def account_share(self, view: View) -> bool:
        """At most `people` persons of the account within window_days; who already holds a place takes no new one."""
        holders = self.account_persons[view.account.key]
        return view.person in holders or len(holders) < view.value("account_share.people")

    def owner_capacity(self, view: View) -> bool:
        """At most open_followups − the owner's open promises, over the whole house; without an owner no limit."""
        owner = view.account.owner_email.strip().casefold()
        mine = [p for p in view.promises if p.owner_email.strip().casefold() == owner]
        taken = sum(p.status in ("drafted", "agreed") for p in mine) + self.owner_asks.get(owner, 0)
        return not owner or taken < view.value("owner_capacity.open_followups")

    def channel_capacity(self, view: View) -> bool:
        """At most so many a day by the channel. Reading: asks that were imported take none of today's places."""
        channel = way(view)
        most = channel and view.value(f"channel_capacity.{channel}")
        return most is None or self.channel_asks.get(channel or "", 0) < most

    def one_live_ask(self, view: View) -> bool:
        """At most one ask per person. Reading: among those of this choice; one that was sent is live_ask's matter."""
        return view.person not in self.asked

    def take(self, view: View) -> None:
        owner = view.account.owner_email.strip().casefold()
        self.account_persons[view.account.key].add(view.person)
        self.owner_asks[owner] = self.owner_asks.get(owner, 0) + 1
        channel = way(view) or ""
        self.channel_asks[channel] = self.channel_asks.get(channel, 0) + 1
        self.asked.add(view.person)


WAYS = ("email", "phone")
"""Channels that something delivers by. Books leave each contact at most one that is possible."""


def way(view: View) -> str | None:
    """The channel that is possible: named, or e-mail; with an address, for a call an owner, too; not off."""
    off = view.value("channel_possible.off")
    named = view.contact.channels.split() or ["email"]
    address = {"email": view.contact.email.strip(), "phone": view.contact.phone and view.account.owner_email.strip()}
    return next((each for each in WAYS if each in named and address[each] and each not in off), None)


def chosen(candidates: Iterable[View], places: Places) -> set[Key]:
    """Greedily by worth, ties by the older reason date, then by key; an account unheard for a year goes first."""
    asked = set()
    for view in sorted(candidates, key=rank):
        if not places.binding(view):
            places.take(view)
            asked.add(view.contact.id)
    return asked


def rank(view: View) -> tuple[Any, ...]:
    first = view.mode("coverage") == "on" and unheard(view, 365)
    return not first, -round(worth(view), 9), view.reason.on, view.contact.id


# The rule


def decide(book: Book, settings: Sequence[Setting], on: date) -> dict[Key, Decision]:
    """The decision for every contact on the day `on`."""
    person_of = persons(book)
    accounts = {account.key: account for account in book.accounts}
    views = {c.id: View(book, settings, person_of, c, accounts[c.account_key], on) for c in book.contacts}
    decisions = {key: decide_alone(view) for key, view in views.items()}
    candidates = [views[key] for key, decision in decisions.items() if decision.decision == "ask"]
    asked = chosen(candidates, Places(list(views.values())))
    for view in candidates:
        if view.contact.id not in asked:
            alone = decisions[view.contact.id]
            decisions[view.contact.id] = Decision(**{**vars(alone), "decision": "limited"})
    return decisions


def decide_alone(view: View) -> Decision:
    """The decision before limits: the first day on or after a reason that nothing covers."""
    holds = list(all_holds(view))
    binding = [hold for hold in holds if hold.mode == "on"]
    next_days = {reason: next_day(view, reason, binding) for reason in all_reasons(view)}
    left = {reason: day for reason, day in next_days.items() if reason.expires is None or day <= reason.expires}
    real = [reason for reason in left if reason.mode == "on"]
    best = min(real, key=lambda reason: (left[reason], OCCASIONS.index(reason.occasion)), default=None)
    if best is not None and left[best] != NEVER:
        view.reason = best
        word, next_ask_on = ("ask" if left[best] == view.today else "hold"), left[best]
    else:
        word, next_ask_on = ("hold" if best else "no_reason"), None
    return Decision(
        decision=word,
        occasion=best.occasion if next_ask_on else None,
        next_ask_on=next_ask_on,
        reasons=frozenset((reason.strategy, reason.occasion, reason.on) for reason in left),
        holds=frozenset((hold.strategy, hold.until) for hold in holds if hold.until > view.today)
        | frozenset(quiet_hold(view, best, left[best]) if best else ()),
    )


def all_reasons(view: View) -> Iterator[Reason]:
    """Every reason that is on or in shadow, but for occasions that the person switched off."""
    off = {occasion for c in view.same for occasion in c.wish_occasions_off}
    for occasion, strategy in REASONS.items():
        mode = view.mode(strategy.__name__)
        found = strategy(view) if mode != "off" and occasion not in off else None
        if found:
            yield Reason(strategy.__name__, occasion, *found, mode)


def all_holds(view: View) -> Iterator[Hold]:
    """Every hold that is on or in shadow."""
    for strategy in HOLDS:
        mode = view.mode(strategy.__name__)
        if mode != "off":
            for hold in strategy(view):
                yield Hold(hold.until, hold.since, hold.except_for, strategy.__name__, mode)


def next_day(view: View, reason: Reason, binding: Sequence[Hold]) -> date:
    """The first day from max(reason, today) that no hold covers and quiet_times allows, searched 1,500 days ahead."""
    first = day = max(reason.on, view.today)
    while (day - first).days <= 1500:
        covered = [hold.until for hold in binding if hold.covers(day, reason.occasion)]
        if covered:
            day = max(covered)
        elif view.mode("quiet_times") == "on" and shut(view, day):
            day = later(day, 1)
        else:
            return day
    return NEVER


def quiet_hold(view: View, reason: Reason, found: date) -> Iterator[tuple[str, date]]:
    """Of quiet_times those shut days are shown that the shown occasion meets first, and those just before its day."""
    first = max(reason.on, view.today)
    if view.mode("quiet_times") != "off":
        if shut(view, first):
            yield "quiet_times", end_of_run(view, first)
        if first < found < NEVER and shut(view, later(found, -1)):
            yield "quiet_times", end_of_run(view, later(found, -1))


def end_of_run(view: View, shut_day: date) -> date:
    run = (later(shut_day, number) for number in range(1, 1502))
    return next((day for day in run if not shut(view, day)), NEVER)
