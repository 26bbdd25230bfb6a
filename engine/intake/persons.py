"""Which contacts are one person: the same e-mail address; the same mobile number where one of two has no address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import phonenumbers
import polars as pl
from phonenumbers import NumberParseException, PhoneNumberType


class Known(NamedTuple):
    """A contact as far as it tells who they are."""

    contact_id: int
    person_id: int
    email_key: str | None
    mobile_key: str | None


def group_persons(contacts: Iterable[Known]) -> list[list[Known]]:
    """Contacts who are one person, together. Being the same carries over: a friend of both makes one of three."""
    contacts = sorted(contacts)
    leader = {contact.contact_id: contact.contact_id for contact in contacts}

    def find(contact_id: int) -> int:
        while leader[contact_id] != contact_id:
            leader[contact_id] = contact_id = leader[leader[contact_id]]
        return contact_id

    for same in (
        *_by(contacts, "email_key"),
        *(group for group in _by(contacts, "mobile_key") if _some_without_email(group)),
    ):
        for contact in same[1:]:
            leader[find(contact.contact_id)] = find(same[0].contact_id)
    groups: dict[int, list[Known]] = {}
    for contact in contacts:
        groups.setdefault(find(contact.contact_id), []).append(contact)
    return list(groups.values())


def _by(contacts: Iterable[Known], key: str) -> Iterable[list[Known]]:
    groups: dict[str, list[Known]] = {}
    for contact in contacts:
        if value := getattr(contact, key):
            groups.setdefault(value, []).append(contact)
    return groups.values()


def _some_without_email(group: Iterable[Known]) -> bool:
    # One of them without an address is the same as each of the others, and so makes them all one.
    return any(contact.email_key is None for contact in group)


def keep_ids(groups: list[list[Known]]) -> list[int | None]:
    """The person each group goes on as: the oldest of theirs; of one that splits, the larger part. None: a new one."""
    claims = sorted(
        (person, -sum(contact.person_id == person for contact in group), place)
        for place, group in enumerate(groups)
        for person in {contact.person_id for contact in group}
    )
    kept: list[int | None] = [None] * len(groups)
    taken = set()
    for person, _, place in claims:
        if person not in taken and kept[place] is None:
            kept[place] = person
            taken.add(person)
    return kept


def email_keys(emails: pl.Series) -> pl.Series:
    """Trimmed and case-folded."""
    plain = emails.str.contains(r"^[\x00-\x7f]*$")
    if plain.all():
        return emails.str.strip_chars().str.to_lowercase()
    return emails.map_elements(lambda email: email.strip().casefold(), return_dtype=pl.String)


def mobile_keys(phones: pl.Series, countries: pl.Series) -> pl.Series:
    """E.164 of the numbers that surely are mobiles, where they are called from; else null."""
    numbers = pl.DataFrame({"phone": phones, "country": countries.cast(pl.String)})
    distinct = numbers.drop_nulls("phone").unique()
    keys = [_mobile_key(phone, country) for phone, country in distinct.iter_rows()]
    known = distinct.with_columns(pl.Series("key", keys, pl.String))
    return numbers.join(known, on=["phone", "country"], how="left", nulls_equal=True, maintain_order="left")["key"]


def _mobile_key(phone: str, country: str | None) -> str | None:
    try:
        number = phonenumbers.parse(phone, country)
    except NumberParseException:
        return None
    # Where a country's plan does not tell mobiles from landlines, a number does not surely belong to one person.
    if phonenumbers.number_type(number) != PhoneNumberType.MOBILE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
