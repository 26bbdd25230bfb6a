"""A forecast of one account: whom we will ask, when, by which way and why, if nothing happens but what we do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from engine.decide.explanation import Explanation
from engine.decide.sentences import Teller, Words
from engine.language import ENGLISH, Language


@dataclass(frozen=True)
class Coming:
    """One ask to come. `account` and `contact`: their keys."""

    account: str
    contact: str
    name: str
    on: date
    occasion: str
    channel: str | None
    because: Words


@dataclass(frozen=True)
class Forecast:
    """`others`: the names of contacts who are not asked in these days, and what is decided for them on the first."""

    account: str
    name: str
    start: date
    days: int
    asks: Sequence[Coming]
    others: Sequence[tuple[str, Words]]
    errors: Sequence[str] = ()
    language: Language = ENGLISH

    def as_dict(self) -> dict[str, Any]:
        asks = [
            {name: getattr(ask, name) for name in ("contact", "occasion", "channel", "because")}
            | {"on": ask.on.isoformat()}
            for ask in self.asks
        ]
        return {"account": self.account, "from": self.start.isoformat(), "days": self.days, "asks": asks}


def forecast_as_text(told: Forecast) -> str:
    """The asks week by week, with why; then who is not asked."""
    tell = Teller(told.start, told.language)
    return "\n".join([_headline(told, tell), *_weeks(told, tell), *_others(told, tell), "", _assumed(tell)])


def _headline(told: Forecast, tell: Teller) -> str:
    about = {"account": Words(told.name), "days": told.days, "on": told.start, "asks": len(told.asks)}
    if not told.asks:
        return tell("{account}: nobody will be asked within {days|a day|# days} from {on}.", about)
    people = len({ask.contact for ask in told.asks})
    return tell(
        "{account}: {asks|one ask|# asks} to {people|one person|# people} within {days|a day|# days} from {on}.",
        about,
        people=people,
    )


def _weeks(told: Forecast, tell: Teller) -> Iterator[str]:
    for monday, asks in groupby(told.asks, key=lambda ask: ask.on - timedelta(ask.on.weekday())):
        yield "\n" + tell("Week of {on}", on=monday)
        for ask in asks:
            about = {"on": ask.on, "name": Words(ask.name), "occasion": ask.occasion, "channel": ask.channel}
            yield "  " + tell("{on}, {name}: {occasion} by {channel}; {why}", about, why=ask.because)


def _others(told: Forecast, tell: Teller) -> Iterator[str]:
    if told.others:
        yield "\n" + tell("Not asked in these days")
    for name, why in told.others:
        yield "  " + tell("{name}: {why}", name=Words(name), why=why)
    for error in told.errors:
        yield f"! {error}"


def _assumed(tell: Teller) -> str:
    return tell(
        "We assume what is most likely: whoever answers with at least an even chance answers, nobody else does. "
        "Nothing else happens meanwhile, and promises stay as they are."
    )


def name_of(told: Explanation) -> str:
    return str(told.contact["name"] or told.contact["key"])


def because(told: Explanation, occasion: str) -> Words:
    """Why we ask for this occasion: the reason that is there first."""
    reasons = [reason for reason in told.reasons if reason["occasion"] == occasion and reason["mode"] == "on"]
    first = min(reasons, key=lambda reason: reason["on"], default=None)
    tell = Teller(told.on, told.language)
    return Words(first["because"]) if first else tell("it is planned already, and waits to be sent")
