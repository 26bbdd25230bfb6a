"""Numbers as people write them: in the digits of their script, with a comma or a point, in groups, with a unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from unicodedata import decimal as digit_of

from engine.survey.options import Gettext
from engine.survey.reading import Form, read_line, refused
from engine.types import Given

MOST_DIGITS = 15
GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*")
"""Thousands set apart, by one sign throughout."""
SIGNS = str.maketrans({"\u066b": ".", "\u066c": ",", "\u2212": "-", "\u2019": "'", "\u00a0": " ", "\u202f": " "})
"""The Arabic separators, the minus, and the spaces and apostrophe that some languages group by."""


def read_number(form: Form, field: str, *, decimals: int = 0, units: Iterable[str] = ()) -> Decimal | None:
    """The number posted under `field`, None: skipped. Raises InputError with how to write it."""
    line = read_line(form, field, 40)
    if not line:
        return None
    number = _parse(_plain(line, units), decimals)
    if number is None and decimals:
        raise refused(field, "“%(answer)s” is no number. Please write it in digits, such as 2.5.", answer=line)
    if number is None:
        raise refused(field, "“%(answer)s” is no whole number. Please write it in digits, such as 12.", answer=line)
    return number


def read_within(form: Form, field: str, options: Mapping[str, Any]) -> Given | None:
    """The number of a question with `min`, `max`, `decimals` and `unit`. Raises InputError where it is out of them."""
    units = options.get("unit", {}).values()
    number = read_number(form, field, decimals=options.get("decimals", 0), units=units)
    if number is None:
        return None
    least, most = options.get("min"), options.get("max")
    if least is not None and number < least:
        raise refused(field, "Please give %(least)s or more.", least=least)
    if most is not None and number > most:
        raise refused(field, "Please give %(most)s or less.", most=most)
    return Given(value=f"{number:f}", score=float(number))


def tell_span(options: Mapping[str, Any], _: Gettext) -> str:
    """Between what a number may be, in words; empty where it may be anything."""
    least, most = options.get("min"), options.get("max")
    if least is not None and most is not None:
        return _("From %(least)s to %(most)s.") % {"least": least, "most": most}
    if least is not None:
        return _("%(least)s or more.") % {"least": least}
    return _("%(most)s or less.") % {"most": most} if most is not None else ""


def check_span(options: Mapping[str, Any]) -> Iterable[str]:
    """Say what is wrong with `min` and `max`."""
    found = {key: options[key] for key in ("min", "max") if key in options}
    for key, value in found.items():
        if type(value) not in (int, float) or not abs(value) < 10**MOST_DIGITS:
            yield f"{key}: takes a number, not {value!r}"
            return
    if len(found) == 2 and found["min"] >= found["max"]:
        yield "min: is not less than max"


def _plain(line: str, units: Iterable[str]) -> str:
    """The line in ASCII digits, without its unit."""
    text = "".join(str(digit_of(character, character)) for character in line.translate(SIGNS))
    for unit in sorted({*units, "%"} - {""}, key=len, reverse=True):
        text = re.sub(rf"^{re.escape(unit)}|{re.escape(unit)}$", "", text.strip(), flags=re.IGNORECASE)
    return text.strip()


def _parse(text: str, decimals: int) -> Decimal | None:
    """
    >>> _parse("1,234", 0), _parse("2,5", 1), _parse("1.234,5", 1)
    (Decimal('1234'), Decimal('2.5'), Decimal('1234.5'))
    """
    whole, sign, fraction = _split(text, decimals)
    if GROUPED.fullmatch(whole):
        whole = re.sub(r"[.,' ]", "", whole)
    try:
        number = Decimal(f"{whole}{sign and '.'}{fraction}") if re.fullmatch(r"[+-]?\d+", whole, re.ASCII) else None
    except InvalidOperation:
        return None
    return number.normalize() + 0 if number is not None and len(whole) <= MOST_DIGITS else None


def _split(text: str, decimals: int) -> tuple[str, str, str]:
    """Before and behind the decimal sign: the last point or comma with at most `decimals` digits behind it."""
    found = re.fullmatch(rf"(.*)([.,])(\d{{1,{decimals}}})", text, re.ASCII) if decimals else None
    grouped = GROUPED.fullmatch(text)
    if found is None or (grouped and decimals < 3):
        return text, "", ""
    return found[1], found[2], found[3]
