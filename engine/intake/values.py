"""What may stand in a field, by kind of value. A reader takes the distinct texts of a column and gives each its value.

Values come out as the tables keep them: days and seconds since 1970-01-01, numbers, words. A reader's ValueError is
the sentence that the person who made the file reads.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import polars as pl
from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies
from email_validator import EmailNotValidError, validate_email

from engine.errors import nearest

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Reading:
    """`values` row by row, null where the field was empty or wrong; `wrong` says why, by the text of the field."""

    values: pl.Series
    wrong: dict[str, str]


@dataclass(frozen=True)
class Reader:
    """`parse` reads one text in the house's zone. `plain` reads a whole column at once; null: not plain enough."""

    dtype: type[pl.DataType]
    parse: Callable[[str, ZoneInfo], object]
    plain: Callable[[pl.Series], pl.Series] | None = None

    def read(self, cells: pl.Series, zone: ZoneInfo) -> Reading:
        values = (
            self.plain(cells) if self.plain else pl.Series(cells.name, [None], self.dtype).new_from_index(0, len(cells))
        )
        odd = cells.filter(values.is_null() & cells.is_not_null()).unique()
        if odd.is_empty():
            return Reading(values, {})
        parsed, wrong = self._parse(odd, zone)
        found = pl.DataFrame({"text": cells}).join(parsed, on="text", how="left", maintain_order="left")["value"]
        return Reading(
            found if values.null_count() == len(values) else values.zip_with(values.is_not_null(), found), wrong
        )

    def _parse(self, texts: pl.Series, zone: ZoneInfo) -> tuple[pl.DataFrame, dict[str, str]]:
        values: list[object] = []
        wrong: dict[str, str] = {}
        for text in texts:
            try:
                values.append(self.parse(text, zone))
            except ValueError as error:
                values.append(None)
                wrong[text] = str(error)
        return pl.DataFrame({"text": texts, "value": pl.Series(values, dtype=self.dtype)}), wrong


def one_of(words: tuple[str, ...]) -> Reader:
    """One of these words and no other."""

    def parse(text: str, zone: ZoneInfo) -> str:
        if text.casefold() in words:
            return text.casefold()
        raise ValueError(f"is none of {', '.join(words)}.{nearest(text.casefold(), words)}")

    return Reader(pl.String, parse)


def _day(text: str, zone: ZoneInfo) -> int:
    moment = _datetime(text)
    return ((moment.astimezone(zone) if moment.tzinfo else moment).date() - EPOCH).days


def _instant(text: str, zone: ZoneInfo) -> int:
    moment = _datetime(text)
    return math.floor((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())


def _datetime(text: str) -> datetime:
    if not re.match(r"\d{4}-", text):
        raise ValueError("is no date; write it as 2026-11-24")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no date; write it as 2026-11-24") from None
    if not 1900 <= moment.year < 3000:
        raise ValueError("is not between 1900 and 2999; leave it empty where the date is not known")
    return moment


def _plain_days(cells: pl.Series) -> pl.Series:
    plain = cells.str.contains(r"^(19|20)\d\d-\d\d-\d\d$")
    days = cells.zip_with(plain.fill_null(False), pl.Series([None], dtype=pl.String)).str.to_date(
        "%Y-%m-%d", strict=False
    )
    return days.to_physical().cast(pl.Int64)


def _number(text: str, zone: ZoneInfo) -> float:
    if not re.fullmatch(r"\d{1,15}(\.\d+)?", text):
        raise ValueError("is no plain number; write it as 1200000.50, without separators, signs or units")
    return float(text)


def _email(text: str, zone: ZoneInfo) -> str:
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"is no e-mail address: {error}") from None
    return text


_LOCAL = r"^[A-Za-z0-9_%+-]{1,20}(\.[A-Za-z0-9_%+-]{1,20}){0,2}@[A-Za-z0-9.-]{1,180}$"


def _plain_emails(cells: pl.Series) -> pl.Series:
    """Addresses with an everyday local part at a domain that was checked once, for all who share it."""
    everyday = cells.filter(cells.str.contains(_LOCAL))
    domains = everyday.str.split("@").list.last().unique()
    good = pl.Series([domain for domain in domains if _is_domain(domain)], dtype=pl.String)
    plain = cells.str.contains(_LOCAL) & cells.str.split("@").list.last().is_in(good.implode())
    return cells.zip_with(plain.fill_null(False), pl.Series([None], dtype=pl.String))


def _is_domain(domain: str) -> bool:
    try:
        return bool(validate_email(f"a@{domain}", check_deliverability=False))
    except EmailNotValidError:
        return False


def _timezone(text: str, zone: ZoneInfo) -> str:
    if text not in _zones():
        raise ValueError(f"is no time zone; write it as Europe/Vienna.{_nearest(text, _zones())}")
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _locale(text: str, zone: ZoneInfo) -> str:
    try:
        Locale.parse(text.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        raise ValueError("is no locale; write it as de or de-AT") from None
    return text


NOT_ISO = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""Two letters in CLDR that ISO 3166-1 does not assign to a country."""


@cache
def _countries() -> dict[str, str]:
    names = Locale("en").territories
    return {code: name for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in NOT_ISO}


def _country(text: str, zone: ZoneInfo) -> str:
    code = text.upper()
    if code in _countries():
        return code
    codes = {name.casefold(): code for code, name in _countries().items()} | {"uk": "GB"}
    meant = codes.get(text.casefold())
    raise ValueError("is no country code; write it as AT" + (f". Did you mean {meant}?" if meant else ""))


def _currency(text: str, zone: ZoneInfo) -> str:
    if text.upper() not in list_currencies():
        raise ValueError(f"is no currency code; write it as EUR.{nearest(text.upper(), list_currencies())}")
    return text.upper()


def _words(text: str, zone: ZoneInfo) -> str:
    words = text.casefold().split()
    if not all(re.fullmatch(r"[a-z][a-z0-9_]*", word) for word in words):
        raise ValueError("must be names separated by spaces, as in “email sms”")
    return " ".join(dict.fromkeys(words))


def _word(text: str, zone: ZoneInfo) -> str:
    if len(words := _words(text, zone).split()) != 1:
        raise ValueError("must be one name, as in “email”")
    return words[0]


def _nearest(text: str, known: Iterable[str]) -> str:
    """The nearest without regard to case: “europe/vienna” is meant well."""
    folded = {word.casefold(): word for word in known}
    meant = nearest(text.casefold().replace(" ", "_"), folded)
    return next((f" Did you mean {word}?" for fold, word in folded.items() if meant == f" Did you mean {fold}?"), "")


def _same(cells: pl.Series) -> pl.Series:
    return cells


TEXT = Reader(pl.String, lambda text, zone: text, _same)
DAY = Reader(pl.Int64, _day, _plain_days)
INSTANT = Reader(pl.Int64, _instant)
NUMBER = Reader(pl.Float64, _number)
EMAIL = Reader(pl.String, _email, _plain_emails)
TIMEZONE = Reader(pl.String, _timezone)
LOCALE = Reader(pl.String, _locale)
COUNTRY = Reader(pl.String, _country)
CURRENCY = Reader(pl.String, _currency)
WORDS = Reader(pl.String, _words)
WORD = Reader(pl.String, _word)


def day_of(moment: date) -> int:
    return (moment - EPOCH).days
