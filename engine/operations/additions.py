"""What the account team adds to a relationship by hand: a person, a touchpoint.

They go the way of the import, one row long, so that they are checked, joined and marked alike.
"""

from __future__ import annotations

import csv
import re
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.data.accounts import find_account
from engine.data.models import AuditEntry
from engine.data.relations import list_contacts
from engine.data.store import EVERYTHING
from engine.errors import InputError
from engine.house import Engine
from engine.operations.company import read_company
from engine.operations.imports import import_files
from engine.operations.surveys import load_journey
from engine.types import clean_text


def list_kinds(engine: Engine) -> tuple[str, ...]:
    """Kinds of touchpoint that the journey knows."""
    return load_journey(engine).kinds


def add_touchpoint(
    engine: Engine, account: str, kind: str, *, contact: str = "", on: date | None = None, note: str = ""
) -> None:
    """Something has happened with an account, or with one of its people; now, or at noon of a day."""
    at = datetime.combine(on, time(12)).isoformat() if on else engine.clock().isoformat(timespec="seconds")
    row = {"account_key": account, "contact_key": contact, "kind": kind, "happened_at": at, "note": clean_text(note)}
    _add_row(engine, "touchpoints", row | {"owner_email": engine.author if "@" in engine.author else ""})
    _note(engine, "add touchpoint", f"{kind} at {account}")


def add_contact(
    engine: Engine, account: str, *, name: str, email: str = "", phone: str = "", role: str = "", influence: str = ""
) -> str:
    """Somebody new at an account; their key."""
    with engine.store.read(engine.scope) as session:
        found = find_account(session, account)
        taken = {contact.key for contact in list_contacts(session, found.id)}
        today = engine.clock().astimezone(read_company(engine, session).zone(found.timezone)).date()
    key = _free_key(name or email, taken)
    row = {"account_key": account, "key": key, "name": name, "email": email, "phone": phone, "role": role}
    _add_row(engine, "contacts", row | {"influence": influence, "created_on": today.isoformat()})
    _note(engine, "add contact", f"{account}/{key}")
    return key


def _add_row(engine: Engine, kind: str, row: dict[str, str]) -> None:
    """Raises NotFoundError for an account that may not be seen, InputError with the first thing that is wrong."""
    with engine.store.read(engine.scope) as session:
        find_account(session, row["account_key"])
    whole = engine.acting_as(engine.author, EVERYTHING)  # an import numbers its rows among all there are
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{kind}.csv"
        with file.open("w", encoding="utf-8", newline="") as sheet:
            writer = csv.DictWriter(sheet, list(row))
            writer.writeheader()
            writer.writerow(row)
        report = import_files(whole, [file], kind=kind, keep=False)
    for rejection in report.rejections:
        raise InputError(
            f"{rejection.field.replace('_', ' ')} “{rejection.value}” {rejection.why}.", about=rejection.field
        )


def _free_key(name: str, taken: set[str]) -> str:
    base = re.sub(r"[^\w]+", ".", name.casefold()).strip("._") or "contact"
    numbers = (f"{base}.{number}" for number in range(2, 10_000))
    return base if base not in taken else next(key for key in numbers if key not in taken)


def _note(engine: Engine, action: str, subject: str) -> None:
    with engine.store.write(engine.scope) as session:
        session.add(AuditEntry(at=engine.clock(), author=engine.author, action=action, subject=subject))
