"""What the columns of a sheet could be: by their names, by what others call them, by the nearest of ours."""

from __future__ import annotations

from difflib import get_close_matches

from engine.errors import InputError
from engine.intake.files import Sheet
from engine.intake.kinds import KINDS, Kind, normal_name, recognise

CALLED = {
    "account_id": "account_key", "customer_id": "account_key", "client_id": "account_key", "company_id": "account_key",
    "account": "account_key", "customer": "account_key", "client": "account_key", "contact_id": "contact_key",
    "person_id": "contact_key", "contact": "contact_key", "e_mail": "email", "mail": "email", "work_e_mail": "email",
    "email_address": "email", "e_mail_address": "email", "mobile": "phone", "mobile_phone": "phone",
    "telephone": "phone", "full_name": "name", "account_name": "name", "company": "name", "company_name": "name",
    "contact_name": "name", "owner": "owner_email", "account_owner": "owner_email", "account_manager": "owner_email",
    "csm": "owner_email", "arr": "annual_revenue", "revenue": "annual_revenue", "renewal_date": "renewal_on",
    "contract_end": "renewal_on", "language": "locale", "time_zone": "timezone", "title": "role", "job_title": "role",
    "position": "role", "industry": "segment", "comment": "text", "verbatim": "text", "score": "value",
    "date": "happened_at", "created": "created_on", "created_date": "created_on",
}  # fmt: skip
"""What other systems call ours, as `normal_name` writes it."""
NEAR = 0.75


def guess_kind(sheet: Sheet) -> Kind:
    """What its rows are, by names that others use, too; accounts where nothing is known of it."""
    ours = [CALLED.get(name, name) for name in map(normal_name, sheet.header)]
    try:
        return recognise(sheet, [*map(normal_name, sheet.header), *ours])
    except InputError:
        return KINDS["accounts"]


def suggest_columns(sheet: Sheet, kind: Kind) -> list[str]:
    """For each column of a sheet one of ours, each of ours once; empty: it stays a column of its own."""
    free = dict.fromkeys(kind.names)
    found = [""] * len(sheet.header)
    for guess in (_same, _called, _nearest):
        for place, name in enumerate(sheet.header):
            ours = guess(normal_name(name), kind, list(free)) if name and not found[place] else ""
            if ours in free:
                found[place] = ours
                del free[ours]
    return found


def _same(name: str, kind: Kind, free: list[str]) -> str:
    return name if name in free else ""


def _called(name: str, kind: Kind, free: list[str]) -> str:
    """The key of the kind itself is what its own id says: a contact's `contact_id`."""
    own = f"{kind.name.removesuffix('s')}_"
    if name in ("id", f"{own}id", f"{own}key") and "key" in free:
        return "key"
    return CALLED.get(name, "")


def _nearest(name: str, kind: Kind, free: list[str]) -> str:
    return next(iter(get_close_matches(name, free, n=1, cutoff=NEAR)), "")
